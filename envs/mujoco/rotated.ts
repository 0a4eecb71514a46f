import type { Quaternion, Vector3 } from '../drawing/scene.ts';

/** The vector v turned by the unit quaternion (w, u): v + 2 w u × v + 2 u × (u × v). */
export function rotated([w, x, y, z]: Quaternion, [a, b, c]: Vector3): Vector3 {
  const [p, q, r] = [2 * (y * c - z * b), 2 * (z * a - x * c), 2 * (x * b - y * a)];
  return [a + w * p + y * r - z * q, b + w * q + z * p - x * r, c + w * r + x * q - y * p];
}
