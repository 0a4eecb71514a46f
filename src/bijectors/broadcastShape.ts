/** The shape that tensors of these shapes broadcast to, as numpy's rules have it; undefined where they do not fit. */
export function broadcastShape(...shapes: readonly (readonly number[])[]): number[] | undefined {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const result = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    for (const [i, size] of shape.entries()) {
      const axis = rank - shape.length + i;
      if (size === 1) continue;
      if (result[axis] !== 1 && result[axis] !== size) return undefined;
      result[axis] = size;
    }
  }
  return result;
}
