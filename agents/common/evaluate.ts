import { z } from 'zod';
import { Actor } from '../../src/index.ts';
import { parseOptions } from '../../src/options/parseOptions.ts';
import { commandActions } from './commandActions.ts';
import type { EpisodeReport } from './episodeTracker.ts';
import { partSchemas } from './partSchemas.ts';
import { vectorEnvFor } from './vectorEnvFor.ts';

/** Sees every step of the episodes that are still running. */
type OnStep = (step: { observations: Float32Array; actions: Float32Array; running: Uint8Array }) => void;
/** Sees the last observation of each episode. */
type OnEnd = (env: number, observation: Float32Array) => void;

const isFunction = (value: unknown): boolean => typeof value === 'function';

export const evaluateOptions = z.strictObject({
  policy: partSchemas.policy.describe('the policy that acts'),
  env: partSchemas.env.describe(
    'environments, of which each runs one episode, so that short ones do not count more often; or a single one',
  ),
  rng: partSchemas.rng.describe('streams the resets and the actions'),
  greedyCandidates: z
    .int()
    .positive()
    .optional()
    .meta({ description: 'samples to choose a greedy action from; by default actions are sampled', unit: 'actions' }),
  onStep: z
    .custom<OnStep>(isFunction, 'a function')
    .optional()
    .describe('sees every step of the episodes that are still running'),
  onEnd: z.custom<OnEnd>(isFunction, 'a function').optional().describe('sees the last observation of each episode'),
});

/** Options of {@link evaluate}. */
export type EvaluateOptions = z.input<typeof evaluateOptions>;

/**
 * Runs a policy for one episode in each environment.
 * @throws for an unknown option or one out of range, or if the environment does not fit the policy
 */
export function evaluate(options: EvaluateOptions): EpisodeReport[] {
  const steps = evaluateStepwise(options);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** {@link evaluate}, which pauses after each step of the environments. */
export function* evaluateStepwise(options: EvaluateOptions): Generator<void, EpisodeReport[], void> {
  const { policy, rng, greedyCandidates, onStep, onEnd, ...given } = parseOptions('evaluate', evaluateOptions, options);
  const { env, actionSpace } = vectorEnvFor('evaluate', policy, given.env);
  const { numEnvs } = env;
  const actor = new Actor(policy, {
    rng: rng.split('actions'),
    batch: numEnvs,
    greedy: greedyCandidates !== undefined,
    candidates: greedyCandidates,
  });
  const returns = new Float64Array(numEnvs);
  const lengths = new Int32Array(numEnvs);
  const running = new Uint8Array(numEnvs).fill(1);
  const episodes: EpisodeReport[] = new Array(numEnvs);
  const actions = new Float32Array(numEnvs * policy.actionDim);
  try {
    let left = numEnvs;
    let [observations] = env.reset({ seed: rng.split('env').seed });
    while (left > 0) {
      commandActions(actor.act(observations).action, actionSpace, actions);
      onStep?.({ observations, actions, running });
      const step = env.step(actions);
      for (let i = 0; i < numEnvs; i++) {
        if (!running[i]) continue;
        returns[i]! += step.rewards[i]!;
        lengths[i]! += 1;
        if (step.terminations[i] || step.truncations[i]) {
          running[i] = 0;
          left -= 1;
          onEnd?.(i, step.finalObservations.subarray(i * policy.observationDim, (i + 1) * policy.observationDim));
          episodes[i] = { return: returns[i]!, length: lengths[i]!, info: step.finalInfos[i]! };
        }
      }
      observations = step.observations;
      yield;
    }
    return episodes;
  } finally {
    actor.dispose();
  }
}
