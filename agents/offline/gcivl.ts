import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { checkPolicy, Module, type Policy, type Rng } from '../../src/index.ts';
import { count, flag, nonnegative, positive } from '../../src/options/fields.ts';
import { parseOptions } from '../../src/options/parse.ts';
import { rateSchema } from '../../src/training/optimization.ts';
import type { TrainOptions, TrainReport } from '../agent.ts';
import { checkNoMemory } from '../core/checks.ts';
import { ClippedAdam, polyak } from '../core/critics.ts';
import { GoalTransitions, goalShares } from '../core/goalDemonstrations.ts';
import { MinibatchTraining, ratesAt, type UpdateMetrics } from '../core/loops.ts';
import { normalizationOptions, standardize } from '../core/normalization.ts';
import { datasetOption } from '../core/offline.ts';
import { layerWidths, offPolicyOptions, optionalMaxGradientNorm, partSchemas } from '../core/options.ts';
import { CheckpointedAgent, compileOnArrays } from '../core/state.ts';
import { ValueNetwork } from '../core/valueFunction.ts';
import { advantageWeightedLoss, checkHasLoss, expectileLoss } from './iql.ts';

const { batchSize, learningRate, gamma } = offPolicyOptions;

export const gcivlOptions = z.strictObject({
  policy: partSchemas.policy,
  dataset: datasetOption,
  rng: partSchemas.rng,
  batchSize,
  learningRate,
  valueLearningRate: rateSchema.optional().describe('learning rate of V, by default learningRate'),
  gamma,
  // Values come back from the goal a step with each target: OGBench's 0.005 is one of a million updates.
  tau: offPolicyOptions.tau.default(0.02).describe('τ′ of the targets of V, θ′ ← θ′ + τ′ (θ − θ′) after each update'),
  expectile: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.9)
    .describe('τ, which expectile of what followed in the data V is; 0.5 is its mean, and near 1 it is the best of it'),
  beta: nonnegative(
    10,
    'β, how much steps that come nearer to the goal count more, exp(β (V(s′) − V(s))), in steps; 0 clones the data',
  ),
  maxWeight: positive(100, 'the largest of these weights'),
  ...goalShares,
  valueHidden: layerWidths('V', [256, 256]),
  valueLayerNorm: flag(true, "whether each of V's hidden layers is normalized before its activation (LayerNorm)"),
  maxGradientNorm: optionalMaxGradientNorm('each gradient'),
  normalizeObservations: normalizationOptions.normalizeObservations.describe(
    'whether policy and V see observations brought to mean 0, variance 1 by the data with goals in hindsight, or by moments that the policy brings along',
  ),
  clipObservations: normalizationOptions.clipObservations,
  standardize,
  reportEvery: count(1000, 'updates from one report to the next', 'updates'),
});

/** Options of {@link Gcivl}. */
export type GcivlOptions = z.input<typeof gcivlOptions>;

/** Means over the updates since the last report. */
export interface GcivlReport extends TrainReport {
  /** −E[min(exp(β (V(s′, g) − V(s, g))), w) log π(a | s, g)]; without a density the weighted loss of matching. */
  readonly policyLoss?: number;
  /** Σᵢ E[|τ − 1(A < 0)| (yᵢ − Vᵢ)²]. */
  readonly valueLoss?: number;
  /** E[V], minus the discounted number of steps to the goal. */
  readonly value?: number;
}

/**
 * Goal-conditioned implicit V-learning, for data of episodes with goals: V(s, g) learns how many steps lead from s to g, over the episodes of the
 * whole data, and the policy clones those steps most that come nearer to their goals.
 *
 *   value:   Σᵢ E[|τ − 1(A < 0)| (yᵢ − Vᵢ(s, g))²],  yᵢ = r + γ (1 − reached) V′ᵢ(s′, g),
 *            A = r + γ (1 − reached) min V′ᵢ(s′, g) − mean V′ᵢ(s, g),  r = 0 where s is the goal ("reached"), else −1
 *   policy:  −E[min(exp(β (V(s′, g) − V(s, g))), w) log π(a | s, g)],  V the mean of both
 *   targets: θ′ ← θ′ + τ′ (θ − θ′), τ′ the option `tau`
 *
 * Rewards of the data are not read, and no action but those of the data is valued. Goals of V are states of the data: the state itself, one that
 * followed it after a geometric number of steps, or any. Those of the policy followed in the same episode, each as likely, or are any. See
 * `GoalTransitions`. An expectile takes what followed by luck for what an action did: where that is a part, values are too high.
 *
 * The policy is cloned with weights, as in {@link Iql}, so that any with a density will do, or with a loss of matching that takes weights.
 *
 * Park et al., "OGBench: Benchmarking Offline Goal-Conditioned RL", arXiv:2410.20092, whose defaults these are but for sizes and `tau`, there 0.005 with a million updates; values after Ghosh,
 * Bhateja and Levine, "Reinforcement Learning from Passive Data via Latent Intentions", arXiv:2304.04782.
 */
export class Gcivl extends CheckpointedAgent<GcivlReport> {
  readonly values: GoalValues;
  readonly #targets: GoalValues;
  readonly #config: z.output<typeof gcivlOptions>;
  readonly #optimizers;
  readonly #data: GoalTransitions;
  readonly #training: MinibatchTraining<GcivlReport>;
  readonly #update;

  /** @throws for an unknown option or one out of range, or if the data do not fit the policy, or have no goals */
  constructor(options: GcivlOptions) {
    super('Gcivl');
    const config = parseOptions('Gcivl', gcivlOptions, options);
    this.#config = config;
    const { policy, rng, maxGradientNorm } = config;
    checkHasLoss('Gcivl', config);
    checkNoMemory('Gcivl', policy);
    checkPolicy(policy);
    this.#data = new GoalTransitions('Gcivl', config);
    this.#training = new MinibatchTraining('Gcivl', ['replay', 'updates'], 'a smaller learningRate usually helps');
    this.values = new GoalValues(config, rng);
    this.#targets = new GoalValues(config, rng);
    this.#optimizers = {
      valueOptimizer: new ClippedAdam(this.values, maxGradientNorm),
      policyOptimizer: new ClippedAdam(policy, maxGradientNorm),
    };
    const modules = { policy, values: this.values, targets: this.#targets, ...this.#optimizers };
    const scalar = { shape: [] };
    const shapes = { ...this.#data.shapes, learningRate: scalar, valueLearningRate: scalar };
    this.#update = compileOnArrays('gcivl/update', modules, shapes, (batch: Batch, rng) => this.#improve(batch, rng));
    this.parts = { ...modules, replay: this.#data, training: this.#training };
    this.compiled = [this.#update];
  }

  /** @throws {DivergedError} if a loss is no longer a number */
  async *train(options: TrainOptions): AsyncGenerator<GcivlReport, void, undefined> {
    const training = this.#training;
    if (training.begin(options)) this.#targets.loadStateDict(this.values.stateDict());
    while (training.goesOn) {
      const rates = ratesAt('Gcivl', this.#rates(), training.share);
      training.step += 1;
      training.updates += 1;
      const batch = { ...this.#data.sample(training.streams.replay), ...rates };
      training.record(this.#update(batch, training.streams.updates));
      if (training.step % this.#config.reportEvery === 0 || !training.goesOn) yield training.report();
    }
  }

  #rates() {
    const { learningRate, valueLearningRate = learningRate } = this.#config;
    return { learningRate, valueLearningRate };
  }

  /** One minibatch: values, policy, targets. */
  #improve(batch: Batch, rng: Rng): UpdateMetrics<GcivlReport> {
    const { gamma, tau, expectile } = this.#config;
    const { observations, nextObservations, reached, learningRate, valueLearningRate } = batch;
    const goesOn = tf.sub(1, reached);
    const target = (next: tf.Tensor) => tf.sub(tf.mul(tf.mul(gamma, goesOn), next), goesOn);
    const next = this.#targets.of(nextObservations);
    const advantages = tf.sub(target(tf.minimum(...next)), mean(this.#targets.of(observations)));
    const targets = next.map(target);
    const valueLosses = () => {
      const values = this.values.of(observations);
      const losses = values.map((value, i) => expectileLoss(tf.sub(targets[i]!, value), expectile, advantages));
      return { loss: tf.addN(losses), value: tf.mean(mean(values)) };
    };
    const { loss: valueLoss, value } = this.#optimizers.valueOptimizer.descend(valueLosses, valueLearningRate);

    const { policyObservations, policyNextObservations, actions } = batch;
    const nearer = tf.sub(mean(this.values.of(policyNextObservations)), mean(this.values.of(policyObservations)));
    const taken = { observations: policyObservations, actions };
    const policyLosses = () => ({ loss: advantageWeightedLoss(this.#config, taken, nearer, rng) });
    const { loss: policyLoss } = this.#optimizers.policyOptimizer.descend(policyLosses, learningRate);
    polyak(this.#targets, this.values, tau);
    return { policyLoss, valueLoss, value };
  }
}

type Batch = Readonly<Record<keyof GoalTransitions['shapes'] | 'learningRate' | 'valueLearningRate', tf.Tensor>>;

/** V₁ and V₂, each with a start of its own. */
class GoalValues extends Module {
  readonly networks: readonly [ValueNetwork, ValueNetwork];

  constructor(
    {
      policy,
      valueHidden,
      valueLayerNorm: layerNorm,
    }: { policy: Policy; valueHidden: readonly number[]; valueLayerNorm: boolean },
    rng: Rng,
  ) {
    super();
    const network = (name: string) =>
      new ValueNetwork(policy, valueHidden, rng.split(name), { activation: 'relu', layerNorm });
    this.networks = [network('v1'), network('v2')];
  }

  /** `[batch, observationDim]` → `[batch]` each. */
  of(observations: tf.Tensor): [tf.Tensor, tf.Tensor] {
    const [first, second] = this.networks;
    return [first.of(observations), second.of(observations)];
  }
}

const mean = ([first, second]: readonly [tf.Tensor, tf.Tensor]) => tf.mul(0.5, tf.add(first, second));
