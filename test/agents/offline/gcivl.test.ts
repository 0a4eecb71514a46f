import { describe, expect, test } from 'vitest';
import { GoalTransitions } from '../../../agents/core/goalDemonstrations.ts';
import { Gcivl, type GcivlOptions, stateFromJson, stateToJson } from '../../../agents/index.ts';
import { type Episode, EpisodesInMemory, episodeOf } from '../../../datasets/index.ts';
import { Box, Dict, type GoalObservation } from '../../../envs/index.ts';
import { makePolicy, type Policy, Rng } from '../../../src/index.ts';
import { mlp, under, type Variables } from '../../oracle/mlp.ts';
import { layerNorm } from '../../oracle/normalization.ts';
import { perturb } from '../../support/perturb.ts';
import { BATCH, expectAveraged, expectClose, gradientBy, mean, noiseOf, relu } from '../firstUpdate.ts';
import { box, gradientOf, variablesOf } from '../support.ts';
import {
  datasetOf,
  finish,
  logProb,
  matchingLoss,
  type PlainRow,
  updateFrom,
  policyOf as withoutGoals,
} from './support.ts';

const numbers = (size: number) => new Box({ low: -9, high: 9, shape: [size] });
/** A row is achieved_goal, desired_goal, observation. */
const observationSpace = new Dict<GoalObservation>({
  observation: numbers(1),
  achieved_goal: numbers(1),
  desired_goal: numbers(1),
});
const WIDTH = 3;
const LENGTHS = [5, 1, 6, 4];
const STATES = LENGTHS.flatMap((length, e) => Array.from({ length: length + 1 }, (_, t) => [e, t] as const));

/** Reached at step t of episode e is e + t/10, and the other number is random; 99 was desired. */
function episodesOf(lengths = LENGTHS, seed = 'data'): Episode[] {
  const rng = new Rng(seed);
  return lengths.map((length, e) => ({
    observations: Float32Array.from(Array.from({ length: length + 1 }, (_, t) => [e + t / 10, 8, rng.normal()]).flat()),
    actions: Float32Array.from({ length: 2 * length }, (_, i) =>
      rng.uniform(0.9 * box.low[i % 2]!, 0.9 * box.high[i % 2]!),
    ),
    rewards: new Float32Array(length),
    terminations: new Uint8Array(length),
    truncations: Uint8Array.from({ length }, (_, t) => Number(t === length - 1)),
  }));
}
const source = (episodes = episodesOf()) => new EpisodesInMemory({ observationSpace, actionSpace: box, episodes });

const policyOf = (name = 'gaussian', options: object = {}): Policy => {
  const own = name === 'gaussian' ? { scale: 'state', squash: 'tanh' } : {};
  const made = { observationSpace, actionSpace: box, hidden: [3], rng: new Rng('policy'), ...own, ...options };
  return perturb(makePolicy<string>(name, made as never) as Policy, new Rng('weights'));
};
const common = { rng: new Rng('agent'), batchSize: BATCH, valueHidden: [4], reportEvery: 1 };
const agentOf = (options: Partial<GcivlOptions> = {}) =>
  new Gcivl({ ...common, policy: policyOf(), dataset: source(), ...options });

/** The goals that an agent's options draw, as its paper has them. */
interface Goals {
  readonly gamma: number;
  readonly currentGoalShare: number;
  readonly randomGoalShare: number;
  readonly policyRandomGoalShare: number;
}

interface Drawn {
  readonly observation: number[];
  readonly next: number[];
  readonly seen: number[];
  readonly seenNext: number[];
  readonly action: number[];
  readonly reached: boolean;
}

const starts = LENGTHS.map((_, e) => LENGTHS.slice(0, e).reduce((sum, length) => sum + length + 1, 0));
const steps = LENGTHS.flatMap((length, e) =>
  Array.from({ length }, (_, t) => ({ e, t, state: starts[e]! + t, last: starts[e]! + length })),
);

/** A row of a minibatch, from the stream that the agent draws it from. */
function drawRow(draws: Rng, episodes: readonly Episode[], goals: Goals): Drawn {
  const { e, t, state, last } = steps[draws.integer(0, steps.length)]!;
  const any = () => steps[draws.integer(0, steps.length)]!.state;
  const later = () =>
    state + Math.min(1 + Math.floor(Math.log(1 - draws.uniform()) / Math.log(goals.gamma)), last - state);
  const kind = draws.uniform();
  const isRandom = kind < goals.currentGoalShare + goals.randomGoalShare;
  const goal = kind < goals.currentGoalShare ? state : isRandom ? any() : later();
  const ofPolicy = draws.uniform() < goals.policyRandomGoalShare ? any() : draws.integer(state + 1, last + 1);
  const row = (at: number, of: number) => {
    const { observations } = episodes[e]!;
    const reached = STATES[of]!;
    const [achieved, , other] = observations.subarray(at * WIDTH, (at + 1) * WIDTH);
    return [achieved!, Math.fround(reached[0] + reached[1] / 10), other!];
  };
  return {
    observation: row(t, goal),
    next: row(t + 1, goal),
    seen: row(t, ofPolicy),
    seenNext: row(t + 1, ofPolicy),
    action: [...episodes[e]!.actions.subarray(2 * t, 2 * t + 2)],
    reached: goal === state,
  };
}

/** Both values of an observation. */
function valuesOf(of: Variables, observation: number[], isNormalized: boolean): [number, number] {
  const value = (i: number) => {
    const network = under(of, `networks.${i}.network`);
    if (!isNormalized) return mlp(network, observation, relu)[0]!;
    const first = mlp(
      { 'layers.0.kernel': network['layers.0.kernel']!, 'layers.0.bias': network['layers.0.bias']! },
      observation,
    );
    const [hidden] = layerNorm([first], network['layerNorms.0.scale']!, network['layerNorms.0.shift']!, 1e-5);
    return mlp(
      { 'layers.0.kernel': network['layers.1.kernel']!, 'layers.0.bias': network['layers.1.bias']! },
      hidden!.map(relu),
    )[0]!;
  };
  return [value(0), value(1)];
}

describe('an update of GCIVL, as float64 has it', () => {
  test.each([
    ['gaussian', true, 2.5, 1.5],
    ['gaussian', false, 2.5, 1.5],
    ['flow-matching', true, 2.5, 1.5],
    ['flow-matching', false, 0, 100],
  ] as const)('%s, LayerNorm %s, β = %s', async (name, valueLayerNorm, beta, maxWeight) => {
    const episodes = episodesOf();
    const goals = { gamma: 0.9, currentGoalShare: 0.3, randomGoalShare: 0.3, policyRandomGoalShare: 0.4 };
    const expectile = 0.8;
    // So that it shows which values are taken, those of before an update or after it.
    const options = { ...goals, expectile, beta, maxWeight, valueLayerNorm, tau: 0.25, learningRate: 0.03 };
    const agent = agentOf({ policy: policyOf(name), ...options });
    const draw = (draws: Rng) => drawRow(draws, episodes, goals) as unknown as PlainRow;
    const found = await updateFrom(agent, ['targets', 'values'], [], 'd', (replay) => replay, draw);
    const { report, earlier, state, noise } = found;
    const rows = found.rows as unknown as Drawn[];
    // Each case occurs.
    expect(new Set(rows.map(({ reached }) => reached)).size).toBe(2);

    const values = (of: Variables, observation: number[]) => valuesOf(of, observation, valueLayerNorm);
    const target = ({ reached }: Drawn, value: number) => (reached ? 0 : -1 + 0.9 * value);
    const before = earlier('targets');
    const advantages = rows.map(
      (row) => target(row, Math.min(...values(before, row.next))) - mean(values(before, row.observation)),
    );
    expect(new Set(advantages.map((advantage) => advantage < 0)).size).toBe(2);
    const valueLoss = (of: Variables) =>
      mean(
        rows.map((row, i) => {
          const targets = values(before, row.next).map((value) => target(row, value));
          const errors = values(of, row.observation).map((value, k) => targets[k]! - value);
          return (advantages[i]! < 0 ? 1 - expectile : expectile) * errors.reduce((sum, u) => sum + u ** 2, 0);
        }),
      );
    const after = variablesOf(state.parts.values);
    const weights = rows.map(({ seen, seenNext }) =>
      Math.min(Math.exp(beta * (mean(values(after, seenNext)) - mean(values(after, seen)))), maxWeight),
    );
    if (beta > 0) expect(new Set(weights.map((weight) => weight === maxWeight)).size).toBe(2);
    // The draws of the first update, then those of the second.
    const [, matching] = [0, 1].map(() => ({
      noise: noiseOf(noise),
      times: [...noise.fillUniform(new Float32Array(BATCH))],
    }));
    const policyLoss = (of: Variables) =>
      mean(
        rows.map(({ seen: observation, action }, i) =>
          name === 'gaussian'
            ? -weights[i]! * logProb(of, { observation, action })
            : weights[i]! * matchingLoss(of, { observation, action }, matching!.noise[i]!, matching!.times[i]!),
        ),
      );
    expectClose(
      [report.valueLoss!, report.policyLoss!, report.value!],
      [
        valueLoss(earlier('values')),
        policyLoss(earlier('policy')),
        mean(rows.flatMap(({ observation }) => values(earlier('values'), observation))),
      ],
      5,
    );
    expectClose(gradientOf(state, 'valueOptimizer'), gradientBy(earlier('values'), valueLoss));
    expectClose(gradientOf(state, 'policyOptimizer'), gradientBy(earlier('policy'), policyLoss));
    expectAveraged(state.parts.targets, before, state.parts.values);
    agent.dispose();
  });
});

describe('GoalTransitions', () => {
  const draw = (more: Partial<Goals & { normalizeObservations: boolean }> = {}, count = 60_000) => {
    const goals = { gamma: 0.8, currentGoalShare: 0, randomGoalShare: 0, policyRandomGoalShare: 0, ...more };
    const policy = policyOf();
    const data = new GoalTransitions('Test', {
      ...{
        policy,
        dataset: source(),
        batchSize: 1,
        clipObservations: 10,
        standardize: true,
        normalizeObservations: false,
      },
      ...goals,
    });
    const rng = new Rng(1);
    const counts = new Map<string, Map<string, number>>();
    const goalOf = (rows: Float32Array) => Math.round(10 * rows[1]!);
    for (let i = 0; i < count; i++) {
      const { observations, policyObservations } = data.sample(rng);
      const state = String(Math.round(10 * observations[0]!));
      for (const [kind, rows] of Object.entries({ value: observations, policy: policyObservations })) {
        const ofState = counts.get(`${kind} ${state}`) ?? new Map<string, number>();
        ofState.set(String(goalOf(rows)), (ofState.get(String(goalOf(rows))) ?? 0) + 1);
        counts.set(`${kind} ${state}`, ofState);
      }
    }
    return counts;
  };
  /** Checks counts against shares. */
  const expectShares = (counts: ReadonlyMap<string, number> | undefined, shares: Readonly<Record<string, number>>) => {
    const total = [...counts!.values()].reduce((sum, each) => sum + each, 0);
    expect([...counts!.keys()].sort()).toEqual(Object.keys(shares).sort());
    for (const [goal, share] of Object.entries(shares)) {
      expect(Math.abs(counts!.get(goal)! / total - share)).toBeLessThanOrEqual(
        5 * Math.sqrt((share * (1 - share)) / total),
      );
    }
  };

  test("V's goals follow after a geometric number of steps, the policy's with equal chances, to the end of the episode", () => {
    const counts = draw();
    // Step 2 of episode 2, of six steps.
    expectShares(counts.get('value 22'), { 23: 0.2, 24: 0.16, 25: 0.128, 26: 0.512 });
    expectShares(counts.get('policy 22'), { 23: 0.25, 24: 0.25, 25: 0.25, 26: 0.25 });
    expectShares(counts.get('value 10'), { 11: 1 });
    expectShares(counts.get('policy 10'), { 11: 1 });
  });

  test('or are the state itself, or any from which there was a step', () => {
    const counts = draw({ currentGoalShare: 0.25, randomGoalShare: 0.75, policyRandomGoalShare: 1 });
    const all = steps.map(({ e, t }) => String(10 * e + t));
    const shares = (own: string) =>
      Object.fromEntries(all.map((goal) => [goal, 0.75 / 16 + (goal === own ? 0.25 : 0)]));
    expectShares(counts.get('value 22'), shares('22'));
    expectShares(counts.get('policy 22'), Object.fromEntries(all.map((goal) => [goal, 1 / 16])));
  });

  test('without a discount what follows is the end of the episode', () => {
    expectShares(draw({ gamma: 1 }, 2000).get('value 22'), { 26: 1 });
  });
});

test('GCIVL goes on from a checkpoint to the same bytes, and refuses that of other data', async () => {
  const options = { valueLayerNorm: true, normalizeObservations: true, reportEvery: 3 };
  const whole = await finish(agentOf(options), 8);
  expect(whole.reports.map(({ step, updates }) => [step, updates])).toEqual([
    [3, 3],
    [6, 6],
    [8, 8],
  ]);
  for (const state of whole.states) {
    const next = agentOf(options);
    next.setState(stateFromJson(stateToJson(state)) as never);
    expect((await finish(next, 8)).end).toBe(whole.end);
    next.dispose();
  }
  const others = agentOf({ ...options, dataset: source(episodesOf(LENGTHS, 'others')) });
  expect(() => others.setState(whole.states[0]!)).toThrow("Gcivl.setState: the part 'replay' does not fit this agent");
});

test('a policy sees observations by the moments of the states with the last goals of their episodes', () => {
  const policy = policyOf();
  new Gcivl({ ...common, policy, dataset: source(), normalizeObservations: true }).dispose();
  const rows = episodesOf().flatMap(({ observations }, e) =>
    Array.from({ length: LENGTHS[e]! }, (_, t) => [
      observations[WIDTH * t]!,
      observations[WIDTH * LENGTHS[e]!]!,
      observations[WIDTH * t + 2]!,
    ]),
  );
  const means = [0, 1, 2].map((i) => mean(rows.map((row) => row[i]!)));
  const variances = means.map((center, i) => mean(rows.map((row) => (row[i]! - center) ** 2)));
  const moments = policy.normalizer!.moments();
  expectClose(moments.mean, means, 5);
  expectClose(moments.variance, variances, 5);
});

describe('actions of data', () => {
  const [batchSize, shares] = [200, { gamma: 0.9, currentGoalShare: 0, randomGoalShare: 0, policyRandomGoalShare: 0 }];
  const transitions = (policy: Policy, dataset = source(), standardize = true) =>
    new GoalTransitions('Test', {
      ...{ policy, dataset, batchSize, clipObservations: 10, standardize, normalizeObservations: false, ...shares },
    });
  /** Those that a minibatch has, once each. */
  const drawn = (data: GoalTransitions) => [...new Set(data.sample(new Rng(0)).actions)].sort((a, b) => a - b);

  test('beyond the bounds are clipped for a policy that stays within them, and learned as they are by others', () => {
    const far = episodesOf().map((episode) => ({ ...episode, actions: episode.actions.map((value) => 10 * value) }));
    const within = drawn(transitions(policyOf(), source(far)));
    expect([within[0], within.at(-1)]).toEqual([Math.min(...box.low), Math.max(...box.high)]);
    const all = far.flatMap(({ actions }) => [...actions]).sort((a, b) => a - b);
    expect(drawn(transitions(policyOf('gaussian', { squash: undefined }), source(far)))).toEqual(all);
  });

  test('without bounds give the policy its units', () => {
    const actionSpace = new Box({ low: -Infinity, high: Infinity, shape: [2] });
    const episodes = episodesOf();
    const dataset = new EpisodesInMemory({ observationSpace, actionSpace, episodes });
    const made = () =>
      makePolicy('gaussian', { observationSpace, actionSpace, hidden: [3], rng: new Rng(0) }) as Policy;
    const policy = made();
    transitions(policy, dataset);
    const column = (j: number) => episodes.flatMap(({ actions }) => [...actions].filter((_, i) => i % 2 === j));
    const means = [0, 1].map((j) => mean(column(j)));
    const { shift, scale } = policy.actionScale!.units();
    expectClose(shift, means, 5);
    expectClose(
      scale,
      means.map((center, j) => Math.sqrt(mean(column(j).map((value) => (value - center) ** 2)))),
      5,
    );
    const plain = made();
    const before = plain.actionScale!.units();
    transitions(plain, dataset, false);
    expect(plain.actionScale!.units()).toEqual(before);
  });
});

test.each<[Partial<GcivlOptions>, string]>([
  [
    { currentGoalShare: 0.6, randomGoalShare: 0.5 },
    'Gcivl: randomGoalShare: got 0.5, expected at most 1 together with the 0.6 of currentGoalShare',
  ],
  [{ currentGoalShare: 1.5 }, 'Gcivl: currentGoalShare: got 1.5'],
  [{ expectile: 1 }, 'Gcivl: expectile: got 1'],
  [
    { policy: policyOf('gaussian', { chunk: 2 }) },
    'Gcivl: policy: got one of chunks of 2 actions, expected one of single',
  ],
  [{ policy: policyOf('gaussian', { memory: 'gru' }) }, 'Gcivl: policy: got one with a memory'],
  [{ policy: policyOf('implicit') }, 'Gcivl: policy: got an ImplicitPolicy, which has samples and no density'],
  [{ dataset: datasetOf(), policy: withoutGoals() }, 'Gcivl: dataset: got no goals for observations of Box'],
])('what does not fit is refused in one line: %#', (options, message) => {
  expect(() => agentOf(options)).toThrow(message);
  expect(() => agentOf(options)).not.toThrow('\n');
});

test('in a corridor it goes the short way to a goal, where episodes wander', async () => {
  /** Places 0 to 8 in a row; a step goes by its action, of size at most 1. */
  const rng = new Rng('corridor');
  const episodes = Array.from({ length: 200 }, () => {
    let place = rng.uniform(0, 8);
    const rows = [[place, 4, 0]];
    const actions = Array.from({ length: 20 }, () => {
      const action = rng.uniform(-1, 1);
      place = Math.min(Math.max(place + action, 0), 8);
      rows.push([place, 4, 0]);
      return action;
    });
    return episodeOf({
      observations: Float32Array.from(rows.flat()),
      actions: Float32Array.from(actions),
      rewards: new Float32Array(20),
      terminations: new Uint8Array(20),
      truncations: Uint8Array.from({ length: 20 }, (_, t) => Number(t === 19)),
    } as never);
  });
  const actionSpace = new Box({ low: -1, high: 1, shape: [1] });
  const dataset = new EpisodesInMemory({ observationSpace, actionSpace, episodes: episodes as never });
  const policy = makePolicy('gaussian', { observationSpace, actionSpace, hidden: [32], rng: new Rng('policy') });
  const agent = new Gcivl({
    ...{ policy, dataset, rng: new Rng('agent'), batchSize: 64, learningRate: 3e-3, valueHidden: [32], gamma: 0.9 },
    ...{ normalizeObservations: true, tau: 0.05, policyRandomGoalShare: 0.5 },
  });
  for await (const _ of agent.train({ steps: 1500, rng: new Rng(0) }));
  const act = (place: number, goal: number) =>
    (policy as Policy<Float32Array>).act({ observation: [0], achieved_goal: [place], desired_goal: [goal] } as never, {
      greedy: true,
      rng: new Rng(0),
    })[0]!;
  for (const [place, goal] of [
    [1, 6],
    [2, 7],
    [4, 7.5],
  ] as const) {
    expect(act(place, goal)).toBeGreaterThan(0.4);
    expect(act(8 - place, 8 - goal)).toBeLessThan(-0.4);
  }
  agent.dispose();
  policy.dispose();
});
