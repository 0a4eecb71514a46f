/**
 * Agents that learn from data beside independent implementations on the same data: a twin in JAX from the papers' equations, and FlowRL's own
 * code. Each trains on the same file in Minari's format, with the same settings, and plays its own environment: ours, and Gymnasium's.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { type Agent, evaluate, Fql, Iql, Td3Bc } from '../agents/index.ts';
import { writeJson } from '../cli/experiment/checkedJson.ts';
import { textTable } from '../cli/report/table.ts';
import { interquartileInterval } from '../cli/statistics/bootstrap.ts';
import { type Dataset, openDataset } from '../datasets/index.ts';
import { writeMinari } from '../datasets/minari/writeMinari.ts';
import { loadEnv } from '../envs/index.ts';
import { makePolicy, type Policy, Rng, selectBackend, selectEngine } from '../src/index.ts';
import { TwinProcess } from './peers/twinProcess.ts';
import { clock } from './timing.ts';

const NAMES = ['fql', 'iql', 'td3-bc'] as const;
type Name = (typeof NAMES)[number];

const program = new Command('bench:offline-peers')
  .description(
    'Scores and updates a second of agents that learn from data, beside a twin in JAX and FlowRL: docs/results/speed.md#measure-your-machine.',
  )
  .argument('<dataset>', 'a folder in one of the formats; of a format other than Minari’s a copy in that one is made')
  .option('--env <id>', 'where scores come from; that of the dataset unless given')
  .option('--agents <list>', NAMES.join(', '), NAMES.join(','))
  .option('--peers <list>', 'jax, flowrl', 'jax,flowrl')
  .option('--seeds <list>', 'which', '380,381,382')
  .option('--updates <n>', 'of each training', '100000')
  .option('--episodes <n>', 'of each score', '20')
  .option('--hidden <widths>', 'of two hidden layers of all networks', '256-256')
  .option('--batch-size <n>', 'of a minibatch', '256')
  .option('--learning-rate <n>', 'of all networks', '3e-4')
  .option('--gamma <n>', 'the discount', '0.99')
  .option('--reward-scale <n>', 'factor of the rewards', '1')
  .option(
    '--set <agent.option=number>',
    'fql.alpha, td3-bc.alpha, iql.expectile, iql.beta; may be repeated',
    collected,
    [],
  )
  .option('--json <file>', 'write the rows as JSON')
  .option('--engine <name>', 'as in OXBOW_ENGINE', 'auto')
  .parse();
const options = program.opts<{
  env?: string;
  agents: string;
  peers: string;
  seeds: string;
  updates: string;
  episodes: string;
  hidden: string;
  batchSize: string;
  learningRate: string;
  gamma: string;
  rewardScale: string;
  set: string[];
  json?: string;
  engine: string;
}>();
const path = program.args[0]!;
const agents = listed('--agents', options.agents, NAMES);
const peerNames = listed('--peers', options.peers, ['jax', 'flowrl'] as const);
const seeds = options.seeds.split(',').map((seed) => whole('--seeds', seed));
const [updates, episodes, batchSize] = [
  whole('--updates', options.updates),
  whole('--episodes', options.episodes),
  whole('--batch-size', options.batchSize),
];
const common = {
  learningRate: positive('--learning-rate', options.learningRate),
  gamma: positive('--gamma', options.gamma),
  rewardScale: positive('--reward-scale', options.rewardScale),
  batchSize,
};
const hidden = options.hidden.split('-').map((width) => whole('--hidden', width));
const settings = ownSettings(options.set);

await selectBackend();
await selectEngine(options.engine as Parameters<typeof selectEngine>[0], { threads: 1 });
const dataset = await openDataset(path);
const id: string =
  options.env ??
  dataset.about.environment?.id ??
  program.error('--env: the dataset does not say of which environment it is, expected an id');
await loadEnv(id);

/** A side of the comparison: a training, and the score of what it has learned. */
interface Side {
  readonly name: string;
  /** Undefined where it has no such agent. */
  train(agent: Name, seed: number): Promise<Outcome | undefined>;
}

interface Outcome {
  readonly score: number;
  readonly updatesPerSecond: number;
  readonly updatesPerProcessorSecond: number;
}

const folder = mkdtempSync(join(tmpdir(), 'oxbow-offline-'));
const rows: (Outcome & { agent: Name; side: string; seed: number })[] = [];
const started: TwinProcess[] = [];
try {
  const file = await exported(dataset);
  const sides: Side[] = [{ name: 'oxbow', train: (agent, seed) => trainOurs(agent, seed) }];
  for (const variant of peerNames) {
    try {
      const twin = await TwinProcess.start({
        name: variant,
        file: 'offline_twin.py',
        variant,
        needs: 'jax[cpu], optax, h5py and gymnasium[mujoco] from PyPI; flowrl what its docstring says',
      });
      started.push(twin);
      console.log(`peer ${variant}: ${twin.version}`);
      sides.push({ name: variant, train: (agent, seed) => trainTwin(twin, file, agent, seed) });
    } catch (error) {
      console.log(`no peer: ${(error as Error).message}`);
      process.exitCode = 1;
    }
  }
  console.log(`${dataset.numEpisodes} episodes, ${dataset.numSteps} steps of ${id}; ${updates} updates, one thread`);
  for (const agent of agents) {
    for (const seed of seeds) {
      for (const { name, train } of sides) {
        const outcome = await train(agent, seed);
        if (outcome === undefined) continue;
        rows.push({ agent, side: name, seed, ...outcome });
        console.log(JSON.stringify(rows.at(-1)));
      }
    }
  }
  console.log(
    `\n${textTable({ title: `Mean returns of ${episodes} episodes`, columns: columns(), rows: summary(sides) })}`,
  );
  if (options.json !== undefined) writeJson(options.json, rows);
} finally {
  for (const twin of started) twin.stop();
  rmSync(folder, { recursive: true, force: true });
}

function columns(): string[] {
  return ['agent', 'side', 'each seed', 'interquartile mean', '95 % interval', 'updates/s', 'of a processor'];
}

function summary(sides: readonly Side[]): string[][] {
  return agents.flatMap((agent) =>
    sides.flatMap(({ name }) => {
      const own = rows.filter((row) => row.agent === agent && row.side === name);
      if (own.length === 0) return [];
      const scores = own.map(({ score }) => score);
      const { iqm, low, high } = interquartileInterval(scores);
      const mean = (values: number[]) => Math.round(values.reduce((sum, value) => sum + value, 0) / values.length);
      return [
        [
          agent,
          name,
          scores.map((score) => score.toFixed(0)).join(', '),
          iqm === null ? '' : iqm.toFixed(0),
          low === null ? 'none of one seed' : `${low.toFixed(0)} to ${high.toFixed(0)}`,
          String(mean(own.map(({ updatesPerSecond }) => updatesPerSecond))),
          String(mean(own.map(({ updatesPerProcessorSecond }) => updatesPerProcessorSecond))),
        ],
      ];
    }),
  );
}

/** The dataset's file in Minari's format. */
async function exported(source: Dataset): Promise<string> {
  const within = (root: string) => join(root, 'data', 'main_data.hdf5');
  if (source.format === 'minari') return existsSync(within(path)) ? within(path) : join(path, 'main_data.hdf5');
  await writeMinari(source, join(folder, 'exported-v0'));
  return within(join(folder, 'exported-v0'));
}

/** What each of ours is made from, and how it acts when it is scored. */
function oursOf(agent: Name): { kind: string; policyOptions: object; greedy: boolean; make(parts: Parts): Agent } {
  const own = settings[agent];
  switch (agent) {
    case 'fql':
      return {
        kind: 'implicit',
        policyOptions: {},
        greedy: false,
        make: (parts) => new Fql({ ...parts, ...own, behaviorHidden: hidden }),
      };
    case 'iql':
      return {
        kind: 'gaussian',
        policyOptions: { scale: 'state' },
        greedy: true,
        make: (parts) => new Iql({ ...parts, ...own }),
      };
    case 'td3-bc':
      return {
        kind: 'gaussian',
        policyOptions: { squash: 'tanh', scale: 'fixed' },
        greedy: true,
        make: (parts) => new Td3Bc({ ...parts, ...own }),
      };
  }
}

interface Parts {
  readonly policy: Policy;
  readonly dataset: Dataset;
  readonly rng: Rng;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly gamma: number;
  readonly rewardScale: number;
  readonly criticHidden: number[];
  readonly reportEvery: number;
}

async function trainOurs(name: Name, seed: number): Promise<Outcome> {
  const { kind, policyOptions, greedy, make } = oursOf(name);
  const rng = new Rng(`offline-peers-${seed}`);
  const { observationSpace, actionSpace } = dataset;
  const policy = makePolicy<string>(kind, {
    ...{ observationSpace, actionSpace, hidden, activation: 'relu', rng: rng.split('policy') },
    ...policyOptions,
  });
  // The first updates compile: time is taken from the first report on.
  const reportEvery = Math.ceil(updates / 100);
  const agent = make({
    ...{ ...common, criticHidden: hidden, reportEvery },
    ...{ policy, dataset, rng: rng.split('agent') },
  });
  const clocks = [clock(false), clock(true)];
  let begin: readonly number[] | undefined;
  for await (const _ of agent.train({ steps: updates, rng: rng.split('train') })) begin ??= clocks.map((now) => now());
  const [took, tookOfProcessor] = clocks.map((now, i) => now() - begin![i]!) as [number, number];
  const timed = 1e3 * (updates - reportEvery);
  const { meanReturn } = evaluate({ policy, env: id, episodes, greedy, seed: `offline-peers-${seed}` });
  agent.dispose();
  policy.dispose();
  return {
    score: meanReturn,
    updatesPerSecond: timed / took,
    updatesPerProcessorSecond: timed / tookOfProcessor,
  };
}

async function trainTwin(twin: TwinProcess, file: string, agent: Name, seed: number): Promise<Outcome | undefined> {
  const request = {
    ...{ agent, seed, updates, episodes, data: file, env: id.replace(/^mujoco\//, ''), hidden: hidden.join('-') },
    ...{ ...common, options: settings[agent], normalizes: agent === 'td3-bc' },
  };
  const answer = await twin.ask({ train: request });
  return 'score' in answer ? (answer as unknown as Outcome) : undefined;
}

function listed<T extends string>(option: string, text: string, among: readonly T[]): T[] {
  const names = text.split(',').filter((name) => name !== '');
  const unknown = names.find((name) => !among.includes(name as T));
  if (unknown !== undefined) program.error(`${option}: got ${unknown}, expected ${among.join(', ')}`);
  return names as T[];
}

function whole(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) program.error(`${option}: got ${text}, expected an integer ≥ 1`);
  return value;
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) program.error(`${option}: got ${text}, expected a number > 0`);
  return value;
}

function collected(text: string, before: readonly string[]): string[] {
  return [...before, text];
}

function ownSettings(texts: readonly string[]): Record<Name, Record<string, number>> {
  const own: Record<Name, Record<string, number>> = { fql: {}, iql: {}, 'td3-bc': {} };
  for (const text of texts) {
    const match = /^(fql|td3-bc)\.(alpha)=(.+)$|^(iql)\.(expectile|beta)=(.+)$/.exec(text);
    if (match === null)
      program.error(`--set: got ${text}, expected fql.alpha, td3-bc.alpha, iql.expectile or iql.beta = a number`);
    const [agent, option, value] = match!.slice(1).filter((part) => part !== undefined) as [Name, string, string];
    own[agent][option] = positive(`--set: ${agent}.${option}`, value);
  }
  return own;
}
