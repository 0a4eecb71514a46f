import { portableMath } from '../../../src/index.ts';
import { logOfBlurred } from './curves.ts';
import type { PlaneDensity } from './planeDensity.ts';

const { cosTurns, sinTurns } = portableMath;
const NOISE = 0.08;
const RADII = [3, 2.25, 1.5, 0.75];
const NODES = 800;

const points = Float64Array.from(
  RADII.flatMap((radius) =>
    Array.from({ length: NODES }, (_, i) => [radius * cosTurns(i / NODES), radius * sinTurns(i / NODES)]),
  ).flat(),
);

/** Four rings of equal weight with noise 0.08. */
export const rings: PlaneDensity = {
  title: 'rings',
  extent: 3.6,
  draw(rng) {
    const radius = RADII[rng.integer(0, RADII.length)]!;
    const turn = rng.uniform();
    return [rng.normal(radius * cosTurns(turn), NOISE), rng.normal(radius * sinTurns(turn), NOISE)];
  },
  logPdf: (x, y) => logOfBlurred(points, NOISE, x, y),
};
