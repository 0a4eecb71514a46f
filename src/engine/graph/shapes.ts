import { type Graph, uniformNumber } from './graph.ts';
import {
  checkExpansion,
  checkReshape,
  checkSlice,
  checkSplit,
  joinedShape,
  type Paddings,
  paddedShape,
  permutedShape,
} from './shapeInference.ts';
import { type Data, type ElementType, elementCount, newData, sameShape, type Value } from './value.ts';

/** A constant tensor of any content; a uniform one becomes an expanded scalar. */
export function tensorConstant(g: Graph, data: Data, shape: readonly number[], dtype: ElementType): Value {
  const first = data[0];
  if (data.length > 1 && first !== undefined && data.every((x) => Object.is(x, first))) {
    return expand(g, g.constant(newData(dtype, [first]), [], dtype), shape);
  }
  return g.constant(data, shape, dtype);
}

/** `number` in every element. */
export function filled(g: Graph, number: number, shape: readonly number[], dtype: ElementType): Value {
  return expand(g, g.scalar(number, dtype), shape);
}

export function expand(g: Graph, x: Value, shape: readonly number[]): Value {
  if (sameShape(x.shape, shape)) return x;
  checkExpansion(x.shape, shape);
  if (x.node?.op === 'Expand') return expand(g, x.node.inputs[0]!, shape);
  if (elementCount(x.shape) === elementCount(shape)) return reshape(g, x, shape);
  return g.node('Expand', [x, g.int64s(shape)], shape, x.dtype);
}

/** What `x` was expanded from, or `x`. */
export function unexpanded(x: Value): Value {
  return x.node?.op === 'Expand' ? x.node.inputs[0]! : x;
}

export function reshape(g: Graph, x: Value, shape: readonly number[]): Value {
  if (sameShape(x.shape, shape)) return x;
  checkReshape(x.shape, shape);
  if (x.node?.op === 'Reshape') return reshape(g, x.node.inputs[0]!, shape);
  if (x.constant !== undefined) return g.constant(x.constant, shape, x.dtype);
  const source = unexpanded(x);
  if (source !== x && elementCount(source.shape) === 1) return expand(g, reshape(g, source, []), shape);
  // ONNX takes a 0 for the size that the input has there.
  return g.node('Reshape', [x, g.int64s(shape)], shape, x.dtype, shape.includes(0) ? { allowzero: 1 } : {});
}

export function transpose(g: Graph, x: Value, perm: readonly number[]): Value {
  const shape = permutedShape(x.shape, perm);
  if (perm.every((axis, i) => axis === i)) return x;
  if (uniformNumber(x) !== undefined) return expand(g, unexpanded(x), shape);
  if (x.node?.op === 'Transpose') {
    const before = x.node.attributes.perm as readonly number[];
    return transpose(
      g,
      x.node.inputs[0]!,
      perm.map((axis) => before[axis]!),
    );
  }
  // Where only axes of size 1 move, the elements stay in their order.
  const wide = perm.filter((axis) => x.shape[axis] !== 1);
  if (wide.every((axis, i) => i === 0 || axis > wide[i - 1]!)) return reshape(g, x, shape);
  return g.node('Transpose', [x], shape, x.dtype, { perm });
}

/** The permutation of which `x` is the result, if it is one. */
export function permutation(x: Value): readonly number[] | undefined {
  return x.node?.op === 'Transpose' ? (x.node.attributes.perm as readonly number[]) : undefined;
}

/** Where each axis goes under a permutation. */
function inverse(perm: readonly number[]): number[] {
  const places = new Array<number>(perm.length);
  perm.forEach((axis, i) => {
    places[axis] = i;
  });
  return places;
}

/** Whether `x` is the transpose of a matrix. */
export function isFlipped(x: Value): boolean {
  return x.shape.length === 2 && permutation(x) !== undefined;
}

/** Whether transposing the matrix `x` moves no data. */
export function isFreelyFlipped(x: Value): boolean {
  return (
    isFlipped(x) || (x.shape.length === 2 && (x.shape[0] === 1 || x.shape[1] === 1)) || uniformNumber(x) !== undefined
  );
}

/** A part of `source` along one axis. */
interface Part {
  readonly source: Value;
  readonly axis: number;
  readonly begin: number;
  readonly end: number;
}

function asPart(x: Value): Part | undefined {
  const node = x.node;
  if (node?.op === 'Split') {
    const axis = node.attributes.axis as number;
    let begin = 0;
    for (const output of node.outputs) {
      const end = begin + output.shape[axis]!;
      if (output === x) return { source: node.inputs[0]!, axis, begin, end };
      begin = end;
    }
  }
  if (node?.op === 'Slice' && node.inputs.length === 4 && node.inputs[3]!.shape[0] === 1) {
    const [source, begin, end, axis] = node.inputs;
    return {
      source: source!,
      axis: Number(axis!.constant![0]),
      begin: Number(begin!.constant![0]),
      end: Number(end!.constant![0]),
    };
  }
  return undefined;
}

/** Joins along `axis`. Consecutive parts that make up their whole source become that source. */
export function concat(g: Graph, values: readonly Value[], axis: number): Value {
  const shape = joinedShape(
    values.map((value) => value.shape),
    axis,
  );
  const parts: Value[] = [];
  const wanted = values.filter((value) => value.shape[axis] !== 0);
  for (let i = 0; i < wanted.length; i++) {
    const first = asPart(wanted[i]!);
    let whole: Value | undefined;
    if (first?.axis === axis && first.begin === 0) {
      let end = first.end;
      let last = i;
      while (end < first.source.shape[axis]! && last + 1 < wanted.length) {
        const next = asPart(wanted[last + 1]!);
        if (next?.source !== first.source || next.axis !== axis || next.begin !== end) break;
        end = next.end;
        last++;
      }
      if (end === first.source.shape[axis]) {
        whole = first.source;
        i = last;
      }
    }
    parts.push(whole ?? wanted[i]!);
  }
  if (parts.length === 0) return values[0]!;
  if (parts.length === 1) return parts[0]!;
  const number = uniformNumber(parts[0]!);
  if (number !== undefined && parts.every((part) => uniformNumber(part) === number)) {
    return filled(g, number, shape, parts[0]!.dtype);
  }
  if (parts.every(isFreelyFlipped) && parts.some(isFlipped)) {
    const flippedParts = parts.map((part) => transpose(g, part, [1, 0]));
    return transpose(g, concat(g, flippedParts, 1 - axis), [1, 0]);
  }
  return g.node('Concat', parts, shape, parts[0]!.dtype, { axis });
}

export function slice(g: Graph, x: Value, begin: readonly number[], size: readonly number[]): Value {
  checkSlice(x.shape, begin, size);
  const axes = size.flatMap((count, axis) => (count === x.shape[axis] ? [] : [axis]));
  if (axes.length === 0) return x;
  const source = unexpanded(x);
  if (source !== x && elementCount(source.shape) === 1) return expand(g, reshape(g, source, []), size);
  const perm = permutation(x);
  if (perm !== undefined) {
    const at = inverse(perm);
    const part = slice(
      g,
      x.node!.inputs[0]!,
      at.map((i) => begin[i]!),
      at.map((i) => size[i]!),
    );
    return transpose(g, part, perm);
  }
  if (axes.length === 1 && x.node?.op === 'Concat' && x.node.attributes.axis === axes[0]) {
    let offset = 0;
    for (const part of x.node.inputs) {
      const end = offset + part.shape[axes[0]!]!;
      const from = begin[axes[0]!]!;
      if (from >= offset && from + size[axes[0]!]! <= end) {
        return slice(
          g,
          part,
          begin.map((b, axis) => (axis === axes[0] ? b - offset : b)),
          size,
        );
      }
      offset = end;
    }
  }
  const ends = axes.map((axis) => begin[axis]! + size[axis]!);
  return g.node(
    'Slice',
    [x, g.int64s(axes.map((axis) => begin[axis]!)), g.int64s(ends), g.int64s(axes)],
    size,
    x.dtype,
  );
}

export function split(g: Graph, x: Value, sizes: readonly number[], axis: number): readonly Value[] {
  checkSplit(x.shape, sizes, axis);
  if (sizes.length === 1) return [x];
  const shapes = sizes.map((size) => x.shape.map((whole, i) => (i === axis ? size : whole)));
  if (uniformNumber(x) !== undefined) return shapes.map((shape) => expand(g, unexpanded(x), shape));
  const perm = permutation(x);
  if (perm !== undefined) {
    return split(g, x.node!.inputs[0]!, sizes, perm[axis]!).map((part) => transpose(g, part, perm));
  }
  const parts = x.node?.op === 'Concat' && x.node.attributes.axis === axis ? x.node.inputs : [];
  if (parts.length === sizes.length && parts.every((part, i) => part.shape[axis] === sizes[i])) return parts;
  return g.nodes(
    'Split',
    [x, g.int64s(sizes)],
    shapes.map((shape) => ({ shape, dtype: x.dtype })),
    { axis },
  );
}

export function pad(g: Graph, x: Value, paddings: Paddings, fill: number): Value {
  const shape = paddedShape(x.shape, paddings);
  if (sameShape(shape, x.shape)) return x;
  if (uniformNumber(x) === fill) return filled(g, fill, shape, x.dtype);
  const pads = [...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)];
  return g.node('Pad', [x, g.int64s(pads), g.scalar(fill, x.dtype)], shape, x.dtype, { mode: 'constant' });
}

/** A tensor that is zero but for `content`, which lies along one axis. */
interface Padded {
  readonly content: Value;
  readonly axis: number;
  readonly before: number;
  readonly after: number;
}

function paddedAlongOneAxis(x: Value): Padded | undefined {
  if (x.node?.op !== 'Pad' || x.node.attributes.mode !== 'constant') return undefined;
  const [content, pads, fill] = x.node.inputs;
  if (Number(fill!.constant![0]) !== 0) return undefined;
  const numbers = Array.from(pads!.constant!, Number);
  const rank = x.shape.length;
  const axes = x.shape.flatMap((_, i) => (numbers[i] !== 0 || numbers[rank + i] !== 0 ? [i] : []));
  if (axes.length !== 1) return undefined;
  return { content: content!, axis: axes[0]!, before: numbers[axes[0]!]!, after: numbers[rank + axes[0]!]! };
}

/**
 * The sum of two zero-padded tensors whose contents lie side by side, as one padded concatenation: the gradients of slices
 * of one tensor meet in such sums.
 */
export function addPadded(g: Graph, a: Value, b: Value): Value | undefined {
  const [p, q] = [paddedAlongOneAxis(a), paddedAlongOneAxis(b)];
  if (p === undefined || q === undefined || p.axis !== q.axis || !sameShape(a.shape, b.shape)) return undefined;
  const axis = p.axis;
  const [first, second] = p.before < q.before ? [p, q] : [q, p];
  if (first.before + first.content.shape[axis]! !== second.before) return undefined;
  const joined = concat(g, [first.content, second.content], axis);
  return pad(
    g,
    joined,
    a.shape.map((_, i) => (i === axis ? [first.before, second.after] : [0, 0])),
    0,
  );
}
