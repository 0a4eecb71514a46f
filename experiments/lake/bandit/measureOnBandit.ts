import type * as tf from '@tensorflow/tfjs-core';
import { compile, type Policy, portableMath } from '../../../src/index.ts';
import { type BanditTask, banditOptimum, banditReward, SHORE } from './banditOptimum.ts';
import { banditActions } from './banditPolicies.ts';

export interface BanditMeasure {
  /** KL(π ‖ π*), nats. */
  readonly kl: number;
  /** π(|a| < ½) */
  readonly water: number;
  /** π(a > 0) */
  readonly rightShare: number;
}

/** Where a policy's density is measured: all of its mass but a negligible part lies within, and the shores are ends of cells. */
const EXTENT = 8;
const CELLS = 8000;

/** A policy on SoftBandit-v0 against its soft optimum, by the midpoint rule. */
export function measureOnBandit(policy: Policy, task: BanditTask): BanditMeasure {
  const width = (2 * EXTENT) / CELLS;
  const actions = Float64Array.from({ length: CELLS }, (_, i) => -EXTENT + (i + 0.5) * width);
  const logProbs = logProbsOnBandit(policy, actions);
  const { logTotal } = banditOptimum(task);
  const measure = { kl: 0, water: 0, rightShare: 0 };
  actions.forEach((action, i) => {
    const mass = portableMath.exp(logProbs[i]!) * width;
    measure.kl += mass * (logProbs[i]! - banditReward(action, task.penalty) / task.temperature + logTotal);
    if (Math.abs(action) < SHORE) measure.water += mass;
    if (action > 0) measure.rightShare += mass;
  });
  return measure;
}

/** log π of each action. */
export function logProbsOnBandit(policy: Policy, actions: ArrayLike<number>): ArrayLike<number> {
  const count = actions.length;
  const compiled = compile(
    (inputs: Record<'actions', tf.Tensor>) => ({ logProb: banditActions(policy).logProb(inputs.actions) }),
    { name: 'soft-bandit/density', state: [policy] },
  );
  const { logProb } = compiled.onArrays({ actions: { shape: [count, 1, 1] } })({ actions: Float32Array.from(actions) });
  const copy = Float64Array.from(logProb);
  compiled.dispose();
  return copy;
}
