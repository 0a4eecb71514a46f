import { checkSpace } from '../envs/core/spaces/space.ts';
import { Box, Discrete, MultiBinary, MultiDiscrete, type Space } from '../envs/index.ts';
import { checkArgument } from '../src/options/parse.ts';
import type { Episode } from './episode.ts';

const ARRAYS = { float32: Float32Array, float64: Float64Array, int32: Int32Array, uint8: Uint8Array } as const;

/** The types in which numbers are stored. */
export type Dtype = keyof typeof ARRAYS;
/** Every {@link Dtype}. */
export const dtypes = Object.keys(ARRAYS) as Dtype[];

/** An array of one of these types. */
export type NumberArray = Float32Array | Float64Array | Int32Array | Uint8Array;

/** The types of the columns whose types differ between datasets. */
export interface ColumnDtypes {
  readonly observations: Dtype;
  readonly actions: Dtype;
  readonly rewards: 'float32' | 'float64';
}

/** An {@link Episode} whose numbers are of the types in which they are stored: nothing is rounded. */
export interface StoredEpisode extends Omit<Episode, keyof ColumnDtypes> {
  readonly observations: NumberArray;
  readonly actions: NumberArray;
  readonly rewards: Float32Array | Float64Array;
}

/** An array of that type: of a length, or of bytes. */
export function arrayOf(dtype: Dtype, of: number | ArrayLike<number>): NumberArray {
  return typeof of === 'number' ? new ARRAYS[dtype](of) : ARRAYS[dtype].from(of);
}

/** The numbers that lie in bytes from an offset on, without a copy. */
export function viewOf(dtype: Dtype, bytes: Uint8Array, offset: number, length: number): NumberArray {
  return new ARRAYS[dtype](bytes.buffer as ArrayBuffer, bytes.byteOffset + offset, length);
}

export function dtypeOf(values: NumberArray): Dtype {
  return dtypes.find((dtype) => values instanceof ARRAYS[dtype])!;
}

export function bytesPer(dtype: Dtype): number {
  return ARRAYS[dtype].BYTES_PER_ELEMENT;
}

/** The types of what vector environments with these spaces give. Their rows are of float32: wider types would hold no more. */
export function usualDtypes(observationSpace: Space, actionSpace: Space): ColumnDtypes {
  checkSpace('usualDtypes', 'observationSpace', observationSpace);
  checkSpace('usualDtypes', 'actionSpace', actionSpace);
  return { observations: rowDtype(observationSpace), actions: rowDtype(actionSpace), rewards: 'float64' };
}

function rowDtype(space: Space): Dtype {
  if (space instanceof Discrete || space instanceof MultiDiscrete) return 'int32';
  if (space instanceof MultiBinary || (space instanceof Box && space.dtype === 'uint8')) return 'uint8';
  return 'float32';
}

/** With all numbers as agents take them. @throws one line, if a number is beyond those of float32 */
export function episodeOf(stored: StoredEpisode): Episode {
  checkArgument('episodeOf', 'stored', stored, Object);
  for (const name of ['observations', 'actions', 'rewards'] as const) {
    checkArgument('episodeOf', name, stored[name], Array);
  }
  return episodeAt('episode', stored);
}

/** {@link episodeOf}. @param where begins the error: which episode of what */
export function episodeAt(where: string, stored: StoredEpisode): Episode {
  const column = (name: keyof ColumnDtypes) => float32(`${where}: ${name}`, stored[name]);
  return { ...stored, observations: column('observations'), actions: column('actions'), rewards: column('rewards') };
}

/** {@link episodeOf} for each episode of a dataset. @param path of it, as errors name it */
export function* episodesOf(path: string, stored: Iterable<StoredEpisode>): Iterable<Episode> {
  let i = 0;
  for (const episode of stored) yield episodeAt(`${path}: episode ${i++}`, episode);
}

function float32(where: string, values: NumberArray): Float32Array {
  if (values instanceof Float32Array) return values;
  const rounded = Float32Array.from(values);
  const wrong = rounded.findIndex((value, i) => !Number.isFinite(value) && Number.isFinite(values[i]));
  if (wrong >= 0) throw new Error(`${where}: ${values[wrong]} is beyond the numbers of float32, in which agents learn`);
  return rounded;
}
