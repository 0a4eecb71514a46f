import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { BestOfPolicy, checkPolicy, type Past, type Policy, type Rng, stopGradient } from '../../src/index.ts';
import { nonnegative, positive } from '../../src/options/fields.ts';
import { parseOptions } from '../../src/options/parse.ts';
import { clippedActions } from '../../src/policies/actor.ts';
import { MOST_SAMPLES } from '../../src/policies/bestOfPolicy.ts';
import type { TrainOptions, TrainReport } from '../agent.ts';
import { checkDensity, hasAngles, withArticle } from '../core/checks.ts';
import {
  ActionValues,
  ClippedAdam,
  criticNetworksOptions,
  madeNumbers,
  polyak,
  tdTarget,
  weightedRows,
} from '../core/critics.ts';
import { compileAct, sampledAction, type UpdateMetrics } from '../core/loops.ts';
import { sequenceLengthOf, sequencePasts } from '../core/memory.ts';
import { type OfflineBatch, OfflineTraining, offlineOptions } from '../core/offline.ts';
import { criticOptions, noiseOptions, sequenceLength } from '../core/options.ts';
import type { SequencesOptions } from '../core/replay.ts';
import { CheckpointedAgent, compileOnArrays } from '../core/state.ts';
import { ValueNetwork } from '../core/valueFunction.ts';

export const iqlOptions = z.strictObject({
  ...offlineOptions,
  expectile: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.7)
    .describe(
      "τ, which expectile of the data's action values V is; 0.5 is their mean, and near 1 it is the best of them: 0.7, or 0.9 where parts of several episodes must be put together",
    ),
  beta: nonnegative(
    3,
    'β, how much better actions count more, exp(β (Q − V)), in units of the scaled rewards; 0 clones the data, 3 or 10 are usual',
  ),
  maxWeight: positive(100, 'the largest of these weights'),
  bestOf: z.int().positive().max(MOST_SAMPLES).optional().meta({
    description:
      'N, from how many samples of the policy the critics choose the best wherever it acts; by default it acts by its samples',
    unit: 'samples',
  }),
  sequenceLength,
  ...noiseOptions,
  ...criticOptions,
});

/** Options of {@link Iql}. */
export type IqlOptions = z.input<typeof iqlOptions>;

/** Means over the updates since the last report. */
export interface IqlReport extends TrainReport {
  /** −E[min(exp(β (Q − V)), w) log π(a | s)]; without a density the weighted loss of matching. */
  readonly policyLoss?: number;
  /** E[|τ − 1(Q < V)| (Q − V)²]. */
  readonly valueLoss?: number;
  /** Σᵢ E[(Qᵢ − y)²]. */
  readonly criticLoss?: number;
  /** E[Q₁] of the minibatch's actions. */
  readonly actionValue?: number;
  /** E[V]. */
  readonly value?: number;
}

/**
 * Implicit Q-learning: values of the best actions among the data, without ever asking for the value of another.
 *
 *   value:   E[|τ − 1(u < 0)| u²],  u = min Q′ᵢ(s, a) − V(s), the τ-expectile
 *   critics: Σᵢ E[(Qᵢ(s, a) − y)²],  y = r + γ (1 − terminated) V(s′)
 *   policy:  −E[min(exp(β (min Q′ᵢ(s, a) − V(s))), w) log π(a | s)]
 *   targets: θ′ ← θ′ + τ′ (θ − θ′), τ′ the option `tau`
 *
 * The policy is cloned with weights, so that any with a density will do: one that keeps several good ways, as a mixture or a flow, where the
 * data have them. Actions are those of the data, so that nothing needs to be reparameterized. With `beta: 0` it is behaviour cloning, beside
 * critics by which a `BestOfPolicy` chooses among its samples.
 *
 * In the place of −log π(a | s) a policy without a density has its loss of matching, with the same weights (Zhang et al.).
 *
 * With a memory, of policy, critics and V, minibatches are of sequences of the data. Each begins with the state that was known after the one
 * before it when that was last learned from.
 *
 * With `onlineSteps` it goes on in an environment, by samples of the policy, with the same losses.
 *
 * Kostrikov, Nair and Levine, "Offline Reinforcement Learning with Implicit Q-Learning", arXiv:2110.06169; best of samples: Hansen-Estruch
 * et al., "IDQL: Implicit Q-Learning as an Actor-Critic Method with Diffusion Policies", arXiv:2304.10573; weights of matching: Zhang, Zhang
 * and Gu, "Energy-Weighted Flow Matching for Offline Reinforcement Learning", arXiv:2503.04975.
 */
export class Iql extends CheckpointedAgent<IqlReport> {
  /** Q′, the targets: what values are asked of. */
  readonly targetCritics: ActionValues;
  readonly critics: ActionValues;
  readonly values: ValueNetwork;
  /** With the option `bestOf`, the best of so many samples. */
  readonly actingPolicy: Policy | undefined;
  readonly #config: z.output<typeof iqlOptions>;
  readonly #optimizers;
  readonly #training: OfflineTraining<IqlReport>;
  readonly #act;
  readonly #update;

  /** @throws for an unknown option or one out of range, or if data or environment do not fit the policy */
  constructor(options: IqlOptions) {
    super('Iql');
    const config = parseOptions('Iql', iqlOptions, options);
    this.#config = config;
    const { policy, rng, criticHidden: hidden, criticActivation: activation } = config;
    checkHasLoss('Iql', config);
    checkPolicy(policy);
    const remedy = 'a smaller learningRate, or criticLayerNorm,';
    this.#training = new OfflineTraining('Iql', config, remedy, sequencesOf(config));
    const { actionSpace, units, numEnvs, shapes } = this.#training;
    const ofCritics = criticNetworksOptions(policy, actionSpace, config, { units, angles: hasAngles(policy) });
    this.critics = new ActionValues(ofCritics);
    this.targetCritics = new ActionValues(ofCritics);
    this.values = new ValueNetwork(policy, hidden, rng.split('values'), { activation });
    this.#optimizers = {
      criticOptimizer: new ClippedAdam(this.critics, config.criticMaxGradientNorm),
      valueOptimizer: new ClippedAdam(this.values, config.criticMaxGradientNorm),
      policyOptimizer: new ClippedAdam(policy, config.maxGradientNorm),
    };
    const acting: Policy | undefined = config.bestOf === undefined ? undefined : this.bestOf(config.bestOf);
    this.actingPolicy = acting;
    const modules = {
      policy: acting ?? policy,
      critics: this.critics,
      // What acts by the targets has them, and they are then not the agent's to dispose of.
      ...(acting === undefined && { targets: this.targetCritics }),
      values: this.values,
      ...this.#optimizers,
    };
    this.#act = compileAct('iql', acting ?? policy, numEnvs, sampledAction);
    this.#update = compileOnArrays('iql/update', modules, shapes, (batch: OfflineBatch, rng) =>
      this.#improve(batch, rng),
    );
    this.parts = this.#training.parts(modules);
    this.compiled = [this.#act, this.#update];
  }

  /** @throws {DivergedError} if a loss is no longer a number, or the critics diverge */
  async *train(options: TrainOptions): AsyncGenerator<IqlReport, void, undefined> {
    const training = this.#training;
    if (training.begin(options)) this.targetCritics.loadStateDict(this.critics.stateDict());
    while (training.goesOn) {
      const observations = training.observations();
      if (observations) training.collect(() => this.#act({ observations }, training.streams.actions));
      while (training.isUpdateDue) {
        const { remembered, ...metrics } = this.#update(training.sample(), training.streams.updates);
        training.record(metrics);
        if (remembered !== undefined) training.replay.carry(remembered);
      }
      if (training.isReportDue) yield training.report();
    }
  }

  /**
   * The best of N samples of the policy, by the critics: it follows both. With `beta: 0` that is IDQL.
   * @param samples N, 32 by default
   */
  bestOf(samples?: number): BestOfPolicy {
    const { policy } = this.#config;
    return new BestOfPolicy({ policy, critics: this.targetCritics, actionSpace: this.#training.actionSpace, samples });
  }

  /** One minibatch: value, policy, critics, targets. @returns with a memory also what is known after it, `[sequences, stateDim]` */
  #improve(batch: OfflineBatch, rng: Rng): UpdateMetrics<IqlReport> & { readonly remembered?: tf.Tensor } {
    const { policy, tau, expectile } = this.#config;
    const { observations, actions, nextObservations, learningRate, criticLearningRate } = batch;
    const seen = policy.normalized(observations);
    const taken = clippedActions(actions, this.#training.actionSpace);
    const ofPolicy = sequencePasts(policy, policy, batch);
    const ofCritics = sequencePasts(this.critics, policy, batch, policy.stateDim);
    // Targets begin with what the critics know.
    const best = this.targetCritics.least(seen, taken, ofCritics.now);
    const valuesPast = () => sequencePasts(this.values, policy, batch, 2 * policy.stateDim);
    const { now } = valuesPast();
    const valueLosses = () => {
      const values = this.values.of(observations, now);
      const errors = tf.sub(best, values);
      return { loss: expectileLoss(errors, expectile, errors), value: tf.mean(values) };
    };
    const { loss: valueLoss, value } = this.#optimizers.valueOptimizer.descend(valueLosses, criticLearningRate);

    const advantages = tf.sub(best, this.values.of(observations, now));
    const policyLosses = () => ({ loss: advantageWeightedLoss(this.#config, batch, advantages, rng, ofPolicy.now) });
    const { loss: policyLoss } = this.#optimizers.policyOptimizer.descend(policyLosses, learningRate);

    // What V knows before s′ it knows by what it has learned now.
    const ofValues = valuesPast();
    const targets = tdTarget(batch, this.values.of(nextObservations, ofValues.next));
    const criticLosses = () => this.critics.loss(seen, taken, targets, { past: ofCritics.now });
    const { loss: criticLoss, actionValue } = this.#optimizers.criticOptimizer.descend(
      criticLosses,
      criticLearningRate,
    );
    polyak(this.targetCritics, this.critics, tau);
    const after = [ofPolicy, ofCritics, ofValues].flatMap(({ after }) => after ?? []);
    const remembered = after.length > 0 && { remembered: tf.concat(after, 1) };
    return { policyLoss, valueLoss, criticLoss, actionValue, value, ...remembered };
  }
}

/** What {@link advantageWeightedLoss} takes of an agent's options. */
interface WeightedLossOptions {
  readonly policy: Policy;
  readonly beta: number;
  readonly maxWeight: number;
}

/**
 * −E[min(exp(β A), w) log π(a | s)]; of a policy without a density its loss of matching with these weights, or with none where β is 0.
 * @param advantages A, `[batch]`
 * @param past of a policy with a memory
 */
export function advantageWeightedLoss(
  { policy, beta, maxWeight }: WeightedLossOptions,
  { observations, actions, lengths }: Pick<OfflineBatch, 'observations' | 'actions' | 'lengths'>,
  advantages: tf.Tensor,
  rng: Rng,
  past?: Past,
): tf.Tensor {
  // The exponent is bounded, and not its exponential, which overflows.
  const weights = tf.exp(tf.minimum(tf.mul(beta, advantages), tf.log(tf.scalar(maxWeight))));
  if (policy.matchingLoss) {
    const made = madeNumbers(policy, lengths);
    const ofRows = beta === 0 ? undefined : weights;
    const ofMatching = made && ofRows ? weightedRows(made, ofRows) : (made ?? ofRows);
    return policy.matchingLoss(observations, actions, rng, ofMatching, past);
  }
  const distribution = policy.given(observations, past);
  const logProb = distribution.logProb(distribution.unsquash(actions));
  return tf.neg(tf.mean(tf.mul(weights, logProb)));
}

/**
 * E[|τ − 1(A < 0)| u²] of errors u = x − v. Where A is u, it is least where v is the τ-expectile of x: with τ = ½ that is half of the mean of
 * squares; the nearer τ is to 1, the nearer v comes to the greatest x.
 *
 * Newey and Powell, "Asymmetric Least Squares Estimation and Testing", 1987.
 * @param errors u, `[batch]`
 * @param signs A, whose signs decide, `[batch]`; no gradient flows into them
 */
export function expectileLoss(errors: tf.Tensor, expectile: number, signs: tf.Tensor): tf.Tensor {
  const weights = stopGradient(() => tf.abs(tf.sub(expectile, tf.cast(tf.less(signs, 0), 'float32'))));
  return tf.mean(tf.mul(weights, tf.square(errors)));
}

/** @throws if the policy has no density and no loss of its own, or weights or a past are wanted that this loss does not take */
export function checkHasLoss(owner: string, { policy, beta }: Pick<WeightedLossOptions, 'policy' | 'beta'>): void {
  if (policy.matchingLoss === undefined) return void checkDensity(owner, policy);
  const name = withArticle(policy.constructor.name);
  if (policy.memory !== undefined && policy.matchingLoss.length < 5) {
    throw new Error(
      `${owner}: policy: got ${name} with a memory, whose matchingLoss takes no past, expected one that does`,
    );
  }
  if (beta === 0 || policy.matchingLoss.length > 3) return;
  throw new Error(
    `${owner}: beta: got ${beta}, expected 0: the matchingLoss of ${name} takes no weights; with 0 it clones the data`,
  );
}

/** What sequences minibatches have; undefined without a memory. @throws for options that do not go with one */
function sequencesOf(config: z.output<typeof iqlOptions>): SequencesOptions | undefined {
  const { policy, nSteps, onlineSteps, bestOf } = config;
  const length = sequenceLengthOf('Iql', policy, config);
  if (policy.memory === undefined) return undefined;
  const refuse = (name: string, got: number, expected: string) => {
    throw new Error(`Iql: ${name}: got ${got} for a policy with a memory, expected ${expected}`);
  };
  if (nSteps !== 1) refuse('nSteps', nSteps, '1');
  if (onlineSteps !== 0) refuse('onlineSteps', onlineSteps, '0');
  if (bestOf !== undefined) refuse('bestOf', bestOf, 'none');
  // Of the policy, the critics and V.
  return { length, burnIn: 0, stateDim: 3 * policy.stateDim };
}
