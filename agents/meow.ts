import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { type ActionDistribution, checkPolicy, Module, type Policy } from '../src/index.ts';
import { parseOptions } from '../src/options/parse.ts';
import { boxRescaleLogDet } from '../src/policies/boxScale.ts';
import { rateSchema } from '../src/training/optimization.ts';
import type { TrainOptions, TrainReport } from './agent.ts';
import { adviseOnPolicy, checkContinuous, checkDensity, checkHasMode } from './core/checks.ts';
import { ClippedAdam, lossOf, polyak, tdTarget } from './core/critics.ts';
import { givenSpace, vectorEnvFor } from './core/envs.ts';
import { compileAct, ReplayTraining, sampledAction, type UpdateMetrics } from './core/loops.ts';
import {
  baseEntropy,
  layerWidths,
  learningRate,
  maxGradientNorm,
  OVER_TRAINING,
  offPolicyOptions,
} from './core/options.ts';
import type { TransitionTensors } from './core/replay.ts';
import { CheckpointedAgent, compileOnArrays } from './core/state.ts';
import { ValueNetwork } from './core/valueFunction.ts';

export const meowOptions = z.strictObject({
  ...offPolicyOptions,
  learningRate: learningRate('all networks', 1e-3),
  temperature: rateSchema
    .refine(
      (rate) => typeof rate === 'function' || (typeof rate === 'number' ? [rate] : rate.linear).every((a) => a > 0),
      'more than 0 throughout',
    )
    .default(0.2)
    .meta({ description: `α > 0, the weight of the entropy; ${OVER_TRAINING}`, unit: 'reward per nat' }),
  baseEntropy,
  shifts: z.int().positive().default(2).describe('N, how many shifts bᵢ there are; a target takes the least'),
  shiftHidden: layerWidths('the shifts', [256, 256]),
  maxGradientNorm: maxGradientNorm('the gradient, of policy and shifts together', 30),
});

/** Options of {@link Meow}. */
export type MeowOptions = z.input<typeof meowOptions>;

/** Means over the updates since the last report; absent where there were none, as before the first one. */
export interface MeowReport extends TrainReport {
  /** ½ Σᵢ E[(Qᵢ − y)²]. */
  readonly criticLoss?: number;
  /** E[Q₁] of the replay's actions. */
  readonly actionValue?: number;
  /** E[min Vᵢ′] of the states that they led to. */
  readonly stateValue?: number;
}

/**
 * MEow: one density is policy, soft Q-function and soft value at once. No critic is climbed, and no value is estimated by samples.
 *
 *   value:   Vᵢ(s) = bᵢ(s) − α log p(u* | s),  u* the mode of the policy's latent value u, p its density
 *   Q:       Qᵢ(s, a) = Vᵢ(s) + α (log π(a | s) + H₀)
 *   target:  y = r + γ (1 − terminated) min Vᵢ′(s′)
 *   loss:    ½ Σᵢ E[(Qᵢ(s, a) − y)²], of policy and shifts bᵢ together
 *   targets: θ′ ← θ′ + τ (θ − θ′)
 *
 * H₀ is `baseEntropy`. So π = exp((Qᵢ − Vᵢ) / α − H₀) and Vᵢ = α (log ∫ exp(Qᵢ / α) da − H₀), exactly, whatever the networks are.
 *
 * The policy is any with an exact mode. The paper's is a flow of additive couplings g and a scale, as `nice` with a scale of the state:
 * u = μ(s) + σ(s) ⊙ g(ε; s), a = h(u), with d numbers of noise ε. Then, a factor of g counted with σ,
 *
 *   Q = b + α (H₀ − ½ ‖ε(u)‖² − log|det ∂h/∂u|),  V = b + α (Σ log σ + d/2 log 2π):
 *
 * Q has what of the log-density depends on the action, V the rest.
 *
 * Chao et al., "Maximum Entropy Reinforcement Learning via Energy-Based Normalizing Flow", arXiv:2405.13629.
 */
export class Meow extends CheckpointedAgent<MeowReport> {
  /** Q and V. */
  readonly values: SoftValues;
  readonly #config: z.output<typeof meowOptions>;
  readonly #targets: { readonly policy: Policy; readonly values: SoftValues };
  readonly #optimizer: ClippedAdam;
  readonly #training: ReplayTraining<MeowReport, MeowRate>;
  readonly #act;
  readonly #update;

  /** @throws for an unknown option or one out of range, if the environment does not fit the policy, or the policy has no density or no exact mode */
  constructor(options: MeowOptions) {
    super('Meow');
    const config = parseOptions('Meow', meowOptions, options);
    this.#config = config;
    const { policy, rng, temperature } = config;
    const { env, actionSpace } = vectorEnvFor('Meow', policy, config.env);
    checkDensity('Meow', policy);
    checkPolicy(policy);
    checkContinuous('Meow', actionSpace);
    checkHasMode('Meow', policy, 'modeLogProb');
    const given = givenSpace(policy, actionSpace);
    adviseOnPolicy('meow', policy, given);
    const rates = { learningRate: config.learningRate, temperature };
    const streams = ['actions', 'replay'] as const;
    this.#training = new ReplayTraining({ owner: 'Meow', config, env, actionSpace, rates, streams });
    const targetPolicy = this.#training.targetOf(policy, rng.split('target'));
    const { baseEntropy = boxRescaleLogDet(given) } = config;
    const valuesOf = (of: Policy) => new SoftValues(of, { ...config, baseEntropy, rng: rng.split('shifts') });
    this.values = valuesOf(policy);
    this.#targets = { policy: targetPolicy, values: valuesOf(targetPolicy) };
    const trainable = [policy, this.values].flatMap((module) => module.trainableVariables());
    this.#optimizer = new ClippedAdam({ trainableVariables: () => trainable }, config.maxGradientNorm);
    const networks = { policy, values: this.values, targetPolicy, targetValues: this.#targets.values };
    const modules = { ...networks, optimizer: this.#optimizer };
    this.#act = compileAct('meow', policy, env.numEnvs, sampledAction);
    this.#update = compileOnArrays('meow/update', modules, this.#training.shapes, (batch: MeowBatch) =>
      this.#improve(batch),
    );
    this.parts = this.#training.parts(modules);
    this.compiled = [this.#act, this.#update];
  }

  /** @throws {DivergedError} if a loss is no longer a number */
  async *train(options: TrainOptions): AsyncGenerator<MeowReport, void, undefined> {
    const training = this.#training;
    const { replay } = training;
    if (training.begin(options)) {
      this.#targets.policy.loadStateDict(this.#config.policy.stateDict());
      this.#targets.values.loadStateDict(this.values.stateDict());
    }
    while (training.goesOn) {
      const { streams } = training;
      const act = () => this.#act({ observations: replay.current }, streams.actions);
      training.collect(training.uniformActions() ?? training.acted(act).action);
      while (training.isUpdateDue) training.record(this.#update(training.sample()));
      if (training.isReportDue) yield training.report();
    }
  }

  /** The whole update on one minibatch. */
  #improve(batch: MeowBatch): UpdateMetrics<MeowReport> {
    const { policy, tau } = this.#config;
    const { observations, actions, nextObservations, weights, temperature } = batch;
    const targets = this.#targets;
    const nextValues = targets.values
      .ofStates(nextObservations, temperature)
      .reduce((least, value) => tf.minimum(least, value));
    const y = tdTarget(batch, nextValues);
    const losses = () => lossOf(this.values.ofActions(observations, actions, temperature), y, { factor: 0.5, weights });
    const { loss, ...others } = this.#optimizer.descend(losses, batch.learningRate);
    polyak(targets.policy, policy, tau);
    polyak(targets.values, this.values, tau);
    return { criticLoss: loss, ...others, stateValue: tf.mean(nextValues) };
  }
}

type MeowRate = 'learningRate' | 'temperature';

type MeowBatch = TransitionTensors<MeowRate>;

interface SoftValuesOptions extends Pick<z.output<typeof meowOptions>, 'shifts' | 'shiftHidden' | 'rng'> {
  /** H₀ */
  readonly baseEntropy: number;
}

/** The values that a policy's density stands for, but for N shifts, which are networks of observations. */
class SoftValues extends Module {
  /** b₁, …, b_N. */
  readonly shifts: readonly ValueNetwork[];
  readonly #policy: Policy;
  readonly #baseEntropy: number;

  constructor(policy: Policy, { shifts, shiftHidden, baseEntropy, rng }: SoftValuesOptions) {
    super();
    this.#policy = policy;
    this.#baseEntropy = baseEntropy;
    const make = (_: unknown, i: number) =>
      new ValueNetwork(policy, shiftHidden, rng.split(`b${i + 1}`), { activation: 'relu' });
    this.shifts = Array.from({ length: shifts }, make);
  }

  /** `[batch, observationDim]` → V₁, …, V_N, `[batch]` each. */
  ofStates(observations: tf.Tensor, temperature: tf.Tensor): tf.Tensor[] {
    return this.#values(observations, this.#policy.given(observations), temperature);
  }

  /** `[batch, observationDim]` and `[batch, actionDim]` → Q₁, …, Q_N, `[batch]` each. */
  ofActions(observations: tf.Tensor, actions: tf.Tensor, temperature: tf.Tensor): tf.Tensor[] {
    const distribution = this.#policy.given(observations);
    const logProb = distribution.logProb(distribution.unsquash(actions));
    const advantages = tf.mul(temperature, tf.add(logProb, this.#baseEntropy));
    return this.#values(observations, distribution, temperature).map((value) => tf.add(value, advantages));
  }

  #values(observations: tf.Tensor, distribution: ActionDistribution, temperature: tf.Tensor): tf.Tensor[] {
    const widths = tf.mul(temperature, distribution.modeLogProb!());
    return this.shifts.map((shift) => tf.sub(shift.of(observations), widths));
  }
}
