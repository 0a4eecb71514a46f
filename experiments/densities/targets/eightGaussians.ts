import { portableMath } from '../../../src/index.ts';
import type { PlaneDensity } from './planeDensity.ts';

const { exp, log, cosTurns, sinTurns } = portableMath;
const RADIUS = 4 / Math.SQRT2;
const STD = 0.5 / Math.SQRT2;
const CENTERS = Array.from({ length: 8 }, (_, i) => [RADIUS * cosTurns(i / 8), RADIUS * sinTurns(i / 8)] as const);

/** Eight Gaussians on a circle, as "FFJORD", arXiv:1810.01367, has them. Its entropy is 2.833 nats. */
export const eightGaussians: PlaneDensity = {
  title: '8 Gaussians',
  extent: 4.5,
  draw(rng) {
    const [x, y] = CENTERS[rng.integer(0, 8)]!;
    return [rng.normal(x, STD), rng.normal(y, STD)];
  },
  logPdf(x, y) {
    const kernels = CENTERS.map(([cx, cy]) => -((x - cx) ** 2 + (y - cy) ** 2) / (2 * STD ** 2));
    const most = Math.max(...kernels);
    const sum = kernels.reduce((total, kernel) => total + exp(kernel - most), 0);
    return most + log(sum / 8 / (2 * Math.PI * STD ** 2));
  },
};
