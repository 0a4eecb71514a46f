import { portableMath } from '../../../src/index.ts';
import type { PlaneDensity } from './planeDensity.ts';

const LOG_AREA = portableMath.log(32);

/** Uniform on every other of the 16 squares of side 2 in [−4, 4]². Its entropy is ln 32 = 3.466 nats. */
export const checkerboard: PlaneDensity = {
  title: 'checkerboard',
  extent: 4.5,
  draw(rng) {
    const column = rng.integer(0, 4);
    const row = 2 * rng.integer(0, 2) + (column % 2);
    return [2 * (column - 2) + 2 * rng.uniform(), 2 * (row - 2) + 2 * rng.uniform()];
  },
  logPdf(x, y) {
    const [column, row] = [Math.floor(x / 2), Math.floor(y / 2)];
    const isInside = Math.max(Math.abs(x), Math.abs(y)) <= 4 && (column + row) % 2 === 0;
    return isInside ? -LOG_AREA : Number.NEGATIVE_INFINITY;
  },
};
