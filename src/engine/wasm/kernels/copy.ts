import type { Node, Value } from '../../graph/value.ts';
import type { Code } from '../code.ts';
import { hold } from '../expression.ts';
import type { Kernel } from '../kernel.ts';
import { type Layout, numbers, uniformConstant } from '../layout.ts';
import { loadLanes, overVectors, storeLanes } from '../loops.ts';
import { rowMajor, type View } from '../view.ts';
import { splat } from './grid.ts';

/** One block of elements that is copied: the same index space, read from one view and written to another. */
interface Block {
  readonly shape: readonly number[];
  readonly from: View;
  readonly to: View;
}

function copyKernel(
  label: string,
  blocks: readonly Block[],
  before?: (code: Code) => void,
  more: readonly View[] = [],
): Kernel {
  return {
    label,
    reads: new Set(blocks.map(({ from }) => from.buffer)),
    writes: new Set([...blocks.map(({ to }) => to.buffer), ...more.map(({ buffer }) => buffer)]),
    scratch: [],
    emit(code) {
      before?.(code);
      for (const { shape, from, to } of blocks) copy(code, shape, from, to);
    },
  };
}

function copy(code: Code, shape: readonly number[], from: View, to: View): void {
  overVectors(code, shape, [from, to], ([source, target]) => ({
    vector([a, b], lanes) {
      storeLanes(code, b!, target!, hold(code, loadLanes(a!, source!, lanes)), lanes);
    },
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
    return copyKernel(`Pad [${output.shape}]`, [middle], (code) =>
      overVectors(code, output.shape, [to], ([stride]) => ({
        vector([place], lanes) {
          storeLanes(code, place!, stride!, splat(number, x.dtype), lanes);
        },
      })),
    );
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
