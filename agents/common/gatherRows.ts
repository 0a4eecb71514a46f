/**
 * Copies the rows `indices[0 … count − 1]` of a matrix with `width` columns into `target`.
 * @returns target
 */
export function gatherRows(
  source: Float32Array,
  width: number,
  indices: Int32Array,
  target: Float32Array<ArrayBuffer>,
): Float32Array<ArrayBuffer> {
  const count = target.length / width;
  for (let row = 0; row < count; row++) {
    const from = indices[row]! * width;
    for (let column = 0; column < width; column++) target[row * width + column] = source[from + column]!;
  }
  return target;
}
