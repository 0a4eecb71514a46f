import { expect, test } from 'vitest';
import { Reinforce } from '../../agents/index.ts';
import { BaseEnv, Box, type ResetResult, type StepResult, SyncVectorEnv } from '../../envs/index.ts';
import { makePolicy, Rng } from '../../src/index.ts';
import { RecordingEnv } from './support.ts';

/** A reward of 1 a step, so many steps. */
class Steps extends BaseEnv<Float32Array, Float32Array> {
  readonly observationSpace = new Box({ low: 0, high: 9, shape: [1] });
  readonly actionSpace = new Box({ low: -1, high: 1, shape: [1] });
  readonly #length: number;
  #step = 0;

  constructor(length: number) {
    super();
    this.#length = length;
  }

  protected begin(): ResetResult {
    this.#step = 0;
    return [Float32Array.of(0), {}];
  }

  step(): StepResult {
    this.#step += 1;
    return [Float32Array.of(this.#step), 1, this.#step === this.#length, false, {}];
  }

  state(): number {
    return this.#step;
  }

  setState(step: number): void {
    this.#step = step;
  }
}

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

test('the running returns of what idled do not go on in the next episodes', async () => {
  const env = new SyncVectorEnv([() => new Steps(2), () => new Steps(5)], { autoresetMode: 'sameStep' });
  const policy = makePolicy('gaussian', { env, rng: new Rng('policy'), hidden: [3] });
  const agent = new Reinforce({
    policy,
    env,
    rng: new Rng('agent'),
    gamma: 1,
    normalizeRewards: true,
    valueHidden: [3],
  });
  for await (const _ of agent.train({ steps: 20, rng: new Rng(0) }));
  // Five steps of both in each of two rounds: 1 2 | 1 2 | 1 of the one, 1 2 3 4 5 of the other.
  const returns = [1, 2, 1, 2, 1, 1, 2, 3, 4, 5];
  const { moments } = agent.state().parts.scaler as { moments: { mean: number[]; count: number } };
  expect(moments.count).toBeCloseTo(20, 3);
  expect(moments.mean[0]).toBeCloseTo(returns.reduce((sum, each) => sum + each) / 10, 3);
  agent.dispose();
});
