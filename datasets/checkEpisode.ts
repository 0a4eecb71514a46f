import type { Dict, Space } from '../envs/index.ts';
import type { Episode } from './episode.ts';

/** The spaces of an episode. */
export interface EpisodeSpaces {
  readonly observationSpace: Space;
  readonly actionSpace: Space;
}

/** Arrays of an episode, of whatever types. */
export type EpisodeArrays = {
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
  for (const { part, offset } of choicesIn(space)) {
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

/** A part of a row, and where it begins. */
interface Part {
  readonly part: Space;
  readonly offset: number;
}

/** Episodes are many, and the text of a large box takes longer than one of them. */
const known = new WeakMap<Space, readonly Part[]>();

/** The parts of a space that are choices. */
function choicesIn(space: Space): readonly Part[] {
  const found = known.get(space) ?? partsOf(space, 0);
  known.set(space, found);
  return found;
}

function partsOf(space: Space, offset: number): Part[] {
  const { names, spaces } = space as Partial<Pick<Dict, 'names' | 'spaces'>>;
  if (spaces === undefined) {
    return /^(Multi)?(Discrete|Binary)\b/.test(String(space)) ? [{ part: space, offset }] : [];
  }
  let at = offset;
  return (names?.map((name) => spaces[name]!) ?? Object.values(spaces)).flatMap((part) => {
    at += part.size;
    return partsOf(part, at - part.size);
  });
}
