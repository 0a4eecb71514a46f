import { z } from 'zod';
import { Actor, type Policy, Rng } from '../../src/index.ts';
import { parseOptions } from '../../src/options/parseOptions.ts';
import { commandActions } from './commandActions.ts';
import { episodeStatistics } from './episodeStatistics.ts';
import type { EpisodeReport } from './episodeTracker.ts';
import { type EnvRequest, envRequestShape, openEnvs } from './openEnvs.ts';
import { partSchemas } from './partSchemas.ts';
import { vectorEnvFor } from './vectorEnvFor.ts';

/** How many environments are opened, at most: enough to act in batches, and few enough for large ones. */
export const MOST_ENVS = 16;

/** Sees every step; `episodes` says of each environment which episode it plays, −1 where it has played all of its own. */
type OnStep = (step: { observations: Float32Array; actions: Float32Array; episodes: Int32Array }) => void;
/** Sees the last observation of each episode. */
type OnEnd = (episode: number, observation: Float32Array) => void;

const isFunction = (value: unknown): boolean => typeof value === 'function';

export const evaluateOptions = z.strictObject({
  policy: partSchemas.policy.describe('the policy that acts'),
  ...envRequestShape,
  episodes: z
    .int()
    .positive()
    .default(100)
    .meta({ description: 'how many episodes, over all environments', unit: 'episodes' }),
  seed: z.union([z.number(), z.string()], 'a number or a text').optional().describe('names the streams; 0 by default'),
  rng: partSchemas.rng.optional().describe('streams the resets and the actions, in place of those of a seed'),
  greedy: z.boolean().default(false).describe('whether to take greedy actions in place of sampled ones'),
  candidates: z.int().positive().default(32).meta({
    description: 'samples that a greedy action is the center of, where the policy has no exact mode',
    unit: 'actions',
  }),
  onStep: z.custom<OnStep>(isFunction, 'a function').optional().describe('sees every step'),
  onEnd: z.custom<OnEnd>(isFunction, 'a function').optional().describe('sees the last observation of each episode'),
});

/** Options of {@link evaluate}. */
export type EvaluateOptions<Id extends string = string> = EnvRequest<Id> &
  Omit<z.input<typeof evaluateOptions>, keyof EnvRequest>;

/** What {@link evaluate} has measured. */
export interface Evaluation {
  /** Each of them, by its number. */
  readonly episodes: readonly EpisodeReport[];
  readonly meanReturn: number;
  /** The standard error of the mean return, s / √n with the sample's standard deviation s; null of a single episode. */
  readonly standardError: number | null;
  readonly meanLength: number;
  /** How many ended with which `info.outcome`; `episodeStatistics` counts other words, too. */
  readonly outcomes: Readonly<Record<string, number>>;
}

/**
 * Runs episodes of a policy, in several environments side by side: 16 or fewer, unless there are others or `numEnvs` says it.
 *
 * Which environment plays which episode is settled before they begin: environment i of n those of numbers i, i + n, i + 2n, … So
 * short episodes do not count more often, as they would if the first that end were taken.
 *
 * @example
 * const { meanReturn, standardError } = evaluate({ policy, env: 'Pendulum-v1', episodes: 100, greedy: true });
 * @throws for an unknown option or one out of range, or if the environment does not fit the policy
 */
export function evaluate<Id extends string = string>(options: EvaluateOptions<Id>): Evaluation {
  const steps = evaluateStepwise(options);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** {@link evaluate}, which pauses after each step of the environments. */
export function* evaluateStepwise<Id extends string = string>(
  options: EvaluateOptions<Id>,
): Generator<void, Evaluation, void> {
  const parsed = parseOptions('evaluate', evaluateOptions, options);
  const { policy, episodes: count, seed, rng } = parsed;
  if (seed !== undefined && rng !== undefined) throw new Error('evaluate: got a seed and an rng, expected one of them');
  const { env, close } = openEnvs('evaluate', parsed as EvaluateOptions, Math.min(count, MOST_ENVS));
  try {
    const play = { ...parsed, ...vectorEnvFor('evaluate', policy, env), rng: rng ?? new Rng(seed ?? 0) };
    return evaluationOf(yield* played(play));
  } finally {
    close();
  }
}

type Play = Omit<z.output<typeof evaluateOptions>, 'env' | 'rng' | 'policy'> &
  ReturnType<typeof vectorEnvFor> & { readonly rng: Rng; readonly policy: Policy };

function* played({ policy, env, actionSpace, rng, greedy, candidates, onStep, onEnd, ...rest }: Play) {
  const { numEnvs } = env;
  const actor = new Actor(policy, { rng: rng.split('actions'), batch: numEnvs, greedy, candidates });
  const reports = new Array<EpisodeReport>(rest.episodes);
  const returns = new Float64Array(numEnvs);
  const lengths = new Int32Array(numEnvs);
  const episodes = Int32Array.from({ length: numEnvs }, (_, i) => (i < reports.length ? i : -1));
  const actions = new Float32Array(numEnvs * policy.actionDim);
  try {
    let left = reports.length;
    let [observations] = env.reset({ seed: rng.split('env').seed });
    while (left > 0) {
      commandActions(actor.act(observations).action, actionSpace, actions);
      onStep?.({ observations, actions, episodes });
      const step = env.step(actions);
      for (let i = 0; i < numEnvs; i++) {
        const episode = episodes[i]!;
        if (episode < 0) continue;
        returns[i]! += step.rewards[i]!;
        lengths[i]! += 1;
        if (!step.terminations[i] && !step.truncations[i]) continue;
        left -= 1;
        onEnd?.(episode, step.finalObservations.subarray(i * policy.observationDim, (i + 1) * policy.observationDim));
        reports[episode] = { return: returns[i]!, length: lengths[i]!, info: step.finalInfos[i]! };
        episodes[i] = episode + numEnvs < reports.length ? episode + numEnvs : -1;
        returns[i] = 0;
        lengths[i] = 0;
      }
      observations = step.observations;
      yield;
    }
    return reports;
  } finally {
    actor.dispose();
  }
}

function evaluationOf(episodes: readonly EpisodeReport[]): Evaluation {
  const { return: mean, length, counts } = episodeStatistics(episodes);
  const squares = episodes.reduce((sum, episode) => sum + (episode.return - mean!) * (episode.return - mean!), 0);
  const n = episodes.length;
  return {
    episodes,
    meanReturn: mean!,
    standardError: n === 1 ? null : Math.sqrt(squares / (n - 1) / n),
    meanLength: length!,
    outcomes: counts.outcome ?? {},
  };
}
