import type { Node, Value } from '../../graph/value.ts';
import { laneType } from '../elementwise.ts';
import { hold, op } from '../expression.ts';
import type { Kernel } from '../kernel.ts';
import type { Layout } from '../layout.ts';
import { loadLanes, overVectors, storeLanes } from '../loops.ts';
import { windowStrides } from '../view.ts';
import { splat } from './grid.ts';

/** Adds what lies under windows into images of zeros, window after window. */
export function columnsToImageKernel(layout: Layout, node: Node): Kernel {
  const [windows] = node.inputs as [Value];
  const [output] = node.outputs as [Value];
  const [from, to] = [layout.viewOf(windows), layout.viewOf(output)];
  const plus = laneType(output.dtype) === 'f32' ? 'f32x4.add' : 'i32x4.add';
  return {
    label: `Col2Im [${windows.shape}] → [${output.shape}]`,
    reads: new Set([from.buffer]),
    writes: new Set([to.buffer]),
    scratch: [],
    emit(code) {
      overVectors(code, output.shape, [to], ([stride]) => ({
        vector([place], lanes) {
          storeLanes(code, place!, stride!, splat(0, output.dtype), lanes);
        },
      }));
      // Lanes run along one axis, so that no two of a vector are the same pixel.
      const under = { ...to, strides: windowStrides(to.strides, node) };
      overVectors(code, windows.shape, [from, under], ([source, target]) => ({
        vector([a, b], lanes) {
          const sum = op(plus, loadLanes(b!, target!, lanes), loadLanes(a!, source!, lanes));
          storeLanes(code, b!, target!, hold(code, sum), lanes);
        },
      }));
    },
  };
}
