import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { Adam, checkPolicy, compile, type Rng, valueAndGradients } from '../src/index.ts';
import { parseOptions } from '../src/options/parseOptions.ts';
import type { Agent, AgentState, TrainOptions, TrainReport } from './agent.ts';
import { ActionValues } from './common/actionValues.ts';
import { bounded } from './common/bounded.ts';
import { checkContinuous } from './common/checkContinuous.ts';
import { checkReparameterized } from './common/checkReparameterized.ts';
import { checkCriticsPerTarget, criticOptions, criticsPerTarget, policyDelay } from './common/criticOptions.ts';
import { delayedUpdate } from './common/delayedUpdate.ts';
import { ExplorationNoise } from './common/explorationNoise.ts';
import type { FigureOf } from './common/meanMetrics.ts';
import { noiseOptions, offPolicyOptions } from './common/offPolicyOptions.ts';
import { copyFrom, polyak } from './common/polyak.ts';
import { replayFor } from './common/replayFor.ts';
import { ReplayTraining } from './common/replayTraining.ts';
import { tdTarget } from './common/tdTarget.ts';
import { Temperature, temperatureOptions } from './common/temperature.ts';
import type { Transitions } from './common/transitions.ts';
import { vectorEnvFor } from './common/vectorEnvFor.ts';

export const sacOptions = z.strictObject({
  ...offPolicyOptions,
  ...noiseOptions,
  ...temperatureOptions,
  ...criticOptions,
  criticsPerTarget,
  policyDelay: policyDelay('the policy and the temperature', 1),
});

/** Options of {@link Sac}. */
export type SacOptions = z.input<typeof sacOptions>;

/** Means over the updates since the last report that gave them; absent where there were none, as before the first one. */
export interface SacReport extends TrainReport {
  /** E[α log π − min Q]. */
  readonly policyLoss?: number;
  /** ½ Σᵢ E[(Qᵢ − y)²]. */
  readonly criticLoss?: number;
  /** −E[log π], nats, of the density in the action's own units. */
  readonly entropy?: number;
  /** α, before the update. */
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
 * H₀ is `baseEntropy`, H̄ `targetEntropy`. Policy and temperature learn in every `policyDelay`-th update. With `criticsPerTarget` the least is
 * of so many critics, drawn anew in each update, and the policy's loss has the mean of all in place of the least: REDQ.
 *
 * Works with any policy whose samples are reparameterized; a policy that keeps its actions within their bounds (`squash: 'tanh'`)
 * learns best. Where actions are angles, the critics see their cosine and sine. The first `learningStarts` actions are uniform in the action
 * space where it is bounded.
 *
 * Haarnoja et al., "Soft Actor-Critic Algorithms and Applications", arXiv:1812.05905; Chen et al., "Randomized Ensembled Double
 * Q-Learning", arXiv:2101.05982.
 */
export class Sac implements Agent<SacReport> {
  readonly critics: ActionValues;
  readonly #options: z.output<typeof sacOptions>;
  readonly #targets: ActionValues;
  readonly #temperature: Temperature;
  readonly #optimizers: { readonly critics: Adam; readonly policy: Adam };
  readonly #training: ReplayTraining<SacRate, FigureOf<SacReport>>;

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
    checkCriticsPerTarget('Sac', config);
    const angles = tf.tidy(() => policy.given(tf.zeros([1, observationDim])).angles);
    const ofCritics = { observationDim, actionSpace, angles, ...config, rng: rng.split('critics') };
    this.critics = new ActionValues(ofCritics);
    this.#targets = new ActionValues(ofCritics);
    this.#temperature = new Temperature(config, actionSpace);
    this.#optimizers = {
      critics: new Adam(this.critics.trainableVariables()),
      policy: new Adam(policy.trainableVariables()),
    };
    const modules = {
      policy,
      critics: this.critics,
      targets: this.#targets,
      temperature: this.#temperature.parameter,
      criticOptimizer: this.#optimizers.critics,
      policyOptimizer: this.#optimizers.policy,
      temperatureOptimizer: this.#temperature.optimizer,
    };
    const replay = replayFor('Sac', config, env);
    const noise = new ExplorationNoise(env.numEnvs, actionSpace, config);

    const act = compile(
      ({ observations }: { observations: tf.Tensor }, rng) => ({
        action: policy.given(observations).sampleWithLogProb(rng).action,
      }),
      { name: 'sac/act', state: [policy] },
    );
    const { policyOptimizer, temperatureOptimizer, ...others } = modules;
    const { compiled, update } = delayedUpdate<keyof SacBatch, FigureOf<SacReport>>({
      name: 'sac',
      delay: config.policyDelay,
      shapes: { ...replay.shapes, ...rateShapes },
      state: Object.values(others),
      policyState: [policyOptimizer, temperatureOptimizer],
      improve: (batch, rng, isPolicyDue) => this.#improve(batch, rng, isPolicyDue),
    });
    const sampled = act.onArrays({ observations: { shape: [env.numEnvs, observationDim] } });
    this.#training = new ReplayTraining<SacRate, FigureOf<SacReport>>({
      owner: 'Sac',
      config,
      env,
      actionSpace,
      parts: { ...modules, replay, noise },
      compiled: [act, ...compiled],
      rates: {
        learningRate: config.learningRate,
        criticLearningRate: config.criticLearningRate ?? config.learningRate,
        temperatureLearningRate: config.temperatureLearningRate ?? config.learningRate,
        temperature: this.#temperature.rate,
      },
      begin: () => {
        copyFrom(this.#targets, this.critics);
        noise.reset();
      },
      act: (observations, rng) => {
        const { action } = sampled({ observations }, rng);
        return config.explorationNoise === 0 ? action : noise.addedTo(action, rng);
      },
      update,
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

  /** The update of the critics and their targets on one minibatch, and of policy and temperature where it is due. */
  #improve(batch: SacBatch, rng: Rng, isPolicyDue: boolean): Partial<Record<FigureOf<SacReport>, tf.Tensor>> {
    const { policy, tau, baseEntropy, criticMaxGradientNorm } = this.#options;
    const { observations, actions, nextObservations } = batch;
    const seen = policy.normalized(observations);
    const temperature = this.#temperature.now(batch.temperature);

    const next = policy.given(nextObservations).sampleWithLogProb(rng);
    const nextValues = tf.sub(
      this.#targetValues(policy.normalized(nextObservations), next.action, rng),
      tf.mul(temperature, tf.add(next.logProb, baseEntropy)),
    );
    const targets = tdTarget(batch, nextValues);
    const ofCritics = valueAndGradients(
      () => this.critics.loss(seen, actions, targets, 0.5),
      this.critics.trainableVariables(),
    );
    this.#optimizers.critics.update(bounded(ofCritics.gradients, criticMaxGradientNorm), batch.criticLearningRate);

    const ofPolicy = isPolicyDue ? this.#improvePolicy(batch, seen, temperature, rng) : {};
    polyak(this.#targets, this.critics, tau);
    return { ...ofPolicy, criticLoss: ofCritics.loss, temperature, actionValue: ofCritics.actionValue };
  }

  /** min Q′ᵢ, of all critics or some. */
  #targetValues(seen: tf.Tensor, actions: tf.Tensor, rng: Rng): tf.Tensor {
    const { criticsPerTarget } = this.#options;
    if (criticsPerTarget === undefined) return this.#targets.least(seen, actions);
    return this.#targets.leastOfSome(seen, actions, criticsPerTarget, rng);
  }

  #improvePolicy(batch: SacBatch, seen: tf.Tensor, temperature: tf.Tensor, rng: Rng) {
    const { policy, criticsPerTarget, maxGradientNorm } = this.#options;
    const { gradients, loss, entropy } = valueAndGradients(() => {
      const { action, logProb } = policy.given(batch.observations).sampleWithLogProb(rng);
      const values =
        criticsPerTarget === undefined ? this.critics.least(seen, action) : this.critics.mean(seen, action);
      return { loss: tf.mean(tf.sub(tf.mul(temperature, logProb), values)), entropy: tf.neg(tf.mean(logProb)) };
    }, policy.trainableVariables());
    this.#optimizers.policy.update(bounded(gradients, maxGradientNorm), batch.learningRate);
    this.#temperature.update(entropy, batch.temperatureLearningRate);
    return { policyLoss: loss, entropy };
  }
}

const rateShapes = {
  learningRate: { shape: [] },
  criticLearningRate: { shape: [] },
  temperatureLearningRate: { shape: [] },
  temperature: { shape: [] },
};

type SacRate = keyof typeof rateShapes;

type SacBatch = Record<keyof Transitions | SacRate, tf.Tensor>;
