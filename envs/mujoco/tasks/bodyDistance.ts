/** From one body to another, `[3]`, by where MuJoCo last computed them: `mjData`'s `xpos`. */
export function bodyOffset(xpos: Float64Array, from: number, to: number): [x: number, y: number, z: number] {
  const along = (axis: number) => xpos[3 * to + axis]! - xpos[3 * from + axis]!;
  return [along(0), along(1), along(2)];
}

/** The length of {@link bodyOffset}. */
export function bodyDistance(xpos: Float64Array, from: number, to: number): number {
  const [x, y, z] = bodyOffset(xpos, from, to);
  return Math.sqrt(x * x + y * y + z * z);
}
