import { beforeEach, describe, expect, test, vi } from 'vitest';
import { Sac, SoftQLearning, Td3 } from '../../agents/index.ts';
import { type AnyEnv, Box, make } from '../../envs/index.ts';
import { boxSquash, GaussianPolicy, makePolicy, type Policy, Rng } from '../../src/index.ts';
import { RecordingEnv } from './support.ts';

const lake = make('Lake-v0');
const said = () => vi.mocked(console.warn).mock.calls.map(([line]) => line as string);

function meet(name: 'sac' | 'soft-q-learning' | 'td3', policy: Policy, env: AnyEnv = lake): void {
  const Agent = { sac: Sac, 'soft-q-learning': SoftQLearning, td3: Td3 }[name];
  new Agent({ policy, env, rng: new Rng(0), criticHidden: [4] }).dispose();
}
const of = (name: string, options: object = {}) =>
  makePolicy(name, { env: lake, rng: new Rng(0), hidden: [4], ...options });

beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
});

describe('what an agent cannot learn well by', () => {
  test('it says once, with what to write, of a policy of whatever making', () => {
    for (let i = 0; i < 2; i++) meet('sac', of('gaussian'));
    meet('sac', new GaussianPolicy({ observationDim: 2, actionDim: 2, hidden: [4], rng: new Rng(0), scale: 'state' }));
    meet('soft-q-learning', of('gaussian', { squash: 'tanh' }));
    meet('td3', of('gaussian'));
    meet('sac', of('spline'));
    expect(said()).toEqual(
      [
        /^oxbow: sac .* GaussianPolicy, .* no squash .* one scale .*makePolicy\('gaussian'.*squash: 'tanh', scale: 'state'$/,
        /^oxbow: sac .* GaussianPolicy, .* no squash .*squash: 'tanh'$/,
        /^oxbow: soft-q-learning .* one scale .*scale: 'state'$/,
        /^oxbow: td3 .* GaussianPolicy, .* no squash .* squash: 'tanh'$/,
        /^oxbow: sac .* FlowPolicy, .* no squash .* makePolicy\('spline'/,
      ].map((line) => expect.stringMatching(line)),
    );
  });

  const bounded = boxSquash({ low: [-1, -1], high: [1, 1] });
  const sizes = { observationDim: 2, actionDim: 2, hidden: [4], rng: new Rng(0), scale: 'state' } as const;
  const endless = new RecordingEnv(new Box({ low: -Infinity, high: Infinity, shape: [2] }));
  test.each<[string, 'sac' | 'soft-q-learning' | 'td3', () => Policy, AnyEnv?]>([
    ['a mixture that is made for it', 'sac', () => of('mixture', { for: 'sac', hidden: [4] })],
    ['a flow that is made for it', 'soft-q-learning', () => of('spline', { for: 'soft-q-learning', hidden: [4] })],
    ['one scale, where noise is the agent’s', 'td3', () => of('gaussian', { squash: 'tanh' })],
    ['a scale that is fixed on purpose', 'sac', () => of('gaussian', { squash: 'tanh', scale: 'fixed' })],
    ['actions within their bounds without a squash', 'sac', () => of('truncated-normal', { scale: 'state' })],
    ['a squash of its own making', 'sac', () => new GaussianPolicy({ ...sizes, squash: bounded })],
    [
      'actions without bounds',
      'sac',
      () => makePolicy('gaussian', { env: endless, for: 'sac', rng: new Rng(0), hidden: [4] }),
      endless,
    ],
  ])('nothing is said of %s', (_, agent, policy, env = lake) => {
    meet(agent, policy(), env);
    expect(said()).toEqual([]);
  });
});
