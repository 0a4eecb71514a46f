import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import {
  type AgentState,
  BehaviorCloning,
  type BehaviorCloningOptions,
  CrossQ,
  Dsrl,
  Fpo,
  Fql,
  Meow,
  NfRlbc,
  ReinFlow,
  SoftQLearning,
  stateFromJson,
  stateToJson,
  Td3Bc,
} from '../../agents/index.ts';
import { makeVec } from '../../envs/index.ts';
import { FlowMatchingPolicy, makePolicy, type Policy, Rng } from '../../src/index.ts';
import { normalLogPdf } from '../oracle/densities.ts';
import { mlp, under, type Variables } from '../oracle/mlp.ts';
import { recurrent } from '../oracle/recurrent.ts';
import { perturb } from '../support/perturb.ts';
import { datasetOf, randomEpisodes } from './offline/support.ts';
import { box, variablesOf } from './support.ts';

const LENGTHS = [5, 3, 1, 6];
const STATE = 4;
const GAUSSIAN = { squash: 'none', activation: 'tanh' };

const policyOf = (name = 'gaussian', options: object = GAUSSIAN): Policy => {
  const spaces = { observationSpace: datasetOf().observationSpace, actionSpace: box, rng: new Rng('policy') };
  const policy = makePolicy<string>(name, { ...spaces, hidden: [6], memory: 'gru', memoryUnits: STATE, ...options });
  return perturb(policy as Policy, new Rng('weights'));
};

/** Random episodes as pairs. */
function pairsOf(lengths: readonly number[] = LENGTHS, seed = 'data') {
  const episodes = randomEpisodes(lengths, seed);
  return {
    observations: Float32Array.from(episodes.flatMap(({ observations }) => [...observations.subarray(0, -2)])),
    actions: Float32Array.from(episodes.flatMap(({ actions }) => [...actions])),
    episodes: lengths.map((length) => ({ length })),
  };
}

function cloning(options: Partial<BehaviorCloningOptions> = {}) {
  const policy = options.policy ?? policyOf();
  const settings = { demonstrations: pairsOf(), maxGradientNorm: 1e9, reportEvery: 1, batchSize: 15, ...options };
  return { policy, agent: new BehaviorCloning({ policy, ...settings }) };
}

async function train(agent: BehaviorCloning, steps: number) {
  const reports = [];
  for await (const report of agent.train({ steps, rng: new Rng('training') })) reports.push(report);
  return reports;
}

/** −log π of all steps of each episode, step by step in float64: `[episode][step]`. */
function lossesByHand(variables: Variables, { observations, actions, episodes }: ReturnType<typeof pairsOf>) {
  let row = 0;
  return episodes.map(({ length }) => {
    const rows = Array.from({ length }, (_, t) => [...observations.subarray(2 * (row + t), 2 * (row + t + 1))]);
    const inputs = rows.map((x) => [x]);
    const begins = rows.map((_, t) => [Number(t === 0)]);
    const { outputs } = recurrent('Gru', under(variables, 'memory'), inputs, [Array(STATE).fill(1)], begins);
    const losses = rows.map((_, t) => {
      const output = mlp(under(variables, 'network'), outputs.slice(t * STATE, (t + 1) * STATE));
      const logProbs = [0, 1].map((j) =>
        normalLogPdf(actions[2 * (row + t) + j]!, output[j]!, Math.exp(variables.logScale![j]!)),
      );
      return -logProbs[0]! - logProbs[1]!;
    });
    row += length;
    return losses;
  });
}

/** The norm of the gradient of a mean over the steps of pieces of episodes, each read by itself, without padding. */
function gradientNorm(policy: Policy, pieceLength: number, entropyCoefficient = 0): number {
  const { observations, actions, episodes } = pairsOf();
  const total = observations.length / 2;
  const parameters = policy.trainableVariables();
  return tf.tidy(() => {
    let row = 0;
    let sums: tf.Tensor[] = parameters.map((parameter) => tf.zerosLike(parameter));
    for (const { length } of episodes) {
      let state: tf.Tensor = tf.zeros([1, STATE]);
      for (let t = 0; t < length; t += pieceLength) {
        const [from, to] = [2 * (row + t), 2 * (row + Math.min(length, t + pieceLength))];
        const seen = tf.tensor2d(observations.subarray(from, to), [(to - from) / 2, 2]);
        const done = tf.tensor2d(actions.subarray(from, to), [(to - from) / 2, 2]);
        const before = state;
        const { grads } = tf.variableGrads(() => {
          const distribution = policy.given(seen, { state: before });
          const logProb = distribution.logProb(distribution.unsquash(done));
          const bonus = tf.mul(entropyCoefficient, distribution.entropy!());
          return tf.div(tf.sum(tf.neg(tf.add(logProb, bonus))), total) as tf.Scalar;
        }, parameters);
        sums = sums.map((sum, i) => tf.add(sum, grads[parameters[i]!.name]!));
        state = policy.unroll(seen, { state: before }).state!;
      }
      row += length;
    }
    return Math.sqrt(sums.reduce((sum, x) => sum + tf.sum(tf.square(x)).dataSync()[0]!, 0));
  });
}

const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;

describe('cloning with a memory', () => {
  test.each([undefined, 1, 2, 4])('its loss is that of whole episodes, in pieces of %s steps', (sequenceLength) => {
    const { policy, agent } = cloning({ sequenceLength });
    const losses = lossesByHand(variablesOf(policy), pairsOf());
    expect(agent.evaluate(pairsOf())).toBeCloseTo(mean(losses.flat()), 4);
    // Others than those that it learns from, longer ones and shorter ones.
    const others = pairsOf([2, 9], 'others');
    expect(agent.evaluate(others)).toBeCloseTo(mean(lossesByHand(variablesOf(policy), others).flat()), 4);
    agent.dispose();
  });

  test.each([
    ['whole episodes', 6, 0],
    ['whole episodes, with a bonus for entropy', 6, 0.3],
    ['pieces, whose state is a constant', 2, 0],
  ])('the first update has the gradient of %s', async (_, sequenceLength, entropyCoefficient) => {
    const policy = policyOf('gaussian', { ...GAUSSIAN, scale: 'state' });
    const norm = gradientNorm(policy, sequenceLength, entropyCoefficient);
    // With pieces of 2 steps gradients do not go back as far.
    const other = gradientNorm(policy, sequenceLength === 6 ? 2 : 6, entropyCoefficient);
    expect(Math.abs(norm - other)).toBeGreaterThan(1e-2 * norm);
    const { agent } = cloning({ policy, sequenceLength, entropyCoefficient });
    const loss = agent.evaluate(pairsOf());
    const [report] = await train(agent, 1);
    expect(report!.loss).toBeCloseTo(loss, 4);
    expect(Math.abs(report!.gradientNorm / norm - 1)).toBeLessThan(1e-4);
    agent.dispose();
  });

  test('a piece begins with the state that the policy had when the epoch began', async () => {
    // Two minibatches an epoch; the rate is 0 in the second epoch, so that its losses are those of the weights at its beginning.
    const learningRate = (share: number) => (share < 0.5 ? 0.05 : 0);
    const { policy, agent } = cloning({ sequenceLength: 1, batchSize: 7, learningRate });
    const reports = [];
    const states: unknown[] = [];
    for await (const report of agent.train({ steps: 4, rng: new Rng('training') })) {
      reports.push(report);
      states.push(agent.state().parts.remembered);
    }
    expect(states[1]).toEqual(states[0]);
    expect(states[2]).not.toEqual(states[1]);
    const losses = lossesByHand(variablesOf(policy), pairsOf()).flat();
    const seen = 7 * (reports[2]!.loss + reports[3]!.loss);
    const left = losses.map((loss) => mean(losses) * losses.length - loss);
    expect(Math.min(...left.map((sum) => Math.abs(sum - seen)))).toBeLessThan(1e-3);
    agent.dispose();
  });

  test('what was stopped within an epoch goes on to the same bytes', async () => {
    const options = { sequenceLength: 2, batchSize: 4, learningRate: 0.05, validation: pairsOf([4], 'held out') };
    const whole = cloning(options);
    const reports = await train(whole.agent, 7);
    const left = cloning(options);
    for await (const { step } of left.agent.train({ steps: 7, rng: new Rng('training') })) if (step === 3) break;
    const resumed = cloning(options);
    resumed.agent.setState(stateFromJson(stateToJson(left.agent.state())) as AgentState);
    expect(await train(resumed.agent, 7)).toEqual(reports.slice(3));
    expect(stateToJson(resumed.agent.state())).toBe(stateToJson(whole.agent.state()));
    for (const { agent } of [whole, left, resumed]) agent.dispose();
  });

  test('a dataset is its episodes', () => {
    const { agent } = cloning();
    const other = cloning({ demonstrations: undefined, dataset: datasetOf(randomEpisodes(LENGTHS)) });
    expect(other.agent.evaluate(pairsOf())).toBe(agent.evaluate(pairsOf()));
    agent.dispose();
    other.agent.dispose();
  });

  test.each<[string, object]>([
    ['gaussian', GAUSSIAN],
    ['flow-matching', {}],
  ])('%s: it learns what only the past tells', async (name, options) => {
    // The action is what the first observation of the episode was; later ones say nothing.
    const rng = new Rng('signals');
    const count = 128;
    const signs = Array.from({ length: count }, () => (rng.uniform() < 0.5 ? -1 : 1));
    const observations = Float32Array.from(signs.flatMap((sign) => [sign, 0, 0, 0, 0, 0, 0, 0]));
    const actions = Float32Array.from(signs.flatMap((sign) => Array(8).fill(0.05 * sign)));
    const episodes = signs.map(() => ({ length: 4 }));
    const policy = policyOf(name, options);
    const { agent } = cloning({
      policy,
      demonstrations: { observations, actions, episodes },
      batchSize: 128,
      learningRate: 0.02,
    });
    await train(agent, 200);
    using actor = policy.actor({ batch: 2, rng: new Rng('acting') });
    let action = actor.act(Float32Array.of(1, 0, -1, 0)).action;
    for (let t = 0; t < 3; t++) action = actor.act(new Float32Array(4)).action;
    expect(action[0]!).toBeGreaterThan(0.02);
    expect(action[2]!).toBeLessThan(-0.02);
    agent.dispose();
  });

  test('a loss of matching counts rows by their weights, and knows the past', () => {
    const policy = policyOf('flow-matching', {}) as FlowMatchingPolicy;
    expect(policy).toBeInstanceOf(FlowMatchingPolicy);
    const rng = new Rng('rows');
    const observations = rng.normalTensor([4, 2]);
    const actions = tf.mul(0.05, rng.normalTensor([4, 2]));
    const past = { state: rng.normalTensor([2, STATE]) };
    const weights = [2, 0, 1, 1];
    const got = policy.matchingLoss(observations, actions, new Rng('draws'), tf.tensor1d(weights), past).dataSync()[0]!;
    const draws = policy.matchingDraws(4, new Rng('draws'));
    const latents = policy.bijector.inverse(actions);
    const losses = (known?: typeof past) => policy.matchingLosses(observations, latents, draws, known).dataSync();
    const weighted = (each: ArrayLike<number>) => mean(weights.map((weight, i) => weight * each[i]!));
    expect(got).toBeCloseTo(weighted(losses(past)), 6);
    expect(Math.abs(got - weighted(losses({ state: tf.zerosLike(past.state) })))).toBeGreaterThan(1e-3);
  });

  const { episodes: _, ...alone } = pairsOf();
  test.each<[string, Partial<BehaviorCloningOptions>, string]>([
    [
      'pairs alone',
      { demonstrations: alone },
      'demonstrations: got pairs alone for a policy with a memory, expected episodes',
    ],
    ['held-out pairs alone', { validation: alone }, 'validation: got pairs alone for a policy with a memory'],
    [
      'other rows',
      { demonstrations: { ...alone, episodes: [{ length: 14 }] } },
      'demonstrations.episodes: got 14 rows in 1 episodes, expected the 15 of the observations',
    ],
    [
      'no memory',
      { policy: policyOf('gaussian', { memory: 'none', memoryUnits: undefined }), sequenceLength: 3 },
      'sequenceLength: got 3 for a policy without a memory',
    ],
  ])('refuses %s', (_, options, message) => {
    expect(() => cloning(options)).toThrow(`BehaviorCloning: ${message}`);
  });

  test('refuses a loss of matching that knows no past', () => {
    const policy = policyOf('flow-matching', {}) as FlowMatchingPolicy;
    policy.matchingLoss = (o: tf.Tensor, a: tf.Tensor, rng: Rng, weights?: tf.Tensor) =>
      FlowMatchingPolicy.prototype.matchingLoss.call(policy, o, a, rng, weights);
    expect(() => cloning({ policy })).toThrow(/with a memory, whose matchingLoss takes no weights or no past/);
  });
});

describe('agents that learn from single steps refuse a memory', () => {
  const env = makeVec('Pendulum-v1', { numEnvs: 1 });
  const online = (name: string, own = {}) => {
    const policy = makePolicy<string>(name, {
      env,
      rng: new Rng(0),
      hidden: [4],
      memory: 'gru',
      memoryUnits: 3,
      ...own,
    });
    return { policy: policy as never, env, rng: new Rng(0) };
  };
  const offline = (name: string, options = {}) => ({
    policy: policyOf(name, options) as never,
    dataset: datasetOf(),
    rng: new Rng(0),
  });
  test.each<[string, () => unknown]>([
    ['Fpo', () => new Fpo(online('flow-matching'))],
    ['ReinFlow', () => new ReinFlow(online('flow-matching'))],
    ['SoftQLearning', () => new SoftQLearning(online('implicit', { squash: 'tanh' }))],
    ['Meow', () => new Meow(online('nice'))],
    ['Dsrl', () => new Dsrl(online('flow-matching'))],
    ['CrossQ', () => new CrossQ(online('gaussian'))],
    ['Fql', () => new Fql({ ...offline('implicit'), alpha: 1 })],
    ['NfRlbc', () => new NfRlbc(offline('gaussian'))],
    ['Td3Bc', () => new Td3Bc(offline('gaussian'))],
  ])('%s', (owner, make) => {
    expect(make).toThrow(`${owner}: policy: got one with a memory, expected one without`);
  });
});
