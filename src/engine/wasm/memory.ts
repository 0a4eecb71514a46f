import type { Kernel } from './kernel.ts';
import { type Buffer, ELEMENT_BYTES } from './view.ts';

/** Addresses are multiples of it, so that vectors do not straddle cache lines more than they must. */
const ALIGNMENT = 64;
const roundUp = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
const bytesOf = (buffer: Buffer): number => roundUp(ELEMENT_BYTES * buffer.size);

/** Gives the buffers addresses one after another from `start` on; returns where the next could begin. */
export function placeFixed(buffers: Iterable<Buffer>, start: number): number {
  let next = roundUp(start);
  for (const buffer of buffers) {
    buffer.address = next;
    next += bytesOf(buffer);
  }
  return next;
}

/**
 * Gives addresses from `start` on to all other buffers of the kernels: two that are never needed at the same time may lie at the
 * same place. The largest are placed first, each at the lowest address that is free all the time it is needed.
 *
 * @returns the end of what is used
 */
export function placeTemporary(kernels: readonly Kernel[], start: number): number {
  const spans = new Map<Buffer, { first: number; last: number }>();
  kernels.forEach((kernel, i) => {
    for (const buffer of [...kernel.reads, ...kernel.writes, ...kernel.scratch]) {
      if (buffer.address >= 0 || buffer.global !== undefined) continue;
      const span = spans.get(buffer);
      if (span === undefined) spans.set(buffer, { first: i, last: i });
      else span.last = i;
    }
  });
  const bySize = [...spans].sort(([a], [b]) => b.size - a.size);
  const placed: { readonly begin: number; readonly end: number; readonly first: number; readonly last: number }[] = [];
  let end = start;
  for (const [buffer, { first, last }] of bySize) {
    const size = bytesOf(buffer);
    let address = start;
    for (const other of placed) {
      if (other.first > last || other.last < first) continue;
      if (address + size <= other.begin) break;
      address = Math.max(address, other.end);
    }
    buffer.address = address;
    const at = placed.findIndex(({ begin }) => begin > address);
    placed.splice(at < 0 ? placed.length : at, 0, { begin: address, end: address + size, first, last });
    end = Math.max(end, address + size);
  }
  return end;
}
