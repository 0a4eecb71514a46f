import { show } from '../options/describe.ts';
import { checkArgument } from '../options/parse.ts';
import { Box } from './box.ts';
import { Dict, Tuple } from './composite.ts';
import { Discrete, MultiBinary, MultiDiscrete } from './discrete.ts';
import type { Space } from './space.ts';
import { Text } from './text.ts';

// Gymnasium's flattening: boxes and binaries as they are, one-hot for every integer of a Discrete, composites part by part. Texts are
// left out.

type Flat = Float32Array | Float64Array;

/** The names or numbers of the parts of a composite space, in their order; undefined for a space that is none. */
function keysOf(space: Space): readonly (string | number)[] | undefined {
  if (space instanceof Dict) return space.names;
  return space instanceof Tuple ? [...space.spaces.keys()] : undefined;
}

/** The parts of a composite space with a value's own, or undefined for a space that is none. */
function partsOf(space: Space): Space[] | undefined {
  return keysOf(space)?.map((key) => (space as Dict | Tuple).spaces[key as never]);
}

/** How many integers each entry of a discrete space may be, from which on; undefined for a space that is none. */
function choicesOf(space: Space): { nvec: readonly number[]; start: readonly number[] } | undefined {
  if (space instanceof Discrete) return { nvec: [space.n], start: [space.start] };
  return space instanceof MultiDiscrete ? space : undefined;
}

/**
 * How many numbers `flatten` makes of a value of the space.
 *
 * @throws for a space that is none of oxbow's.
 */
export function flatdim(space: Space): number {
  const parts = partsOf(space);
  if (parts) return parts.reduce((sum, part) => sum + flatdim(part), 0);
  const choices = choicesOf(space);
  if (choices) return choices.nvec.reduce((sum, n) => sum + n, 0);
  if (space instanceof Box || space instanceof MultiBinary || space instanceof Text) return space.size;
  throw new Error(
    `flatten: got ${typeof space === 'object' ? space : show(space)}, expected a Box, Discrete, MultiDiscrete, MultiBinary, Text, Dict or Tuple`,
  );
}

/** Whether float32 holds every number of a flat value. */
function fitsFloat32(space: Space): boolean {
  return partsOf(space)?.every(fitsFloat32) ?? !(space instanceof Box && /64|int32/.test(space.dtype));
}

/**
 * The box of the flat values, `[flatdim]`: float32, or float64 where a part is a box of float64 or int32, which float32 cannot hold.
 *
 * @throws as {@link flatdim} does.
 */
export function flattenSpace(space: Space): Box<'float32' | 'float64'> {
  const low: number[] = [];
  const high: number[] = [];
  const add = (part: Space) => {
    const parts = partsOf(part);
    if (parts) parts.forEach(add);
    else if (part instanceof Box) {
      low.push(...part.low);
      high.push(...part.high);
    } else {
      const size = flatdim(part);
      low.push(...new Array(size).fill(0));
      high.push(...new Array(size).fill(1));
    }
  };
  add(space);
  return new Box<'float32' | 'float64'>({ low, high, dtype: fitsFloat32(space) ? 'float32' : 'float64' });
}

/** Writes a member of `space` from `offset` on; gives the end. The zeros of a one-hot must be there already. */
function writeFlat(space: Space, x: unknown, target: Flat, offset: number): number {
  const parts = partsOf(space);
  if (parts) {
    const keys = keysOf(space)!;
    return parts.reduce((at, part, i) => writeFlat(part, (x as Record<string, unknown>)[keys[i]!], target, at), offset);
  }
  const choices = choicesOf(space);
  if (!choices) {
    space.write(x, target, offset);
    return offset + space.size;
  }
  let at = offset;
  for (const [i, n] of choices.nvec.entries()) {
    const chosen = typeof x === 'number' ? x : (x as Int32Array)[i]!;
    target[at + chosen - choices.start[i]!] = 1;
    at += n;
  }
  return at;
}

/**
 * A member of `space` as one vector, `[flatdim]`, of `flattenSpace(space)`.
 *
 * @throws when `x` is not in the space, and as {@link flatdim} does.
 */
export function flatten<T>(space: Space<T>, x: T): Flat {
  const flat = new (fitsFloat32(space as Space) ? Float32Array : Float64Array)(flatdim(space as Space));
  const violation = space.violation(x);
  if (violation !== undefined) throw new Error(`flatten: the value is not in ${space}: ${violation}`);
  writeFlat(space as Space, x, flat, 0);
  return flat;
}

/** The integer that n one-hot numbers stand for: the first that is not 0, as in Gymnasium. */
function chosenAt(space: Space, flat: Flat, offset: number, n: number): number {
  for (let i = 0; i < n; i++) if (flat[offset + i] !== 0) return i;
  const got = show(flat.slice(offset, offset + n));
  throw new Error(`unflatten: ${space} needs a one-hot of ${n} numbers, got ${got}`);
}

function readFlat(space: Space, flat: Flat, offset: number): unknown {
  const parts = partsOf(space);
  if (parts) {
    let at = offset;
    const values = parts.map((part) => {
      const value = readFlat(part, flat, at);
      at += flatdim(part);
      return value;
    });
    return space instanceof Tuple ? values : Object.fromEntries(keysOf(space)!.map((key, i) => [key, values[i]]));
  }
  const choices = choicesOf(space);
  if (!choices) return space.read(flat, offset);
  let at = offset;
  const value = choices.nvec.map((n, i) => {
    const chosen = choices.start[i]! + chosenAt(space, flat, at, n);
    at += n;
    return chosen;
  });
  return space instanceof Discrete ? value[0] : Int32Array.from(value);
}

/**
 * The member of `space` that {@link flatten} made `flat` of.
 *
 * @throws when `flat` has another length than `flatdim(space)` or no 1 where a one-hot must be.
 */
export function unflatten<T>(space: Space<T>, flat: Flat): T {
  const size = flatdim(space as Space);
  checkArgument('unflatten', 'flat', flat, Array);
  if (flat.length !== size) throw new Error(`unflatten: got ${flat.length} numbers, expected ${size} for ${space}`);
  return readFlat(space as Space, flat, 0) as T;
}
