import { describe, expect, test } from 'vitest';
import {
  A2c,
  type Agent,
  type AgentState,
  Dqn,
  Ppo,
  Reinforce,
  Sac,
  Tqc,
  type TrainReport,
} from '../../agents/index.ts';
import { SyncVectorEnv } from '../../envs/index.ts';
import { makePolicy, type Policy, Rng, type StateDict } from '../../src/index.ts';
import { normalLogPdf } from '../oracle/densities.ts';
import { mlp, under, type Variables } from '../oracle/mlp.ts';
import { qNetwork } from '../oracle/qNetwork.ts';
import { type RecurrentName, recurrent } from '../oracle/recurrent.ts';
import { perturb } from '../support/perturb.ts';
import {
  advantagesOf,
  expectClose,
  firstUpdate,
  firstUpdateFrom,
  gradientBy,
  mean,
  noiseOf,
  relu,
  scaled,
  spaces,
  tanhGaussian,
  twins,
} from './firstUpdate.ts';
import { box, discrete, gradientOf, heldBy, RecordingEnv, type Transition, variablesOf, wideBox } from './support.ts';

/*
 * The first update of agents whose policy and value function have a memory, beside plain float64 numbers: episodes end inside of rollouts
 * and of sequences, by termination and by time limits, in each of two environments at other steps.
 */

/** Marks a case of a policy without a memory. */
const NONE = { memory: false };

const MEMORIES = [
  ['gru', 'Gru'],
  ['lstm', 'Lstm'],
  ['min-gru', 'MinGru'],
] as const;
type Memory = (typeof MEMORIES)[number][0];

function made(memory: Memory) {
  const envs = [new RecordingEnv(wideBox), new RecordingEnv(wideBox)];
  const env = new SyncVectorEnv(
    envs.map((each) => () => each),
    { autoresetMode: 'sameStep' },
  );
  const policy = makePolicy('gaussian', {
    env,
    hidden: [3],
    rng: new Rng(1),
    squash: 'none',
    scale: 'free',
    memory,
    memoryUnits: 3,
  });
  return { envs, env, policy: perturb(policy, new Rng(2)) };
}

interface Seen extends Transition {
  /** What the memory gives at the observation, and at the one that the step led to. */
  readonly feature: number[];
  readonly nextFeature: number[];
}

/**
 * What a network with a memory sees in the steps of one environment.
 * @param sequenceLength at every so many steps the state is that of `past`, of which no gradient is taken
 */
function remembered(
  name: RecurrentName,
  of: Variables,
  rows: readonly Transition[],
  sequenceLength = rows.length,
  past = of,
): Seen[] {
  const stateDim = 3 * (name === 'Lstm' ? 2 : 1);
  const step = (variables: Variables, x: ArrayLike<number>, state: readonly number[]) => {
    const { outputs, states } = recurrent(name, under(variables, 'memory'), [[Array.from(x)]], [state], [[0]]);
    return { output: outputs, state: states };
  };
  const zeros = Array<number>(stateDim).fill(0);
  let [state, old] = [zeros, zeros];
  return rows.map((row, t) => {
    if (t % sequenceLength === 0) state = old;
    const after = step(of, row.observation, state);
    old = step(past, row.observation, old).state;
    state = after.state;
    const nextFeature = step(of, row.next, state).output;
    if (row.terminated || row.truncated) [state, old] = [zeros, zeros];
    return { ...row, feature: after.output, nextFeature };
  });
}

const logDensity = (of: Variables, { feature, action }: Seen) => {
  const loc = mlp(under(of, 'network'), feature);
  return action.reduce((sum, a, i) => sum + normalLogPdf(a, loc[i]!, Math.exp(of.logScale![i]!)), 0);
};
const entropyOf = (of: Variables) =>
  of.logScale!.reduce((sum, logScale) => sum + logScale + 0.5 * Math.log(2 * Math.PI * Math.E), 0);
const stateValue = (of: Variables, feature: number[]) => mlp(under(of, 'network'), feature)[0]!;

/** Rows of both environments with what `of` sees, one environment after the other. */
const seenBy = (name: RecurrentName, envs: readonly RecordingEnv[], length?: number, past?: Variables) => {
  return (of: Variables) => envs.flatMap(({ transitions }) => remembered(name, of, transitions, length, past));
};

/** Advantages by V, as {@link advantagesOf} of observations, and returns. */
function targetsOf(name: RecurrentName, envs: readonly RecordingEnv[], value: Variables) {
  return envs.flatMap(({ transitions }) => {
    const rows = remembered(name, value, transitions);
    const values = new Map(rows.flatMap((row) => [[row.observation, row.feature] as const]));
    const nexts = new Map(rows.map((row) => [row.next, row.nextFeature] as const));
    const advantages = advantagesOf(rows, (x) => {
      const key = x as Float32Array;
      // A last observation is no row's; another one is the next row's, where the same state came before.
      return stateValue(value, nexts.get(key) ?? values.get(key)!);
    });
    return rows.map(({ feature }, t) => {
      const now = stateValue(value, feature);
      return { advantage: advantages[t]!, return: advantages[t]! + now };
    });
  });
}

async function ended<R extends TrainReport>(agent: Agent<R>, steps: number) {
  const first = await firstUpdate(agent, steps);
  agent.dispose();
  return first;
}

describe.each(MEMORIES)('the first update with a memory: %s', (memory, name) => {
  test('of A2C: the gradient goes back through the rollout', async () => {
    const { envs, env, policy } = made(memory);
    const agent = new A2c({
      ...{
        policy,
        env,
        rng: new Rng('agent'),
        optimizer: 'adam',
        horizon: 12,
        reportEvery: 1,
        gamma: 0.9,
        lambda: 0.8,
      },
      ...{ entropyCoefficient: 0.05, valueCoefficient: 0.4, maxGradientNorm: 1e9, valueHidden: [3] },
    });
    const before = { policy: variablesOf(policy), value: variablesOf(agent.value) };
    const { report, state } = await ended(agent, 24);
    expect(new Set(envs.flatMap((each) => each.transitions.map((t) => `${t.terminated} ${t.truncated}`))).size).toBe(3);
    const seen = seenBy(name, envs);
    const targets = targetsOf(name, envs, before.value);
    const policyLoss = (of: Variables) => -mean(seen(of).map((row, i) => targets[i]!.advantage * logDensity(of, row)));
    const valueLoss = (of: Variables) =>
      mean(seen(of).map(({ feature }, i) => (stateValue(of, feature) - targets[i]!.return) ** 2));
    expectClose([report.policyLoss, report.valueLoss], [policyLoss(before.policy), valueLoss(before.value)], 4);
    expectClose(gradientOf(state, 'optimizer'), [
      ...gradientBy(before.policy, (of) => policyLoss(of) - 0.05 * entropyOf(of)),
      ...gradientBy(before.value, (of) => 0.4 * valueLoss(of)),
    ]);
  });

  test('of PPO: each sequence begins with the state that acting had there', async () => {
    const { envs, env, policy } = made(memory);
    const agent = new Ppo({
      ...{ policy, env, rng: new Rng('agent'), horizon: 12, batchSize: 24, sequenceLength: 4, epochs: 1 },
      ...{ gamma: 0.9, lambda: 0.8, klCoefficient: 0, normalizeAdvantages: false, maxGradientNorm: 1e9 },
      valueHidden: [3],
    });
    const before = { policy: variablesOf(policy), value: variablesOf(agent.value) };
    const { report, state } = await ended(agent, 24);
    const targets = targetsOf(name, envs, before.value);
    const old = seenBy(name, envs)(before.policy).map((row) => logDensity(before.policy, row));
    const policyLoss = (of: Variables) =>
      -mean(
        seenBy(
          name,
          envs,
          4,
          before.policy,
        )(of).map((row, i) => targets[i]!.advantage * Math.exp(logDensity(of, row) - old[i]!)),
      );
    const valueLoss = (of: Variables) =>
      mean(
        seenBy(
          name,
          envs,
          4,
          before.value,
        )(of).map(({ feature }, i) => (stateValue(of, feature) - targets[i]!.return) ** 2),
      );
    expect(report.largestRatio).toBeCloseTo(1, 4);
    expectClose([report.policyLoss, report.valueLoss], [policyLoss(before.policy), valueLoss(before.value)], 4);
    expectClose(gradientOf(state, 'policyOptimizer'), gradientBy(before.policy, policyLoss));
    expectClose(
      gradientOf(state, 'valueOptimizer'),
      gradientBy(before.value, (of) => valueLoss(of) / 2),
    );
  });

  test('of REINFORCE: whole episodes', async () => {
    const { envs, env, policy } = made(memory);
    const agent = new Reinforce({
      ...{ policy, env, rng: new Rng('agent'), episodesPerEnv: 3, gamma: 0.9, normalizeAdvantages: false },
      ...{ valueUpdates: 1, maxGradientNorm: 1e9, valueHidden: [3] },
    });
    const before = { policy: variablesOf(policy), value: variablesOf(agent.value) };
    const { report, state } = await ended(agent, 1);
    expect(report.episodes).toHaveLength(6);
    const played = playedBy(envs);
    const rowsOf = (of: Variables) =>
      played.flatMap((episodes) => episodes.flatMap((rows) => remembered(name, of, rows)));
    const returns = played.flatMap((episodes) =>
      episodes.flatMap((rows) => {
        const last = remembered(name, before.value, rows).at(-1)!;
        let after = last.terminated ? 0 : stateValue(before.value, last.nextFeature);
        return rows
          .toReversed()
          .map(({ reward }) => {
            after = reward + 0.9 * after;
            return after;
          })
          .reverse();
      }),
    );
    const values = rowsOf(before.value).map(({ feature }) => stateValue(before.value, feature));
    const policyLoss = (of: Variables) =>
      -mean(rowsOf(of).map((row, i) => (returns[i]! - values[i]!) * logDensity(of, row)));
    const valueLoss = (of: Variables) =>
      mean(rowsOf(of).map(({ feature }, i) => (stateValue(of, feature) - returns[i]!) ** 2));
    expectClose([report.policyLoss, report.valueLoss], [policyLoss(before.policy), valueLoss(before.value)], 4);
    expectClose(gradientOf(state, 'policyOptimizer'), gradientBy(before.policy, policyLoss));
    expectClose(gradientOf(state, 'valueOptimizer'), gradientBy(before.value, valueLoss));
  });
});

describe.each([
  ['gru', 'Gru', 2],
  ['lstm', 'Lstm', 2],
  ['min-gru', 'MinGru', 0],
] as const)('the first update from sequences of a replay: %s', (memory, name, burnIn) => {
  const [COUNT, LENGTH] = [2, 3];
  const replay = {
    ...{ rng: new Rng('agent'), batchSize: COUNT * LENGTH, sequenceLength: LENGTH, burnIn, learningStarts: 40 },
    ...{ reportEvery: 41, gamma: 0.9, updateEvery: 1, updatesPerStep: 1, maxGradientNorm: 1e9 },
  };
  const MEMORY = { memory, memoryUnits: 3 };

  /** The rows of the minibatch, step by step, each with what was stored where its sequence began, and the rows from there. */
  function drawn(state: AgentState, rng: Rng, actionDim: number) {
    const held = heldBy(state, actionDim);
    const { states } = state.parts.replay as { states: Float32Array };
    const stateDim = states.length / held.length;
    const stream = rng.split('replay');
    const begins = Array.from({ length: COUNT }, () => stream.integer(0, held.length - (burnIn + LENGTH - 1)));
    const rows = Array.from({ length: COUNT * LENGTH }, (_, k) => {
      const [t, begin] = [Math.floor(k / COUNT), begins[k % COUNT]!];
      const stored = [...states.subarray(begin * stateDim, (begin + 1) * stateDim)];
      return { ...held[begin + burnIn + t]!, before: held.slice(begin, begin + burnIn + t), stored, t };
    });
    return { held, rows, states };
  }
  type Row = ReturnType<typeof drawn>['rows'][number];

  /** What a network with a memory makes of an observation of a row's sequence: of the row's, or of what it led to. */
  function featureOf(
    of: Variables,
    old: Variables,
    { before, stored, t, observation, next }: Row,
    which: 'now' | 'next',
    at = 0,
  ) {
    const stateDim = 3 * (name === 'Lstm' ? 2 : 1);
    let state = stored.slice(at, at + stateDim);
    const step = (variables: Variables, x: number[]) => {
      const { outputs, states } = recurrent(name, under(variables, 'memory'), [[x]], [state], [[0]]);
      state = states;
      return outputs;
    };
    before.forEach((row, i) => {
      step(i < before.length - t ? old : of, row.observation);
      if (row.ended) state = state.map(() => 0);
    });
    const now = step(of, observation);
    return which === 'now' ? now : step(of, next);
  }

  /** Checks that what was stored before each row is what the memory had seen of its episode. */
  function expectStored(of: Variables, held: ReturnType<typeof heldBy>, states: Float32Array, at: number) {
    const stateDim = 3 * (name === 'Lstm' ? 2 : 1);
    const width = states.length / held.length;
    let state = Array<number>(stateDim).fill(0);
    for (const [row, { observation, ended }] of held.entries()) {
      expectClose(states.subarray(row * width + at, row * width + at + stateDim), state, 4);
      state = recurrent(name, under(of, 'memory'), [[observation]], [state], [[0]]).states;
      if (ended) state = state.map(() => 0);
    }
  }

  const argmax = (values: readonly number[]) => values.indexOf(Math.max(...values));
  const huber = (x: number) => (Math.abs(x) <= 1 ? x ** 2 / 2 : Math.abs(x) - 0.5);

  test('of DQN', async () => {
    const own = { ...spaces, actionSpace: discrete, hidden: [4], ...MEMORY };
    const policy = perturb(makePolicy('q-network', own), new Rng('weights'), 0.7);
    const other = perturb(makePolicy('q-network', own), new Rng('t'), 1);
    const agent = new Dqn({ ...replay, env: new RecordingEnv(discrete), policy });
    const before = { policy: variablesOf(policy), target: variablesOf(other) };
    const target = Object.fromEntries(Object.entries(other.stateDict()).map(([k, v]) => [k, { ...v }]));
    const { report, state, rng } = await firstUpdateFrom(agent, () => ({ target }));
    agent.dispose();
    const { held, rows, states } = drawn(state, rng, 1);
    expectStored(before.policy, held, states, 0);
    expect(new Set(rows.flatMap(({ before, ended }) => [ended, ...before.map((row) => row.ended)])).size).toBe(2);
    const valuesAt = (of: Variables, feature: number[]) => qNetwork(under(of, 'network'), feature).flat();
    const targets = rows.map((row) => {
      const best = argmax(valuesAt(before.policy, featureOf(before.policy, before.policy, row, 'next')));
      const next = valuesAt(before.target, featureOf(before.target, before.target, row, 'next'))[best]!;
      return row.reward + 0.9 * row.goesOn * next;
    });
    const loss = (of: Variables) =>
      mean(
        rows.map((row, i) =>
          huber(valuesAt(of, featureOf(of, before.policy, row, 'now'))[row.action[0]! - 1]! - targets[i]!),
        ),
      );
    expectClose([report.loss!], [loss(before.policy)], 4);
    expectClose(gradientOf(state, 'optimizer'), gradientBy(before.policy, loss));
  });

  /** The update of an agent whose target networks differ from the critics that they follow, with what it began from. */
  async function actorCritic(make: (policy: Policy) => Sac | Tqc) {
    const own = { ...spaces, actionSpace: box, hidden: [3], scale: 'state', squash: 'tanh', ...MEMORY } as const;
    const policy = perturb(makePolicy('gaussian', own), new Rng('weights'));
    const agent = make(policy);
    const before = { policy: variablesOf(policy), critics: variablesOf(agent.critics) };
    const noise = new Rng('others');
    let targets: StateDict = {};
    const { report, state, rng } = await firstUpdateFrom(agent, ({ parts }) => {
      targets = Object.fromEntries(
        Object.entries(parts.targets as StateDict).map(([path, { shape, values }]) => [
          path,
          { shape, values: values.map((value) => value + 0.3 * noise.normal()) },
        ]),
      );
      return { targets };
    });
    agent.dispose();
    const { held, rows, states } = drawn(state, rng, 2);
    expectStored(before.policy, held, states, 0);
    expectStored(before.critics, held, states, policy.stateDim);
    const stream = rng.split('updates');
    const [nextNoise, noises] = [noiseOf(stream), noiseOf(stream)];
    const old = variablesOf(targets);
    const after = variablesOf(state.parts.critics);
    return {
      ...{ before, rows, report, state },
      /** What follows each row: what the targets know there, and what the policy does. */
      nexts: rows.map((row, i) => ({
        targets: old,
        feature: featureOf(old, old, row, 'next', policy.stateDim),
        ...tanhGaussian(before.policy, featureOf(before.policy, before.policy, row, 'next'), nextNoise[i]!),
      })),
      /** What critics that learn know at each row. */
      criticFeatures: (of: Variables) => rows.map((row) => featureOf(of, before.critics, row, 'now', policy.stateDim)),
      /** @param best of the critics as their update has left them; what they knew before the first step is of before it */
      policyLoss: (best: (critics: Variables, feature: number[], action: number[]) => number) => (of: Variables) =>
        mean(
          rows.map((row, i) => {
            const { action, logProb } = tanhGaussian(of, featureOf(of, before.policy, row, 'now'), noises[i]!);
            const feature = featureOf(after, before.critics, row, 'now', policy.stateDim);
            return 0.3 * logProb - best(after, feature, action);
          }),
        ),
    };
  }
  const soft = { ...replay, temperature: 0.3, baseEntropy: 1.3, tau: 0.25, criticHidden: [3] };

  test('of SAC, whose critics remember apart', async () => {
    const found = await actorCritic((policy) => new Sac({ ...soft, policy, env: new RecordingEnv(box) }));
    const { before, rows, nexts, report, state } = found;
    const y = rows.map((row, i) => {
      const { targets, feature, action, logProb } = nexts[i]!;
      return row.reward + 0.9 * row.goesOn * (Math.min(...twins(targets, feature, action)) - 0.3 * (logProb + 1.3));
    });
    const criticLoss = (of: Variables) =>
      mean(
        found
          .criticFeatures(of)
          .map((feature, i) => twins(of, feature, rows[i]!.action).reduce((sum, q) => sum + (q - y[i]!) ** 2 / 2, 0)),
      );
    const policyLoss = found.policyLoss((of, feature, action) => Math.min(...twins(of, feature, action)));
    expectClose([report.criticLoss!, report.policyLoss!], [criticLoss(before.critics), policyLoss(before.policy)]);
    expectClose(gradientOf(state, 'criticOptimizer'), gradientBy(before.critics, criticLoss));
    expectClose(gradientOf(state, 'policyOptimizer'), gradientBy(before.policy, policyLoss));
  });

  test('of TQC', async () => {
    const [quantiles, droppedPerCritic] = [3, 1];
    const found = await actorCritic(
      (policy) => new Tqc({ ...soft, quantiles, droppedPerCritic, policy, env: new RecordingEnv(box) }),
    );
    const { before, rows, nexts, report, state } = found;
    const quantilesOf = (of: Variables, feature: number[], action: number[]) =>
      [0, 1].map((n) => mlp(under(of, `networks.${n}`), [...feature, ...scaled(action)], relu));
    const atoms = rows.map((row, i) => {
      const { targets, feature, action, logProb } = nexts[i]!;
      const sorted = quantilesOf(targets, feature, action)
        .flat()
        .toSorted((a, b) => a - b);
      const kept = sorted.slice(0, 2 * (quantiles - droppedPerCritic));
      return kept.map((z) => row.reward + 0.9 * row.goesOn * (z - 0.3 * (logProb + 1.3)));
    });
    const lossOf = (theta: number, m: number, row: number) =>
      mean(atoms[row]!.map((y) => Math.abs((m + 0.5) / quantiles - Number(y < theta)) * huber(y - theta)));
    const criticLoss = (of: Variables) =>
      mean(
        found.criticFeatures(of).map((feature, row) =>
          quantilesOf(of, feature, rows[row]!.action)
            .map((each) => mean(each.map((theta, m) => lossOf(theta, m, row))))
            .reduce((sum, loss) => sum + loss),
        ),
      );
    const policyLoss = found.policyLoss((of, feature, action) => mean(quantilesOf(of, feature, action).flat()));
    expectClose([report.criticLoss!, report.policyLoss!], [criticLoss(before.critics), policyLoss(before.policy)]);
    expectClose(gradientOf(state, 'criticOptimizer'), gradientBy(before.critics, criticLoss));
    expectClose(gradientOf(state, 'policyOptimizer'), gradientBy(before.policy, policyLoss));
  });
});

test.each<[string, object, string]>([
  ['burnIn', { ...NONE, burnIn: 3 }, 'burnIn: got 3 for a policy without a memory'],
  ['sequenceLength', { ...NONE, sequenceLength: 4 }, 'sequenceLength: got 4 for a policy without a memory'],
  [
    'a length that does not divide',
    { sequenceLength: 5 },
    'sequenceLength: got 5, expected a divisor of batchSize, 256',
  ],
  ['nSteps', { nSteps: 3 }, 'nSteps: got 3 for a policy with a memory, expected 1'],
  ['priorities', { prioritizedAlpha: 0.6 }, 'prioritizedAlpha: got 0.6 for a policy with a memory, expected 0'],
  ['too early', { learningStarts: 47 }, 'learningStarts: got 47 for a policy with a memory, expected at least 48'],
  ['too small', { bufferSize: 47 }, 'bufferSize: got 47 for a policy with a memory, expected at least 48'],
])('SAC refuses what does not go with a memory: %s', (_, options, message) => {
  const env = new RecordingEnv(box);
  const policy = makePolicy('gaussian', {
    env,
    rng: new Rng(0),
    hidden: [3],
    memory: 'gru',
    scale: 'state',
    squash: 'tanh',
  });
  const plain = makePolicy('gaussian', { env, rng: new Rng(0), hidden: [3], scale: 'state', squash: 'tanh' });
  const { memory = true, ...others } = options as { memory?: boolean };
  expect(() => new Sac({ policy: memory ? policy : plain, env, rng: new Rng(0), ...others })).toThrow(
    `Sac: ${message}`,
  );
});

/** The episodes of each environment in rounds: whose has ended idles until the others' have, too. */
function playedBy(envs: readonly RecordingEnv[]): Transition[][][] {
  const episodes: Transition[][][] = envs.map(() => []);
  for (let begin = 0; begin < envs[0]!.transitions.length; ) {
    const rounds = envs.map(({ transitions }) => {
      const rest = transitions.slice(begin);
      return rest.slice(0, rest.findIndex(({ terminated, truncated }) => terminated || truncated) + 1);
    });
    for (const [i, round] of rounds.entries()) episodes[i]!.push(round);
    begin += Math.max(...rounds.map(({ length }) => length));
  }
  return episodes;
}
