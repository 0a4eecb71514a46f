import { describe, expect, test } from 'vitest';
import { evaluate } from '../../agents/index.ts';
import { make, makeVec } from '../../envs/index.ts';
import { GaussianPolicy, Rng } from '../../src/index.ts';

const policy = new GaussianPolicy({ observationDim: 2, actionDim: 2, hidden: [4], rng: new Rng(0) });
const options = () => ({ policy, env: makeVec('Lake-v0', { numEnvs: 3, autoresetMode: 'sameStep' }), rng: new Rng(1) });

describe('evaluate', () => {
  test('one episode in each environment, or in a single one', () => {
    expect(evaluate(options())).toHaveLength(3);
    const [episode, ...rest] = evaluate({ ...options(), env: make('Lake-v0') });
    expect(rest).toEqual([]);
    expect(episode!.length).toBeGreaterThan(0);
    expect(episode!.info.outcome).toMatch(/home|drowned|timeout/);
  });

  test.each([
    [
      { greedyCandidates: 0 },
      'evaluate: greedyCandidates: got 0, expected an integer > 0: samples to choose a greedy action from',
    ],
    [{ onstep: () => {} }, /^evaluate: onstep: unknown option, .* \(did you mean onStep\?\)$/],
    [
      { env: make('Pendulum-v1') },
      'evaluate: wanted an environment with 2 observations and a Box of 2 actions, as the policy has, got 3 and a Box of 1',
    ],
    [
      { env: makeVec('Lake-v0', { numEnvs: 2, autoresetMode: 'nextStep' }) },
      "evaluate: wanted an environment with autoresetMode 'sameStep', got 'nextStep'",
    ],
  ])('refuses %o in one line', (wrong, message) => {
    expect(() => evaluate({ ...options(), ...wrong } as never)).toThrow(
      typeof message === 'string' ? new Error(message) : message,
    );
  });
});
