import { z } from 'zod';
import { arrayOf, atEnd, type StoredEpisode, usualDtypes } from '../../datasets/episode.ts';
import { discountAfter, stepsMade } from '../../envs/core/actionChunkVectorEnv.ts';
import { Box, type EpisodeScript, type Info, type ScriptedEpisode, type VectorEnv } from '../../envs/index.ts';
import { Actor, type Policy, Rng } from '../../src/index.ts';
import { nonnegative } from '../../src/options/fields.ts';
import { parseOptions } from '../../src/options/parse.ts';
import { actingShape } from '../../src/policies/acting.ts';
import { ChunkedActions } from '../../src/policies/actionChunks.ts';
import type { EpisodeReport } from '../agent.ts';
import {
  type ActionSpace,
  commandActions,
  type EnvRequest,
  envRequestShape,
  openEnvs,
  type PolicyEnv,
  resetEnvs,
  stepEnvs,
  TappedVectorEnv,
  vectorEnvFor,
} from './envs.ts';
import { MOST_ENVS } from './evaluate.ts';
import { EpisodeMemory } from './memory.ts';
import { partSchemas } from './options.ts';
import type { RolloutCollectorOptions } from './rollout.ts';

/** Episodes of each environment in one round. */
const EACH = 4;

/** Plays of one script for each episode that is kept, beyond some: a tenth of them must do. */
const MOST_PLAYS = 10;

/** Who may act: a policy, actions drawn from their space, or plans. */
export type EpisodePlayer = Policy | 'random' | EpisodeScript;

const isScript = (value: unknown): value is EpisodeScript =>
  typeof (value as Partial<EpisodeScript> | null)?.plans === 'function';

const collectEpisodesOptions = z.strictObject({
  policy: z
    .union(
      [z.literal('random'), partSchemas.policy, z.custom<EpisodeScript>(isScript)],
      "a Policy, 'random' or an EpisodeScript",
    )
    .meta({
      description:
        "who acts; a policy, plans, as LakeDemonstrators has them, or 'random', which draws actions from their space",
      type: "Policy | 'random' | EpisodeScript",
    }),
  ...envRequestShape,
  episodes: z.int().positive().meta({ description: 'how many episodes, over all environments', unit: 'episodes' }),
  skip: z.int().nonnegative().default(0).meta({
    description: 'how many of the first ones are left out: they were collected before',
    unit: 'episodes',
  }),
  seed: z.union([z.number(), z.string()], 'a number or a text').default(0).describe('names the streams'),
  ...actingShape,
  noise: nonnegative(
    0,
    'what is added to actions: of boxes normal noise of this standard deviation, where 1 is half of their range; of choices this share is drawn anew',
  ),
  infos: z.array(z.string()).default([]).describe('names of the infos to keep, numbers alone; a.b is what b is in a'),
});

/** Options of {@link collectEpisodes}. */
export type CollectEpisodesOptions<Id extends string = string> = EnvRequest<Id> &
  Omit<z.input<typeof collectEpisodesOptions>, keyof EnvRequest>;

/**
 * Plays episodes of a policy, in several environments side by side, and gives each one when it and those before it have ended.
 *
 * They are played in rounds, whose streams are named by their numbers, and environment i of n plays the episodes i, i + n, … of a round. So
 * episode k is the same in each call with the same options, also where the first ones are left out.
 *
 * Actions are kept as the environment got them. Those of a policy are clipped to the bounds of their space; those of plans are what the plans say, in it
 * or not.
 *
 * @example
 * const episodes = [...collectEpisodes({ policy: 'random', env: 'Pendulum-v1', episodes: 10 })].map(episodeOf);
 * @throws for an unknown option or one out of range, if the environment does not fit the policy, or gives a number that is not finite
 */
export function* collectEpisodes<Id extends string = string>(
  options: CollectEpisodesOptions<Id>,
): Generator<StoredEpisode, void, void> {
  for (const episode of collectStepwise(options)) if (episode !== undefined) yield episode;
}

/** {@link collectEpisodes}, which also gives undefined after each step of the environments. */
export function* collectStepwise<Id extends string = string>(
  options: CollectEpisodesOptions<Id>,
): Generator<StoredEpisode | undefined, void, void> {
  const parsed = parseOptions('collectEpisodes', collectEpisodesOptions, options);
  const { policy, episodes, skip, seed, greedy, acting, noise, infos } = parsed;
  const opened = openEnvs('collectEpisodes', parsed as CollectEpisodesOptions, Math.min(episodes, MOST_ENVS));
  let actor: Actor | undefined;
  try {
    const given = opened.env as VectorEnv;
    if (!('numEnvs' in given))
      throw new Error('collectEpisodes: env: got one that there is, expected an id or a VectorEnv');
    const tap = new TappedVectorEnv(given);
    const player = policy as EpisodePlayer;
    const { env, actionSpace } = collectingEnv(player, tap, noise);
    const rng = new Rng(seed).split('collect');
    const plan = isScript(player) ? player.plans(episodes, rng.split('plans')) : undefined;
    if (player !== 'random' && !isScript(player))
      actor = new Actor(player, { rng, batch: env.numEnvs, greedy, acting });
    const { numEnvs } = env;
    const size = EACH * numEnvs;
    const chunks = player === 'random' || isScript(player) ? undefined : new ChunkedActions(player, numEnvs);
    for (let round = Math.floor(skip / size); round * size < episodes; round++) {
      const first = round * size;
      const count = Math.min(size, episodes - first);
      const plans = plan && ((i: number, own: Rng) => plan(first + i, own));
      const own = rng.split(round);
      const [choosing, disturbing] = [own.split('actions'), own.split('noise')];
      const numbers = Int32Array.from({ length: numEnvs }, (_, i) => (i < count ? i : -1));
      const ended = new Map<number, StoredEpisode>();
      const actions = new Float32Array(numEnvs * actionSpace.size);
      const scripts = plans && new Scripts(plans, count, own.split('scripts'));
      let next = 0;
      let [observations] = env.reset({ seed: own.split('env').seed });
      actor?.reset();
      chunks?.reset();
      const recorders = Array.from({ length: numEnvs }, (_, i) => new Recorder(tap, actionSpace, infos, i));
      while (next < count) {
        if (scripts !== undefined) scripts.act(tap, numbers, actions);
        else if (chunks === undefined) drawActions(actionSpace, choosing, actions);
        else {
          const taken = chunks.next(() => actor!.act(observations, choosing).action);
          actions.set(commandActions(taken, actionSpace));
        }
        if (noise > 0) disturb(actionSpace, noise, disturbing, actions);
        const step = env.step(actions);
        actor?.resetEnded(step);
        chunks?.resetEnded(step);
        for (let i = 0; i < numEnvs; i++) {
          const number = numbers[i]!;
          if (number < 0) continue;
          const episode = recorders[i]!.add(actions);
          if (episode === undefined) continue;
          const isOne = scripts?.ends(number, tap.last!.finalInfos[i]!) ?? true;
          if (isOne) {
            ended.set(number, episode);
            numbers[i] = number + numEnvs < count ? number + numEnvs : -1;
          }
          recorders[i] = new Recorder(tap, actionSpace, infos, i);
        }
        observations = step.observations;
        yield undefined;
        for (let episode = ended.get(next); episode !== undefined; episode = ended.get(next)) {
          ended.delete(next);
          if (first + next >= skip) yield episode;
          next += 1;
        }
      }
    }
  } finally {
    actor?.dispose();
    opened.close();
  }
}

/** The environments as a policy sees them. @throws if they do not fit the policy, or the noise does not fit their actions */
export function collectingEnv(policy: EpisodePlayer, env: VectorEnv, noise: number): PolicyEnv {
  const seen =
    policy === 'random' || isScript(policy)
      ? { env, actionSpace: env.singleActionSpace as ActionSpace }
      : vectorEnvFor('collectEpisodes', policy, env);
  checkNoise(seen.actionSpace, noise);
  return seen;
}

/** The plans of a round. */
class Scripts {
  readonly #plans: ReturnType<EpisodeScript['plans']>;
  readonly #count: number;
  readonly #rng: Rng;
  readonly #playing = new Map<number, ScriptedEpisode>();
  readonly #plays: number[];
  #left = 0;

  constructor(plans: ReturnType<EpisodeScript['plans']>, count: number, rng: Rng) {
    this.#plans = plans;
    this.#count = count;
    this.#rng = rng;
    this.#plays = Array<number>(count).fill(0);
  }

  /**
   * Writes a row of actions for each environment.
   * @param numbers which episode each environment plays, −1 for none, whose actions are 0
   */
  act({ observations, singleObservationSpace }: TappedVectorEnv, numbers: Int32Array, actions: Float32Array): void {
    actions.fill(0);
    const size = actions.length / numbers.length;
    for (const [i, number] of numbers.entries()) {
      if (number < 0) continue;
      if (!this.#playing.has(number)) {
        const play = this.#plays[number]!++;
        this.#playing.set(number, this.#plans(number, this.#rng.split(number).split(play)));
      }
      const own = rowOf(observations, singleObservationSpace, i);
      actions.set(this.#playing.get(number)!.act(own), i * size);
    }
  }

  /**
   * @returns whether the episode is one that is kept
   * @throws if hardly any is
   */
  ends(number: number, info: Info): boolean {
    const isKept = this.#playing.get(number)!.keeps(info);
    this.#playing.delete(number);
    if (isKept) return true;
    this.#left += 1;
    if (this.#left < MOST_PLAYS * (this.#count + MOST_PLAYS)) return false;
    throw new Error(
      `collectEpisodes: policy: ${this.#left} episodes of its plans ended otherwise than they are to, the last of them as ${info.outcome}; expected one in ${MOST_PLAYS} to do`,
    );
  }
}

/** The episode that one environment plays. */
class Recorder {
  readonly #tap: TappedVectorEnv;
  readonly #actionSpace: ActionSpace;
  readonly #infos: readonly string[];
  readonly #env: number;
  readonly #observations: number[] = [];
  readonly #actions: number[] = [];
  readonly #rewards: number[] = [];
  readonly #told: readonly number[][];

  constructor(tap: TappedVectorEnv, actionSpace: ActionSpace, infos: readonly string[], env: number) {
    this.#tap = tap;
    this.#actionSpace = actionSpace;
    this.#infos = infos;
    this.#env = env;
    this.#told = infos.map(() => []);
    this.#observe(tap.observations, tap.infos[env]!);
  }

  /** @returns the episode, if it has ended */
  add(actions: Float32Array): StoredEpisode | undefined {
    const { observations, infos, rewards, terminations, truncations, finalObservations, finalInfos } = this.#tap.last!;
    const env = this.#env;
    this.#actions.push(...rowOf(actions, this.#actionSpace, env));
    this.#rewards.push(rewards[env]!);
    const hasEnded = terminations[env] === 1 || truncations[env] === 1;
    this.#observe(hasEnded ? finalObservations : observations, (hasEnded ? finalInfos : infos)[env]!);
    if (!hasEnded) return undefined;
    const steps = this.#rewards.length;
    const dtypes = usualDtypes(this.#tap.singleObservationSpace, this.#tap.singleActionSpace);
    return {
      observations: arrayOf(dtypes.observations, this.#observations),
      actions: arrayOf(dtypes.actions, this.#actions),
      rewards: Float64Array.from(this.#rewards),
      terminations: atEnd(steps, terminations[env]!),
      truncations: atEnd(steps, truncations[env]!),
      ...(this.#infos.length > 0 && {
        infos: Object.fromEntries(this.#infos.map((name, i) => [name, Float64Array.from(this.#told[i]!)])),
      }),
    };
  }

  #observe(rows: Float32Array, info: Info): void {
    for (const number of rowOf(rows, this.#tap.singleObservationSpace, this.#env)) this.#observations.push(number);
    this.#infos.forEach((name, i) => {
      this.#told[i]!.push(numberIn(info, name));
    });
  }
}

function rowOf(rows: Float32Array, { size }: { readonly size: number }, i: number): Float32Array {
  return rows.subarray(i * size, (i + 1) * size);
}

/** The number or boolean of a name, `a.b` for what b is in a; NaN if there is none. */
function numberIn(info: Info, name: string): number {
  let value: unknown = info;
  for (const key of name.split('.')) value = (value as Record<string, unknown> | null | undefined)?.[key];
  return typeof value === 'number' || typeof value === 'boolean' ? Number(value) : Number.NaN;
}

function drawActions(space: ActionSpace, rng: Rng, target: Float32Array): void {
  for (let at = 0; at < target.length; at += space.size) space.write(space.sample(rng) as never, target, at);
}

function disturb(space: ActionSpace, noise: number, rng: Rng, actions: Float32Array): void {
  if (space instanceof Box) {
    const { low, high, size } = space;
    for (let j = 0; j < actions.length; j++) {
      actions[j]! += rng.normal(0, (noise * (high[j % size]! - low[j % size]!)) / 2);
    }
    actions.set(commandActions(actions, space));
    return;
  }
  for (let at = 0; at < actions.length; at += space.size) {
    const drawn = space.sample(rng);
    if (rng.uniform() < noise) space.write(drawn as never, actions, at);
  }
}

function checkNoise(space: ActionSpace, noise: number): void {
  if (noise === 0) return;
  if (space instanceof Box && !space.bounded) {
    throw new Error(`collectEpisodes: noise: got ${noise} for actions without bounds, of which it would be a share`);
  }
  if (!(space instanceof Box) && noise > 1) {
    throw new Error(`collectEpisodes: noise: got ${noise} for actions that are choices, expected a share from 0 to 1`);
  }
}

interface EpisodeCollectorOptions extends Omit<RolloutCollectorOptions, 'horizon'> {
  /** Episodes of each environment in one call of `collect`. */
  readonly episodesPerEnv: number;
}

/** Columns of the steps of episodes; the rows of one episode are in their order, with those of others between them. */
type EpisodeColumn = 'observations' | 'latents' | 'values' | 'returns';

/**
 * Runs whole episodes with one policy, of each of several parallel environments as many, so that short ones do not count more often. An
 * environment whose episode has ended idles until all have.
 */
export class EpisodeCollector {
  readonly #options: EpisodeCollectorOptions;
  readonly #memory: EpisodeMemory;

  constructor(options: EpisodeCollectorOptions) {
    this.#options = options;
    this.#memory = new EpisodeMemory(options.env.numEnvs, options.actor.stateDim);
  }

  /** Seeds the environments, with which every training begins. */
  reset(seed: string): void {
    this.#options.env.reset({ seed });
  }

  /**
   * The steps of the episodes, each cut into sequences of `sequenceLength` steps: row t · sequences + i is step t of sequence i. The number of
   * sequences is a power of two, so that few sizes are compiled. Rows that are too many have weight 0 and are copies of the first: an action that the
   * policy took has a density, which nothing else need have. Returns are discounted sums of rewards from each step on, of a truncated episode with the
   * value of its last observation.
   * @param ended gets the episodes
   * @returns also `count`, how many steps the environments made, the idle ones included
   * @throws if the environment gives a reward or an observation that is not finite
   */
  collect(rng: Rng, ended: EpisodeReport[]) {
    const { statistics, episodesPerEnv, sequenceLength = 1 } = this.#options;
    statistics?.publish();
    const lists: Record<EpisodeColumn, number[]> = { observations: [], latents: [], values: [], returns: [] };
    const steps: Steps = { sequences: [], offsets: [], states: [], count: 0 };
    let count = 0;
    for (let round = 0; round < episodesPerEnv; round++) count += this.#round(lists, steps, rng, ended);
    const rows = lists.returns.length;
    let sequences = 1;
    while (sequences < steps.count) sequences *= 2;
    const size = sequences * sequenceLength;
    const sources = new Int32Array(size);
    const weights = new Float32Array(size);
    for (let row = 0; row < rows; row++) {
      const at = steps.offsets[row]! * sequences + steps.sequences[row]!;
      sources[at] = row;
      weights[at] = 1 / rows;
    }
    const laidOut = (name: EpisodeColumn) => {
      const width = lists[name].length / rows;
      const numbers = new Float32Array(size * width);
      for (let at = 0; at < size; at++) {
        for (let j = 0; j < width; j++) numbers[at * width + j] = lists[name][sources[at]! * width + j]!;
      }
      return numbers;
    };
    const state = new Float32Array(sequences * this.#options.actor.stateDim);
    state.set(steps.states);
    const [observations, latents] = [laidOut('observations'), laidOut('latents')];
    const [values, returns] = [laidOut('values'), laidOut('returns')];
    return { count, rows, sequences, weights, observations, latents, values, returns, state };
  }

  #round(lists: Record<EpisodeColumn, number[]>, steps: Steps, rng: Rng, ended: EpisodeReport[]): number {
    const { owner, env, actionSpace, actor, gamma, statistics, scaler, sequenceLength = 1 } = this.#options;
    const { numEnvs } = env;
    const { returns } = lists;
    const first = returns.length;
    const envs: number[] = [];
    const append = (name: EpisodeColumn, values: ArrayLike<number>, i: number) => {
      const width = values.length / numEnvs;
      for (let j = i * width; j < (i + 1) * width; j++) lists[name].push(values[j]!);
    };
    const discounts: number[] = [];
    const begun = { return: 0, length: 0, steps: 0, sequence: 0, isRunning: true, after: 0 };
    const episodes = Array.from({ length: numEnvs }, () => ({ ...begun }));
    const current = resetEnvs(owner, env).slice();
    const memory = this.#memory;
    memory.reset();
    // What idled is in the middle of an episode, which has no end.
    scaler?.begin();
    let count = 0;
    for (let left = numEnvs; left > 0; ) {
      for (let i = 0; i < numEnvs; i++) {
        const episode = episodes[i]!;
        if (!episode.isRunning || episode.length % sequenceLength !== 0) continue;
        episode.sequence = steps.count++;
        for (let j = 0; j < actor.stateDim; j++) steps.states.push(memory.numbers[i * actor.stateDim + j]!);
      }
      const acted = actor.act({ observations: current, state: memory.numbers }, rng);
      memory.set(acted.state);
      statistics?.observe(current);
      const step = stepEnvs(owner, env, commandActions(acted.action, actionSpace));
      count += stepsMade(step);
      const rewards = Float32Array.from(scaler?.scaled(step) ?? step.rewards);
      for (let i = 0; i < numEnvs; i++) {
        const episode = episodes[i]!;
        if (!episode.isRunning) continue;
        append('observations', current, i);
        append('latents', acted.latent, i);
        append('values', acted.value, i);
        append('returns', rewards, i);
        envs.push(i);
        steps.sequences.push(episode.sequence);
        steps.offsets.push(episode.length % sequenceLength);
        discounts.push(discountAfter(gamma, step, i));
        episode.return += (step.returns ?? step.rewards)[i]!;
        episode.length += 1;
        episode.steps += step.lengths?.[i] ?? 1;
        if (!step.terminations[i] && !step.truncations[i]) continue;
        episode.isRunning = false;
        left -= 1;
        if (!step.terminations[i]) {
          const after = actor.values({ observations: step.finalObservations, state: memory.numbers });
          episode.after = after.value[i]!;
        }
        ended.push({ return: episode.return, length: episode.steps, info: step.finalInfos[i]! });
      }
      current.set(step.observations);
    }
    for (let row = envs.length - 1; row >= 0; row--) {
      const episode = episodes[envs[row]!]!;
      episode.after = returns[first + row]! + discounts[row]! * episode.after;
      returns[first + row] = episode.after;
    }
    return count;
  }
}

/** Where the steps of episodes are. */
interface Steps {
  /** Of each step its sequence, and which step of it. */
  readonly sequences: number[];
  readonly offsets: number[];
  /** Before the first step of each sequence. */
  readonly states: number[];
  /** How many sequences there are. */
  count: number;
}
