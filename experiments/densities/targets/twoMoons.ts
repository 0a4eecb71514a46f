import { portableMath, type Rng } from '../../../src/index.ts';
import { logOfBlurred } from './curves.ts';
import type { PlaneDensity } from './planeDensity.ts';

const { log, cosTurns, sinTurns } = portableMath;
const NOISE = 0.05;
/** The mean and the standard deviation of the moons with their noise; E[sin θ] on half a circle is 2/π. */
const MEAN = [0.5, 0.25] as const;
const STD = [Math.sqrt(0.75 + NOISE ** 2), Math.sqrt((0.5 + 0.75 - 2 / Math.PI) / 2 - 0.0625 + NOISE ** 2)] as const;

/** A point of the outer or the inner moon, half a turn long. */
function onMoon(isOuter: boolean, share: number): readonly [number, number] {
  const [cos, sin] = [cosTurns(share / 2), sinTurns(share / 2)];
  return isOuter ? [cos, sin] : [1 - cos, 0.5 - sin];
}

const NODES = 1200;
const points = Float64Array.from(
  Array.from({ length: NODES }, (_, i) => onMoon(i % 2 === 0, (Math.floor(i / 2) + 0.5) / (NODES / 2))).flat(),
);

/** Two moons with noise 0.05, brought to mean 0 and variance 1; 1,000 draws to learn from. */
export const twoMoons: PlaneDensity = {
  title: 'two moons, 1,000 draws',
  extent: 2.2,
  rows: 1000,
  draw(rng: Rng) {
    const [x, y] = onMoon(rng.uniform() < 0.5, rng.uniform());
    return [(rng.normal(x, NOISE) - MEAN[0]) / STD[0], (rng.normal(y, NOISE) - MEAN[1]) / STD[1]];
  },
  logPdf: (x, y) => logOfBlurred(points, NOISE, x * STD[0] + MEAN[0], y * STD[1] + MEAN[1]) + log(STD[0] * STD[1]),
};
