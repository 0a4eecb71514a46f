import * as tf from '@tensorflow/tfjs-core';
import { type EvaluateOptions, evaluateStepwise, MOST_ENVS } from '../../agents/core/evaluate.ts';
import { type EpisodeStatistics, episodeStatistics } from '../../agents/index.ts';
import { makeVec, type VectorEnv } from '../../envs/index.ts';
import { type Policy, policyNegentropy, type Rng } from '../../src/index.ts';
import { inTurns } from '../../src/turns.ts';
import type { TrainConfig } from './trainConfig.ts';

/** What a trained policy is worth, and whether it uses its shape. */
interface TrainedEvaluation {
  /** The episodes with sampled actions. */
  readonly sampled: EpisodeStatistics;
  /** The episodes with greedy ones. */
  readonly greedy: EpisodeStatistics;
  /** How far from a Gaussian the policy is where it comes by sampled actions, in the mean and at most; without metrics where it has no negentropy. */
  readonly shape: { readonly negentropy?: number | null; readonly largestNegentropy?: number | null };
}

/**
 * Episodes of a policy by sampled and by greedy actions, in the same environments one after the other.
 * @param onEnd after each of them, gets how many have ended
 */
export async function evaluateTrained(
  policy: Policy,
  id: string,
  config: Pick<TrainConfig, 'env' | 'evaluationEpisodes'>,
  rng: Rng,
  onEnd: (ended: number) => void = () => {},
): Promise<TrainedEvaluation> {
  const { evaluationEpisodes: episodes } = config;
  const env = makeVec(id, { ...config.env, numEnvs: Math.min(MOST_ENVS, episodes) });
  let ended = 0;
  const each = () => onEnd(++ended);
  try {
    const measured = await evaluateSampled(policy, env, episodes, rng, each);
    const greedy = await inTurns(evaluateStepwise({ policy, env, episodes, rng, greedy: true, onEnd: each }));
    return { ...measured, greedy: episodeStatistics(greedy.episodes) };
  } finally {
    env.close();
  }
}

/** The episodes with sampled actions, and the shape of the policy where they lead. */
export async function evaluateSampled(
  policy: Policy,
  env: VectorEnv,
  episodes: number,
  rng: Rng,
  onEnd?: EvaluateOptions['onEnd'],
): Promise<Pick<TrainedEvaluation, 'sampled' | 'shape'>> {
  const steps = new VisitedSteps(policy, rng.split('negentropy'));
  const onStep: EvaluateOptions['onStep'] = (step) => steps.see(step);
  const { episodes: played } = await inTurns(evaluateStepwise({ policy, env, episodes, rng, onStep, onEnd }));
  return { sampled: episodeStatistics(played), shape: steps.negentropy() };
}

/** Steps of the episodes at which a policy's shape is looked at, and draws at each. */
export const [STEPS, DRAWS] = [64, 512];

/** Some of the steps of episodes, each as likely (Vitter, "Random Sampling with a Reservoir", 1985, algorithm R). */
class VisitedSteps {
  readonly #policy: Policy;
  readonly #rng: Rng;
  readonly #choice: Rng;
  readonly #kept: { readonly observation: Float32Array; readonly state: Float32Array }[] = [];
  #seen = 0;

  constructor(policy: Policy, rng: Rng) {
    this.#policy = policy;
    this.#rng = rng;
    this.#choice = rng.split('steps');
  }

  see({ observations, states, episodes }: Parameters<NonNullable<EvaluateOptions['onStep']>>[0]): void {
    const { observationDim, stateDim } = this.#policy;
    episodes.forEach((episode, i) => {
      if (episode < 0) return;
      const place = this.#seen < STEPS ? this.#seen : this.#choice.integer(0, this.#seen + 1);
      this.#seen++;
      if (place >= STEPS) return;
      this.#kept[place] = {
        observation: observations.slice(i * observationDim, (i + 1) * observationDim),
        state: states.slice(i * stateDim, (i + 1) * stateDim),
      };
    });
  }

  /** The mean over the steps, and the largest; null if one is no number, as where all draws are one point. */
  negentropy(): TrainedEvaluation['shape'] {
    const { observationDim, stateDim } = this.#policy;
    const rowsOf = (name: 'observation' | 'state', dim: number) =>
      tf.tensor2d(
        this.#kept.flatMap((step) => [...step[name]]),
        [this.#kept.length, dim],
        'float32',
      );
    const values = tf.tidy(() => {
      const options = { rng: this.#rng.split('draws'), samples: DRAWS };
      const past = stateDim > 0 ? { state: rowsOf('state', stateDim) } : undefined;
      const estimate = policyNegentropy(this.#policy, rowsOf('observation', observationDim), options, past);
      return estimate && [...estimate.value.dataSync()];
    });
    if (values === undefined) return {};
    const finite = (value: number) => (Number.isFinite(value) ? value : null);
    return {
      negentropy: finite(values.reduce((sum, value) => sum + value, 0) / values.length),
      largestNegentropy: finite(Math.max(...values)),
    };
  }
}
