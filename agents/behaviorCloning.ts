import * as tf from '@tensorflow/tfjs-core';
import { Adam, clipByGlobalNorm, compile, type Policy, type Schedule, valueAndGradients } from '../src/index.ts';
import { type Agent, checkSteps, DivergedError, type TrainOptions } from './agent.ts';
import { gatherRows } from './common/gatherRows.ts';

/** Pairs of observation and action, row by row: `[count · observationDim]` and `[count · actionDim]`. */
export interface Demonstrations {
  readonly observations: Float32Array;
  readonly actions: Float32Array;
}

export interface BehaviorCloningOptions {
  readonly policy: Policy;
  readonly demonstrations: Demonstrations;
  /** Pairs that are not trained on; their loss is reported. */
  readonly validation?: Demonstrations;
  readonly batchSize?: number;
  /** A number, or a function of the share of the training that is done. */
  readonly learningRate?: number | Schedule;
  /** The largest global norm of the gradient. */
  readonly maxGradientNorm?: number;
  /** Updates from one report to the next. */
  readonly reportEvery?: number;
}

export interface BehaviorCloningReport {
  /** Updates so far. */
  readonly step: number;
  /** Mean negative log-likelihood of the actions since the last report, nats. */
  readonly loss: number;
  /** The same on the validation pairs. */
  readonly validationLoss?: number;
  readonly gradientNorm: number;
}

/**
 * Behaviour cloning by maximum likelihood: minimize −E[log π(a | o)] over demonstrated pairs, which is the forward KL from
 * the demonstrators to the policy. A policy with one mode covers the average of two.
 *
 * Pomerleau, "ALVINN: An Autonomous Land Vehicle in a Neural Network", 1988.
 */
export class BehaviorCloning implements Agent<BehaviorCloningReport> {
  readonly #options: Required<Omit<BehaviorCloningOptions, 'validation'>> & Pick<BehaviorCloningOptions, 'validation'>;
  readonly #optimizer: Adam;
  readonly #update;
  readonly #loss;
  readonly #count: number;

  /** @throws if the demonstrations do not fit the policy, or are fewer than a batch */
  constructor(options: BehaviorCloningOptions) {
    const { policy, demonstrations, validation } = options;
    this.#options = { batchSize: 256, learningRate: 1e-3, maxGradientNorm: 10, reportEvery: 100, ...options };
    this.#count = countPairs(policy, demonstrations, 'demonstrations');
    if (validation !== undefined) countPairs(policy, validation, 'validation');
    if (this.#count < this.#options.batchSize) {
      throw new Error(`BehaviorCloning: a batch of ${this.#options.batchSize} needs more than ${this.#count} pairs`);
    }
    const parameters = policy.trainableVariables();
    const optimizer = new Adam(parameters);
    this.#optimizer = optimizer;
    const { maxGradientNorm } = this.#options;

    const negativeLogLikelihood = (observations: tf.Tensor, actions: tf.Tensor): tf.Tensor => {
      const distribution = policy.given(observations);
      return tf.neg(tf.mean(distribution.logProb(distribution.unsquash(actions))));
    };
    this.#update = compile(
      ({
        observations,
        actions,
        learningRate,
      }: {
        observations: tf.Tensor;
        actions: tf.Tensor;
        learningRate: tf.Tensor;
      }) => {
        const { loss, gradients } = valueAndGradients(
          () => ({ loss: negativeLogLikelihood(observations, actions) }),
          parameters,
        );
        const clipped = clipByGlobalNorm(gradients, maxGradientNorm);
        optimizer.update(clipped.gradients, learningRate);
        return { loss, gradientNorm: clipped.norm };
      },
      { name: 'behavior-cloning/update', state: [policy, optimizer] },
    );
    this.#loss = compile(
      ({ observations, actions }: { observations: tf.Tensor; actions: tf.Tensor }) => ({
        loss: negativeLogLikelihood(observations, actions),
      }),
      { name: 'behavior-cloning/loss', state: [policy] },
    );
  }

  /** @throws {DivergedError} if the loss is no longer a number */
  async *train({ steps, rng }: TrainOptions): AsyncGenerator<BehaviorCloningReport, void, undefined> {
    checkSteps('BehaviorCloning', steps);
    const { policy, demonstrations, validation, batchSize, learningRate, reportEvery } = this.#options;
    const shuffle = rng.split('minibatches');
    const observations = new Float32Array(batchSize * policy.observationDim);
    const actions = new Float32Array(batchSize * policy.actionDim);
    let order = shuffle.permutation(this.#count);
    let position = 0;
    let lossSum = 0;
    let losses = 0;
    for (let step = 1; step <= steps; step++) {
      if (position + batchSize > order.length) {
        order = shuffle.permutation(this.#count);
        position = 0;
      }
      const rows = order.subarray(position, position + batchSize);
      position += batchSize;
      gatherRows(demonstrations.observations, policy.observationDim, rows, observations);
      gatherRows(demonstrations.actions, policy.actionDim, rows, actions);
      const [loss, gradientNorm] = tf.tidy(() => {
        const outputs = this.#update({
          observations: tf.tensor2d(observations, [batchSize, policy.observationDim]),
          actions: tf.tensor2d(actions, [batchSize, policy.actionDim]),
          learningRate: typeof learningRate === 'number' ? learningRate : learningRate((step - 1) / steps),
        });
        return [outputs.loss.dataSync()[0]!, outputs.gradientNorm.dataSync()[0]!];
      });
      if (!Number.isFinite(loss)) throw new DivergedError('BehaviorCloning', step, 'the loss', loss!);
      lossSum += loss;
      losses += 1;
      if (step % reportEvery === 0 || step === steps) {
        const validationLoss = validation && { validationLoss: this.evaluate(validation) };
        yield { step, loss: lossSum / losses, gradientNorm: gradientNorm!, ...validationLoss };
        lossSum = 0;
        losses = 0;
      }
    }
  }

  /** The mean negative log-likelihood of a data set, nats. */
  evaluate({ observations, actions }: Demonstrations): number {
    const { observationDim, actionDim } = this.#options.policy;
    return tf.tidy(() => {
      const { loss } = this.#loss({
        observations: tf.tensor2d(observations, [observations.length / observationDim, observationDim]),
        actions: tf.tensor2d(actions, [actions.length / actionDim, actionDim]),
      });
      return loss.dataSync()[0]!;
    });
  }

  dispose(): void {
    this.#update.dispose();
    this.#loss.dispose();
    this.#optimizer.dispose();
  }
}

function countPairs(policy: Policy, { observations, actions }: Demonstrations, what: string): number {
  const count = observations.length / policy.observationDim;
  if (!Number.isInteger(count) || count === 0 || count !== actions.length / policy.actionDim) {
    throw new Error(
      `BehaviorCloning: wanted ${what} as n × ${policy.observationDim} observations and n × ${policy.actionDim} ` +
        `actions, got ${observations.length} and ${actions.length} numbers`,
    );
  }
  return count;
}
