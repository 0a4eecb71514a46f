import { type Agent, type AgentState, stateToJson, type TrainReport } from '../../../agents/index.ts';
import { type Episode, EpisodesInMemory } from '../../../datasets/index.ts';
import { BaseEnv, Box, type Discrete, type ResetResult, type StepResult, SyncVectorEnv } from '../../../envs/index.ts';
import { makePolicy, type Policy, Rng, type RngState, type StateDict } from '../../../src/index.ts';
import { normalLogPdf } from '../../oracle/densities.ts';
import { mlp, under, type Variables } from '../../oracle/mlp.ts';
import { BATCH, mean, relu } from '../firstUpdate.ts';
import { box, variablesOf } from '../support.ts';

export const GAMMA = 0.9;

/** Random episodes; every second one ends by itself, the others are cut. */
export function randomEpisodes(lengths: readonly number[] = [5, 3, 6, 4], seed = 'data'): Episode[] {
  const rng = new Rng(seed);
  return lengths.map((steps, e) => {
    const last = (is: boolean) => Uint8Array.from({ length: steps }, (_, t) => Number(is && t === steps - 1));
    return {
      observations: rng.fillNormal(new Float32Array(2 * (steps + 1))),
      actions: Float32Array.from({ length: 2 * steps }, (_, i) =>
        rng.uniform(0.9 * box.low[i % 2]!, 0.9 * box.high[i % 2]!),
      ),
      rewards: rng.fillNormal(new Float32Array(steps)),
      terminations: last(e % 2 === 0),
      truncations: last(e % 2 === 1),
    };
  });
}

export const observationSpace = new Box({ low: -9, high: 9, shape: [2] });

export const datasetOf = (episodes: readonly Episode[] = randomEpisodes()) =>
  new EpisodesInMemory({ observationSpace, actionSpace: box, episodes });

/** Goes where the actions push it, with noise; three in ten steps end an episode, half of them by a limit. Its state is all that there is. */
export class DriftEnv extends BaseEnv<Float32Array, Float32Array> {
  readonly observationSpace = observationSpace;
  readonly actionSpace: Box;
  #at = [0, 0];

  constructor(actionSpace: Box = box) {
    super();
    this.actionSpace = actionSpace;
  }

  protected begin(): ResetResult {
    this.#at = [this.rng.normal(), this.rng.normal()];
    return [Float32Array.from(this.#at), {}];
  }

  step(action: Float32Array): StepResult {
    this.#at = this.#at.map((x, i) => 0.5 * x + 0.1 * action[i]! + 0.1 * this.rng.normal());
    const end = this.rng.uniform();
    return [Float32Array.from(this.#at), this.#at[0]!, end < 0.15, end > 0.85, {}];
  }

  state(): unknown {
    return { rng: this.rng.state(), at: [...this.#at] };
  }

  setState({ rng, at }: { rng: RngState; at: number[] }): void {
    this.rng = Rng.fromState(rng);
    this.#at = [...at];
  }
}

export const policyOf = (actionSpace: Box | Discrete = box, options: object = { squash: 'tanh' }) =>
  makePolicy<string>(actionSpace instanceof Box ? 'gaussian' : 'categorical', {
    ...{ observationSpace, actionSpace, hidden: [3], rng: new Rng('policy') },
    ...(actionSpace instanceof Box && options),
  }) as Policy;

export const implicitPolicy = () =>
  makePolicy('implicit', { observationSpace, actionSpace: box, hidden: [3], rng: new Rng('policy') });

export const common = { rng: new Rng('agent'), batchSize: 8, criticHidden: [3], reportEvery: 5, learningStarts: 2 };

export const envs = (count = 2, make = () => new DriftEnv()) =>
  new SyncVectorEnv(Array(count).fill(make), { autoresetMode: 'sameStep' });

export async function finish(agent: Agent, steps: number) {
  const reports: TrainReport[] = [];
  const states: AgentState[] = [];
  for await (const report of agent.train({ steps, rng: new Rng(0) })) {
    reports.push(report);
    states.push(agent.state());
  }
  return { reports, states, end: stateToJson(agent.state()) };
}

/** A transition as plain numbers. */
export interface PlainRow {
  readonly observation: number[];
  readonly action: number[];
  /** Of n steps, scaled. */
  readonly reward: number;
  readonly next: number[];
  /** (1 − terminated) γⁿ */
  readonly discount: number;
}

/** What each step of the episodes stands for. */
export function plainRows(episodes: readonly Episode[], nSteps: number, scale: number): PlainRow[] {
  return episodes.flatMap(({ observations, actions, rewards, terminations }) =>
    Array.from(rewards, (_, t): PlainRow => {
      const to = Math.min(t + nSteps, rewards.length);
      const row = (values: Float32Array, at: number) => [...values.subarray(2 * at, 2 * at + 2)];
      return {
        observation: row(observations, t),
        action: row(actions, t),
        reward: [...rewards.subarray(t, to)].reduce((sum, reward, k) => sum + GAMMA ** k * scale * reward, 0),
        next: row(observations, to),
        discount: terminations[to - 1] ? 0 : GAMMA ** (to - t),
      };
    }),
  );
}

type Taken = Pick<PlainRow, 'observation' | 'action'>;

/** log π of an action of a tanh-Gaussian in the box. */
export function logProb(of: Variables, { observation, action }: Taken): number {
  const output = mlp(under(of, 'network'), observation);
  return action.reduce((sum, a, i) => {
    const half = (box.high[i % 2]! - box.low[i % 2]!) / 2;
    const share = (a - box.low[i % 2]!) / half - 1;
    const std = Math.exp(10 * Math.tanh(output[action.length + i]! / 10));
    return sum + normalLogPdf(Math.atanh(share), output[i]!, std) - Math.log(half * (1 - share ** 2));
  }, 0);
}

/**
 * ‖v(x_t, t | o) − (u − ε)‖², a mean over the numbers of an action, of a field in the box.
 * @param made from which number of a chunk on squares do not count
 */
export function matchingLoss(
  of: Variables,
  { observation, action }: Taken,
  noise: number[],
  t: number,
  made = action.length,
): number {
  const u = action.map((a, j) => (2 * (a - box.low[j % 2]!)) / (box.high[j % 2]! - box.low[j % 2]!) - 1);
  const at = u.map((x, j) => (1 - t) * noise[j]! + t * x);
  const velocity = mlp(under(of, 'field.network'), [...at, t, ...observation], relu);
  return mean(velocity.map((v, j) => (j < made ? (v - (u[j]! - noise[j]!)) ** 2 : 0)));
}

/**
 * The second update of an agent, with optimizers as they begin and targets that differ from what they follow, by way of a state.
 * @param targets names of the parts that get other values
 * @param seed of these values
 * @param replayOf what the replay's part becomes
 * @param draw one of the rows, from the stream of the replay
 */
export async function updateFrom<R extends TrainReport>(
  agent: Agent<R>,
  targets: readonly string[],
  rows: readonly PlainRow[],
  seed = 'others',
  replayOf = (replay: unknown) => replay,
  draw = (draws: Rng): PlainRow => rows[draws.integer(0, rows.length)]!,
) {
  const initial = agent.state();
  const rng = new Rng('training');
  for await (const _ of agent.train({ steps: 2, rng })) break;
  const between = agent.state();
  const noise = new Rng(seed);
  const others = Object.fromEntries(
    targets.map((name) => [
      name,
      Object.fromEntries(
        Object.entries(between.parts[name] as StateDict).map(([path, { shape, values }]) => [
          path,
          { shape, values: values.map((value) => value + noise.normal()) },
        ]),
      ),
    ]),
  );
  const optimizers = Object.entries(initial.parts).filter(([name]) => name.endsWith('Optimizer'));
  const replay = replayOf(between.parts.replay);
  const parts = { ...between.parts, ...Object.fromEntries(optimizers), ...others, replay };
  agent.setState({ ...between, parts });
  let report: R | undefined;
  for await (const each of agent.train({ steps: 2, rng: new Rng('training') })) report = each;
  const draws = rng.split('replay');
  const drawn = Array.from({ length: 2 * BATCH }, () => draw(draws)).slice(BATCH);
  return {
    report: report!,
    rows: drawn,
    earlier: (name: string) => variablesOf(parts[name as keyof typeof parts]),
    state: agent.state() as AgentState,
    /** The noise of updates; whoever reads it leaves out the first one's. */
    noise: rng.split('updates'),
  };
}
