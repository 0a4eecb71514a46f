import * as tf from '@tensorflow/tfjs-core';
import { make } from '../../envs/index.ts';
import {
  type ActionDistribution,
  Adam,
  compile,
  type Policy,
  portableMath,
  type Rng,
  stopGradient,
  valueAndGradients,
} from '../../src/index.ts';
import type { JobContext, JobResult } from '../harness/experiment.ts';
import { makeStabilityPolicy, type StabilityConfig, type StabilityPolicy } from './config.ts';

/** The share of the updates in which the temperature falls from 1. */
const ANNEALED = 0.7;
const ROWS = 100;

/** r(a) = −½ (|a| − 1)², as SoftBandit-v0 has it. */
function reward(action: tf.Tensor): tf.Tensor {
  return tf.squeeze(tf.mul(-0.5, tf.square(tf.sub(tf.abs(action), 1))), [1]);
}

/**
 * E[τ log π(a) − r(a)], to be minimized, which is τ KL(π ‖ π*) and a constant, with an unbiased gradient: through reparameterized
 * samples, of others the score function's, E[(τ log π − r − mean) ∇ log π].
 */
function softLoss(distribution: ActionDistribution, temperature: tf.Tensor, rng: Rng): tf.Tensor {
  if (distribution.reparameterized) {
    const { action, logProb } = distribution.sampleWithLogProb(rng);
    return tf.mean(tf.sub(tf.mul(temperature, logProb), reward(action)));
  }
  const latent = stopGradient(() => distribution.sampleWithLogProb(rng).latent);
  const logProb = distribution.logProb(latent);
  const cost = stopGradient(() => tf.sub(tf.mul(temperature, logProb), reward(distribution.squash(latent))));
  return tf.mean(tf.mul(tf.sub(cost, tf.mean(cost)), logProb));
}

/** The soft optimum of a bandit with two banks: whether the head lets a policy find both, with all its variables at full speed. */
export async function soften(
  { policy: name }: { policy: StabilityPolicy },
  { soft: { steps, batchSize, learningRate, temperature: last } }: StabilityConfig,
  { rng, report }: JobContext,
): Promise<JobResult> {
  const { observationSpace, actionSpace } = make('SoftBandit-v0');
  const policy = makeStabilityPolicy(name, { observationSpace, actionSpace, rng: rng.split('policy') });
  const optimizer = new Adam(policy.trainableVariables());
  const update = compile(
    ({ temperature, observations }: Record<'temperature' | 'observations', tf.Tensor>, stream) => {
      const { loss, gradients } = valueAndGradients(
        () => ({ loss: softLoss(policy.given(observations), temperature, stream) }),
        optimizer.parameters,
      );
      optimizer.update(gradients, learningRate);
      return { loss };
    },
    { name: 'stability/soft', state: [policy, optimizer] },
  ).onArrays({ temperature: { shape: [] }, observations: { shape: [batchSize, 1] } });
  // At an observation of 0 networks would learn by the biases of their last layer alone.
  const observations = new Float32Array(batchSize).fill(1);
  const noise = rng.split('noise');
  for (let step = 0; step < steps; step++) {
    const temperature = Math.max(last, 1 - ((1 - last) * step) / (ANNEALED * steps));
    const { loss } = update({ temperature, observations }, noise);
    if ((step + 1) % ROWS === 0) report((0.95 * step) / steps, { step: step + 1, loss: loss[0]!, temperature });
  }
  const metrics = againstOptimum(policy, last);
  optimizer.dispose();
  policy.dispose();
  return { metrics };
}

/** KL(π ‖ π*) with π* ∝ exp(r / τ), and the share of the right bank, by the midpoint rule. */
export function againstOptimum(policy: Policy, temperature: number): { kl: number; rightShare: number } {
  const cells = 8000;
  const width = 16 / cells;
  const actions = Float32Array.from({ length: cells }, (_, i) => -8 + (i + 0.5) * width);
  const logProbs = tf.tidy(() =>
    policy
      .given(tf.ones([cells, 1]))
      .logProb(tf.tensor2d(actions, [cells, 1]))
      .dataSync(),
  );
  const energies = Array.from(actions, (a) => (-0.5 * (Math.abs(a) - 1) ** 2) / temperature);
  const logTotal = portableMath.log(energies.reduce((sum, energy) => sum + portableMath.exp(energy) * width, 0));
  let [kl, rightShare] = [0, 0];
  energies.forEach((energy, i) => {
    const share = portableMath.exp(logProbs[i]!) * width;
    kl += share * (logProbs[i]! - energy + logTotal);
    if (actions[i]! > 0) rightShare += share;
  });
  return { kl, rightShare };
}
