import { describe, expect, test } from 'vitest';
import { A2c, type Agent, Ppo, Reinforce, type TrainReport } from '../../agents/index.ts';
import { SyncVectorEnv } from '../../envs/index.ts';
import { makePolicy, Rng } from '../../src/index.ts';
import { normalLogPdf } from '../oracle/densities.ts';
import { mlp, under, type Variables } from '../oracle/mlp.ts';
import { type RecurrentName, recurrent } from '../oracle/recurrent.ts';
import { perturb } from '../support/perturb.ts';
import { advantagesOf, expectClose, firstUpdate, gradientBy, mean } from './firstUpdate.ts';
import { gradientOf, RecordingEnv, type Transition, variablesOf, wideBox } from './support.ts';

/*
 * The first update of agents whose policy and value function have a memory, beside plain float64 numbers: episodes end inside of rollouts
 * and of sequences, by termination and by time limits, in each of two environments at other steps.
 */

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
