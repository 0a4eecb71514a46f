import { Box, Dict, Discrete, MultiDiscrete, type Space, Text, Tuple } from '../../envs/index.ts';
import type { Dtype } from '../storedEpisode.ts';

/** A part of a space that is no Dict or Tuple, and where its numbers are in a row. */
export interface Leaf {
  /** The names of HDF5's groups that lead to it, and its own; none where the space has no parts. */
  readonly path: readonly string[];
  readonly space: Space;
  readonly offset: number;
}

/** The parts of a space in the order of a row. */
export function leavesOf(space: Space, path: readonly string[] = [], offset = 0): Leaf[] {
  const parts: (readonly [string, Space])[] | undefined =
    space instanceof Dict
      ? space.names.map((name) => [name, space.spaces[name] as Space] as const)
      : space instanceof Tuple
        ? (space.spaces as readonly Space[]).map((part, i) => [`_index_${i}`, part] as const)
        : undefined;
  if (parts === undefined) return [{ path, space, offset }];
  let at = offset;
  return parts.flatMap(([name, part]) => {
    const leaves = leavesOf(part, [...path, name], at);
    at += part.size;
    return leaves;
  });
}

/**
 * That Minari's files hold a space as numbers.
 * @throws one line that names the part that they hold otherwise
 */
export function checkNumbers(where: string, leaves: readonly Leaf[], { jpeg }: { jpeg: boolean }): void {
  for (const { path, space } of leaves) {
    const name = [where, ...path].join('.');
    if (space instanceof Text) throw new Error(`${name}: are texts, expected numbers`);
    if (jpeg && isImage(space)) throw new Error(`${name}: are images as JPEG, expected numbers (jpeg_encoding: false)`);
  }
}

/** As Minari tells images. */
function isImage(space: Space): boolean {
  if (!(space instanceof Box) || space.dtype !== 'uint8') return false;
  const { shape, low, high } = space;
  const isLarge = [2, 3].includes(shape.length) && shape[0]! >= 32 && shape[1]! >= 32;
  const bounds = [...low, ...high];
  return isLarge && bounds.every((bound, i) => bound === (i < low.length ? 0 : 255));
}

/** The type of rows that hold the numbers of all parts. */
export function dtypeOfParts(leaves: readonly Leaf[]): Dtype {
  const isNarrow = ({ space }: Leaf) => !(space instanceof Box) || /float32|uint8/.test(space.dtype);
  return leaves.every(isNarrow) ? 'float32' : 'float64';
}

/** Whether numpy has the space's values as int64. */
export function isInt64(space: Space): boolean {
  return space instanceof Discrete || space instanceof MultiDiscrete;
}
