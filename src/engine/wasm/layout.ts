import { type Data, type ElementType, elementCount, type Node, type Value } from '../graph/value.ts';
import { Buffer, broadcastStrides, reshapedStrides, rowMajor, type View, windowSteps } from './view.ts';

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
export interface Renaming {
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
