import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { Box } from '../envs/index.ts';
import { Adam, checkPolicy, compile, portableMath, type Rng, valueAndGradients } from '../src/index.ts';
import { parseOptions } from '../src/options/parseOptions.ts';
import { RATES, rateSchema } from '../src/training/rate.ts';
import type { Agent, AgentState, TrainOptions, TrainReport } from './agent.ts';
import { ActionValues } from './common/actionValues.ts';
import { baseEntropy, OVER_TRAINING } from './common/agentOptions.ts';
import { checkContinuous } from './common/checkContinuous.ts';
import { checkReparameterized } from './common/checkReparameterized.ts';
import { ExplorationNoise, halfWidths } from './common/explorationNoise.ts';
import type { FigureOf } from './common/meanMetrics.ts';
import { criticHidden, noiseOptions, offPolicyOptions } from './common/offPolicyOptions.ts';
import { copyFrom, polyak } from './common/polyak.ts';
import { replayFor } from './common/replayFor.ts';
import { ReplayTraining } from './common/replayTraining.ts';
import { ScalarParameter } from './common/scalarParameter.ts';
import { tdTarget } from './common/tdTarget.ts';
import type { Transitions } from './common/transitions.ts';
import { vectorEnvFor } from './common/vectorEnvFor.ts';

export const sacOptions = z.strictObject({
  ...offPolicyOptions,
  ...noiseOptions,
  temperature: z
    .union([z.literal('auto'), rateSchema], `'auto', ${RATES}`)
    .default('auto')
    .meta({
      description: `α, the weight of the entropy; 'auto' learns it; a rate ${OVER_TRAINING}`,
      unit: 'reward per nat',
    }),
  baseEntropy,
  initialTemperature: z
    .number()
    .positive()
    .default(1)
    .meta({ description: 'α before training, where it is learned', unit: 'reward per nat' }),
  targetEntropy: z.number().optional().meta({
    description:
      'the entropy that a learned α aims at; by default −1 for each component of the action, in units of half the width of its bounds',
    unit: 'nats',
  }),
  criticHidden,
});

/** Options of {@link Sac}. */
export type SacOptions = z.input<typeof sacOptions>;

/** Means over the updates since the last report; absent where there were none, as before the first one. */
export interface SacReport extends TrainReport {
  /** E[α log π − min Q]. */
  readonly policyLoss?: number;
  /** ½ Σᵢ E[(Qᵢ − y)²]. */
  readonly criticLoss?: number;
  /** −E[log π], nats. */
  readonly entropy?: number;
  /** α. */
  readonly temperature?: number;
  /** E[Q₁] of the replay's actions. */
  readonly actionValue?: number;
}

/**
 * Soft actor-critic: the return and the entropy of the policy together, from a replay buffer.
 *
 *   y = r + γ (1 − terminated) (min Q′ᵢ(s′, a′) − α (log π(a′ | s′) + H₀)),  a′ ~ π(· | s′)
 *   critics:     ½ Σᵢ E[(Qᵢ(s, a) − y)²]
 *   policy:      E[α log π(a | s) − min Qᵢ(s, a)],  a ~ π(· | s), through the sample
 *   temperature: −log α · E[log π(a | s) + H̄]
 *   targets:     θ′ ← θ′ + τ (θ − θ′)
 *
 * H₀ is `baseEntropy`, H̄ `targetEntropy`.
 *
 * Works with any policy whose samples are reparameterized; a policy that keeps its actions within their bounds (`squash: 'tanh'`)
 * learns best. Where actions are angles, the critics see their cosine and sine. The first `learningStarts` actions are uniform in the action
 * space where it is bounded.
 *
 * Haarnoja et al., "Soft Actor-Critic Algorithms and Applications", arXiv:1812.05905.
 */
export class Sac implements Agent<SacReport> {
  readonly critics: ActionValues;
  readonly #options: z.output<typeof sacOptions>;
  readonly #actionSpace: Box;
  readonly #targets: ActionValues;
  readonly #logTemperature: ScalarParameter;
  readonly #optimizers: { readonly critics: Adam; readonly policy: Adam; readonly temperature: Adam };
  readonly #training: ReplayTraining<'learningRate' | 'temperature', FigureOf<SacReport>>;

  /** @throws for an unknown option or one out of range, if the environment does not fit the policy, or the policy is not reparameterized */
  constructor(options: SacOptions) {
    const config = parseOptions('Sac', sacOptions, options);
    this.#options = config;
    const { policy, rng } = config;
    const { observationDim } = policy;
    const { env, actionSpace } = vectorEnvFor('Sac', policy, config.env);
    checkPolicy(policy);
    checkContinuous('Sac', actionSpace);
    checkReparameterized('Sac', policy);
    this.#actionSpace = actionSpace;
    const angles = tf.tidy(() => policy.given(tf.zeros([1, observationDim])).angles);
    const ofCritics = { observationDim, actionSpace, angles, hidden: config.criticHidden, rng: rng.split('critics') };
    this.critics = new ActionValues(ofCritics);
    this.#targets = new ActionValues(ofCritics);
    const isLearned = config.temperature === 'auto';
    this.#logTemperature = new ScalarParameter(isLearned ? portableMath.log(config.initialTemperature) : 0);
    this.#optimizers = {
      critics: new Adam(this.critics.trainableVariables()),
      policy: new Adam(policy.trainableVariables()),
      temperature: new Adam(this.#logTemperature.trainableVariables()),
    };
    const modules = {
      policy,
      critics: this.critics,
      targets: this.#targets,
      temperature: this.#logTemperature,
      criticOptimizer: this.#optimizers.critics,
      policyOptimizer: this.#optimizers.policy,
      temperatureOptimizer: this.#optimizers.temperature,
    };
    const replay = replayFor('Sac', config, env);
    const noise = new ExplorationNoise(env.numEnvs, actionSpace, config);

    const act = compile(
      ({ observations }: { observations: tf.Tensor }, rng) => ({
        action: policy.given(observations).sampleWithLogProb(rng).action,
      }),
      { name: 'sac/act', state: [policy] },
    );
    const update = compile((batch: SacBatch, rng) => this.#improve(batch, rng), {
      name: 'sac/update',
      state: Object.values(modules),
    });
    const sampled = act.onArrays({ observations: { shape: [env.numEnvs, observationDim] } });
    this.#training = new ReplayTraining({
      owner: 'Sac',
      config,
      env,
      actionSpace,
      parts: { ...modules, replay, noise },
      compiled: [act, update],
      rates: { learningRate: config.learningRate, temperature: config.temperature === 'auto' ? 0 : config.temperature },
      begin: () => {
        copyFrom(this.#targets, this.critics);
        noise.reset();
      },
      act: (observations, rng) => {
        const { action } = sampled({ observations }, rng);
        return config.explorationNoise === 0 ? action : noise.addedTo(action, rng);
      },
      update: update.onArrays({ ...replay.shapes, learningRate: { shape: [] }, temperature: { shape: [] } }),
    });
  }

  /** @throws {DivergedError} if a loss is no longer a number */
  train(options: TrainOptions): AsyncGenerator<SacReport, void, undefined> {
    return this.#training.train(options);
  }

  state(): AgentState {
    return this.#training.state();
  }

  setState(state: AgentState): void {
    this.#training.setState(state);
  }

  dispose(): void {
    this.#training.dispose();
  }

  /** The whole update of critics, policy, temperature and targets on one minibatch. */
  #improve(batch: SacBatch, rng: Rng): Record<FigureOf<SacReport>, tf.Tensor> {
    const { policy, tau, baseEntropy } = this.#options;
    const isLearned = this.#options.temperature === 'auto';
    const { observations, actions, nextObservations, learningRate } = batch;
    const seen = policy.normalized(observations);
    const temperature = isLearned ? tf.exp(this.#logTemperature.value) : batch.temperature;

    const next = policy.given(nextObservations).sampleWithLogProb(rng);
    const nextValues = tf.sub(
      this.#targets.least(policy.normalized(nextObservations), next.action),
      tf.mul(temperature, tf.add(next.logProb, baseEntropy)),
    );
    const targets = tdTarget(batch, nextValues);
    const ofCritics = valueAndGradients(
      () => this.critics.loss(seen, actions, targets, 0.5),
      this.critics.trainableVariables(),
    );
    this.#optimizers.critics.update(ofCritics.gradients, learningRate);

    const ofPolicy = valueAndGradients(() => {
      const { action, logProb } = policy.given(observations).sampleWithLogProb(rng);
      const loss = tf.mean(tf.sub(tf.mul(temperature, logProb), this.critics.least(seen, action)));
      return { loss, entropy: tf.neg(tf.mean(logProb)) };
    }, policy.trainableVariables());
    this.#optimizers.policy.update(ofPolicy.gradients, learningRate);

    if (isLearned) {
      // The derivative of −log α · E[log π + H̄] by log α.
      this.#optimizers.temperature.update([tf.sub(ofPolicy.entropy, this.#targetEntropy())], learningRate);
    }
    polyak(this.#targets, this.critics, tau);
    return {
      policyLoss: ofPolicy.loss,
      criticLoss: ofCritics.loss,
      entropy: ofPolicy.entropy,
      temperature,
      actionValue: ofCritics.actionValue,
    };
  }

  #targetEntropy(): number {
    const { targetEntropy } = this.#options;
    if (targetEntropy !== undefined) return targetEntropy;
    return halfWidths(this.#actionSpace).reduce((sum, half) => sum - 1 + portableMath.log(half), 0);
  }
}

type SacBatch = Record<keyof Transitions | 'learningRate' | 'temperature', tf.Tensor>;
