import { cpus } from 'node:os';
import { Command } from 'commander';
import { writeJson } from '../cli/experiment/checkedJson.ts';
import { textTable } from '../cli/report/table.ts';
import { Rng, selectBackend, selectEngine } from '../src/index.ts';
import { AGENT_ROWS, type AgentRow } from './agentSubjects.ts';
import { TwinProcess } from './peers/twinProcess.ts';
import { clock, inTurns, type Run } from './timing.ts';

const NEEDS = 'from PyPI, with gymnasium';
const RIVALS = [
  {
    name: 'Stable-Baselines3',
    file: 'agents_twin.py',
    variant: 'stable_baselines3',
    needs: `stable-baselines3 ${NEEDS}`,
    rows: /^(?!reinforce)/,
  },
  { name: 'sbx', file: 'agents_twin.py', variant: 'sbx', needs: `sbx-rl ${NEEDS}`, rows: /^(ppo|sac|dqn)/ },
  { name: 'JAX', file: 'ppo_jax.py', variant: '', needs: 'jax[cpu] and optax from PyPI', rows: /^ppo\/Pendulum-v1$/ },
];

const program = new Command('bench:agents')
  .description(
    'Environment steps a second of whole agents, in turns with other libraries, and a JAX program, where they are installed.',
  )
  .option('--json <file>', 'write the rows as JSON')
  .option('--engine <name>', 'as in OXBOW_ENGINE', 'auto')
  .option('--only <text>', 'only rows whose name contains the text', '')
  .option('--rounds <n>', 'blocks of each', '5')
  .option('--threads <n>', 'threads of each side', '1')
  .option(
    '--processor-time',
    'by the time that a process had a processor, not by the clock: for a machine that others use too',
  )
  .parse();
const options = program.opts<{
  json?: string;
  engine: string;
  only: string;
  rounds: string;
  threads: string;
  processorTime?: true;
}>();
const kind = options.processorTime ? 'processor time' : 'time';
const now = clock(options.processorTime === true);
const rounds = Number(options.rounds);
if (!Number.isInteger(rounds) || rounds < 1) program.error(`--rounds: got ${options.rounds}, expected an integer ≥ 1`);
const threads = Number(options.threads);
if (!Number.isInteger(threads) || threads < 1) {
  program.error(`--threads: got ${options.threads}, expected an integer ≥ 1`);
}
const rows = AGENT_ROWS.filter(({ name }) => name.includes(options.only));
if (rows.length === 0) {
  program.error(`--only: got ${options.only}, expected a part of ${AGENT_ROWS.map(({ name }) => name).join(', ')}`);
}

console.log(`${cpus()[0]?.model ?? 'unknown processor'}, threads: ${threads}; ${kind}, medians of ${rounds} blocks`);
console.log((await selectBackend()).line);
console.log((await selectEngine(options.engine, { threads })).line);

const peers: { name: string; rows: RegExp; twin: TwinProcess }[] = [];
for (const { rows, ...rival } of RIVALS) {
  try {
    const twin = await TwinProcess.start(rival, threads);
    console.log(`peer ${twin.version}`);
    peers.push({ name: rival.name, rows, twin });
  } catch (error) {
    console.log(`no peer: ${(error as Error).message}`);
  }
}

const table: string[][] = [];
const results: Record<string, unknown>[] = [];
for (const row of rows) {
  const sides: Record<string, Run> = Object.fromEntries(row.policies.map((policy) => [policy, ourTime(row, policy)]));
  const rivals: string[] = [];
  for (const { name, rows, twin } of peers) {
    if (!rows.test(row.name)) continue;
    const { about } = await twin.ask({ make: row.name });
    if (about !== undefined) console.log(`${name}: ${about}`);
    rivals.push(name);
    sides[name] = () => twinTime(twin, row.name);
  }
  // The first block compiles.
  for (const time of Object.values(sides)) await time();
  const speeds = Object.entries(await inTurns(rounds, sides)).map(([name, { median }]) => [name, median] as const);
  const of = Object.fromEntries(speeds);
  for (const [name, own] of speeds) {
    const ratios = rivals.includes(name) ? [] : rivals.map((peer) => [peer, own / of[peer]!] as const);
    const told = ratios.map(([peer, ratio]) => `${ratio.toFixed(2)} × ${peer}`).join(', ');
    table.push([row.name, name, String(Math.round(own)), told]);
    if (rivals.includes(name)) continue;
    results.push({ row: row.name, policy: name, stepsPerSecond: own, ratios: Object.fromEntries(ratios) });
  }
  console.log(`${row.name}: ${speeds.map(([name, speed]) => `${name} ${Math.round(speed)}`).join(', ')}`);
}
for (const { twin } of peers) twin.stop();
console.log(
  `\n${textTable({ title: 'Whole agents', columns: ['row', 'policy or peer', 'steps/s', 'ratio'], rows: table })}`,
);
if (options.json !== undefined) writeJson(options.json, results);

/** Steps a second, of blocks of whole rollouts or updates. */
function ourTime(row: AgentRow, policy: string): Run {
  const rng = new Rng('bench');
  const { agent, block } = row.make(policy, rng.split('policy'));
  const reports = agent.train({ steps: 1e9, rng: rng.split('training') });
  let step = 0;
  return async () => {
    const [first, begin] = [step, now()];
    while (step - first < block) step = (await reports.next()).value!.step;
    return ((step - first) / (now() - begin)) * 1e3;
  };
}

async function twinTime(twin: TwinProcess, row: string): Promise<number> {
  const { steps, ...took } = (await twin.ask({ run: row })) as Record<'steps' | 'seconds' | 'processorSeconds', number>;
  return steps / (options.processorTime ? took.processorSeconds : took.seconds);
}
