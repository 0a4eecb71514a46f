import type { Value } from '../graph/value.ts';
import type { Kernel } from './kernel.ts';
import type { Layout } from './layout.ts';
import { ELEMENT_BYTES } from './view.ts';

/** What a kernel moves through memory at least: each tensor once, a broadcast one as it lies there. */
export interface Traffic {
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** The traffic of a kernel that makes `results` from `operands`; those of them that it does not find or leave in memory do not count. */
export function trafficOf(
  layout: Layout,
  { reads, writes }: Kernel,
  operands: readonly Value[],
  results: readonly Value[],
): Traffic {
  const bytesOf = (values: readonly Value[], buffers: Kernel['reads']): number => {
    let elements = 0;
    for (const value of new Set(values)) {
      if (!layout.isPlaced(value)) continue;
      const { buffer, strides } = layout.viewOf(value);
      if (buffers.has(buffer))
        elements += value.shape.reduce((n, size, axis) => (strides[axis] === 0 ? n : n * size), 1);
    }
    return ELEMENT_BYTES * elements;
  };
  return { bytesRead: bytesOf(operands, reads), bytesWritten: bytesOf(results, writes) };
}
