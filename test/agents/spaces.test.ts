import { expect, test } from 'vitest';
import {
  A2c,
  type AgentState,
  BehaviorCloning,
  Dqn,
  Ppo,
  QrDqn,
  Reinforce,
  Sac,
  SoftQLearning,
  stateFromJson,
  stateToJson,
  Td3,
  train,
} from '../../agents/index.ts';
import {
  type AnyEnv,
  BaseEnv,
  Discrete,
  MultiBinary,
  MultiDiscrete,
  make,
  type ResetResult,
  type StepResult,
  SyncVectorEnv,
  Text,
  TimeLimit,
  type VectorStep,
} from '../../envs/index.ts';
import { makePolicy, type Policy, Rng } from '../../src/index.ts';
import { box, discrete, Echo, Guarded, RecordingEnv } from './support.ts';

const policyFor = (name: string, env: AnyEnv, options = {}): Policy =>
  makePolicy<string>(name, { env, hidden: [8], rng: new Rng('policy'), ...options });
const common = { rng: new Rng('agent'), gamma: 0.95 };
const choices = new MultiDiscrete([3, 2, 4], [0, 5, -1]);
const bits = () => new Echo(new MultiBinary(3)) as AnyEnv;

test('cloning learns several discrete actions, and refuses one that the policy does not have', async () => {
  const policy = policyFor('multi-categorical', new Echo(choices) as AnyEnv);
  const rng = new Rng('pairs');
  const observations = new Float32Array(9 * 500);
  const actions = new Float32Array(3 * 500);
  for (let i = 0; i < 500; i++) {
    const action = choices.sample(rng);
    actions.set(action, 3 * i);
    for (const at of [action[0]!, 3 + action[1]! - 5, 5 + action[2]! + 1]) observations[9 * i + at] = 1;
  }
  const cloning = new BehaviorCloning({ policy, demonstrations: { observations, actions }, learningRate: 0.02 });
  for await (const _ of cloning.train({ steps: 200, rng: new Rng(0) }));
  expect(cloning.evaluate({ observations, actions })).toBeLessThan(0.05);
  cloning.dispose();
  expect(() => new BehaviorCloning({ policy, demonstrations: { observations, actions: actions.with(4, 7) } })).toThrow(
    'demonstrations.actions[4], of pair 1, is 7',
  );
});

test('a masked training goes on from a state to the same bytes, and its first update sees the probabilities that acted', async () => {
  const env = () => new Guarded(new MultiDiscrete([3, 4])) as AnyEnv;
  const made = () => {
    const policy = policyFor('multi-categorical', env(), { actionMask: true });
    const limited = () => new TimeLimit(env(), 7);
    const vector = new SyncVectorEnv([limited, limited], { autoresetMode: 'sameStep' });
    const sizes = { horizon: 32, epochs: 1, batchSize: 64, entropyCoefficient: 0.01, normalizeObservations: true };
    return new Ppo({ ...common, ...sizes, policy, env: vector });
  };
  const run = async (agent: Ppo, until = 192) => {
    const reports = [];
    for await (const report of agent.train({ steps: 192, rng: new Rng('training') })) {
      reports.push(report);
      if (report.step === until) break;
    }
    return reports;
  };
  const [whole, first, second] = [made(), made(), made()];
  const all = await run(whole);
  // One update on the whole rollout: its ratios are those of the same probabilities.
  expect(all[0]!.largestRatio).toBeCloseTo(1, 5);
  const before = await run(first, 128);
  second.setState(stateFromJson(stateToJson(first.state())) as AgentState);
  expect([...before, ...(await run(second))]).toEqual(all);
  expect(stateToJson(second.state())).toBe(stateToJson(whole.state()));
});

test('train takes the policy that such actions want, and masks them where the first info has a mask', async () => {
  const guarded = () => new TimeLimit(new Guarded(new MultiDiscrete([3, 4])) as AnyEnv, 10);
  const small = { steps: 64, policyOptions: { hidden: [8] } };
  const { policy } = await train({ env: guarded, agent: 'ppo', agentOptions: { horizon: 64 }, ...small });
  expect(policy.config).toMatchObject({ name: 'multi-categorical', options: { actionMask: true } });
  expect(policy.maskDim).toBe(7);
  policy.dispose();
  const plain = await train({ env: bits, agent: 'a2c', ...small });
  expect(plain.policy.config).toMatchObject({ name: 'multi-categorical' });
  expect(plain.policy.maskDim).toBe(0);
  plain.policy.dispose();
  await expect(train({ env: bits, agent: 'sac', steps: 64 })).rejects.toThrow(/continuous actions; .* MultiBinary/);
});

test.each([
  ['rewards', 'terminations'],
  ['observations', 'terminations'],
  ['finalObservations', 'terminations'],
  ['finalObservations', 'truncations'],
] as const)('NaN in %s, where there are %s, names the environment', async (what, ends) => {
  class Broken extends SyncVectorEnv {
    override step(actions: Float32Array): VectorStep {
      const step = super.step(actions);
      step[ends][1] = 1;
      step[what].fill(Number.NaN, step[what].length / 2);
      return step;
    }
  }
  const env = () =>
    new Broken([() => new RecordingEnv(box), () => new RecordingEnv(box)], { autoresetMode: 'sameStep' });
  const policy = () => policyFor('gaussian', new RecordingEnv(box) as AnyEnv, { squash: 'tanh' });
  for (const agent of [
    new Sac({ ...common, policy: policy(), env: env() }),
    new Reinforce({ ...common, policy: policy(), env: env() }),
  ]) {
    const run = agent.train({ steps: 10, rng: new Rng(0) }).next();
    await expect(run).rejects.toThrow(`environment 1 gave NaN in its ${what === 'rewards' ? 'reward' : 'observation'}`);
    agent.dispose();
  }
});

class Words extends BaseEnv<string, number> {
  readonly observationSpace = new Text(9);
  readonly actionSpace = new Discrete(2);

  protected begin(): ResetResult<string> {
    return ['word', {}];
  }

  step(): StepResult<string> {
    return ['word', 0, false, false, {}];
  }
}

const continuous = () => new RecordingEnv(box) as AnyEnv;
const listed = () => new RecordingEnv(discrete) as AnyEnv;
const squash = { squash: 'tanh', scale: 'state' };

/** The agent, its policy by name and options, the environment of the policy and that of the agent, options, and what the line has. */
type Refused = [new (options: never) => unknown, [string, object?], () => AnyEnv, () => AnyEnv, object, RegExp];
test.each<Refused>([
  [Sac, ['mixture'], continuous, continuous, {}, /^Sac: policy: got a MixturePolicy, .*reparameterized/],
  [Sac, ['categorical'], listed, listed, {}, /^Sac: policy: wanted continuous actions/],
  [Sac, ['autoregressive-categorical'], continuous, continuous, {}, /^Sac: policy: got an Autoreg.*reparameterized/],
  [Sac, ['gaussian'], continuous, continuous, { temperature: 'atuo' }, /^Sac: temperature: got "atuo"/],
  [Sac, ['gaussian'], continuous, continuous, { entropy: 1 }, /^Sac: entropy: unknown option/],
  [SoftQLearning, ['categorical'], listed, listed, {}, /^SoftQLearning: policy: wanted continuous actions/],
  [SoftQLearning, ['gaussian'], continuous, continuous, {}, /^SoftQLearning: policy: .* leave the bounds/],
  [SoftQLearning, ['mixture'], continuous, continuous, {}, /^SoftQLearning: policy: .*reparameterized/],
  [
    SoftQLearning,
    ['gaussian', squash],
    continuous,
    continuous,
    { batchSize: 8, samplerStates: 9 },
    /samplerStates: got 9/,
  ],
  [Td3, ['truncated-normal'], continuous, continuous, {}, /^Td3: policy: .*without a gradient/],
  [Td3, ['spline'], continuous, continuous, {}, /^Td3: policy: .*mode is not known/],
  [Dqn, ['gaussian'], continuous, continuous, {}, /^Dqn: policy: got a GaussianPolicy, expected a QNetworkPolicy/],
  [Dqn, ['categorical'], listed, listed, {}, /^Dqn: policy: got a CategoricalPolicy/],
  [Dqn, ['q-network'], listed, listed, { tau: 0 }, /^Dqn: tau: got 0/],
  [QrDqn, ['q-network'], listed, listed, {}, /^QrDqn: policy: .*expected a QuantileNetworkPolicy/],
  [Ppo, ['q-network'], listed, listed, {}, /^checkPolicy: logProb: got no gradient/],
  [A2c, ['categorical'], listed, continuous, {}, /^A2c: .*Discrete\(3.* got 2 and a Box of 2/],
  [Reinforce, ['gaussian'], continuous, listed, {}, /^Reinforce: .*Box of 2.* got 2 and Discrete\(3/],
  [Ppo, ['multi-categorical'], bits, listed, {}, /^Ppo: .*3 observations and MultiBinary\(\[3\]\) .* got 2 and Disc/],
  [
    Ppo,
    ['categorical'],
    () => make('CartPole-v1'),
    () => new Words() as AnyEnv,
    {},
    /^Ppo: .*observations: got a Text/,
  ],
])('%o of a policy %j that does not fit is refused: %#', (Agent, [name, options], from, into, more, message) => {
  const given = { ...common, policy: policyFor(name, from(), options), env: into(), ...more } as never;
  expect(() => new Agent(given)).toThrow(message);
});

test('texts alone, and masks that are missing, are refused', async () => {
  expect(() => policyFor('categorical', new Words() as AnyEnv)).toThrow(/observationSpace: got a Text/);
  const agent = new Ppo({
    ...common,
    policy: policyFor('categorical', listed(), { actionMask: true }),
    env: listed(),
    horizon: 64,
  });
  const run = agent.train({ steps: 64, rng: new Rng(0) }).next();
  await expect(run).rejects.toThrow('FlatVectorEnv: env 0: actionMask: got none');
});
