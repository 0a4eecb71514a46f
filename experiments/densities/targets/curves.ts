import { portableMath } from '../../../src/index.ts';

const { exp, log } = portableMath;

/**
 * log of the density of a point chosen evenly of `points` plus normal noise: with points dense beside the noise, that of a curve.
 * @param points `[x, y]`, row by row
 */
export function logOfBlurred(points: Float64Array, std: number, x: number, y: number): number {
  const scale = -1 / (2 * std * std);
  let nearest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < points.length; i += 2) {
    nearest = Math.min(nearest, (points[i]! - x) ** 2 + (points[i + 1]! - y) ** 2);
  }
  let sum = 0;
  for (let i = 0; i < points.length; i += 2) {
    const further = (points[i]! - x) ** 2 + (points[i + 1]! - y) ** 2 - nearest;
    // Below e⁻⁴⁰ of the nearest one's share.
    if (further * scale > -40) sum += exp(further * scale);
  }
  return nearest * scale + log(sum / (points.length / 2) / (2 * Math.PI * std * std));
}
