import * as tf from '@tensorflow/tfjs-core';
import {
  Adam,
  compile,
  cosineSchedule,
  type Distribution,
  type Policy,
  type Rng,
  type Schedule,
  stopGradient,
  valueAndGradients,
} from '../../../src/index.ts';
import { AntitheticRng } from './antitheticRng.ts';
import { banditActions } from './banditActions.ts';
import { SHORE } from './banditOptimum.ts';

/** What {@link softenOnBandit} trains, and how. */
export interface SoftenOptions {
  readonly policy: Policy;
  /** Taken from the reward in the water. */
  readonly penalty: number;
  /** τ by the share of the updates that is done. */
  readonly temperature: Schedule;
  readonly steps: number;
  /** Actions of an update, an even number. */
  readonly batchSize: number;
  /** The first, which falls to 0 by half a cosine. */
  readonly learningRate: number;
  readonly rng: Rng;
  /** Gets the loss of an update now and then. */
  readonly report?: (row: { step: number; loss: number; temperature: number }) => void;
}

const REPORTS = 30;

/**
 * Maximum entropy on SoftBandit-v0: minimizes E[τ log π(a) − r(a)], which is τ KL(π ‖ π*) and a constant, by Adam. The noise is
 * antithetic: of each two actions one is made of the other's noise with the opposite sign.
 */
export function softenOnBandit({ policy, penalty, temperature, steps, batchSize, learningRate, ...io }: SoftenOptions) {
  const optimizer = new Adam(policy.trainableVariables());
  const compiled = compile(
    (inputs: Record<'temperature' | 'learningRate', tf.Tensor>, stream) => {
      const { loss, gradients } = valueAndGradients(
        () => ({
          loss: softLoss(banditActions(policy), {
            temperature: inputs.temperature,
            penalty,
            batchSize,
            rng: new AntitheticRng(stream),
          }),
        }),
        optimizer.parameters,
      );
      optimizer.update(gradients, inputs.learningRate);
      return { loss };
    },
    { name: 'soft-bandit', state: [policy, optimizer] },
  );
  const update = compiled.onArrays({ temperature: { shape: [] }, learningRate: { shape: [] } });
  const rate = cosineSchedule(learningRate);
  const every = Math.ceil(steps / REPORTS);
  for (let step = 1; step <= steps; step++) {
    const share = (step - 1) / steps;
    const now = temperature(share);
    const { loss } = update({ temperature: now, learningRate: rate(share) }, io.rng);
    if (step % every === 0 || step === steps) io.report?.({ step, loss: loss[0]!, temperature: now });
  }
  compiled.dispose();
  optimizer.dispose();
}

interface LossOptions {
  readonly temperature: tf.Tensor;
  readonly penalty: number;
  readonly batchSize: number;
  readonly rng: Rng;
}

/**
 * A loss whose gradient is an unbiased estimate of that of E[τ log π(a) − r(a)]: through the samples where they are reparameterized,
 * else the score function's. The penalty is a step at the shore, of which a gradient through a sample knows nothing: it is always left to
 * the score function.
 */
function softLoss(actions: Distribution, { temperature, penalty, batchSize, rng }: LossOptions): tf.Tensor {
  const cost = (sample: tf.Tensor, logProb: tf.Tensor) => {
    const offBank = tf.sub(tf.abs(sample), 1);
    return tf.add(tf.mul(temperature, logProb), rowsOf(tf.mul(0.5, tf.square(offBank))));
  };
  const fine = (sample: tf.Tensor) => rowsOf(tf.mul(penalty, tf.cast(tf.less(tf.abs(sample), SHORE), 'float32')));
  if (!actions.reparameterized) {
    const sample = stopGradient(() => actions.sample(rng, [batchSize]));
    const logProb = actions.logProb(sample);
    return scoreLoss(logProb, () => tf.add(cost(sample, logProb), fine(sample)));
  }
  const { sample, logProb } = actions.sampleWithLogProb(rng, [batchSize]);
  const smooth = tf.mean(cost(sample, logProb));
  if (penalty === 0) return smooth;
  const fixed = stopGradient(() => tf.clone(sample));
  return tf.add(
    smooth,
    scoreLoss(actions.logProb(fixed), () => fine(fixed)),
  );
}

/** Has the gradient E[(cost − mean) ∇ log π]. */
function scoreLoss(logProb: tf.Tensor, costOf: () => tf.Tensor): tf.Tensor {
  const above = stopGradient(() => {
    const cost = costOf();
    return tf.sub(cost, tf.mean(cost));
  });
  return tf.mean(tf.mul(above, logProb));
}

/** `[batch, 1, 1]` → `[batch, 1]`, as log-probabilities are. */
function rowsOf(values: tf.Tensor): tf.Tensor {
  return tf.squeeze(values, [2]);
}
