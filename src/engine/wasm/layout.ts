import { type Data, type ElementType, elementCount, type Node, type Value } from '../graph/value.ts';

/** Operations that only look at the elements of their first input in another way. */
const VIEWS = new Set(['Reshape', 'Transpose', 'Split', 'Slice', 'Expand', 'Identity', 'Im2Col']);

export function isView(node: Node): boolean {
  return VIEWS.has(node.op);
}

/** The numbers of a constant input that says shapes, axes or bounds. */
export function numbers(value: Value): number[] {
  return Array.from(value.constant!, Number);
}

/** The single element of a constant, or of one that is expanded. */
export function uniformConstant(value: Value): number | undefined {
  if (value.constant !== undefined) return value.constant.length === 1 ? Number(value.constant[0]) : undefined;
  if (value.node?.op === 'Expand' || value.node?.op === 'Reshape') return uniformConstant(value.node.inputs[0]!);
  return undefined;
}

/** A number among the attributes of a node. */
export function numberOf({ attributes }: Node, name: string, otherwise: number): number {
  const value = attributes[name];
  return typeof value === 'object' && 'float' in value ? value.float : typeof value === 'number' ? value : otherwise;
}

/** A slice's first index and step along each axis. */
function sliceBounds(node: Node): { begin: number[]; step: number[] } {
  const [x, starts, , axes, steps] = node.inputs;
  const begin = x!.shape.map(() => 0);
  const step = x!.shape.map(() => 1);
  numbers(axes!).forEach((axis, i) => {
    const size = x!.shape[axis]!;
    step[axis] = steps === undefined ? 1 : numbers(steps)[i]!;
    const start = numbers(starts!)[i]!;
    const counted = start < 0 ? start + size : start;
    begin[axis] = Math.min(Math.max(counted, 0), step[axis]! < 0 ? size - 1 : size);
  });
  return { begin, step };
}

/** A view's element as an element of what is looked at: place = origin + Σ axisₖ · steps. */
interface Renaming {
  readonly source: Value;
  /** The source's index of element (0, 0, …). */
  readonly origin: readonly number[];
  /** How far one step along each of the view's axes goes, as a source index. */
  readonly steps: readonly (readonly number[])[];
}

/** Where the elements of `value`, an output of a view other than a reshape, come from. */
function renaming(value: Value): Renaming {
  const node = value.node!;
  const source = node.inputs[0]!;
  const rank = source.shape.length;
  const unit = (axis: number, length = 1): number[] => source.shape.map((_, i) => (i === axis ? length : 0));
  const zero = source.shape.map(() => 0);
  const same = (axis: number): number[] => unit(axis);
  switch (node.op) {
    case 'Identity':
      return { source, origin: zero, steps: value.shape.map((_, axis) => same(axis)) };
    case 'Transpose': {
      const perm = node.attributes.perm as readonly number[];
      return { source, origin: zero, steps: perm.map((axis) => unit(axis)) };
    }
    case 'Expand': {
      const added = value.shape.length - rank;
      const steps = value.shape.map((_, i) => (i < added || source.shape[i - added] === 1 ? zero : unit(i - added)));
      return { source, origin: zero, steps };
    }
    case 'Split': {
      const axis = node.attributes.axis as number;
      let begin = 0;
      for (const output of node.outputs) {
        if (output === value) break;
        begin += output.shape[axis]!;
      }
      return { source, origin: unit(axis, begin), steps: value.shape.map((_, i) => unit(i)) };
    }
    case 'Slice': {
      const { begin, step } = sliceBounds(node);
      return { source, origin: begin, steps: value.shape.map((_, axis) => unit(axis, step[axis])) };
    }
    case 'Im2Col':
      return { source, origin: zero, steps: windowSteps(node).map(([axis, length]) => unit(axis, length)) };
    default:
      throw new Error(`${node.op} is no view`);
  }
}

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

/** Where the values of a graph are in memory. */
export class Layout {
  readonly #views = new Map<Value, View>();
  /** What memory holds before the first run: constants. */
  readonly constants: { readonly buffer: Buffer; readonly dtype: ElementType; readonly data: Data }[] = [];

  /** Says where a value is that is no view of another. */
  place(value: Value, view: View): void {
    this.#views.set(value, view);
  }

  isPlaced(value: Value): boolean {
    return this.#views.has(value);
  }

  /** A new place of its own for a value, its elements one after another. */
  allocate(value: Value): View {
    const view = { buffer: new Buffer(elementCount(value.shape)), offset: 0, strides: rowMajor(value.shape) };
    this.place(value, view);
    return view;
  }

  /** Whether a reshape can be read where its source is. */
  canReshape(value: Value): boolean {
    const source = value.node!.inputs[0]!;
    return reshapedStrides(source.shape, this.viewOf(source).strides, value.shape) !== undefined;
  }

  viewOf(value: Value): View {
    const known = this.#views.get(value);
    if (known !== undefined) return known;
    const view = this.#find(value);
    this.#views.set(value, view);
    return view;
  }

  #find(value: Value): View {
    if (value.constant !== undefined) {
      const buffer = new Buffer(value.constant.length);
      this.constants.push({ buffer, dtype: value.dtype, data: value.constant });
      return { buffer, offset: 0, strides: rowMajor(value.shape) };
    }
    const node = value.node;
    if (node === undefined || !isView(node)) throw new Error(`no place for ${node?.op ?? value.input?.kind}`);
    const source = node.inputs[0]!;
    const { buffer, offset, strides } = this.viewOf(source);
    if (node.op === 'Reshape') {
      const reshaped = reshapedStrides(source.shape, strides, value.shape);
      if (reshaped === undefined) throw new Error('a reshape that needs a copy has none');
      return { buffer, offset, strides: reshaped };
    }
    const { origin, steps } = renaming(value);
    return { buffer, offset: offset + dot(origin, strides), strides: steps.map((step) => dot(step, strides)) };
  }

  /** The strides of a value that is broadcast to `shape`. */
  broadcast(value: Value, shape: readonly number[]): View {
    const { buffer, offset, strides } = this.viewOf(value);
    return { buffer, offset, strides: broadcastStrides(value.shape, strides, shape) };
  }
}

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
function windowSteps({ attributes }: Node): readonly (readonly [axis: number, length: number])[] {
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
