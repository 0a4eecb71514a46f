import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { plainStateDict } from '../../agents/core/state.ts';
import { type AgentState, collectEpisodes, evaluate } from '../../agents/index.ts';
import type { TrainingSession } from '../../agents/train.ts';
import { readCheckpoint, writeCheckpoint } from '../../cli/train/checkpointFile.ts';
import { makeTraining } from '../../cli/train/makeTraining.ts';
import { trainSettings } from '../../cli/train/trainConfig.ts';
import { type DatasetAbout, type StoredEpisode, spaceToJson, usualDtypes } from '../../datasets/index.ts';
import { LakeDemonstrators, make, type Space } from '../../envs/index.ts';
import type { AnyLakeId } from '../../envs/lake/lakeGrains.ts';
import { type Policy, Rng, type StateDict } from '../../src/index.ts';
import { type Actor, normalizedScore, type Recipe } from './recipes.ts';

/** A recipe that is ready to be played. */
export interface PlayableRecipe {
  readonly observationSpace: Space;
  readonly actionSpace: Space;
  readonly numEpisodes: number;
  /** What its dataset says of itself, but for the command that makes it. */
  readonly about: DatasetAbout;
  /** The same ones at each call. Each names its policy by the place in `about.policies`. */
  episodes(): Iterable<StoredEpisode>;
  dispose(): void;
}

/** Some episodes of one of the policies. */
interface Player {
  readonly about: Record<string, string | number>;
  readonly count: number;
  readonly policy: Policy | LakeDemonstrators | 'random';
  /** What the policy takes before it plays. */
  readonly weights?: StateDict;
}

/**
 * Trains the policies that a recipe needs. The environment must have been loaded (`loadEnv`).
 * @returns undefined, if the signal has stopped it
 * @throws as `recipePolicies` does
 */
export async function playRecipe(recipe: Recipe, progress: RecipeProgress = {}): Promise<PlayableRecipe | undefined> {
  const { task, name, parts } = recipe;
  const { env, envOptions } = task;
  const trained = new Map<number, RecipePolicies>();
  const dispose = () => {
    for (const each of trained.values()) each.dispose();
  };
  try {
    for (const { actor } of parts) {
      if (actor.by !== 'training' || trained.has(actor.seed)) continue;
      const whole = parts.some(
        ({ actor: other }) => other.by === 'training' && other.seed === actor.seed && other.at === 'end',
      );
      trained.set(actor.seed, await recipePolicies(recipe, actor.seed, whole, progress));
      if (progress.signal?.aborted) {
        dispose();
        return undefined;
      }
    }
    const players = parts.flatMap(({ actor, episodes }) => playersOf(recipe, actor, episodes, trained));
    const { observationSpace, actionSpace } = spacesOf(recipe);
    return {
      observationSpace,
      actionSpace,
      numEpisodes: players.reduce((sum, { count }) => sum + count, 0),
      about: {
        environment: { id: env, options: envOptions },
        observationSpace: spaceToJson(observationSpace),
        actionSpace: spaceToJson(actionSpace),
        dtypes: usualDtypes(observationSpace, actionSpace),
        infos: [],
        policies: players.map(({ about, count }) => ({ ...about, episodes: count })),
        provenance: { recipe: name },
      },
      *episodes() {
        const rng = new Rng(name);
        for (const [i, { policy, weights, count: episodes }] of players.entries()) {
          if (weights !== undefined) (policy as Policy).loadStateDict(weights);
          const { seed } = rng.split(i);
          for (const episode of collectEpisodes({ env, envOptions: envOptions as never, policy, episodes, seed })) {
            yield { ...episode, policy: i };
          }
        }
      },
      dispose,
    };
  } catch (error) {
    dispose();
    throw error;
  }
}

function spacesOf({ task: { env: id, envOptions } }: Recipe): { observationSpace: Space; actionSpace: Space } {
  const env = make(id, envOptions as never);
  const { observationSpace, actionSpace } = env as unknown as { observationSpace: Space; actionSpace: Space };
  env.close();
  return { observationSpace, actionSpace };
}

function playersOf(
  { task: { env, training } }: Recipe,
  actor: Actor,
  episodes: number,
  trained: ReadonlyMap<number, RecipePolicies>,
): Player[] {
  switch (actor.by) {
    case 'random':
      return [{ about: { name: 'random' }, count: episodes, policy: 'random' }];
    case 'demonstrator': {
      const { upperShare, noise } = actor;
      const about = { name: 'demonstrator', upperShare, noise };
      const policy = new LakeDemonstrators({ envId: env as AnyLakeId, upperShare, noise, failures: true });
      return [{ about, count: episodes, policy }];
    }
    case 'training': {
      const { policy, snapshots, medium } = trained.get(actor.seed)!;
      const last = snapshots.length - 1;
      const [from, to] = { end: [last, last], medium: [medium, medium], 'to-medium': [0, medium] }[actor.at];
      const used = snapshots.slice(from, to! + 1);
      return used.flatMap(({ step, return: mean, weights }: Snapshot, i): Player[] => {
        const share = (n: number) => Math.floor((n * episodes) / used.length);
        const count = share(i + 1) - share(i);
        if (count === 0) return [];
        const about = { name: training!.policy, agent: training!.agent, seed: actor.seed, step, greedyReturn: mean };
        return [{ about, count, policy, weights }];
      });
    }
  }
}

/** What a policy has earned on the way from random, 0, to the expert, 1, that makes it a medium one. */
const MEDIUM = 1 / 3;
/** Greedy episodes of an evaluation. */
const EPISODES = 20;
/** Milliseconds between two checkpoints of a training, at least. */
const INTERVAL = 60_000;

/** The policy as it was at a step. */
interface Snapshot {
  readonly step: number;
  /** Mean return of greedy episodes. */
  readonly return: number;
  readonly weights: StateDict;
}

/** What a training has made. */
interface RecipePolicies {
  /** Takes the weights of any snapshot. */
  readonly policy: Policy;
  /** In the order of their steps; the last one is that of the end, if the training was to go so far. */
  readonly snapshots: readonly Snapshot[];
  /** Which of them is the first medium one; −1 if none is. */
  readonly medium: number;
  dispose(): void;
}

/** How a recipe's work is followed and stopped. */
export interface RecipeProgress {
  /** Ends the work: what it returns is then not whole. */
  readonly signal?: AbortSignal | undefined;
  /** Where checkpoints of trainings lie, from which they go on. Without it they begin anew. */
  readonly checkpoints?: string | undefined;
  /** Is told how far it is. */
  onProgress?(line: string): void;
}

const checkpointSchema = z.strictObject({
  of: z.string(),
  agent: z.custom<AgentState>(),
  snapshots: z.array(z.strictObject({ step: z.number(), return: z.number(), weights: z.custom<StateDict>() })),
});

/**
 * The policies of a recipe's training with a seed: as they were at its evaluations, and at its end, by the preset of its agent.
 * @param whole whether to train to the end, or until the first medium policy
 * @throws InputError, if a checkpoint is damaged; an error, if no policy is a medium one where the recipe has a part of one
 */
async function recipePolicies(
  { task, parts }: Recipe,
  seed: number,
  whole: boolean,
  { signal, checkpoints, onProgress }: RecipeProgress = {},
): Promise<RecipePolicies> {
  const { agent, policy, steps, evaluateEvery, agentOptions = {} } = task.training!;
  const job = { study: agent, env: task.env, policy };
  const rng = new Rng(seed);
  const settings = trainSettings(job, { steps, env: task.envOptions, agent: agentOptions });
  const training = makeTraining(job, settings, rng);
  const file = checkpoints === undefined ? undefined : join(checkpoints, `${agent}-seed-${seed}`);
  // With what the preset of today has: a checkpoint of another one is none of this training.
  const of = JSON.stringify([job, settings, evaluateEvery, seed]);
  try {
    const snapshots = restored(training, file, of);
    const isMedium = ({ return: mean }: Snapshot) => normalizedScore(task, mean) >= MEDIUM;
    const isDone = () => (snapshots.at(-1)?.step ?? 0) >= steps || (!whole && snapshots.some(isMedium));
    const save = () => {
      if (file === undefined) return;
      mkdirSync(checkpoints!, { recursive: true });
      writeCheckpoint(file, { of, agent: training.agent.state(), snapshots } satisfies z.infer<
        typeof checkpointSchema
      >);
    };
    let saved = performance.now();
    if (!isDone()) {
      for await (const { step } of training.reports(steps, signal)) {
        const before = snapshots.at(-1)?.step ?? 0;
        if (step >= steps || Math.floor(step / evaluateEvery) > Math.floor(before / evaluateEvery)) {
          const latest = snapshotOf(task, training.policy, step, rng.split('snapshots').split(step));
          snapshots.push(latest);
          onProgress?.(`${agent} with seed ${seed}: step ${step} of ${steps}, return ${latest.return.toFixed(1)}`);
        }
        if (performance.now() - saved > INTERVAL) {
          save();
          saved = performance.now();
        }
        if (isDone()) break;
      }
      // A signal is heard between two reports: what it ends is kept, too.
      save();
    }
    const medium = snapshots.findIndex(isMedium);
    const needsMedium = parts.some(({ actor }) => actor.by === 'training' && actor.seed === seed && actor.at !== 'end');
    if (needsMedium && medium < 0 && signal?.aborted !== true) {
      throw new Error(`${task.name}: ${agent} with seed ${seed} has come to no medium policy in ${steps} steps`);
    }
    return { policy: training.policy, snapshots, medium, dispose: () => training.dispose() };
  } catch (error) {
    training.dispose();
    throw error;
  }
}

/** The snapshots of a checkpoint, to which the agent is brought; none where there is no checkpoint of this training. */
function restored({ agent }: TrainingSession, file: string | undefined, of: string): Snapshot[] {
  const found = file === undefined ? undefined : checkpointSchema.safeParse(readCheckpoint(file)).data;
  if (found === undefined || found.of !== of) return [];
  agent.setState(found.agent);
  return [...found.snapshots];
}

function snapshotOf({ env, envOptions }: Recipe['task'], policy: Policy, step: number, rng: Rng): Snapshot {
  const { meanReturn } = evaluate({
    policy,
    env,
    envOptions: envOptions as never,
    episodes: EPISODES,
    greedy: true,
    rng,
  });
  return { step, return: meanReturn, weights: plainStateDict(policy) };
}
