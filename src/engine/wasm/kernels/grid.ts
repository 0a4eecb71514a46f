import type { Node, Value } from '../../graph/value.ts';
import type { Code } from '../code.ts';
import { divide, emitPart, workOf } from '../division.ts';
import { emitElementwise, type Library, laneType } from '../elementwise.ts';
import { type Expression, f32x4, hold, i32x4 } from '../expression.ts';
import type { Kernel } from '../kernel.ts';
import { type Layout, uniformConstant } from '../layout.ts';
import { type LineBody, loadLanes, overVectors, storeLanes } from '../loops.ts';
import type { View } from '../view.ts';

/** A number in all lanes, as the lanes of a dtype hold it. */
export function splat(number: number, dtype: Value['dtype']): Expression {
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
  const views = [...operands.values(), ...stored.map((value) => wide(layout.viewOf(value), value.shape))];
  const work = nodes.reduce((sum, node) => sum + workOf(node), 0);
  const division = divide(shape, work, views, threads);
  return {
    label: `${nodes.map(({ op }) => op).join(' ')} [${shape}]`,
    reads: new Set(views.slice(0, loaded.length).map(({ buffer }) => buffer)),
    writes: new Set(views.slice(loaded.length).map(({ buffer }) => buffer)),
    scratch: [],
    parts: division?.parts,
    emit(code, library) {
      const emit = (sizes: readonly number[], from: readonly View[]): void =>
        overVectors(code, sizes, from, (strides) => line(code, library, strides));
      if (division === undefined) {
        emit(shape, views);
        return;
      }
      const { axis, size: step } = division;
      const steps = views.map(({ strides }) => step * strides[axis]!);
      emitPart(code, division, views, steps, (size, moved) => emit(shape.with(axis, size), moved));
    },
  };

  function line(code: Code, library: Library, strides: readonly number[]): LineBody {
    // What does not move along the lanes is loaded once a line.
    const fixed = new Map<Value, Expression>();
    return {
      start(places) {
        loaded.forEach((value, i) => {
          if (strides[i] === 0) fixed.set(value, hold(code, loadLanes(places[i]!, 0)));
        });
      },
      vector(places, lanes) {
        const values = new Map(fixed);
        loaded.forEach((value, i) => {
          if (!fixed.has(value)) values.set(value, hold(code, loadLanes(places[i]!, strides[i]!, lanes)));
        });
        const operand = (value: Value): Expression => {
          const constant = uniformConstant(value);
          return constant === undefined ? values.get(value)! : splat(constant, value.dtype);
        };
        for (const node of nodes) {
          values.set(node.outputs[0]!, emitElementwise(code, library, node, node.inputs.map(operand)));
        }
        stored.forEach((value, i) => {
          const at = loaded.length + i;
          storeLanes(code, places[at]!, strides[at]!, values.get(value)!, lanes);
        });
      },
    };
  }
}
