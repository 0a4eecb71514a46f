import { expect } from 'vitest';
import type { Agent, AgentState, TrainReport } from '../../agents/index.ts';
import { makePolicy, Rng, type StateDict } from '../../src/index.ts';
import { gradient } from '../oracle/calculus.ts';
import { normalLogPdf } from '../oracle/densities.ts';
import { mlp, under, type Variables } from '../oracle/mlp.ts';
import { perturb } from '../support/perturb.ts';
import { box, flat, heldBy, RecordingEnv, type Transition, unflat, variablesOf } from './support.ts';

/* What tests need to compare the first update of an agent with plain float64 numbers. */

export const BATCH = 6;
export const STEP = 1e-5;
export const relu = (x: number) => Math.max(x, 0);
export const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;

export function expectClose(got: ArrayLike<number>, wanted: readonly number[], digits = 3): void {
  expect(got.length).toBe(wanted.length);
  wanted.forEach((value, i) =>
    expect(got[i]! / (1 + Math.abs(value))).toBeCloseTo(value / (1 + Math.abs(value)), digits),
  );
}

export const gradientBy = (variables: Variables, loss: (variables: Variables) => number) =>
  gradient((values) => loss(unflat(variables, values)), flat(variables), STEP);

export const spaces = { observationSpace: new RecordingEnv(box).observationSpace, rng: new Rng('policy') };
export const gaussian = (actionSpace = box, options: object = {}) =>
  perturb(
    makePolicy('gaussian', { ...spaces, actionSpace, hidden: [3], scale: 'state', squash: 'tanh', ...options }),
    new Rng('weights'),
  );

/** Options of a replay in whose rows the priorities below stand; with no options draws are uniform. */
export const PRIORITIZED = { prioritizedAlpha: 0.7, prioritizedBeta: 0.6 };
export type ReplayOptions = Partial<typeof PRIORITIZED>;
/** p^α of the first rows. */
const POWERS = [...new Rng('powers').fillUniform(new Float64Array(40))];

/**
 * Runs an agent of one environment to its first update, at step 41, by way of a state before it: with other parts, and with other priorities in
 * a replay that has some.
 */
export async function firstUpdateFrom<R extends TrainReport>(
  agent: Agent<R>,
  othersOf: (state: AgentState) => AgentState['parts'] = () => ({}),
) {
  let between: AgentState | undefined;
  for await (const _ of agent.train({ steps: 40, rng: new Rng('training') })) between = agent.state();
  const { parts } = between!;
  const replay = parts.replay as { readonly priorities?: object };
  const priorities = replay.priorities && { powers: Float64Array.from(POWERS), largest: 1 };
  const others = { ...othersOf(between!), ...(priorities && { replay: { ...replay, priorities } }) };
  agent.setState({ ...between!, parts: { ...parts, ...others } });
  return firstUpdate(agent, 41);
}

/** An agent's first update, with target networks that differ from what they follow, by way of a state. */
export async function withOtherTargets<R extends TrainReport>(agent: Agent<R>, names: readonly string[]) {
  const rng = new Rng('others');
  let others: StateDict[] = [];
  const first = await firstUpdateFrom(agent, ({ parts }) => {
    others = names.map((name) =>
      Object.fromEntries(
        Object.entries(parts[name] as StateDict).map(([path, { shape, values }]) => [
          path,
          { shape, values: values.map((value) => value + 0.3 * rng.normal()) },
        ]),
      ),
    );
    return Object.fromEntries(names.map((name, k) => [name, others[k]]));
  });
  return { ...first, others: others.map(variablesOf) };
}

/** Runs an agent to its first report, which must be of one update. */
export async function firstUpdate<R extends TrainReport>(agent: Agent<R>, steps: number) {
  const rng = new Rng('training');
  for await (const report of agent.train({ steps, rng })) {
    expect(report.updates).toBe(1);
    return { report, state: agent.state(), rng };
  }
  throw new Error('no report');
}

/** The minibatch of the first update, row by row: of one environment, whose replay is not full; with the weights of its rows. */
export function minibatch(state: AgentState, rng: Rng, actionDim: number, observationDim = 2) {
  const held = heldBy(state, actionDim, observationDim);
  return drawn(state, rng, held.length).map(({ row, weight }) => ({ ...held[row]!, row, weight }));
}

/** Which rows the first update draws, and their weights: uniformly, or one from each of `BATCH` parts of equal probability. */
function drawn(state: AgentState, rng: Rng, held: number): { row: number; weight: number }[] {
  const stream = rng.split('replay');
  const { priorities } = state.parts.replay as { priorities?: object };
  if (priorities === undefined) {
    return Array.from({ length: BATCH }, () => ({ row: stream.integer(0, held), weight: 1 }));
  }
  // The newest row has the largest priority.
  const powers = [...POWERS, 1];
  expect(held).toBe(powers.length);
  const total = mean(powers) * held;
  const rows = Array.from({ length: BATCH }, (_, i) => {
    let rest = ((i + stream.uniform()) / BATCH) * total;
    return powers.findIndex((power) => {
      rest -= power;
      return rest < 0;
    });
  });
  const weights = rows.map((row) => (held * (powers[row]! / total)) ** -PRIORITIZED.prioritizedBeta);
  return rows.map((row, i) => ({ row, weight: weights[i]! / Math.max(...weights) }));
}

/**
 * Checks the priorities of the rows of the first update, if it has a prioritized replay.
 * @param errors of each row, those of all critics
 */
export function expectPriorities(
  state: AgentState,
  rows: readonly { readonly row: number; readonly weight: number }[],
  errors: readonly (readonly number[])[],
): void {
  const { priorities } = state.parts.replay as { priorities?: { powers: Float64Array } };
  if (priorities === undefined) return;
  // Other rows and weights for each, or a mistake would not show.
  for (const key of ['row', 'weight'] as const) expect(new Set(rows.map((row) => row[key])).size).toBe(BATCH);
  expectClose(
    rows.map(({ row }) => priorities.powers[row]!),
    errors.map((each) => (mean(each.map(Math.abs)) + 1e-6) ** PRIORITIZED.prioritizedAlpha),
    4,
  );
}

/** An action in the box, or a chunk of such, brought to [−1, 1]. */
export const scaled = (action: readonly number[]) =>
  action.map((a, i) => (2 * (a - box.low[i % 2]!)) / (box.high[i % 2]! - box.low[i % 2]!) - 1);

/** Q₁ and Q₂ of an action in a box. */
export function twins(variables: Variables, observation: number[], action: number[]): [number, number] {
  const q = (i: number) => mlp(under(variables, `networks.${i}`), [...observation, ...scaled(action)], relu)[0]!;
  return [q(0), q(1)];
}

/** The action of a tanh-Gaussian for a noise, and its log-density: of the normal, less the logarithm of the squash's slope. */
export function tanhGaussian(variables: Variables, observation: number[], noise: number[]) {
  const output = mlp(under(variables, 'network'), observation);
  let logProb = 0;
  const action = noise.map((epsilon, i) => {
    const std = Math.exp(10 * Math.tanh(output[noise.length + i]! / 10));
    const u = output[i]! + std * epsilon;
    const half = (box.high[i % 2]! - box.low[i % 2]!) / 2;
    logProb += normalLogPdf(u, output[i]!, std) - Math.log(half * (1 - Math.tanh(u) ** 2));
    return box.low[i % 2]! + half * (1 + Math.tanh(u));
  });
  return { action, logProb };
}

/** The errors of both critics in each row. */
export const twinErrors =
  (rows: readonly { observation: number[]; action: number[] }[], targets: readonly number[]) => (critics: Variables) =>
    rows.map(({ observation, action }, i) => twins(critics, observation, action).map((q) => q - targets[i]!));

/** Checks that a target network has gone a quarter of the way. */
export function expectAveraged(target: unknown, old: Variables, followed: unknown): void {
  const fast = flat(variablesOf(followed));
  const wanted = flat(old).map((value, i) => value + 0.25 * (fast[i]! - value));
  expectClose(flat(variablesOf(target)), wanted, 5);
}

export const noiseOf = (rng: Rng, dim = 2) => {
  const values = rng.fillNormal(new Float32Array(BATCH * dim));
  return Array.from({ length: BATCH }, (_, row) => [...values.subarray(dim * row, dim * row + dim)]);
};

/** Aₜ = δₜ + γλ Aₜ₊₁ while the episode lasts, δₜ = rₜ + γ V(next) − V, without V(next) after a termination; γ = 0.9, λ = 0.8. */
export function advantagesOf(rows: readonly Transition[], value: (observation: ArrayLike<number>) => number): number[] {
  const advantages: number[] = [];
  for (let t = rows.length - 1; t >= 0; t--) {
    const { observation, reward, next, terminated, truncated } = rows[t]!;
    const delta = reward + (terminated ? 0 : 0.9 * value(next)) - value(observation);
    advantages[t] = delta + (terminated || truncated ? 0 : 0.9 * 0.8 * (advantages[t + 1] ?? 0));
  }
  return advantages;
}
