import { expect, it } from 'vitest';
import { antGait } from '../../../../envs/mujoco/lake/antGait.ts';
import { PlainGaussian } from '../../../../envs/mujoco/lake/robotLakeEnv.ts';
import { policyFromJson, Rng } from '../../../../src/index.ts';

it('acts as the policy does that was saved', () => {
  const { policy, about } = policyFromJson(antGait);
  expect(about.env).toBe('mujoco/AntHeading-v0');
  const plain = new PlainGaussian(antGait);
  const actor = policy.actor({ rng: new Rng(0), greedy: true });
  const rng = new Rng(1);
  const { mean, variance } = policy.normalizer!.moments();
  for (let i = 0; i < 100; i++) {
    // Some beyond what the policy clips.
    const observation = Array.from(
      mean,
      (at, j) => at + Math.sqrt(variance[j]!) * rng.normal(0, i % 10 === 0 ? 20 : 1),
    );
    const wanted = Array.from(actor.act(observation).action as Float32Array);
    // Sums of 64 terms in float32.
    plain.act(observation).forEach((value, j) => expect(Math.abs(value - wanted[j]!)).toBeLessThan(2e-5));
  }
  policy.dispose();
});
