import type { Node, Value } from '../../graph/value.ts';
import { assign, type Code, type Expression, hold, i32, local, op } from '../code.ts';
import { type Kernel, kernelOf } from '../kernel.ts';
import { type Buffer, ELEMENT_BYTES, type Layout, type View } from '../layout.ts';
import {
  access,
  address,
  each,
  loadLanes,
  loadScalar,
  nest,
  type Place,
  placeOf,
  shifted,
  storeLanes,
  travelled,
} from '../loops.ts';

/** Two integers where a kernel leaves an index that lies outside: 1 + the bound (0 where all was well), and the index. */
type Faults = Buffer;

/** The index at `place`; one outside [0, size) is noted as a fault, and read as 0. */
function index(code: Code, place: Place, size: number, faults: Faults): Expression {
  const given = hold(code, loadScalar(place), 'i32');
  const result = code.local('i32');
  given(code);
  code.tee(result);
  code.i32(size);
  code.op('i32.ge_u');
  code.branch(() => {
    code.i32(0);
    code.i32(size + 1);
    code.memory('i32.store', faults.address);
    code.i32(0);
    given(code);
    code.memory('i32.store', faults.address + ELEMENT_BYTES);
    assign(code, result, i32(0));
  });
  return local(result);
}

/** An index that is known only when the program runs, below `size`, along an axis. */
interface Move {
  readonly index: Expression;
  readonly size: number;
  readonly stride: number;
}

/** The place at indices from `place`. As in {@link nest}, backwards counts from the highest element, so that no pointer falls below 0. */
function moved(code: Code, place: Place, ...moves: readonly Move[]): Place {
  const pointer = code.local('i32');
  const highest = moves.reduce((sum, { size, stride }) => sum + Math.min(0, ELEMENT_BYTES * stride * (size - 1)), 0);
  const sum = moves.reduce<Expression>(
    (total, move) => op('i32.add', total, op('i32.mul', move.index, i32(ELEMENT_BYTES * move.stride))),
    highest === 0 ? address(place) : op('i32.add', address(place), i32(-highest)),
  );
  assign(code, pointer, sum);
  const room = { ...place };
  for (const { size, stride } of moves) Object.assign(room, travelled(room, stride * (size - 1)));
  return { ...room, pointer, offset: place.offset + highest };
}

function copyOne(code: Code, from: Place, to: Place): void {
  storeLanes(code, to, 0, hold(code, loadLanes(from, 0)), 1);
}

/** The slices of `data` along an axis at the indices of a vector: output[…, i, …] = data[…, indices[i], …]. */
function gather(layout: Layout, node: Node, faults: Faults): Kernel {
  const [data, indices] = node.inputs as [Value, Value];
  const [output] = node.outputs as [Value];
  const axis = node.attributes.axis as number;
  const [from, at, to] = [data, indices, output].map((value) => layout.viewOf(value)) as [View, View, View];
  const only = (strides: readonly number[], keep: boolean): number[] =>
    strides.map((stride, i) => ((i === axis) === keep ? stride : 0));
  const inner = output.shape.map((size, i) => ({ size: i > axis ? size : 1, step: 1 }));
  return kernelOf(`Gather [${output.shape}]`, [from, at], [to], {
    emit(code) {
      nest(
        code,
        output.shape.map((size, i) => ({ size: i > axis ? 1 : size, step: 1 })),
        [
          access(code, from, only(from.strides, false)),
          access(
            code,
            at,
            output.shape.map((_, i) => (i === axis ? at.strides[0]! : 0)),
          ),
          access(code, to),
        ],
        ([source, place, target]) => {
          const size = data.shape[axis]!;
          const move = { index: index(code, place!, size, faults), size, stride: from.strides[axis]! };
          const row = moved(code, source!, move);
          nest(
            code,
            inner,
            [
              { place: row, strides: from.strides },
              { place: target!, strides: to.strides },
            ],
            ([a, b]) => copyOne(code, a!, b!),
          );
        },
      );
    },
    describe(words) {
      const zeros = output.shape.slice(axis + 1).map(() => 0);
      const outer = output.shape.slice(0, axis + 1);
      words.indexed({
        kind: 'gather',
        outer,
        inner: output.shape.slice(axis + 1),
        bounds: [data.shape[axis]!],
        moves: [from.strides[axis]!],
        tupleStep: 0,
        indices: { ...at, strides: [...outer.slice(1).map(() => 0), at.strides[0]!, ...zeros] },
        data: { ...from, strides: from.strides.with(axis, 0) },
        other: to,
      });
    },
  });
}

/** output[…, i, …] = data[…, indices[…, i, …], …]. */
function gatherElements(layout: Layout, node: Node, faults: Faults): Kernel {
  const [data, indices] = node.inputs as [Value, Value];
  const [output] = node.outputs as [Value];
  const axis = node.attributes.axis as number;
  const [from, at, to] = [data, indices, output].map((value) => layout.viewOf(value)) as [View, View, View];
  return kernelOf(`GatherElements [${output.shape}]`, [from, at], [to], {
    emit(code) {
      nest(
        code,
        each(output.shape),
        [
          access(
            code,
            from,
            from.strides.map((stride, i) => (i === axis ? 0 : stride)),
          ),
          access(code, at),
          access(code, to),
        ],
        ([source, place, target]) => {
          const size = data.shape[axis]!;
          const move = { index: index(code, place!, size, faults), size, stride: from.strides[axis]! };
          copyOne(code, moved(code, source!, move), target!);
        },
      );
    },
    describe(words) {
      words.indexed({
        kind: 'gather',
        outer: output.shape,
        inner: [],
        bounds: [data.shape[axis]!],
        moves: [from.strides[axis]!],
        tupleStep: 0,
        indices: at,
        data: { ...from, strides: from.strides.with(axis, 0) },
        other: to,
      });
    },
  });
}

/** The place that a tuple of indices names: `tuple` lies along the last axis of `indices`. */
function placeOfTuple(
  code: Code,
  base: View,
  shape: readonly number[],
  tuple: Place,
  stride: number,
  faults: Faults,
): Place {
  const moves = shape.map((size, i): Move => {
    return { index: index(code, shifted(tuple, stride * i), size, faults), size, stride: base.strides[i]! };
  });
  return moved(code, placeOf(code, base), ...moves);
}

/** output[i…, j…] = data[indices[i…], j…], where an entry of `indices` is a tuple. */
function gatherND(layout: Layout, node: Node, faults: Faults): Kernel {
  const [data, indices] = node.inputs as [Value, Value];
  const [output] = node.outputs as [Value];
  const [from, at, to] = [data, indices, output].map((value) => layout.viewOf(value)) as [View, View, View];
  const length = indices.shape.at(-1)!;
  const outer = indices.shape.length - 1;
  return kernelOf(`GatherND [${output.shape}]`, [from, at], [to], {
    emit(code) {
      nest(
        code,
        each(output.shape.slice(0, outer)),
        [access(code, at, at.strides.slice(0, -1)), access(code, to, to.strides.slice(0, outer))],
        ([tuple, target]) => {
          const source = placeOfTuple(code, from, data.shape.slice(0, length), tuple!, at.strides.at(-1)!, faults);
          nest(
            code,
            each(output.shape.slice(outer)),
            [
              { place: source, strides: from.strides.slice(length) },
              { place: target!, strides: to.strides.slice(outer) },
            ],
            ([a, b]) => copyOne(code, a!, b!),
          );
        },
      );
    },
    describe(words) {
      words.indexed({
        kind: 'gather',
        outer: output.shape.slice(0, outer),
        inner: output.shape.slice(outer),
        bounds: data.shape.slice(0, length),
        moves: from.strides.slice(0, length),
        tupleStep: at.strides.at(-1)!,
        indices: { ...at, strides: at.strides.slice(0, -1) },
        data: { ...from, strides: [...at.strides.slice(0, -1).map(() => 0), ...from.strides.slice(length)] },
        other: to,
      });
    },
  });
}

/** A copy of `data` in which the slices at the tuples of `indices` are replaced by `updates`, or have them added. */
function scatterND(layout: Layout, node: Node, faults: Faults): Kernel {
  const [data, indices, updates] = node.inputs as [Value, Value, Value];
  const [output] = node.outputs as [Value];
  const [from, at, given, to] = [data, indices, updates, output].map((value) => layout.viewOf(value)) as [
    View,
    View,
    View,
    View,
  ];
  const length = indices.shape.at(-1)!;
  const outer = indices.shape.length - 1;
  const isSum = node.attributes.reduction === 'add';
  const plus = output.dtype === 'float32' ? 'f32x4.add' : 'i32x4.add';
  return kernelOf(`ScatterND [${output.shape}]`, [from, at, given], [to], {
    emit(code) {
      nest(code, each(output.shape), [access(code, from), access(code, to)], ([a, b]) => copyOne(code, a!, b!));
      nest(
        code,
        each(indices.shape.slice(0, -1)),
        [access(code, at, at.strides.slice(0, -1)), access(code, given, given.strides.slice(0, outer))],
        ([tuple, source]) => {
          const target = placeOfTuple(code, to, output.shape.slice(0, length), tuple!, at.strides.at(-1)!, faults);
          nest(
            code,
            each(output.shape.slice(length)),
            [
              { place: source!, strides: given.strides.slice(outer) },
              { place: target, strides: to.strides.slice(length) },
            ],
            ([a, b]) => {
              const update = hold(code, loadLanes(a!, 0));
              storeLanes(code, b!, 0, isSum ? hold(code, op(plus, loadLanes(b!, 0), update)) : update, 1);
            },
          );
        },
      );
    },
    describe(words) {
      words.copy(output.shape, from, to);
      words.indexed({
        kind: !isSum ? 'scatter' : output.dtype === 'float32' ? 'addFloats' : 'addIntegers',
        outer: indices.shape.slice(0, -1),
        inner: output.shape.slice(length),
        bounds: output.shape.slice(0, length),
        moves: to.strides.slice(0, length),
        tupleStep: at.strides.at(-1)!,
        indices: { ...at, strides: at.strides.slice(0, -1) },
        data: { ...to, strides: [...at.strides.slice(0, -1).map(() => 0), ...to.strides.slice(length)] },
        other: given,
      });
    },
  });
}

export const INDEXING: Readonly<Record<string, (layout: Layout, node: Node, faults: Faults) => Kernel>> = {
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherND,
  ScatterND: scatterND,
};
