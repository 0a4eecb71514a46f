import { describe, expect, test } from 'vitest';
import { RewardScaler } from '../../agents/core/normalization.ts';
import { ReplayBuffer, replayFor } from '../../agents/core/replay.ts';
import {
  A2c,
  type Agent,
  BehaviorCloning,
  collectEpisodes,
  evaluate,
  Iql,
  Ppo,
  Reinforce,
  Sac,
  stateToJson,
  Td3,
} from '../../agents/index.ts';
import { EpisodesInMemory } from '../../datasets/index.ts';
import { Box, makeVec, SyncVectorEnv } from '../../envs/index.ts';
import { makePolicy, Rng } from '../../src/index.ts';
import { mlp, under, type Variables } from '../oracle/mlp.ts';
import { expectClose, firstUpdate, gaussian, mean, spaces } from './firstUpdate.ts';
import { DriftEnv, envs, GAMMA, randomEpisodes } from './offline/support.ts';
import { box, RecordingEnv, type Transition, variablesOf } from './support.ts';

/*
 * What agents make of chunks of actions, beside plain float64 numbers.
 */

const LENGTH = 3;
const chunked = (options: object = {}, actionSpace: Box = box) => gaussian(actionSpace, { chunk: LENGTH, ...options });

describe('a policy of chunks acts', () => {
  /** Episodes of the policy in one environment, by an actor and a loop. */
  function played(policy: ReturnType<typeof gaussian>, count: number, execute: number) {
    const env = new RecordingEnv(box, 0.2);
    const streams = new Rng('acting');
    const actor = policy.actor({ rng: streams.split('actions') });
    const batch = new SyncVectorEnv([() => env]);
    let [observation] = batch.reset({ seed: streams.split('env').seed });
    const episodes: { return: number; length: number }[] = [];
    const made: number[][] = [];
    let chunk: number[] = [];
    for (let [sum, length] = [0, 0]; episodes.length < count; ) {
      if (length % execute === 0) chunk = [...actor.act(observation).action];
      const at = 2 * (length % execute);
      const action = chunk.slice(at, at + 2).map((x, i) => Math.min(Math.max(x, box.low[i]!), box.high[i]!));
      made.push(action);
      const step = batch.step(Float32Array.from(action));
      [sum, length, observation] = [sum + step.rewards[0]!, length + 1, step.observations];
      if (!step.terminations[0] && !step.truncations[0]) continue;
      episodes.push({ return: sum, length });
      [sum, length] = [0, 0];
    }
    actor.dispose();
    return { episodes, made };
  }

  test.each([1, 2, 3])('in an evaluation, which counts steps of the environment: %i of three actions', (execute) => {
    const policy = chunked({ execute, initialScale: 3 });
    const wanted = played(policy, 12, execute);
    const env = new RecordingEnv(box, 0.2);
    const seen: number[][] = [];
    const { episodes } = evaluate({
      policy,
      env,
      episodes: 12,
      rng: new Rng('acting'),
      onStep: ({ actions }) => seen.push([...actions]),
    });
    expect(episodes.map(({ return: sum, length }) => ({ return: sum, length }))).toEqual(wanted.episodes);
    expect(seen).toEqual(wanted.made.map((action) => action.map(Math.fround)));
    expect(new Set(wanted.episodes.map(({ length }) => length)).size).toBeGreaterThan(3);
  });

  test('in episodes that are collected: they have the actions of steps, and can be learned from', () => {
    const policy = makePolicy('gaussian', {
      observationSpace: new Box({ low: -9, high: 9, shape: [3] }),
      actionSpace: new Box({ low: -2, high: 2, shape: [1] }),
      ...{ chunk: 4, execute: 2, hidden: [4], rng: new Rng(0) },
    });
    const options = { policy, env: 'Pendulum-v1', episodes: 3, envOptions: { maxEpisodeSteps: 7 } } as const;
    const episodes = [...collectEpisodes({ ...options, greedy: true })];
    const actor = policy.actor({ greedy: true });
    for (const { observations, actions } of episodes) {
      expect(actions).toHaveLength(7);
      actions.forEach((action, t) => {
        const begin = t - (t % 2);
        const { action: chunk } = actor.act(observations.subarray(3 * begin, 3 * begin + 3) as Float32Array);
        expect(action).toBeCloseTo(chunk[t - begin]!, 5);
      });
    }
    for (const each of [actor, policy]) each.dispose();
  });

  test('in the training of an agent with a replay, once it has made uniform actions', async () => {
    const policy = chunked({ scale: 'free' });
    const env = new RecordingEnv(box);
    // It learns nothing, so that its chunks stay the same.
    const still = { learningStarts: 1, updatesPerStep: 1e-9, explorationNoise: 0, criticHidden: [3] };
    const agent = new Td3({ policy, env, rng: new Rng('agent'), ...still });
    for await (const _ of agent.train({ steps: 60, rng: new Rng(0) }));
    const actor = policy.actor({ greedy: true });
    const [, ...rows] = env.transitions;
    let [begin, ends] = [0, 0];
    rows.forEach(({ action, terminated, truncated }, t) => {
      if (t - begin === LENGTH) begin = t;
      const { action: chunk } = actor.act(rows[begin]!.observation);
      const at = 2 * (t - begin);
      expectClose(action, [...chunk.subarray(at, at + 2)], 5);
      if (!terminated && !truncated) return;
      ends += Number(t - begin < LENGTH - 1);
      begin = t + 1;
    });
    expect(ends).toBeGreaterThan(3);
    for (const each of [actor, agent]) each.dispose();
  });

  test('in rounds of episodes that are collected, each by itself', () => {
    const policy = chunked();
    const collected = (skip: number) => [
      ...collectEpisodes({ policy, env: () => new DriftEnv(), numEnvs: 2, episodes: 20, skip, greedy: true }),
    ];
    const [all, rest] = [collected(0), collected(9)];
    expect(rest).toEqual(all.slice(9));
    const actor = policy.actor({ greedy: true });
    for (const { observations, actions } of all) {
      const row = (values: ArrayLike<number>, at: number) => Array.from(values).slice(2 * at, 2 * at + 2);
      for (let t = 0; t < actions.length / 2; t++) {
        const begin = t - (t % LENGTH);
        expect(row(actions, t)).toEqual(row(actor.act(row(observations, begin)).action, t - begin));
      }
    }
    for (const each of [actor, policy]) each.dispose();
  });

  test('in several environments, in each by chunks of its own, from the first step of an episode on', () => {
    const policy = chunked();
    const actor = policy.actor({ batch: 4, greedy: true });
    const begun = Array.from({ length: 4 }, () => ({ episode: -1, at: LENGTH, chunk: [] as number[] }));
    let due = 0;
    const check = (i: number, given: Float32Array, action: Float32Array, episode: number) => {
      const now = begun[i]!;
      if (now.episode !== episode) Object.assign(now, { episode, at: LENGTH });
      if (now.at === LENGTH) {
        Object.assign(now, { at: 0, chunk: [...given] });
        due += 1;
      }
      expect([...action]).toEqual(now.chunk.slice(2 * now.at, 2 * now.at + 2));
      now.at += 1;
    };
    const { episodes } = evaluate({
      policy,
      env: envs(4),
      episodes: 40,
      greedy: true,
      onStep: ({ observations, actions, episodes: playing }) => {
        const { action } = actor.act(observations);
        playing.forEach((episode, i) => {
          if (episode < 0) return;
          const width = 2 * LENGTH;
          check(i, action.subarray(i * width, (i + 1) * width), actions.subarray(2 * i, 2 * i + 2), episode);
        });
      },
    });
    expect(due).toBe(episodes.reduce((sum, { length }) => sum + Math.ceil(length / LENGTH), 0));
    for (const each of [actor, policy]) each.dispose();
  });
});

describe('a replay of chunks', () => {
  /** What a replay gives for the number of a transition, from lists for each environment: numbers are actions. */
  function lists(numEnvs: number, steps: number, options: object = {}) {
    const capacity = 24;
    const sizes = { owner: 'Test', capacity, numEnvs, batchSize: 40, observationDim: 1, actionDim: 1, gamma: GAMMA };
    const replay = new ReplayBuffer({ ...sizes, chunk: LENGTH, ...options });
    const rng = new Rng('transitions');
    const rows: { reward: number; end: number; last: number }[] = [];
    replay.begin(new Float32Array(numEnvs));
    for (let t = 0; t < steps; t++) {
      const made = Array.from({ length: numEnvs }, () => ({
        reward: Math.fround(rng.normal()),
        // The newest episodes go on.
        end: t < steps - 1 ? [0, 0, 0, 1, 2][rng.integer(0, 5)]! : 0,
        last: Math.fround(rng.normal()),
      }));
      const first = rows.length;
      rows.push(...made);
      replay.add({
        commanded: Float32Array.from(made, (_, i) => first + i),
        observations: Float32Array.from(made, (_, i) => first + numEnvs + i),
        rewards: Float64Array.from(made, ({ reward }) => reward),
        terminations: Uint8Array.from(made, ({ end }) => Number(end === 1)),
        truncations: Uint8Array.from(made, ({ end }) => Number(end === 2)),
        finalObservations: Float32Array.from(made, ({ last }) => last),
      });
    }
    return { replay, rows, held: Math.min(rows.length, capacity) };
  }

  test.each([
    [1, 9, 1, {}],
    [1, 60, 1, {}],
    [3, 7, 1, {}],
    [3, 40, 2, { nSteps: 2 }],
    [2, 40, 1, { prioritizedAlpha: 0.5 }],
  ])('of %i environments after %i steps, %i chunks a target, is what lists give', (numEnvs, steps, nSteps, options) => {
    const { replay, rows, held } = lists(numEnvs, steps, options);
    const rng = new Rng('draws');
    const kinds = new Set<string>();
    const fillers = new Set<number>();
    for (let n = 0; n < 10; n++) {
      const { actions, rewards, discounts, terminations, nextObservations, observations, lengths } = replay.sample(rng);
      rewards.forEach((reward, i) => {
        const own = [...actions.subarray(i * LENGTH, (i + 1) * LENGTH)];
        const number = own[0]!;
        let [at, sum, discount, count] = [number, 0, 1, 0];
        for (; ; at += numEnvs) {
          if (count < LENGTH) expect(own[count]).toBe(at);
          sum += discount * rows[at]!.reward;
          discount *= GAMMA;
          count += 1;
          if (count === nSteps * LENGTH || rows[at]!.end !== 0 || at + numEnvs >= rows.length) break;
        }
        const { end, last } = rows[at]!;
        expect(reward).toBeCloseTo(sum, 5);
        expect(discounts[i]).toBeCloseTo(discount, 6);
        expect(terminations[i]).toBe(Number(end === 1));
        expect(lengths![i]).toBe(Math.min(count, LENGTH));
        expect(nextObservations[i]).toBe(end === 0 ? at + numEnvs : last);
        if (number >= numEnvs && rows[number - numEnvs]!.end === 0) expect(observations[i]).toBe(number);
        // Behind an end, and behind the newest step, stand actions of any row that is held.
        for (const filler of own.slice(count)) {
          expect(filler).toBeGreaterThanOrEqual(rows.length - held);
          expect(filler).toBeLessThan(rows.length);
          fillers.add(filler);
        }
        kinds.add(`${end} ${count < LENGTH}`);
      });
    }
    for (const kind of ['0 true', '1 true', '2 true', '0 false']) expect(kinds).toContain(kind);
    expect(fillers.size).toBeGreaterThan(held / 2);
  });

  test('of one action is one without, to the byte', () => {
    const [one, without] = [{ chunk: 1 }, { chunk: undefined }].map((options) => {
      const { replay } = lists(2, 30, options);
      return replay.sample(new Rng(0));
    });
    expect(one).toEqual(without);
  });

  test('its minibatches are the same from the same stream', () => {
    const [first, second] = [0, 1].map(() => lists(2, 30).replay.sample(new Rng('same')));
    expect(first).toEqual(second);
    expect(lists(2, 30).replay.sample(new Rng('other'))).not.toEqual(first);
  });
});

describe('agents that learn from what a policy does', () => {
  const EXECUTED = 2;
  const policyOf = () => gaussian(box, { chunk: LENGTH, execute: EXECUTED, scale: 'free', squash: 'none' });
  const stateValue = (of: Variables, observation: ArrayLike<number>) =>
    mlp(under(of, 'network'), Array.from(observation))[0]!;

  /** The decisions of an environment: what was done by chunks of two steps, fewer at an end. */
  function decisionsOf(transitions: readonly Transition[]) {
    const decisions: { observation: Float32Array; reward: number; last: Transition; count: number; sum: number }[] = [];
    for (let t = 0; t < transitions.length; ) {
      const { observation } = transitions[t]!;
      let [reward, sum, count] = [0, 0, 0];
      let last = transitions[t]!;
      do {
        last = transitions[t++]!;
        reward += GAMMA ** count * last.reward;
        sum += last.reward;
        count += 1;
      } while (count < EXECUTED && !last.terminated && !last.truncated && t < transitions.length);
      decisions.push({ observation, reward, last, count, sum });
    }
    return decisions;
  }

  test('A2C: advantages over chunks, with γᵏ where k actions were made', async () => {
    const env = new RecordingEnv(box);
    const agent = new A2c({
      ...{ policy: policyOf(), env, rng: new Rng('agent'), horizon: 60, reportEvery: 1, gamma: GAMMA, lambda: 0.8 },
      ...{ optimizer: 'adam', valueHidden: [3] },
    });
    const before = variablesOf(agent.value);
    const { report } = await firstUpdate(agent, 1);
    const decisions = decisionsOf(env.transitions);
    expect(decisions).toHaveLength(60);
    // A limit cut a chunk, and the task ended within one.
    const kinds = new Set(decisions.map(({ last, count }) => `${last.terminated} ${last.truncated} ${count}`));
    for (const kind of ['true false 1', 'false true 1', 'false true 2', 'false false 2']) expect(kinds).toContain(kind);
    const advantages: number[] = [];
    for (let t = decisions.length - 1; t >= 0; t--) {
      const { observation, reward, last, count } = decisions[t]!;
      const after = last.terminated ? 0 : GAMMA ** count * stateValue(before, last.next);
      const delta = reward + after - stateValue(before, observation);
      advantages[t] =
        delta + (last.terminated || last.truncated ? 0 : GAMMA ** EXECUTED * 0.8 * (advantages[t + 1] ?? 0));
    }
    // R − V are the advantages.
    expectClose([report.valueLoss], [mean(advantages.map((advantage) => advantage ** 2))], 5);
    expect(report.step).toBe(env.transitions.length);
    const ended = decisions.filter(({ last }) => last.terminated || last.truncated);
    expect(report.episodes).toHaveLength(ended.length);
    const total = report.episodes.reduce((sum, { length }) => sum + length, 0);
    const behind = env.transitions.findLastIndex(({ terminated, truncated }) => terminated || truncated) + 1;
    expect(total).toBe(behind);
    const returns = report.episodes.reduce((sum, episode) => sum + episode.return, 0);
    expect(returns).toBeCloseTo(
      env.transitions.slice(0, behind).reduce((sum, { reward }) => sum + reward, 0),
      6,
    );
    agent.dispose();
  });

  test('REINFORCE: returns discounted by the steps that were made', async () => {
    const env = new RecordingEnv(box);
    const agent = new Reinforce({
      ...{ policy: policyOf(), env, rng: new Rng('agent'), gamma: GAMMA, episodesPerEnv: 5, valueUpdates: 1 },
      valueHidden: [3],
    });
    const before = variablesOf(agent.value);
    const { report } = await firstUpdate(agent, 1);
    const decisions = decisionsOf(env.transitions);
    const returns: number[] = [];
    for (let t = decisions.length - 1; t >= 0; t--) {
      const { reward, last, count } = decisions[t]!;
      const after = last.terminated ? 0 : last.truncated ? stateValue(before, last.next) : returns[t + 1]!;
      returns[t] = reward + GAMMA ** count * after;
    }
    const losses = decisions.map(({ observation }, t) => (stateValue(before, observation) - returns[t]!) ** 2);
    expectClose([report.valueLoss], [mean(losses)], 5);
    expect(decisions.some(({ count }) => count < EXECUTED)).toBe(true);
    expect([report.step, report.episodes.length]).toEqual([env.transitions.length, 5]);
    const sum = report.episodes.reduce((total, episode) => total + episode.return, 0);
    expect(sum).toBeCloseTo(
      env.transitions.reduce((total, { reward }) => total + reward, 0),
      6,
    );
    expect(report.episodes.reduce((total, { length }) => total + length, 0)).toBe(env.transitions.length);
    agent.dispose();
  });

  test('count the steps of all environments, the idle ones included', async () => {
    const agent = new Ppo({
      ...{ policy: policyOf(), env: envs(3), rng: new Rng('agent'), horizon: 5, batchSize: 5, epochs: 1 },
      valueHidden: [3],
    });
    const { report } = await (async () => {
      for await (const each of agent.train({ steps: 1, rng: new Rng(0) })) return { report: each };
      throw new Error('no report');
    })();
    expect(report.step).toBe(5 * 3 * EXECUTED);
    agent.dispose();
  });

  test('normalize rewards by the returns of chunks', () => {
    const scaler = new RewardScaler(1, GAMMA);
    const steps = [
      [1, 0, 2],
      [2, 0, 2],
      [-1, 1, 1],
      [3, 0, 2],
    ] as const;
    let [sum, seen] = [0, [] as number[]];
    for (const [reward, end, count] of steps) {
      sum = GAMMA ** count * sum + reward;
      seen = [...seen, sum];
      if (end) sum = 0;
      const [rewards, terminations] = [Float64Array.of(reward), Uint8Array.of(end)];
      scaler.observe({ rewards, terminations, truncations: new Uint8Array(1), lengths: Int32Array.of(count) });
    }
    const start = 1e-4;
    const count = start + seen.length;
    const average = seen.reduce((a, b) => a + b, 0) / count;
    const squares = seen.reduce((a, b) => a + b ** 2, start) / count;
    expect(scaler.scale(1)).toBeCloseTo(1 / Math.sqrt(squares - average ** 2), 4);
  });

  test('PPO of chunks of one action is PPO without, to the byte', async () => {
    const [one, without] = await Promise.all(
      [{ chunk: 1 }, {}].map(async (options) => {
        const policy = gaussian(box, { scale: 'free', squash: 'none', ...options });
        const agent = new Ppo({
          policy,
          env: envs(2),
          rng: new Rng('agent'),
          horizon: 8,
          batchSize: 8,
          valueHidden: [3],
        });
        for await (const _ of agent.train({ steps: 48, rng: new Rng(0) }));
        const state = stateToJson(agent.state());
        agent.dispose();
        return state;
      }),
    );
    expect(one).toBe(without);
  });
});

describe('refused in one line:', () => {
  const actions = new Float32Array(4);
  const agents: [string, () => Agent | object, string][] = [
    [
      'blended chunks, by an agent that learns from what a policy does',
      () => new Ppo({ policy: chunked({ blend: 0 }), env: new DriftEnv(), rng: new Rng(0) }),
      'Ppo: policy: got one with blend: 0, expected none: a mean of chunks is no sample of the policy',
    ],
    [
      'pairs without episodes',
      () => new BehaviorCloning({ policy: chunked(), demonstrations: { observations: actions, actions } }),
      'BehaviorCloning: demonstrations: got pairs alone for a policy of chunks, expected episodes: [{ length }, …] beside them, or a dataset',
    ],
    [
      'such pairs for the validation',
      () =>
        new BehaviorCloning({
          policy: chunked(),
          demonstrations: { observations: actions, actions, episodes: [{ length: 2 }] },
          validation: { observations: actions, actions },
        }),
      'BehaviorCloning: validation: got pairs alone for a policy of chunks, expected episodes: [{ length }, …] beside them, or a dataset',
    ],
    [
      'data of whole chunks',
      () => {
        const whole = new Box({ low: -1, high: 1, shape: [6] });
        const episode = { ...randomEpisodes([2])[0]!, actions: new Float32Array(12) };
        const dataset = new EpisodesInMemory({
          observationSpace: spaces.observationSpace,
          actionSpace: whole,
          episodes: [episode],
        });
        return new Iql({ policy: chunked(), dataset, rng: new Rng(0) });
      },
      'Iql: dataset: wanted 2 observations and a Box of 2 actions, as the policy has, got 2 and a Box of 6',
    ],
    [
      'noise that lasts',
      () => new Sac({ policy: chunked(), env: new DriftEnv(), rng: new Rng(0), sdeSampleFreq: 4 }),
      'Sac: sdeSampleFreq: got 4 for a policy of chunks, expected none: the noise of a chunk lasts as long as the chunk',
    ],
    [
      'an environment of whole chunks',
      () => evaluate({ policy: chunked(), env: new DriftEnv(new Box({ low: -1, high: 1, shape: [6] })), episodes: 1 }),
      'evaluate: wanted an environment with 2 observations and a Box of 2 actions, as the policy has, got 2 and a Box of 6',
    ],
  ];
  test.each(agents)('%s', (_, make, message) => {
    expect(make).toThrow(new Error(message));
  });

  test('goals in hindsight', () => {
    const env = makeVec('BitFlipping-v0', { numEnvs: 1 });
    const sizes = { bufferSize: 9, batchSize: 4, gamma: 0.9, nSteps: 1, prioritizedAlpha: 0 };
    expect(() => replayFor('Sac', { ...sizes, policy: chunked(), hindsight: 'future' }, env)).toThrow(
      new Error(
        'Sac: hindsight: got "future" for a policy of chunks, expected "none": other goals would change the rewards of all steps of a chunk',
      ),
    );
  });
});
