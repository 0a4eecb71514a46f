import { expect, test } from 'vitest';
import { Reinforce } from '../../agents/index.ts';
import { Box } from '../../envs/index.ts';
import { makePolicy, Rng } from '../../src/index.ts';
import { RecordingEnv } from './support.ts';

test('rows that only fill a batch up have actions that the policy can take: 0 is none of them here', async () => {
  const env = new RecordingEnv(new Box({ low: [1, -4], high: [2, -3] }));
  const policy = makePolicy('truncated-normal', { env, rng: new Rng('policy'), hidden: [3] });
  const agent = new Reinforce({ policy, env, rng: new Rng('agent'), episodesPerEnv: 2, valueHidden: [3] });
  const sizes: number[] = [];
  let before = 0;
  for await (const { step, policyLoss, entropy } of agent.train({ steps: 60, rng: new Rng(0) })) {
    expect([policyLoss, entropy].every(Number.isFinite)).toBe(true);
    sizes.push(step - before);
    before = step;
  }
  expect(sizes.some((size) => !Number.isInteger(Math.log2(size)))).toBe(true);
  agent.dispose();
});
