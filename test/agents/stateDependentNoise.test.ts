import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { compileAct, sampledAction } from '../../agents/core/loops.ts';
import { compileActor, RolloutCollector } from '../../agents/core/rollout.ts';
import { StateDependentNoise } from '../../agents/core/stateDependentNoise.ts';
import { ValueNetwork } from '../../agents/core/valueFunction.ts';
import { A2c, type Agent, checkAgent, Ppo, Sac } from '../../agents/index.ts';
import { BaseEnv, Box, Discrete, type ResetResult, type StepResult, SyncVectorEnv } from '../../envs/index.ts';
import { Dense, Independent, makePolicy, Policy, Rng, VonMises } from '../../src/index.ts';
import { ndtr } from '../../src/special/normal.ts';

const observationSpace = new Box({ low: -9, high: 9, shape: [2] });
const actionSpace = new Box({ low: [-1, -2], high: [3, 2] });
const SEEN = [0.3, -2];
const LENGTH = 7;

/** Shows the same in each step, in episodes of `LENGTH` steps; keeps the actions, episode by episode. */
class Still extends BaseEnv<Float32Array, Float32Array | number> {
  readonly observationSpace = observationSpace;
  readonly actionSpace;
  readonly episodes: string[][] = [];
  #step = 0;

  constructor(space: Box | Discrete = actionSpace) {
    super();
    this.actionSpace = space as Box;
  }

  protected begin(): ResetResult {
    this.#step = 0;
    this.episodes.push([]);
    return [Float32Array.from(SEEN), {}];
  }

  step(action: Float32Array | number): StepResult {
    this.episodes.at(-1)!.push(String(action));
    this.#step += 1;
    return [Float32Array.from(SEEN), this.rng.normal(), false, this.#step === LENGTH, {}];
  }

  state(): unknown {
    return { step: this.#step, rng: this.rng.state() };
  }

  setState(state: unknown): void {
    const { step, rng } = state as { step: number; rng: ReturnType<Rng['state']> };
    this.#step = step;
    this.rng = Rng.fromState(rng);
  }
}

const sideBySide = (envs: readonly Still[]) =>
  new SyncVectorEnv(
    envs.map((env) => () => env),
    { autoresetMode: 'sameStep' },
  );
const policyNamed = (name: string, more: object = {}) =>
  makePolicy(name, { observationSpace, actionSpace, hidden: [4], rng: new Rng('policy'), ...more });

/** ε = W x / ‖x‖ of one environment, x = (f, 1), in float64. */
function expected(weights: ArrayLike<number>, features: readonly number[]): number[] {
  const x = [...features, 1];
  const norm = Math.hypot(...x);
  return Array.from({ length: weights.length / x.length }, (_, d) =>
    x.reduce((sum, value, j) => sum + weights[d * x.length + j]! * (value / norm), 0),
  );
}

const FEATURES = [
  [0, 0],
  [0.3, -2],
  [-0.3, 2],
  [50, 1],
];

describe('ε', () => {
  test('is W x / ‖x‖ of each environment, number by number of what a policy draws; uniform numbers are Φ(ε)', () => {
    const noise = StateDependentNoise.of('Ppo', policyNamed('mixture'), 4, 3)!;
    // One number chooses the component, and each of the two has two of its own.
    expect(noise.shapes.noise.shape).toEqual([4, 5, 3]);
    noise.renew([0, 0, 0, 0], new Rng(0));
    const weights = noise.inputs.noise;
    const [chosen, of] = tf.tidy(() => {
      const stream = noise.stream(tf.tensor2d(FEATURES), tf.tensor3d(weights, [4, 5, 3]));
      return [stream.uniformTensor([4, 1]), stream.normalTensor([4, 2, 2])].map((each) => [...each.dataSync()]);
    });
    FEATURES.forEach((features, i) => {
      const [first, ...others] = expected(weights.subarray(i * 15, (i + 1) * 15), features);
      expect(chosen![i]).toBeCloseTo(
        tf.tidy(() => ndtr(tf.scalar(first!)).dataSync()[0]!),
        6,
      );
      others.forEach((value, d) => expect(of![i * 4 + d]).toBeCloseTo(value, 5));
    });
  });

  test('is N(0, I) over W at every observation, and correlated as x and x′ are between observations under one W', () => {
    const rows = 4000;
    const noise = StateDependentNoise.of('Ppo', policyNamed('gaussian'), rows, 1)!;
    noise.renew(new Array(rows).fill(0), new Rng(1));
    const drawn = FEATURES.map((features) =>
      tf.tidy(() => {
        const stream = noise.stream(
          tf.tile(tf.tensor2d([features]), [rows, 1]),
          tf.tensor(noise.inputs.noise, [rows, 2, 3]),
        );
        return stream.normalTensor([rows, 2]).dataSync();
      }),
    );
    const mean = (of: (row: number) => number) => {
      let sum = 0;
      for (let row = 0; row < rows; row++) sum += of(row);
      return sum / rows;
    };
    // Four standard errors, 1/√n of a mean and of a covariance, √(2/n) of a variance, √(96/n) of a fourth moment.
    const error = 4 / Math.sqrt(rows);
    drawn.forEach((values, k) => {
      for (const d of [0, 1]) {
        expect(Math.abs(mean((row) => values[row * 2 + d]!))).toBeLessThan(error);
        expect(Math.abs(mean((row) => values[row * 2 + d]! ** 2) - 1)).toBeLessThan(Math.SQRT2 * error);
        expect(Math.abs(mean((row) => values[row * 2 + d]! ** 4) - 3)).toBeLessThan(Math.sqrt(96) * error);
      }
      expect(Math.abs(mean((row) => values[row * 2]! * values[row * 2 + 1]!))).toBeLessThan(error);
      drawn.slice(k + 1).forEach((others, j) => {
        const [x, y] = [
          [...FEATURES[k]!, 1],
          [...FEATURES[k + 1 + j]!, 1],
        ];
        const correlation = x.reduce((sum, value, i) => sum + value * y[i]!, 0) / (Math.hypot(...x) * Math.hypot(...y));
        const found = mean((row) => values[row * 2]! * others[row * 2]!);
        expect(Math.abs(found - correlation)).toBeLessThan(Math.SQRT2 * error);
        expect(Math.abs(mean((row) => values[row * 2]! * others[row * 2 + 1]!))).toBeLessThan(error);
      });
    });
  });

  test('is smooth where what is seen passes through 0', () => {
    const noise = StateDependentNoise.of('Ppo', policyNamed('gaussian'), 2, 1)!;
    noise.renew([0, 0], new Rng(2));
    noise.inputs.noise.copyWithin(6, 0, 6);
    const [a, b, c, d] = tf.tidy(() => {
      const near = tf.tensor2d([1e-3, 0, -1e-3, 0], [2, 2]);
      return [
        ...noise
          .stream(near, tf.tensor(noise.inputs.noise, [2, 2, 3]))
          .normalTensor([2, 2])
          .dataSync(),
      ];
    });
    expect(Math.abs(a! - c!)).toBeLessThan(0.01);
    expect(Math.abs(b! - d!)).toBeLessThan(0.01);
  });
});

test.each([
  'gaussian',
  'gaussian-full',
  'truncated-normal',
  'mixture',
  'spline',
  'realnvp',
  'autoregressive-categorical',
])('%s: the log-probability of what was done is that of the policy, and draws of a Gaussian are ε', (name) => {
  const policy = policyNamed(name);
  policy.normalizeObservations();
  policy.normalizer!.mean.assign(tf.tensor1d([1, -1]));
  const env = sideBySide([new Still(), new Still(), new Still()]);
  const actor = compileActor('Ppo', env, policy, new ValueNetwork(policy, [3], new Rng('value')), { sdeSampleFreq: 4 });
  const collector = new RolloutCollector({
    ...{ owner: 'Ppo', env, actionSpace: env.singleActionSpace as Box, policy, actor, horizon: 4, gamma: 1 },
  });
  collector.reset('env');
  const rng = new Rng(3);
  for (let i = 0; i < 3; i++) {
    const { observations, latents, logProbs } = collector.collect(rng, []);
    const weights = actor.sde!.inputs.noise;
    tf.tidy(() => {
      const distribution = policy.given(tf.tensor2d(observations, [12, 2]));
      const again = distribution.logProb(tf.tensor2d(latents, [12, 2])).dataSync();
      again.forEach((logProb, row) => expect(logProbs[row]).toBeCloseTo(logProb, 3));
      if (name !== 'gaussian') return;
      const features = [...policy.features(tf.tensor2d([SEEN])).dataSync()];
      const means = distribution.mode!().dataSync();
      // σ is 1 before training. The episodes begin anew in the second rollout's last step, and W with them.
      for (let row = 9; row < 12; row++) {
        const epsilon = expected(weights.subarray((row - 9) * 6, (row - 8) * 6), features);
        epsilon.forEach((value, d) => expect(latents[row * 2 + d]! - means[row * 2 + d]!).toBeCloseTo(value, 4));
      }
    });
  }
  for (const each of actor.compiled) each.dispose();
});

const sac = { learningStarts: 1, updatesPerStep: 1e-9, bufferSize: 99, criticHidden: [3] };
const agents: Record<string, (env: SyncVectorEnv, more: object) => Agent> = {
  Ppo: (env, more) =>
    new Ppo({ policy: policyNamed('gaussian'), env, rng: new Rng('agent'), horizon: 14, batchSize: 14, ...more }),
  A2c: (env, more) => new A2c({ policy: policyNamed('gaussian'), env, rng: new Rng('agent'), horizon: 14, ...more }),
  Sac: (env, more) =>
    new Sac({
      ...{ policy: policyNamed('gaussian', { squash: 'tanh', scale: 'state' }), env, rng: new Rng('agent'), ...sac },
      ...more,
    }),
};

describe.each(Object.entries(agents))('%s', (name, make) => {
  const act = async (more: object) => {
    const envs = [new Still(), new Still()];
    const agent = make(sideBySide(envs), more);
    for await (const _ of agent.train({ steps: 28, rng: new Rng(0) }));
    agent.dispose();
    return envs.map(({ episodes }) => episodes.filter((actions) => actions.length === LENGTH));
  };

  test('does the same in what it sees alike until W is drawn anew: every n steps and at the begin of an episode, and else in each environment', async () => {
    const [first, second] = await act({ sdeSampleFreq: 3 });
    // The first action of Sac is uniform.
    const skip = name === 'Sac' ? 1 : 0;
    for (const episodes of [first!, second!]) {
      expect(episodes.length).toBe(2);
      const drawn = episodes.flatMap((actions, i) => [
        actions.slice(i === 0 ? skip : 0, 3),
        actions.slice(3, 6),
        actions.slice(6),
      ]);
      for (const alike of drawn) expect(new Set(alike).size).toBe(1);
      expect(new Set(drawn.map(([action]) => action)).size).toBe(6);
    }
    expect(new Set([...first!, ...second!].flat()).size).toBe(12 + 2 * skip);
  });

  test('keeps W for whole episodes where n is more than their steps, and draws each step’s noise by itself without the option', async () => {
    const [long] = await act({ sdeSampleFreq: 100 });
    for (const [i, actions] of long!.entries()) {
      expect(new Set(name === 'Sac' && i === 0 ? actions.slice(1) : actions).size).toBe(1);
    }
    expect(long![0]!.at(-1)).not.toBe(long![1]![0]);
    const [independent] = await act({});
    expect(new Set(independent!.flat()).size).toBe(14);
  });

  test('goes on from a state to the bit, with W in it, and takes no state without', async () => {
    const many = { sdeSampleFreq: 5, reportEvery: 3, horizon: 6, batchSize: 6, updatesPerStep: 1, updateEvery: 1 };
    const { horizon, batchSize, reportEvery, updatesPerStep } = many;
    const own = { Ppo: { horizon, batchSize }, A2c: { horizon, reportEvery }, Sac: { reportEvery, updatesPerStep } };
    const more = own[name as 'Ppo'];
    const agent = (sdeSampleFreq?: number) =>
      make(sideBySide([new Still(), new Still()]), { ...more, ...(sdeSampleFreq && { sdeSampleFreq }) });
    expect(await checkAgent(agent(5), { steps: 96 })).toEqual([]);
    const [without, withNoise] = [agent(), agent(5)];
    const [first, second] = [withNoise.state().parts.sde, withNoise.state().parts.sde];
    expect(first).not.toBe(second);
    expect(Object.keys(without.state().parts)).not.toContain('sde');
    expect(() => withNoise.setState(without.state())).toThrow(`${name}.setState: the agent has a part 'sde'`);
    without.dispose();
    withNoise.dispose();
  });

  test('refuses what is no count of steps', () => {
    for (const wrong of [0, -1, 1.5]) {
      expect(() => make(sideBySide([new Still()]), { sdeSampleFreq: wrong })).toThrow(
        `${name}: sdeSampleFreq: got ${wrong}`,
      );
    }
  });
});

test('a policy with a memory has noise of what it remembers, and goes on from a state to the bit', async () => {
  const env = sideBySide([new Still(), new Still()]);
  const memory = { memory: 'gru', memoryUnits: 5 };
  const options = { env, rng: new Rng('agent'), sdeSampleFreq: 4 };
  const spline = policyNamed('spline', memory);
  const gaussian = policyNamed('gaussian', { ...memory, squash: 'tanh', scale: 'state' });
  const replaying = {
    ...sac,
    updatesPerStep: 0.5,
    learningStarts: 10,
    batchSize: 8,
    sequenceLength: 4,
    burnIn: 1,
    reportEvery: 20,
  };
  for (const agent of [
    new Ppo({ ...options, policy: spline, horizon: 6, batchSize: 6 }),
    new Sac({ ...options, policy: gaussian, ...replaying }),
  ]) {
    expect((agent.state().parts.sde as Float32Array).length).toBe(2 * 2 * 6);
    expect(await checkAgent(agent, { steps: 48 })).toEqual([]);
  }
});

test('what acts beside a replay draws ε of what a memory has of the steps before', () => {
  const policy = policyNamed('gaussian', { memory: 'gru', memoryUnits: 5, squash: 'none' });
  const sde = StateDependentNoise.of('Sac', policy, 2, 4)!;
  sde.renew([0, 0], new Rng(5));
  const act = compileAct('sac', policy, 2, sampledAction, { sde });
  const [observations, state] = [[...SEEN, ...SEEN], [...new Rng(6).fillNormal(new Float32Array(10))]];
  const { action } = act({ observations, state, ...sde.inputs }, new Rng(7));
  tf.tidy(() => {
    const [seen, past] = [tf.tensor2d(observations, [2, 2]), { state: tf.tensor2d(state, [2, 5]) }];
    const means = policy.given(seen, past).mode!().dataSync();
    const features = policy.features(seen, past).arraySync() as number[][];
    features.forEach((remembered, i) => {
      const epsilon = expected(sde.inputs.noise.subarray(i * 12, (i + 1) * 12), remembered);
      epsilon.forEach((value, d) => expect(action[i * 2 + d]! - means[i * 2 + d]!).toBeCloseTo(value, 4));
    });
  });
  act.dispose();
});

test('a choice of few stays, too', async () => {
  const env = new Still(new Discrete(5));
  const policy = makePolicy('categorical', { observationSpace, actionSpace: new Discrete(5), rng: new Rng(0) });
  const agent = new A2c({ policy, env, rng: new Rng('agent'), horizon: 70, sdeSampleFreq: 50 });
  for await (const _ of agent.train({ steps: 70, rng: new Rng(0) }));
  agent.dispose();
  const whole = env.episodes.filter(({ length }) => length === LENGTH);
  for (const actions of whole) expect(new Set(actions).size).toBe(1);
  expect(new Set(whole.flat()).size).toBeGreaterThan(2);
});

test('a policy that draws by rejection is refused in a line', () => {
  class Angles extends Policy {
    readonly featureDim = 2;
    readonly actionDim = 2;
    readonly mean = new Dense({ inputDim: 2, outputDim: 2, rng: new Rng(0) });

    protected distribution(features: tf.Tensor) {
      const latent = new Independent(new VonMises({ loc: this.mean.apply(features), concentration: tf.ones([2]) }));
      const identity = (x: tf.Tensor) => x;
      return {
        reparameterized: true,
        sampleWithLogProb: (rng: Rng) => {
          const { sample, logProb } = latent.sampleWithLogProb(rng);
          return { action: sample, latent: sample, logProb };
        },
        logProb: (x: tf.Tensor) => latent.logProb(x),
        squash: identity,
        unsquash: identity,
      };
    }
  }
  const make = (more: object) =>
    new Ppo({ policy: new Angles(), env: sideBySide([new Still()]), rng: new Rng(0), horizon: 64, ...more });
  make({}).dispose();
  expect(() => make({ sdeSampleFreq: 4 })).toThrow(/^Ppo: sdeSampleFreq: got an Angles, whose samples are drawn by/);
});
