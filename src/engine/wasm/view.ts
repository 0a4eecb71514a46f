import { elementCount, type Node } from '../graph/value.ts';

/** Every element takes four bytes: floats, integers, and bools as masks of all ones or none. */
export const ELEMENT_BYTES = 4;

/**
 * A stretch of memory. Its address is settled when all kernels are known, or, for a movable one, set anew for each run: in a global
 * variable of the module.
 */
export class Buffer {
  /** In elements. */
  readonly size: number;
  /** In bytes; −1 until it is settled. */
  address = -1;
  /** The number of the global variable that holds the address, if it may change. */
  readonly global: number | undefined;

  constructor(size: number, global?: number) {
    this.size = size;
    this.global = global;
  }
}

/** A tensor in memory: element (i₀, i₁, …) is element offset + Σ iₖ · strideₖ of the buffer. */
export interface View {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly strides: readonly number[];
  /** The local variable with what is added to the address, the buffer's own if that may change. */
  readonly pointer?: number;
  /** How many elements further than `offset` that may be. */
  readonly travel?: number;
}

/** The strides of a tensor whose elements lie one after another. */
export function rowMajor(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

/** The strides of the same elements under another shape, or undefined where no strides give them. */
export function reshapedStrides(
  from: readonly number[],
  strides: readonly number[],
  to: readonly number[],
): number[] | undefined {
  if (elementCount(to) === 0) return rowMajor(to);
  const wide = from.flatMap((size, axis) => (size === 1 ? [] : [{ size, stride: strides[axis]! }]));
  const result = new Array<number>(to.length).fill(0);
  let source = 0;
  let target = 0;
  while (target < to.length) {
    if (to[target] === 1) {
      target++;
      continue;
    }
    // The fewest axes of both sides with equally many elements.
    const first = target;
    let have = wide[source]!.size;
    let want = to[target++]!;
    let last = wide[source++]!;
    while (have !== want) {
      if (have < want) {
        const next = wide[source++]!;
        if (last.stride !== next.stride * next.size) return undefined;
        have *= next.size;
        last = next;
      } else want *= to[target++]!;
    }
    let { stride } = last;
    for (let axis = target - 1; axis >= first; axis--) {
      result[axis] = stride;
      stride *= to[axis]!;
    }
  }
  return result;
}

/** The strides of a tensor that is broadcast to more or longer axes. */
export function broadcastStrides(
  shape: readonly number[],
  strides: readonly number[],
  to: readonly number[],
): number[] {
  const added = to.length - shape.length;
  return to.map((_, axis) => (axis < added || shape[axis - added] === 1 ? 0 : strides[axis - added]!));
}

/**
 * How far each axis of windows on images, [batch, rows, columns, kernel height, kernel width, channels], goes in the images: along
 * which axis, and by how many elements of it.
 */
export function windowSteps({ attributes }: Node): readonly (readonly [axis: number, length: number])[] {
  const [down, right] = attributes.strides as readonly [number, number];
  const [below, beside] = attributes.dilations as readonly [number, number];
  return [
    [0, 1],
    [1, down],
    [2, right],
    [1, below],
    [2, beside],
    [3, 1],
  ];
}

/** The strides of windows on images of the given strides. */
export function windowStrides(strides: readonly number[], node: Node): number[] {
  return windowSteps(node).map(([axis, length]) => length * strides[axis]!);
}
