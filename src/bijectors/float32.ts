export const LARGEST_FLOAT32 = (2 - 2 ** -23) * 2 ** 127;

/** The float32 next to a float32 number, upwards (1) or downwards (−1). */
export function nextFloat32(x: number, direction: 1 | -1): number {
  if (x === 0) return direction * 2 ** -149;
  const value = Float32Array.of(x);
  // Read as an integer, a float32 grows with its size: one further from 0 is one more.
  new Int32Array(value.buffer)[0]! += direction * Math.sign(x);
  return value[0]!;
}

/** The nearest float32 that is no smaller (1) or no larger (−1) than a float64 number. */
export function roundFloat32(x: number, direction: 1 | -1): number {
  const nearest = Math.fround(x);
  return (x - nearest) * direction > 0 ? nextFloat32(nearest, direction) : nearest;
}
