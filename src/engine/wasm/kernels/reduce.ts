import { elementCount, type Node } from '../../graph/value.ts';
import {
  assign,
  type Code,
  type Expression,
  f32x4,
  hold,
  type Instruction,
  i32x4,
  local,
  op,
  shuffle,
} from '../code.ts';
import { laneType } from '../elementwise.ts';
import { divide, emitPart, type Kernel, kernelOf, workOf } from '../kernel.ts';
import { type Layout, numbers, type View } from '../layout.ts';
import { type Access, access, each, loadLanes, merged, nest, type Place, shifted, storeLanes } from '../loops.ts';

export type Reduction = 'ReduceSum' | 'ReduceMean' | 'ReduceMax' | 'ReduceMin' | 'ReduceProd';

interface Rule {
  readonly name: 'sum' | 'max' | 'min' | 'prod';
  readonly f32: Instruction;
  readonly i32: Instruction;
  /** What changes nothing, for floats and for integers. */
  readonly neutral: number;
  readonly integerNeutral: number;
}

const SUM: Rule = { name: 'sum', f32: 'f32x4.add', i32: 'i32x4.add', neutral: 0, integerNeutral: 0 };

const RULES: Readonly<Record<Reduction, Rule>> = {
  ReduceSum: SUM,
  ReduceMean: SUM,
  ReduceMax: { name: 'max', f32: 'f32x4.max', i32: 'i32x4.max_s', neutral: -Infinity, integerNeutral: -(2 ** 31) },
  ReduceMin: { name: 'min', f32: 'f32x4.min', i32: 'i32x4.min_s', neutral: Infinity, integerNeutral: 2 ** 31 - 1 },
  ReduceProd: { name: 'prod', f32: 'f32x4.mul', i32: 'i32x4.mul', neutral: 1, integerNeutral: 1 },
};

export function isReduction(name: string): name is Reduction {
  return name in RULES;
}

function reducedAxes(node: Node): number[] {
  const axes = node.inputs[1];
  const rank = node.inputs[0]!.shape.length;
  return axes === undefined
    ? node.inputs[0]!.shape.map((_, i) => i)
    : numbers(axes).map((axis) => (axis + rank) % rank);
}

/** How the values of a reduction are joined. */
interface Joining {
  readonly instruction: Instruction;
  readonly neutral: Expression;
  /** After joining `count` values: a mean is divided. */
  finish(value: Expression, count: number): Expression;
}

function joining(node: Node): Joining {
  const rule = RULES[node.op as Reduction];
  const isFloat = laneType(node.inputs[0]!.dtype) === 'f32';
  return {
    instruction: isFloat ? rule.f32 : rule.i32,
    neutral: isFloat ? f32x4(rule.neutral) : i32x4(rule.integerNeutral),
    finish: (value, count) => (node.op === 'ReduceMean' ? op('f32x4.div', value, f32x4(count)) : value),
  };
}

/** One value from the four lanes of a vector, in all lanes. */
function acrossLanes(code: Code, vector: Expression, instruction: Instruction): Expression {
  const halves = hold(code, op(instruction, vector, shuffle(vector, vector, [2, 3, 0, 1])));
  return hold(code, op(instruction, halves, shuffle(halves, halves, [1, 0, 3, 2])));
}

/** A mask of the first `lanes` lanes. */
function firstLanes(lanes: number): Expression {
  const zeros = i32x4(0);
  return shuffle(
    i32x4(-1),
    zeros,
    [0, 1, 2, 3].map((lane) => (lane < lanes ? lane : 4 + lane)),
  );
}

/** An index space, and the strides of what is read and of what is written along its axes. */
interface Space {
  readonly sizes: number[];
  readonly source: number[];
  readonly target: number[];
}

/** Up to so many running totals in registers: with eight, the loads of a row of totals overlap. */
const MAX_TOTALS = 8;

/** Sums, means, extremes and products over axes; divided along those that stay. */
export function reduceKernel(layout: Layout, node: Node, threads: number): Kernel {
  const [x] = node.inputs;
  const [output] = node.outputs;
  const source = layout.viewOf(x!);
  const target = layout.viewOf(output!);
  const axes = new Set(reducedAxes(node));
  const isKept = x!.shape.map((_, axis) => !axes.has(axis));
  const keepsAxes = output!.shape.length === x!.shape.length;
  let next = 0;
  const targetStrides = x!.shape.map((_, axis) => {
    if (keepsAxes) return isKept[axis] ? target.strides[axis]! : 0;
    return isKept[axis] ? target.strides[next++]! : 0;
  });
  const pick = (kept: boolean): Space => {
    const chosen = x!.shape.flatMap((_, axis) => (isKept[axis] === kept ? [axis] : []));
    const { sizes, strides } = merged(
      chosen.map((axis) => x!.shape[axis]!),
      [chosen.map((axis) => source.strides[axis]!), chosen.map((axis) => targetStrides[axis]!)],
    );
    return { sizes, source: strides[0]!, target: strides[1]! };
  };
  const whole = pick(true);
  const reduced = pick(false);
  const count = elementCount(reduced.sizes);
  const { instruction, neutral, finish } = joining(node);
  const division = divide(whole.sizes, workOf(node), [source, target], threads);

  const label = `${node.op} [${x!.shape}] → [${output!.shape}]`;
  const along = (strides: readonly number[]): number => strides.indexOf(1);
  const lane = along(reduced.source);
  const isAcross = lane >= 0 && reduced.sizes[lane]! >= 4;
  const emitAll = (code: Code): void => {
    const emit = (kept: Space, from: View, to: View): void => {
      if (isAcross) overLanes(code, lane, kept, from, to);
      else besideLanes(code, Math.max(0, along(kept.source)), kept, from, to);
    };
    if (division === undefined) {
      emit(whole, source, target);
      return;
    }
    const { axis, size: step } = division;
    const steps = [step * whole.source[axis]!, step * whole.target[axis]!];
    emitPart(code, division, [source, target], steps, (size, [from, to]) =>
      emit({ ...whole, sizes: whole.sizes.with(axis, size) }, from!, to!),
    );
  };
  const rule = RULES[node.op as Reduction];
  const isFloat = laneType(x!.dtype) === 'f32';
  return kernelOf(label, [source], [target], {
    emit: emitAll,
    describe: (words) =>
      words.reduction({
        rule: rule.name,
        isFloat,
        count: node.op === 'ReduceMean' ? count : 0,
        neutral: isFloat ? rule.neutral : rule.integerNeutral,
        kept: whole.sizes,
        reduced: reduced.sizes,
        from: { ...source, strides: whole.source },
        to: { ...target, strides: whole.target },
        steps: reduced.source,
        across: isAcross ? lane : -1,
        lane: whole.sizes.length === 0 ? -1 : Math.max(0, along(whole.source)),
      }),
    parts: division?.parts,
  });

  /** The lanes run along a reduced axis, and are joined at the end. */
  function overLanes(code: Code, lane: number, kept: Space, from: View, to: View): void {
    const length = reduced.sizes[lane]!;
    const full = length - (length % 4);
    const outer: Access[] = [access(code, from, kept.source), access(code, to, kept.target)];
    nest(code, each(kept.sizes), outer, ([from, to]) => {
      const total = code.local('v128');
      assign(code, total, neutral);
      const join = (value: Expression): void => {
        assign(code, total, op(instruction, local(total), value));
      };
      const sizes = reduced.sizes.map((size, axis) => (axis === lane ? { size: full, step: 4 } : { size, step: 1 }));
      nest(code, sizes, [{ place: from!, strides: reduced.source }], ([at]) => join(loadLanes(at!, 1)));
      if (length > full) {
        const others = reduced.sizes.map((size, axis) => (axis === lane ? { size: 1, step: 1 } : { size, step: 1 }));
        nest(code, others, [{ place: shifted(from!, full), strides: reduced.source }], ([at]) => {
          const part = loadLanes(at!, 1, length - full);
          join(op('v128.bitselect', part, neutral, firstLanes(length - full)));
        });
      }
      const joined = acrossLanes(code, local(total), instruction);
      storeLanes(code, to!, 0, finish(joined, count), 1);
    });
  }

  /** The lanes run along an axis that stays; several vectors beside each other are reduced at once. */
  function besideLanes(code: Code, lane: number, kept: Space, from: View, to: View): void {
    const length = kept.sizes[lane] ?? 1;
    const [step, targetStep] = [kept.source[lane] ?? 0, kept.target[lane] ?? 0];
    const others = kept.sizes.map((size, axis) => ({ size: axis === lane ? 1 : size, step: 1 }));
    const outer: Access[] = [access(code, from, kept.source), access(code, to, kept.target)];
    const totals = Array.from({ length: MAX_TOTALS }, () => code.local('v128'));
    /** `vectors` vectors from a place on, the last with `lanes` lanes. */
    const columns = (from: Place, to: Place, vectors: number, lanes: number): void => {
      const own = totals.slice(0, vectors);
      const lanesOf = (i: number): number => (i === vectors - 1 ? lanes : 4);
      for (const total of own) {
        assign(code, total, neutral);
      }
      const axes = each(reduced.sizes);
      nest(code, axes, [{ place: from, strides: reduced.source }], ([at]) => {
        own.forEach((total, i) => {
          const value = loadLanes(shifted(at!, 4 * i * step), step, lanesOf(i));
          assign(code, total, op(instruction, local(total), value));
        });
      });
      own.forEach((total, i) => {
        const value = hold(code, finish(local(total), count));
        storeLanes(code, shifted(to, 4 * i * targetStep), targetStep, value, lanesOf(i));
      });
    };
    nest(code, others, outer, ([from, to]) => {
      const block = 4 * MAX_TOTALS;
      const blocks = Math.floor(length / block);
      const inner: Access[] = [
        { place: from!, strides: [step] },
        { place: to!, strides: [targetStep] },
      ];
      if (blocks > 0) {
        nest(code, [{ size: blocks * block, step: block }], inner, ([a, b]) => columns(a!, b!, MAX_TOTALS, 4));
      }
      const rest = length - blocks * block;
      if (rest > 0) {
        const done = blocks * block;
        columns(
          shifted(from!, done * step),
          shifted(to!, done * targetStep),
          Math.ceil(rest / 4),
          ((rest - 1) % 4) + 1,
        );
      }
    });
  }
}
