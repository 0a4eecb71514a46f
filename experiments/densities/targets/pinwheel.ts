import { portableMath } from '../../../src/index.ts';
import type { PlaneDensity } from './planeDensity.ts';

const { exp, log, cosTurns, sinTurns } = portableMath;
const ARMS = 5;
const RADIAL = 0.3;
const TANGENTIAL = 0.1;
/** Radians by which an arm is turned at its root, growing as exp of the distance along it. */
const RATE = 0.25;
const SIZE = 2;

const turnsAt = (arm: number, along: number): number => arm / ARMS + (RATE * exp(along)) / (2 * Math.PI);

/** log of the density of one arm's own coordinates: normal, less that of the area by which the turning stretches it. */
function logOfArm(along: number, across: number): number {
  const area = 1 - RATE * exp(along) * across;
  const kernel = -0.5 * (((along - 1) / RADIAL) ** 2 + (across / TANGENTIAL) ** 2);
  return kernel - log(2 * Math.PI * RADIAL * TANGENTIAL * Math.abs(area));
}

/** Five arms, each a Gaussian that is turned the more the further out. */
export const pinwheel: PlaneDensity = {
  title: 'pinwheel',
  extent: 4.2,
  draw(rng) {
    const arm = rng.integer(0, ARMS);
    const [along, across] = [rng.normal(1, RADIAL), rng.normal(0, TANGENTIAL)];
    const turns = turnsAt(arm, along);
    const [cos, sin] = [cosTurns(turns), sinTurns(turns)];
    return [SIZE * (along * cos - across * sin), SIZE * (along * sin + across * cos)];
  },
  logPdf(x, y) {
    const distance = Math.sqrt(x * x + y * y) / SIZE;
    let total = 0;
    for (let arm = 0; arm < ARMS; arm++) {
      /** How far the point lies along the arm that is turned as at `along`, less `along`: 0 where they agree. */
      const miss = (along: number): number => {
        const turns = turnsAt(arm, along);
        return (x * cosTurns(turns) + y * sinTurns(turns)) / SIZE - along;
      };
      for (const along of roots(miss, Math.max(-distance, 1 - 8 * RADIAL), Math.min(distance, 1 + 8 * RADIAL))) {
        const turns = turnsAt(arm, along);
        total += exp(logOfArm(along, (y * cosTurns(turns) - x * sinTurns(turns)) / SIZE));
      }
    }
    return log(total / ARMS / SIZE ** 2);
  },
};

/** Where a function changes its sign on an interval that 64 steps resolve. */
function roots(f: (t: number) => number, low: number, high: number): number[] {
  const found: number[] = [];
  let [before, atBefore] = [low, f(low)];
  for (let i = 1; i <= 64; i++) {
    const at = low + ((high - low) * i) / 64;
    const value = f(at);
    if (atBefore < 0 !== value < 0) found.push(bisect(f, before, at, atBefore < 0));
    [before, atBefore] = [at, value];
  }
  return found;
}

function bisect(f: (t: number) => number, low: number, high: number, rises: boolean): number {
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (f(middle) < 0 === rises) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
