import type { Node, Value } from '../../graph/value.ts';
import { assign, type Expression, f32x4, hold, type Instruction, i32, i32x4, local, op } from '../code.ts';
import { laneType } from '../elementwise.ts';
import { type Kernel, kernelOf } from '../kernel.ts';
import { type Layout, numbers, type View } from '../layout.ts';
import {
  type Access,
  type Axis,
  access,
  each,
  loadLanes,
  loadScalar,
  nest,
  type Place,
  placeOf,
  storeLanes,
  storeScalar,
} from '../loops.ts';

// Operations that walk along one axis, one element after another.

const at =
  (size: number, axis: number): ((other: number, i: number) => number) =>
  (other, i) =>
    i === axis ? size : other;

/** The view from its last element along an axis to its first. */
function backwards(view: View, shape: readonly number[], axis: number): View {
  const stride = view.strides[axis]!;
  return { ...view, offset: view.offset + stride * (shape[axis]! - 1), strides: view.strides.map(at(-stride, axis)) };
}

/** Running totals: with or without the element itself, from either end. */
function cumulativeSum(layout: Layout, node: Node): Kernel {
  const [x, along] = node.inputs as [Value, Value];
  const [output] = node.outputs as [Value];
  const axis = numbers(along)[0]!;
  const views = [x, output].map((value) => layout.viewOf(value));
  const [from, to] = views.map((view) => (node.attributes.reverse === 1 ? backwards(view, x.shape, axis) : view)) as [
    View,
    View,
  ];
  const isFloat = x.dtype === 'float32';
  const plus: Instruction = isFloat ? 'f32x4.add' : 'i32x4.add';
  return kernelOf(`CumSum [${x.shape}]`, [from], [to], {
    emit(code) {
      const total = code.local('v128');
      const accesses = (a: Place, b: Place): Access[] => [
        { place: a, strides: from.strides },
        { place: b, strides: to.strides },
      ];
      nest(code, each(x.shape.map(at(1, axis))), accesses(placeOf(code, from), placeOf(code, to)), ([a, b]) => {
        assign(code, total, isFloat ? f32x4(0) : i32x4(0));
        const line = x.shape.map((size, i) => ({ size: i === axis ? size : 1, step: 1 }));
        nest(code, line, accesses(a!, b!), ([source, target]) => {
          const value = hold(code, loadLanes(source!, 0));
          if (node.attributes.exclusive === 1) storeLanes(code, target!, 0, local(total), 1);
          assign(code, total, op(plus, local(total), value));
          if (node.attributes.exclusive !== 1) storeLanes(code, target!, 0, local(total), 1);
        });
      });
    },
    describe(words) {
      const steps = (view: View): readonly [View, number] => [
        { ...view, strides: view.strides.toSpliced(axis, 1) },
        view.strides[axis]!,
      ];
      const lines = x.shape.toSpliced(axis, 1);
      words.cumulative(isFloat, node.attributes.exclusive === 1, lines, x.shape[axis]!, [steps(from), steps(to)]);
    },
  });
}

/** The index of the first greatest or least element along an axis. */
function argument(layout: Layout, node: Node): Kernel {
  const [x] = node.inputs as [Value];
  const [output] = node.outputs as [Value];
  const axis = node.attributes.axis as number;
  const [from, to] = [x, output].map((value) => layout.viewOf(value)) as [View, View];
  const type = laneType(x.dtype) === 'f32' ? 'f32' : 'i32';
  const [greater, less] = ({ f32: ['f32.gt', 'f32.lt'], i32: ['i32.gt_s', 'i32.lt_s'] } as const)[type];
  const better: Instruction = node.op === 'ArgMax' ? greater : less;
  const kept = node.attributes.keepdims === 1 ? to.strides : to.strides.toSpliced(axis, 0, 0);
  const target = kept.with(axis, 0);
  return kernelOf(`${node.op} [${x.shape}]`, [from], [to], {
    emit(code) {
      const best = code.local(type);
      const bestIndex = code.local('i32');
      const index = code.local('i32');
      nest(code, each(x.shape.map(at(1, axis))), [access(code, from), access(code, to, target)], ([source, result]) => {
        assign(code, best, loadScalar(source!, type));
        for (const variable of [bestIndex, index]) {
          assign(code, variable, i32(0));
        }
        nest(
          code,
          [{ size: x.shape[axis]!, step: 1 }],
          [{ place: source!, strides: [from.strides[axis]!] }],
          ([element]) => {
            const value = hold(code, loadScalar(element!, type), type);
            op(better, value, local(best))(code);
            code.branch(() => {
              assign(code, best, value);
              assign(code, bestIndex, local(index));
            });
            assign(code, index, op('i32.add', local(index), i32(1)));
          },
        );
        storeScalar(code, result!, local(bestIndex));
      });
    },
    describe(words) {
      const lines = x.shape.toSpliced(axis, 1);
      words.best(type === 'f32', node.op === 'ArgMin', lines, x.shape[axis]!, 1, [
        [{ ...from, strides: from.strides.toSpliced(axis, 1) }, from.strides[axis]!],
        [{ ...to, strides: target.toSpliced(axis, 1) }, 0],
      ]);
    },
  });
}

/**
 * The k greatest elements of each row, with their indices: in falling order, and among equal ones by index. Each is found as the
 * greatest of those that come after the one before, so that nothing has to be marked.
 */
function topK(layout: Layout, node: Node): Kernel {
  const [x] = node.inputs as [Value];
  const [values, indices] = node.outputs as [Value, Value];
  const [from, to, toIndex] = [x, values, indices].map((value) => layout.viewOf(value)) as [View, View, View];
  const isFloat = laneType(x.dtype) === 'f32';
  const type = isFloat ? 'f32' : 'i32';
  const [greater, equal]: [Instruction, Instruction] = isFloat ? ['f32.gt', 'f32.eq'] : ['i32.gt_s', 'i32.eq'];
  const length = x.shape.at(-1)!;
  const stride = from.strides.at(-1)!;
  return kernelOf(`TopK [${x.shape}]`, [from], [to, toIndex], {
    emit(code) {
      const [last, best] = [code.local(type), code.local(type)];
      const [lastIndex, bestIndex, index] = [code.local('i32'), code.local('i32'), code.local('i32')];
      const comesFirst = (a: Expression, aIndex: Expression, b: Expression, bIndex: Expression): Expression =>
        op('i32.or', op(greater, a, b), op('i32.and', op(equal, a, b), op('i32.lt_s', aIndex, bIndex)));
      nest(
        code,
        each(x.shape.slice(0, -1)),
        [
          access(code, from, from.strides.slice(0, -1)),
          access(code, to, to.strides.slice(0, -1)),
          access(code, toIndex, toIndex.strides.slice(0, -1)),
        ],
        ([row, value, place]) => {
          assign(code, lastIndex, i32(-1));
          nest(
            code,
            [{ size: values.shape.at(-1)!, step: 1 }],
            [
              { place: value!, strides: [to.strides.at(-1)!] },
              { place: place!, strides: [toIndex.strides.at(-1)!] },
            ],
            ([valueAt, indexAt]) => {
              assign(code, bestIndex, i32(-1));
              assign(code, index, i32(0));
              nest(code, [{ size: length, step: 1 }], [{ place: row!, strides: [stride] }], ([element]) => {
                const candidate = hold(code, loadScalar(element!, type), type);
                const isFree = op(
                  'i32.or',
                  op('i32.lt_s', local(lastIndex), i32(0)),
                  comesFirst(local(last), local(lastIndex), candidate, local(index)),
                );
                const isBetter = op(
                  'i32.or',
                  op('i32.lt_s', local(bestIndex), i32(0)),
                  comesFirst(candidate, local(index), local(best), local(bestIndex)),
                );
                op('i32.and', isFree, isBetter)(code);
                code.branch(() => {
                  assign(code, best, candidate);
                  assign(code, bestIndex, local(index));
                });
                assign(code, index, op('i32.add', local(index), i32(1)));
              });
              storeScalar(code, valueAt!, local(best), type);
              storeScalar(code, indexAt!, local(bestIndex));
              assign(code, last, local(best));
              assign(code, lastIndex, local(bestIndex));
            },
          );
        },
      );
    },
    describe(words) {
      const steps = (view: View): readonly [View, number] => [
        { ...view, strides: view.strides.slice(0, -1) },
        view.strides.at(-1)!,
      ];
      const count = values.shape.at(-1)!;
      words.best(isFloat, false, x.shape.slice(0, -1), length, count, [steps(from), steps(toIndex), steps(to)]);
    },
  });
}

/** Sums of products over the letters of an equation that the result does not have. */
function einsum(layout: Layout, node: Node): Kernel {
  const [left, result] = (node.attributes.equation as string).replace(/\s/g, '').split('->') as [string, string];
  const terms = left.split(',');
  const [output] = node.outputs as [Value];
  const sizes = new Map<string, number>();
  terms.forEach((term, i) => {
    [...term].forEach((letter, axis) => sizes.set(letter, node.inputs[i]!.shape[axis]!));
  });
  const kept = [...new Set(result)];
  const summed = [...sizes.keys()].filter((letter) => !kept.includes(letter));
  const stridesOf = (letters: string, view: View): ((letter: string) => number) => {
    return (wanted) =>
      [...letters].reduce((sum, letter, axis) => sum + (letter === wanted ? view.strides[axis]! : 0), 0);
  };
  const views = node.inputs.map((value) => layout.viewOf(value));
  const to = layout.viewOf(output);
  const isFloat = laneType(output.dtype) === 'f32';
  const [times, plus]: [Instruction, Instruction] = isFloat ? ['f32x4.mul', 'f32x4.add'] : ['i32x4.mul', 'i32x4.add'];
  return kernelOf(`Einsum ${node.attributes.equation}`, views, [to], {
    emit(code) {
      const axes = (letters: readonly string[]): Axis[] => each(letters.map((letter) => sizes.get(letter)!));
      const total = code.local('v128');
      nest(
        code,
        axes(kept),
        [...views, to].map((view, i) => access(code, view, kept.map(stridesOf(terms[i] ?? result, view)))),
        (places) => {
          assign(code, total, isFloat ? f32x4(0) : i32x4(0));
          const inner = views.map((view, i) => ({
            place: places[i]!,
            strides: summed.map(stridesOf(terms[i]!, view)),
          }));
          nest(code, axes(summed), inner, (factors) => {
            const product = factors.map((place) => loadLanes(place, 0)).reduce((a, b) => op(times, a, b));
            assign(code, total, op(plus, local(total), product));
          });
          storeLanes(code, places.at(-1)!, 0, local(total), 1);
        },
      );
    },
    describe(words) {
      const size = (letter: string): number => sizes.get(letter)!;
      const along = (view: View, i: number): View => ({
        ...view,
        strides: kept.map(stridesOf(terms[i] ?? result, view)),
      });
      words.sums(
        isFloat,
        kept.map(size),
        summed.map(size),
        along(to, terms.length),
        views.map((view, i) => [along(view, i), summed.map(stridesOf(terms[i]!, view))]),
      );
    },
  });
}

export const ALONG_AXES: Readonly<Record<string, (layout: Layout, node: Node) => Kernel>> = {
  ArgMax: argument,
  ArgMin: argument,
  CumSum: cumulativeSum,
  Einsum: einsum,
  TopK: topK,
};
