import { Box, type Dict, Discrete, MultiBinary, MultiDiscrete, type Space } from '../envs/index.ts';
import { checkArgument } from '../src/options/parse.ts';
import { checkSpace } from '../src/spaces/space.ts';

/**
 * One episode: T steps and T + 1 observations, row by row. A row has its numbers as those of a vector environment: `space.size` of them,
 * the parts of a `Dict` one after another, an integer of a `Discrete` as one number.
 *
 * Only its last step ends it, by at least one of the two ways.
 */
export interface Episode {
  /** `[T + 1, observationDim]`: from step t's the action was chosen, the one after it is what the step led to. */
  readonly observations: Float32Array;
  /** `[T, actionDim]`: what the environment got. */
  readonly actions: Float32Array;
  /** `[T]` */
  readonly rewards: Float32Array;
  /** `[T]`, 1 where the task itself ended. */
  readonly terminations: Uint8Array;
  /** `[T]`, 1 where a limit cut the episode. */
  readonly truncations: Uint8Array;
  /** What else the environment told, by name, `[T + 1]` each: at the reset, then after each step; NaN where it did not. */
  readonly infos?: Readonly<Record<string, Float64Array>> | undefined;
  /** What the episode's reset was seeded with, where that is known. */
  readonly seed?: number | undefined;
  /** Which of a dataset's policies acted, by its place in their list. */
  readonly policy?: number | undefined;
}

/** Where episodes come from: a dataset, or arrays in memory. */
export interface EpisodeSource {
  /** The spaces as one environment has them. */
  readonly observationSpace: Space;
  readonly actionSpace: Space;
  readonly numEpisodes: number;
  /** Steps of all episodes together. */
  readonly numSteps: number;
  /** All episodes in their order, from the first on at each call. Their arrays may be read, not written to. */
  episodes(): Iterable<Episode>;
}

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

/** 1 at the last of some steps, if it is so. */
export function atEnd(steps: number, isSo: boolean | number): Uint8Array {
  return Uint8Array.from({ length: steps }, (_, t) => (t === steps - 1 ? Number(isSo) : 0));
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

/** The spaces of an episode. */
export interface EpisodeSpaces {
  readonly observationSpace: Space;
  readonly actionSpace: Space;
}

/** Arrays of an episode, of whatever types. */
type EpisodeArrays = {
  readonly [Column in 'observations' | 'actions' | 'rewards' | 'terminations' | 'truncations']: ArrayLike<number>;
} & Pick<Episode, 'infos'>;

/**
 * That an episode has the form that {@link Episode} says, finite numbers, and integers that their spaces have where observations and actions are choices.
 * Bounds of boxes are not looked at.
 * @param where begins the errors: which episode of what
 * @throws one line
 */
export function checkEpisode(
  where: string,
  { observations, actions, rewards, terminations, truncations, infos = {} }: EpisodeArrays,
  { observationSpace, actionSpace }: EpisodeSpaces,
): void {
  const steps = rewards.length;
  if (steps === 0) throw new Error(`${where}: has no step, expected at least one`);
  const expected = {
    observations: [observations, steps + 1, observationSpace.size],
    actions: [actions, steps, actionSpace.size],
    terminations: [terminations, steps, 1],
    truncations: [truncations, steps, 1],
  } as const;
  for (const [name, [values, rows, width]] of Object.entries(expected)) {
    if (values.length !== rows * width) {
      throw new Error(`${where}: ${name}: got ${values.length} numbers, expected ${rows} × ${width}`);
    }
  }
  for (const [name, values] of Object.entries(infos)) {
    if (values.length !== steps + 1) {
      throw new Error(`${where}: infos.${name}: got ${values.length} numbers, expected ${steps + 1}`);
    }
  }
  checkFinite(`${where}: observations`, observations, observationSpace.size);
  checkFinite(`${where}: actions`, actions, actionSpace.size);
  checkFinite(`${where}: rewards`, rewards, 1);
  checkMembers(`${where}: observations`, observations, observationSpace);
  checkMembers(`${where}: actions`, actions, actionSpace);
  checkFlags(`${where}: terminations`, terminations);
  checkFlags(`${where}: truncations`, truncations);
  for (let i = 0; i < steps - 1; i++) {
    if (terminations[i] || truncations[i]) {
      throw new Error(`${where}: ends at step ${i} of ${steps}, expected an end at its last step alone`);
    }
  }
  if (!terminations[steps - 1] && !truncations[steps - 1]) {
    throw new Error(`${where}: its last step ends nothing, expected a termination or a truncation`);
  }
}

function checkFinite(where: string, values: ArrayLike<number>, width: number): void {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) {
      throw new Error(`${where}: row ${Math.floor(i / width)} has ${values[i]}, expected finite numbers`);
    }
  }
}

function checkFlags(where: string, values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++) {
    if (values[i] !== 0 && values[i] !== 1) throw new Error(`${where}: row ${i} has ${values[i]}, expected 1 or 0`);
  }
}

/** That choices, in whatever part of a row, are members of their spaces; bounds of boxes are not looked at. */
function checkMembers(where: string, values: ArrayLike<number>, space: Space): void {
  const { size } = space;
  for (const { space: part, offset } of choicesIn(space)) {
    const row = new Float64Array(part.size);
    for (let at = 0; at < values.length; at += size) {
      for (let i = 0; i < row.length; i++) row[i] = values[at + offset + i]!;
      const violation = row.every(Number.isInteger) ? part.violation(part.read(row, 0)) : 'expected integers';
      if (violation === undefined) continue;
      const place = row.length === size ? '' : ` from column ${offset} on`;
      throw new Error(`${where}: row ${at / size} is [${row}]${place}: ${violation}`);
    }
  }
}

/** A part of a space that has no parts, and where its numbers are in a row. */
export interface Leaf {
  /** The names of the parts that lead to it, and its own, as HDF5's groups have them; none where the space has no parts. */
  readonly path: readonly string[];
  readonly space: Space;
  readonly offset: number;
}

/** The parts of a space in the order of a row. */
export function leavesOf(space: Space, path: readonly string[] = [], offset = 0): Leaf[] {
  const { names, spaces } = space as Partial<Pick<Dict, 'names' | 'spaces'>>;
  if (spaces === undefined) return [{ path, space, offset }];
  const parts =
    names?.map((name) => [name, spaces[name]!] as const) ??
    Object.values(spaces).map((part, i) => [`_index_${i}`, part] as const);
  let at = offset;
  return parts.flatMap(([name, part]) => {
    at += part.size;
    return leavesOf(part, [...path, name], at - part.size);
  });
}

/** Episodes are many, and the text of a large box takes longer than one of them. */
const known = new WeakMap<Space, readonly Leaf[]>();

/** The parts of a space that are choices. */
function choicesIn(space: Space): readonly Leaf[] {
  const isChoice = ({ space }: Leaf) => /^(Multi)?(Discrete|Binary)\b/.test(String(space));
  const found = known.get(space) ?? leavesOf(space).filter(isChoice);
  known.set(space, found);
  return found;
}

/**
 * Numbers as a type stores them.
 * @param where begins the error
 * @throws if one becomes another by that: rounding to float32 is what the type is for, but not a number that it has not
 */
export function converted(where: string, values: NumberArray | readonly number[], dtype: Dtype): NumberArray {
  if (!Array.isArray(values) && dtypeOf(values as NumberArray) === dtype) return values as NumberArray;
  const result = arrayOf(dtype, values);
  const isFloat = dtype.startsWith('float');
  const wrong = result.findIndex((value: number, i: number) =>
    isFloat ? !Number.isFinite(value) && Number.isFinite(values[i]) : value !== values[i],
  );
  if (wrong >= 0) throw new Error(`${where}: ${values[wrong]} is no ${dtype}, as which they are stored`);
  return result;
}

/** The columns of an episode, of whatever types. */
interface GivenEpisode extends Omit<EpisodeArrays, 'infos'>, Pick<StoredEpisode, 'seed' | 'policy'> {
  readonly observations: NumberArray | readonly number[];
  readonly actions: NumberArray | readonly number[];
  readonly rewards: NumberArray | readonly number[];
  readonly terminations: NumberArray;
  readonly truncations: NumberArray;
  readonly infos?: Readonly<Record<string, NumberArray>> | undefined;
}

/**
 * An episode with the columns that a dataset says, of the types that it says.
 * @param where begins the errors
 * @throws if it lacks an info, or a number changes by its type
 */
export function typedEpisode(
  where: string,
  { dtypes, infos: names }: { readonly dtypes: ColumnDtypes; readonly infos: readonly string[] },
  { observations, actions, rewards, terminations, truncations, infos = {}, seed, policy }: GivenEpisode,
): StoredEpisode {
  const none = names.find((name) => infos[name] === undefined);
  if (none !== undefined) throw new Error(`${where}: has no infos.${none}`);
  const typed = <D extends Dtype>(name: string, values: NumberArray | readonly number[], dtype: D) =>
    converted(`${where}: ${name}`, values, dtype) as InstanceType<(typeof ARRAYS)[D]>;
  return {
    observations: typed('observations', observations, dtypes.observations),
    actions: typed('actions', actions, dtypes.actions),
    rewards: typed('rewards', rewards, dtypes.rewards),
    terminations: typed('terminations', terminations, 'uint8'),
    truncations: typed('truncations', truncations, 'uint8'),
    ...(names.length > 0 && {
      infos: Object.fromEntries(names.map((name) => [name, typed(`infos.${name}`, infos[name]!, 'float64')])),
    }),
    ...(seed !== undefined && { seed }),
    ...(policy !== undefined && { policy }),
  };
}
