import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { Adam, checkPolicy, FlowMatchingPolicy, Mlp, valueAndGradients } from '../src/index.ts';
import { nonnegative, positive } from '../src/options/fields.ts';
import { parseOptions } from '../src/options/parse.ts';
import { portableMath } from '../src/portableMath.ts';
import { Minibatches, rateAt, rateSchema } from '../src/training/optimization.ts';
import type { EpisodeReport, TrainOptions } from './agent.ts';
import { checkNoMemory, withArticle } from './core/checks.ts';
import { repeated } from './core/critics.ts';
import { decisionEnvFor } from './core/envs.ts';
import { normalizationOptions, normalizersFor } from './core/normalization.ts';
import {
  gamma,
  layerWidths,
  learningRate,
  maxGradientNorm,
  normalizeAdvantages,
  OVER_TRAINING,
  partSchemas,
  targetKl,
} from './core/options.ts';
import { clippedSurrogate, EPSILON, PolicyOptimizer, PolicyUpdates, standardized } from './core/policyGradient.ts';
import {
  checkBatchSize,
  compileActor,
  generalizedAdvantages,
  RolloutCollector,
  rolloutOptions,
} from './core/rollout.ts';
import { CheckpointedAgent, compileOnArrays, type FigureOf, MeanMetrics, scalarsOf, Training } from './core/state.ts';
import { compileValueUpdate, explainedVariance, ValueNetwork } from './core/valueFunction.ts';
import type { PpoReport } from './ppo.ts';

/** ½ log 2π, and with ½ the entropy of N(0, 1). */
const HALF_LOG_TWO_PI = 0.5 * portableMath.log(2 * Math.PI);

export const reinFlowOptions = z.strictObject({
  ...partSchemas,
  ...rolloutOptions,
  minNoise: positive(0.2, 'least σ of the noise of a step from noise to action', 'half the width of the bounds'),
  maxNoise: positive(1, 'largest σ of this noise', 'half the width of the bounds'),
  noiseHidden: layerWidths('the noise network', [64, 64]),
  learningRate: learningRate('the policy and the noise network', 1e-3),
  valueLearningRate: rateSchema.default(1e-3).describe(`learning rate of the value function; ${OVER_TRAINING}`),
  clip: rateSchema.default(0.2).describe(`ε of the clipped ratio; ${OVER_TRAINING}`),
  gamma,
  lambda: z.number().min(0).max(1).default(0.95).describe('λ of the generalized advantages'),
  entropyCoefficient: nonnegative(0, 'c_e, the weight in the loss of the entropy of the noise'),
  maxGradientNorm: maxGradientNorm('each gradient; policy and noise together, and the value function apart', 0.5),
  normalizeAdvantages: normalizeAdvantages('minibatch', true),
  targetKl: targetKl('KL of paths'),
  ...normalizationOptions,
  valueHidden: layerWidths('the value network', [64, 64]),
});

/** Options of {@link ReinFlow}. */
export type ReinFlowOptions = z.input<typeof reinFlowOptions>;

/** One rollout and the updates made from it, as PPO's, of paths in the place of actions. */
export interface ReinFlowReport extends PpoReport {
  /** The entropy of the noise, nats, a mean over steps from noise to action and over the numbers of an action. */
  readonly entropy: number;
}

/**
 * PPO of a `FlowMatchingPolicy`, whose K steps from noise to action get noise while it learns, so that their path has a probability:
 *
 *   x₀ ~ N(0, I),  xₖ₊₁ ~ N(xₖ + v_θ(xₖ, tₖ | o) / K, σ_φ(tₖ, o)²),  tₖ = k / K,  and x_K is the action's latent value
 *   log σ_φ = log σ_min + ½ (1 + tanh z_φ) (log σ_max − log σ_min),  z_φ a network of [o, t], 0 at first
 *   ρ = exp(Σₖ log N(xₖ₊₁ | xₖ) − Σₖ log N_old(xₖ₊₁ | xₖ))
 *   L = −E[min(ρ A, clip(ρ, 1 − ε, 1 + ε) A)] − c_e H,  H = E[½ log 2πe + log σ_φ],  and L_V = ½ E[(V − R)²]
 *
 * The sums over k are over the numbers of an action, too; H is a mean over both. The density of x₀ is the same of all policies and cancels. By the midpoint
 * the mean is that solver's step in the place of Euler's. Bounds of σ stay as they are: the paper's largest falls over a training.
 *
 * The noise is of the training alone: the policy acts without it elsewhere, by the same steps.
 *
 * Zhang, Yu, Su & Wang, "ReinFlow: Fine-tuning Flow Matching Policy with Online Reinforcement Learning", arXiv:2505.22094.
 */
export class ReinFlow extends CheckpointedAgent<ReinFlowReport> {
  /** V(o), trained beside the policy. */
  readonly value: ValueNetwork;
  /** z, a network of the policy's features and the time. */
  readonly noise: Mlp;
  readonly #options: z.output<typeof reinFlowOptions>;
  readonly #policy: FlowMatchingPolicy;
  readonly #collector: RolloutCollector;
  readonly #moved: PolicyUpdates<Exclude<FigureOf<ReinFlowReport>, 'valueLoss'>>;
  readonly #training = new Training('ReinFlow', ['actions', 'minibatches']);
  readonly #updatePolicy;
  readonly #updateValue;

  /**
   * @throws for an unknown option or one out of range, if `maxNoise` is below `minNoise`, the policy is no `FlowMatchingPolicy`, the environment does
   *   not fit it, or a rollout is smaller than a minibatch
   */
  constructor(options: ReinFlowOptions) {
    super('ReinFlow');
    const config = parseOptions('ReinFlow', reinFlowOptions, options);
    this.#options = config;
    const { policy, batchSize, maxGradientNorm, minNoise, maxNoise, rng } = config;
    if (!(policy instanceof FlowMatchingPolicy)) {
      const got = `got ${withArticle(policy.constructor.name)}, expected a FlowMatchingPolicy`;
      throw new Error(`ReinFlow: policy: ${got}, whose steps get the noise`);
    }
    this.#policy = policy;
    const { env, actionSpace } = decisionEnvFor('ReinFlow', policy, config.env, config.gamma);
    checkNoMemory('ReinFlow', policy);
    checkPolicy(policy);
    const { numEnvs } = env;
    checkBatchSize('ReinFlow', config, numEnvs);
    if (maxNoise < minNoise) {
      throw new Error(`ReinFlow: maxNoise: got ${maxNoise}, expected at least minNoise, ${minNoise}`);
    }
    const normalizers = normalizersFor(policy, numEnvs, config);
    const { observationDim, featureDim, actionDim, steps } = policy;
    const value = new ValueNetwork(policy, config.valueHidden, rng.split('value'));
    const noise = new Mlp({
      ...{ inputDim: featureDim + 1, hidden: config.noiseHidden, activation: 'tanh', outputDim: actionDim },
      ...{ outputScale: 0, rng: rng.split('noise') },
    });
    this.value = value;
    this.noise = noise;
    const others = noise.trainableVariables();
    const policyOptimizer = new PolicyOptimizer(policy, { maxGradientNorm, shapeRate: 1, others });
    const valueOptimizer = new Adam(value.trainableVariables(), { epsilon: EPSILON });
    this.#moved = new PolicyUpdates('ReinFlow', [policy, noise, policyOptimizer], config.targetKl);

    const actor = compileActor('ReinFlow', env, policy, value);
    const act = compileOnArrays(
      'reinflow/act',
      { policy, noise, value },
      { observations: { shape: [numEnvs, observationDim] } },
      ({ observations }: Record<'observations', tf.Tensor>, rng) => {
        const { distribution, features } = policy.unroll(observations);
        const path = [rng.normalTensor([numEnvs, actionDim])];
        for (let k = 0; k < steps; k++) {
          const { mean, logScale } = this.#step(path[k]!, tf.fill([numEnvs, 1], k / steps), features);
          path.push(tf.add(mean, tf.mul(tf.exp(logScale), rng.normalTensor([numEnvs, actionDim]))));
        }
        const latent = tf.concat(path, 1);
        const { logProb } = this.#densityOf(latent, features);
        return { action: distribution.squash(path[steps]!), latent, logProb, value: value.of(observations) };
      },
    );
    const latentDim = (steps + 1) * actionDim;
    const collecting = { ...config, ...normalizers, env, actionSpace, actor: { ...actor, act }, latentDim };
    this.#collector = new RolloutCollector({ owner: 'ReinFlow', ...collecting });

    const observations = { shape: [batchSize, observationDim] };
    const [column, scalar] = [{ shape: [batchSize] }, { shape: [] }];
    this.#updatePolicy = compileOnArrays(
      'reinflow/policy',
      { policy, noise, policyOptimizer },
      {
        ...{ observations, paths: { shape: [batchSize, latentDim] }, logProbs: column, advantages: column },
        ...{ clip: scalar, learningRate: scalar },
      },
      (batch: PolicyBatch) => {
        const losses = valueAndGradients(() => this.#policyLoss(batch), policyOptimizer.parameters);
        const { gradients, loss: _, ...metrics } = losses;
        return { ...metrics, gradientNorm: policyOptimizer.update(gradients, batch.learningRate) };
      },
    );
    this.#updateValue = compileValueUpdate('ReinFlow', { policy, value, valueOptimizer }, config);
    this.compiled = [...actor.compiled, act, this.#updatePolicy, this.#updateValue];
    const [collector, training] = [this.#collector, this.#training];
    this.parts = { policy, noise, value, policyOptimizer, valueOptimizer, ...normalizers, env, collector, training };
  }

  /**
   * Rollouts and updates until at least `steps` environment steps have been made; the last rollout is not cut short.
   * @throws {DivergedError} if a loss is no longer a number
   */
  async *train({ steps, rng }: TrainOptions): AsyncGenerator<ReinFlowReport, void, undefined> {
    const { epochs, batchSize, lambda } = this.#options;
    const [policy, training, moved] = [this.#policy, this.#training, this.#moved];
    if (training.begin({ steps, rng })) this.#collector.reset(rng.split('env').seed);
    while (training.step < steps) {
      const progress = training.step / steps;
      const rate = (name: 'learningRate' | 'valueLearningRate' | 'clip') =>
        rateAt(`ReinFlow: ${name}`, this.#options[name], progress);

      const episodes: EpisodeReport[] = [];
      const rollout = this.#collector.collect(training.streams.actions, episodes);
      training.step += rollout.steps;

      const { advantages, returns } = generalizedAdvantages(rollout, { gamma: rollout.discount, lambda });
      const minibatches = new Minibatches(
        {
          observations: { values: rollout.observations, width: policy.observationDim },
          paths: { values: rollout.latents, width: (policy.steps + 1) * policy.actionDim },
          logProbs: { values: rollout.logProbs },
          advantages: { values: advantages },
          returns: { values: returns },
        },
        { count: rollout.rewards.length, batchSize },
      );

      // As PPO, of paths.
      const rates = { learningRate: rate('learningRate'), clip: rate('clip') };
      const valueRate = { learningRate: rate('valueLearningRate') };
      const valueMetrics = new MeanMetrics<'valueLoss'>('ReinFlow');
      moved.begin();
      for (let epoch = 0; epoch < epochs; epoch++) {
        for (const rows of minibatches.epoch(training.streams.minibatches)) {
          const batch = minibatches.gather(rows);
          valueMetrics.add(training.step, scalarsOf(this.#updateValue({ ...batch, ...valueRate })));
          training.updates += 1;
          if (moved.hasEnded) continue;
          moved.record();
          moved.add(training.step, scalarsOf(this.#updatePolicy({ ...batch, ...rates })));
        }
      }

      const { step, updates } = training;
      const { largestKl, largestRatio, policyUpdates } = moved;
      yield {
        ...{ step, updates, episodes },
        ...moved.metrics.take(),
        ...valueMetrics.take(),
        ...{ largestKl, largestRatio, policyUpdates },
        explainedVariance: explainedVariance(rollout.values, returns),
      };
    }
  }

  /** L and its parts on one minibatch. */
  #policyLoss({ observations, paths, logProbs, advantages, clip }: PolicyBatch) {
    const { normalizeAdvantages, entropyCoefficient } = this.#options;
    const { logProb, entropy } = this.#densityOf(paths, this.#policy.features(observations));
    const { policyLoss, ...moved } = clippedSurrogate({
      ...{ logProb, oldLogProb: logProbs, clip },
      advantages: normalizeAdvantages ? standardized(advantages) : advantages,
    });
    return { loss: tf.sub(policyLoss, tf.mul(entropyCoefficient, entropy)), policyLoss, entropy, ...moved };
  }

  /**
   * Σₖ log N(xₖ₊₁ | xₖ) of each path, and H of their noise.
   * @param paths x₀, …, x_K one after the other, `[batch, (K + 1) · actionDim]`
   * @param features of the observations, `[batch, featureDim]`
   */
  #densityOf(paths: tf.Tensor, features: tf.Tensor) {
    const { steps, actionDim } = this.#policy;
    const batch = paths.shape[0]!;
    const points = (first: number) =>
      tf.reshape(tf.slice(paths, [0, first * actionDim], [batch, steps * actionDim]), [batch * steps, actionDim]);
    // All steps at once, since each one's beginning is known.
    const times = tf.tile(tf.div(tf.reshape(tf.range(0, steps), [steps, 1]), steps), [batch, 1]);
    const { mean, logScale } = this.#step(points(0), times, repeated(features, steps));
    const squares = tf.square(tf.div(tf.sub(points(1), mean), tf.exp(logScale)));
    const logProbs = tf.neg(tf.add(tf.add(tf.mul(0.5, squares), logScale), HALF_LOG_TWO_PI));
    const logProb = tf.sum(tf.reshape(logProbs, [batch, steps * actionDim]), 1);
    return { logProb, entropy: tf.add(tf.mean(logScale), HALF_LOG_TWO_PI + 0.5) };
  }

  /** The Gaussian that a step from x goes to: its mean and log σ_φ, `[rows, actionDim]`. */
  #step(x: tf.Tensor, times: tf.Tensor, features: tf.Tensor) {
    const { minNoise, maxNoise } = this.#options;
    const [logMin, logMax] = [portableMath.log(minNoise), portableMath.log(maxNoise)];
    const share = tf.mul(0.5, tf.add(1, tf.tanh(this.noise.apply(tf.concat([features, times], 1)))));
    const logScale = tf.add(logMin, tf.mul(share, logMax - logMin));
    return { mean: this.#policy.stepped(x, times, features), logScale };
  }
}

type PolicyBatch = Record<'observations' | 'paths' | 'logProbs' | 'advantages' | 'clip' | 'learningRate', tf.Tensor>;
