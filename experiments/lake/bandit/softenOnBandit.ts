import type * as tf from '@tensorflow/tfjs-core';
import {
  Adam,
  compile,
  cosineSchedule,
  geometricSchedule,
  type Policy,
  type Rng,
  type Schedule,
  valueAndGradients,
} from '../../../src/index.ts';
import { AntitheticRng } from './antitheticRng.ts';
import { banditActions } from './banditPolicies.ts';
import { softLoss } from './softLoss.ts';

/** Whether actions are made of independent noise, or each two of one draw and its negative. */
export type BanditNoise = 'antithetic' | 'independent';

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
  readonly noise: BanditNoise;
  /** The first, which falls to 0 by half a cosine. */
  readonly learningRate: number;
  readonly rng: Rng;
  /** Gets the loss of an update now and then. */
  readonly report?: (row: { step: number; loss: number; temperature: number }) => void;
}

const REPORTS = 30;

/**
 * Maximum entropy on SoftBandit-v0: minimizes E[τ log π(a) − r(a)], which is τ KL(π ‖ π*) and a constant, by Adam.
 */
export function softenOnBandit(options: SoftenOptions): void {
  const { policy, penalty, temperature, steps, batchSize, noise, learningRate, rng, report } = options;
  const optimizer = new Adam(policy.trainableVariables());
  const compiled = compile(
    (inputs: Record<'temperature' | 'learningRate', tf.Tensor>, stream) => {
      const { loss, gradients } = valueAndGradients(
        () => ({
          loss: softLoss(banditActions(policy), {
            temperature: inputs.temperature,
            penalty,
            batchSize,
            rng: noise === 'antithetic' ? new AntitheticRng(stream) : stream,
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
    const { loss } = update({ temperature: now, learningRate: rate(share) }, rng);
    if (step % every === 0 || step === steps) report?.({ step, loss: loss[0]!, temperature: now });
  }
  compiled.dispose();
  optimizer.dispose();
}

/** The share of the updates in which an annealed temperature falls. */
const FALLING = 0.7;

/** A temperature that falls from 1 in equal ratios, and is then held. */
export function annealed(temperature: number): Schedule {
  const fall = geometricSchedule(1, temperature);
  return (share) => fall(share / FALLING);
}
