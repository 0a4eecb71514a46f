import * as tf from '@tensorflow/tfjs-core';
import { makeVec } from '../../../envs/index.ts';
import {
  Adam,
  compile,
  cosineSchedule,
  linearSchedule,
  type Policy,
  type Rng,
  valueAndGradients,
} from '../../../src/index.ts';
import { SoftOptimum } from '../truth/softOptimum.ts';
import type { PretrainingSettings } from './blockedSettings.ts';

/** The share of the updates in which the temperature falls. */
const ANNEALED = 0.7;
const REPORTS = 30;

/**
 * Trains a policy towards the soft optimum of the open stride lake: minimizes E[τ log π(a | s) − Q*(s, a)] at the states that the
 * policy's own walks visit, with the action values of the planner, {@link SoftOptimum}, at the last temperature; τ falls to it along
 * a line. Q* jumps at the shore, where its derivative by the action tells nothing: the gradient is the score function's,
 * E[(cost − mean cost) ∇ log π(a | s)], over several actions at each state, for every class of policies.
 *
 * @param policy whose actions are velocities within their bounds
 */
export function softenOnLake(
  policy: Policy,
  {
    steps,
    envs,
    actions: tries,
    learningRate,
    firstTemperature,
    temperature: last,
    rng,
    report,
  }: PretrainingSettings & {
    readonly rng: Rng;
    readonly report?: (row: { step: number; cost: number; temperature: number }) => void;
  },
): void {
  const optimum = new SoftOptimum({ temperature: last, action: 'velocity' });
  const env = makeVec('LakeStride-v0', { numEnvs: envs, autoresetMode: 'sameStep' });
  const optimizer = new Adam(policy.trainableVariables());
  const rows = envs * tries;
  const { actionDim } = policy;
  const act = compile(
    ({ observations }: Record<'observations', tf.Tensor>, noise) => ({
      ...policy.given(observations).sampleWithLogProb(noise),
    }),
    { name: 'soften-on-lake/act', state: [policy] },
  );
  const improve = compile(
    ({
      observations,
      latents,
      advantages,
      ...rate
    }: Record<'observations' | 'latents' | 'advantages' | 'learningRate', tf.Tensor>) => {
      const { loss, gradients } = valueAndGradients(
        () => ({ loss: tf.mean(tf.mul(advantages, policy.given(observations).logProb(latents))) }),
        optimizer.parameters,
      );
      optimizer.update(gradients, rate.learningRate);
      return { loss };
    },
    { name: 'soften-on-lake/improve', state: [policy, optimizer] },
  );
  const observed = { observations: { shape: [rows, 2] } };
  const actOn = act.onArrays(observed);
  const improveOn = improve.onArrays({
    ...observed,
    latents: { shape: [rows, actionDim] },
    advantages: { shape: [rows] },
    learningRate: { shape: [] },
  });
  const rate = cosineSchedule(learningRate);
  const fall = linearSchedule(firstTemperature, last);
  const noise = rng.split('noise');
  const observations = new Float32Array(2 * rows);
  const advantages = new Float32Array(rows);
  const walked = new Float32Array(actionDim * envs);
  let [positions] = env.reset({ seed: rng.split('env').seed });
  const every = Math.ceil(steps / REPORTS);
  for (let step = 1; step <= steps; step++) {
    const share = (step - 1) / steps;
    const temperature = fall(Math.min(1, share / ANNEALED));
    for (let row = 0; row < rows; row++) {
      const walk = Math.floor(row / tries);
      observations.set(positions.subarray(2 * walk, 2 * walk + 2), 2 * row);
    }
    const { action, latent, logProb } = actOn({ observations }, noise);
    let total = 0;
    for (let walk = 0; walk < envs; walk++) {
      const first = walk * tries;
      const tried = Array.from({ length: actionDim * tries }, (_, i) => action[actionDim * first + i]!);
      const values = optimum.actionValues({ x: positions[2 * walk]!, y: positions[2 * walk + 1]! }, tried);
      const costs = values.map((value, i) => temperature * logProb[first + i]! - value);
      const sum = costs.reduce((a, b) => a + b, 0);
      total += sum;
      // Each against the mean of the others, which does not depend on it: no bias.
      costs.forEach((cost, i) => {
        advantages[first + i] = cost - (sum - cost) / (tries - 1);
      });
      for (let d = 0; d < actionDim; d++) walked[actionDim * walk + d] = tried[d]!;
    }
    improveOn({ observations, latents: Float32Array.from(latent), advantages, learningRate: rate(share) });
    positions = env.step(walked).observations;
    if (step % every === 0 || step === steps) report?.({ step, cost: total / rows, temperature });
  }
  for (const each of [act, improve, optimizer]) each.dispose();
  env.close();
}
