import type * as tf from '@tensorflow/tfjs-core';
import { compile, type Policy, sampleAction } from '../../src/index.ts';

/**
 * How an agent explores by samples of its policy.
 * @param name of the agent, as `sac`
 * @param numEnvs how many observations there are at a time
 * @returns the compiled function, to be disposed with the agent's others, and what acts by it: `[envs, observationDim]` → `[envs, actionDim]`
 */
export function sampledActions(name: string, policy: Policy, numEnvs: number) {
  const act = compile(
    ({ observations }: { observations: tf.Tensor }, rng) => ({
      action: sampleAction(policy.given(observations), rng).action,
    }),
    { name: `${name}/act`, state: [policy] },
  );
  return { act, sampled: act.onArrays({ observations: { shape: [numEnvs, policy.observationDim] } }) };
}
