import type { Node, Value } from '../../graph/value.ts';
import { type Code, type Expression, f32x4, hold, i32x4, op } from '../code.ts';
import { emitElementwise, type Library, laneType } from '../elementwise.ts';
import { divide, emitPart, type Kernel, kernelOf, workOf } from '../kernel.ts';
import { type Layout, numbers, rowMajor, uniformConstant, type View, windowStrides } from '../layout.ts';
import { type LineBody, loadLanes, overVectors, type Place, storeLanes } from '../loops.ts';

/** A number in all lanes, as the lanes of a dtype hold it. */
function splat(number: number, dtype: Value['dtype']): Expression {
  const type = laneType(dtype);
  return type === 'f32' ? f32x4(number) : i32x4(type === 'mask' ? -Number(number !== 0) : number);
}

/** A shape without its axes of size 1: results of one such shape are calculated together. */
export function wideShape(shape: readonly number[]): number[] {
  return shape.filter((size) => size !== 1);
}

/** The strides along the axes of `shape` that are not of size 1. */
function wide(view: View, shape: readonly number[]): View {
  return { ...view, strides: view.strides.filter((_, axis) => shape[axis] !== 1) };
}

/**
 * Elementwise operations on one index space, done together: each element is loaded once, and what only these operations use is
 * never stored.
 *
 * @param nodes their results have the same shape but for axes of size 1; operands are results of these nodes, or broadcast
 * @param stored the results that others need
 * @param threads among how many it may be divided
 */
export function gridKernel(layout: Layout, nodes: readonly Node[], stored: readonly Value[], threads: number): Kernel {
  const shape = wideShape(nodes[0]!.outputs[0]!.shape);
  const own = new Set(nodes.map((node) => node.outputs[0]!));
  const operands = new Map<Value, View>();
  for (const { inputs, outputs } of nodes) {
    const whole = outputs[0]!.shape;
    for (const value of inputs) {
      if (own.has(value) || operands.has(value) || uniformConstant(value) !== undefined) continue;
      operands.set(value, wide(layout.broadcast(value, whole), whole));
    }
  }
  const loaded = [...operands.keys()];
  const results = new Map(stored.map((value) => [value, wide(layout.viewOf(value), value.shape)]));
  const views = [...operands.values(), ...results.values()];
  const work = nodes.reduce((sum, node) => sum + workOf(node), 0);
  const division = divide(shape, work, views, threads);
  const label = `${nodes.map(({ op }) => op).join(' ')} [${shape}]`;
  const emitAll: Kernel['emit'] = (code, library) => {
    const emit = (sizes: readonly number[], from: readonly View[]): void =>
      overVectors(code, sizes, from, (strides) => line(code, library, strides));
    if (division === undefined) {
      emit(shape, views);
      return;
    }
    const { axis, size: step } = division;
    const steps = views.map(({ strides }) => step * strides[axis]!);
    emitPart(code, division, views, steps, (size, moved) => emit(shape.with(axis, size), moved));
  };
  return kernelOf(label, [...operands.values()], [...results.values()], {
    emit: emitAll,
    describe: (words) => words.grid(shape, operands, results, nodes),
    parts: division?.parts,
  });

  function line(code: Code, library: Library, strides: readonly number[]): LineBody {
    // What does not move along the lanes is loaded once a line.
    const fixed = new Map<Value, Expression>();
    const load = (places: readonly Place[], lanes: number): Map<Value, Expression> => {
      const values = new Map(fixed);
      loaded.forEach((value, i) => {
        if (!fixed.has(value)) values.set(value, hold(code, loadLanes(places[i]!, strides[i]!, lanes)));
      });
      return values;
    };
    const calculate = (node: Node, values: Map<Value, Expression>): void => {
      const operand = (value: Value): Expression => {
        const constant = uniformConstant(value);
        return constant === undefined ? values.get(value)! : splat(constant, value.dtype);
      };
      values.set(node.outputs[0]!, emitElementwise(code, library, node, node.inputs.map(operand)));
    };
    const store = (i: number, places: readonly Place[], values: Map<Value, Expression>, lanes: number): void => {
      const at = loaded.length + i;
      storeLanes(code, places[at]!, strides[at]!, values.get(stored[i]!)!, lanes);
    };
    return {
      start(places) {
        loaded.forEach((value, i) => {
          if (strides[i] === 0) fixed.set(value, hold(code, loadLanes(places[i]!, 0)));
        });
      },
      vector(places, lanes) {
        const values = load(places, lanes);
        for (const node of nodes) calculate(node, values);
        for (let i = 0; i < stored.length; i++) store(i, places, values, lanes);
      },
      pair(first, second) {
        const both = [load(first, 4), load(second, 4)];
        for (const node of nodes) for (const values of both) calculate(node, values);
        for (let i = 0; i < stored.length; i++) {
          store(i, first, both[0]!, 4);
          store(i, second, both[1]!, 4);
        }
      },
    };
  }
}

/** One block of elements that is copied: the same index space, read from one view and written to another. */
interface Block {
  readonly shape: readonly number[];
  readonly from: View;
  readonly to: View;
}

/** One number in every element of a tensor. */
interface Filling {
  readonly shape: readonly number[];
  readonly to: View;
  readonly number: number;
  readonly dtype: Value['dtype'];
}

/** @param filling what comes before @param more what is written besides */
function copyKernel(label: string, blocks: readonly Block[], filling?: Filling, more: readonly View[] = []): Kernel {
  const [reads, writes] = [blocks.map(({ from }) => from), blocks.map(({ to }) => to)];
  return kernelOf(label, reads, [...writes, ...more], {
    emit(code) {
      if (filling !== undefined) fill(code, filling);
      for (const { shape, from, to } of blocks) copy(code, shape, from, to);
    },
    describe(words) {
      if (filling !== undefined) words.fill(filling.shape, filling.to, filling.number, filling.dtype);
      for (const { shape, from, to } of blocks) words.copy(shape, from, to);
    },
  });
}

function copy(code: Code, shape: readonly number[], from: View, to: View): void {
  overVectors(code, shape, [from, to], ([source, target]) => ({
    vector([a, b], lanes) {
      storeLanes(code, b!, target!, hold(code, loadLanes(a!, source!, lanes)), lanes);
    },
  }));
}

function fill(code: Code, { shape, to, number, dtype }: Filling): void {
  overVectors(code, shape, [to], ([stride]) => ({
    vector: ([place], lanes) => storeLanes(code, place!, stride!, splat(number, dtype), lanes),
  }));
}

/** The elements of `source` one after another at `target`. */
export function reshapeKernel(layout: Layout, source: Value, target: View): Kernel {
  const { shape } = source;
  return copyKernel(`copy [${shape}]`, [
    { shape, from: layout.viewOf(source), to: { ...target, strides: rowMajor(shape) } },
  ]);
}

/** Parts side by side; those that were calculated in place are not copied. */
export function concatKernel(layout: Layout, node: Node, isInPlace: (part: number) => boolean): Kernel | undefined {
  const [output] = node.outputs as [Value];
  const to = layout.viewOf(output);
  const axis = node.attributes.axis as number;
  let begin = 0;
  const blocks = node.inputs.flatMap((part, i): Block[] => {
    const offset = to.offset + begin * to.strides[axis]!;
    begin += part.shape[axis]!;
    return isInPlace(i) ? [] : [{ shape: part.shape, from: layout.viewOf(part), to: { ...to, offset } }];
  });
  return blocks.length === 0 ? undefined : copyKernel(`Concat [${output.shape}]`, blocks, undefined, [to]);
}

/** A frame around a tensor: of one number, or of the tensor's own elements reflected at its edges. */
export function padKernel(layout: Layout, node: Node): Kernel {
  const [x, pads, fill] = node.inputs as [Value, Value, Value | undefined];
  const [output] = node.outputs as [Value];
  const [from, to] = [layout.viewOf(x), layout.viewOf(output)];
  const counts = numbers(pads);
  const rank = x.shape.length;
  const at = (begins: readonly number[]): View => ({
    ...to,
    offset: begins.reduce((sum, begin, axis) => sum + begin * to.strides[axis]!, to.offset),
  });
  const middle = { shape: x.shape, from, to: at(counts.slice(0, rank)) };
  if (node.attributes.mode !== 'reflect') {
    const number = fill === undefined ? 0 : uniformConstant(fill)!;
    return copyKernel(`Pad [${output.shape}]`, [middle], { shape: output.shape, to, number, dtype: x.dtype });
  }
  // Axis by axis: what lies inside along the later axes is copied across the edges, backwards.
  const blocks = [middle];
  const shape = [...x.shape];
  const begin = counts.slice(0, rank);
  for (let axis = 0; axis < rank; axis++) {
    const stride = to.strides[axis]!;
    const [before, after] = [counts[axis]!, counts[rank + axis]!];
    const mirrored = (count: number, target: number, source: number): Block => ({
      shape: shape.with(axis, count),
      to: at(begin.with(axis, target)),
      from: { ...at(begin.with(axis, source)), strides: to.strides.with(axis, -stride) },
    });
    const inside = before + x.shape[axis]!;
    if (before > 0) blocks.push(mirrored(before, 0, 2 * before));
    if (after > 0) blocks.push(mirrored(after, inside, inside - 2));
    shape[axis]! += before + after;
    begin[axis] = 0;
  }
  return copyKernel(`Pad [${output.shape}]`, blocks);
}

/** A tensor repeated along its axes. */
export function tileKernel(layout: Layout, node: Node): Kernel {
  const [x] = node.inputs as [Value];
  const [output] = node.outputs as [Value];
  const [from, to] = [layout.viewOf(x), layout.viewOf(output)];
  // Each axis as two: the repetition and the place within it.
  const pairs = <T>(each: (axis: number) => readonly [T, T]): T[] => x.shape.flatMap((_, axis) => each(axis));
  return copyKernel(`Tile [${output.shape}]`, [
    {
      shape: pairs((axis) => [output.shape[axis]! / Math.max(1, x.shape[axis]!), x.shape[axis]!]),
      from: { ...from, strides: pairs((axis) => [0, from.strides[axis]!]) },
      to: { ...to, strides: pairs((axis) => [to.strides[axis]! * x.shape[axis]!, to.strides[axis]!]) },
    },
  ]);
}

/** Adds what lies under windows into images of zeros, window after window. */
export function columnsToImageKernel(layout: Layout, node: Node): Kernel {
  const [windows] = node.inputs as [Value];
  const [output] = node.outputs as [Value];
  const [from, to] = [layout.viewOf(windows), layout.viewOf(output)];
  const plus = laneType(output.dtype) === 'f32' ? 'f32x4.add' : 'i32x4.add';
  const zeros = { shape: output.shape, to, number: 0, dtype: output.dtype };
  const under = { ...to, strides: windowStrides(to.strides, node) };
  return kernelOf(`Col2Im [${windows.shape}] → [${output.shape}]`, [from], [to], {
    emit(code) {
      fill(code, zeros);
      // Lanes run along one axis, so that no two of a vector are the same pixel.
      overVectors(code, windows.shape, [from, under], ([source, target]) => ({
        vector([a, b], lanes) {
          const sum = op(plus, loadLanes(b!, target!, lanes), loadLanes(a!, source!, lanes));
          storeLanes(code, b!, target!, hold(code, sum), lanes);
        },
      }));
    },
    describe(words) {
      words.fill(zeros.shape, to, 0, output.dtype);
      words.accumulate(windows.shape, from, under, output.dtype);
    },
  });
}
