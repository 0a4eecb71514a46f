import { cpus } from 'node:os';
import { Command } from 'commander';
import { writeJson } from '../cli/experiment/checkedJson.ts';
import { selectBackend, selectEngine } from '../src/index.ts';
import { MEMORY_ROWS } from './memorySubjects.ts';
import { PEERS, type PeerName, type Rival, startPeer } from './peers/peer.ts';
import { POLICY_ROWS } from './rows.ts';
import { product, type Subject } from './subjects.ts';
import { BLOCK, block, clock, inTurns, type Run, warmUp } from './timing.ts';
import { UPDATE_ROWS } from './updateSubjects.ts';

interface Timed {
  readonly name: string;
  readonly batch: number;
  readonly engine: string;
  /** What `auto` has taken. */
  readonly chosen?: string;
  /** Median milliseconds of one run. */
  readonly ms: number;
  /** Nodes of the graph; 0 where no graph runs. */
  readonly nodes: number;
  readonly gflops?: number;
  /** `gflops` as a share of the largest rate of products by the same engine in this run. */
  readonly peakShare?: number;
  readonly peers?: Readonly<Record<string, PeerTime>>;
}

interface PeerTime {
  readonly version: string;
  readonly ms: number;
  /** The peer's time ÷ ours, for tfjs that in the page: how many times faster we are. */
  readonly ratio: number;
}

/** How far a peer's losses and log-probabilities may be from ours. */
const AGREEMENT = 1e-4;

const program = new Command('bench')
  .description('Times training steps and acting; medians over blocks that take turns with the peers.')
  .option('--json <file>', 'write the rows as JSON')
  .option('--vs <list>', `time peers in turns: ${Object.keys(PEERS).join(', ')}`, '')
  .option(
    '--browser',
    'time a page in Chromium in turns, and tfjs in the same page; --engines is wasm then unless given',
  )
  .option('--check', 'only compare results with the peers, at batch 64')
  .option('--engines <list>', 'engines to time, as in OXBOW_ENGINE (default: "auto")')
  .option('--only <text>', 'only rows whose name contains the text')
  .option('--batches <list>', 'batch sizes (default: those of each row)')
  .option('--rounds <n>', 'blocks of each row', '9')
  .option(
    '--processor-time',
    "by the time that a process had a processor, not by the clock: for a machine that others use too; not a page's",
  )
  .parse();
const options = program.opts<{
  json?: string;
  vs: string;
  browser?: true;
  check?: true;
  engines?: string;
  only?: string;
  batches?: string;
  rounds: string;
  processorTime?: true;
}>();
const rounds = Number(options.rounds);
if (!Number.isInteger(rounds) || rounds < 1) program.error(`--rounds: got ${options.rounds}, expected an integer ≥ 1`);

const batches = options.batches?.split(',').map(Number);
if (batches?.every((batch) => Number.isInteger(batch) && batch > 0) === false) {
  program.error(`--batches: got ${options.batches}, expected positive integers`);
}

const rows: Timed[] = [];
const wanted = (name: string): boolean => options.only === undefined || name.includes(options.only);

const peers = await startPeers(options.vs.split(',').filter((name) => name !== ''));
const now = clock(options.processorTime === true);
const kind = options.processorTime ? 'processor time, ' : '';
console.log(`${cpus()[0]?.model ?? 'unknown processor'}, ${kind}medians of ${rounds} blocks`);
console.log((await selectBackend()).line);
for (const { name, version } of peers) console.log(`peer ${name}: ${version}, one thread`);

for (const request of (options.engines ?? (options.browser ? 'wasm' : 'auto')).split(',')) {
  const engine = await selectEngine(request);
  console.log(engine.line);
  const peak = options.check ? 0 : await peakRate();
  if (peak > 0) console.log(`largest product rate of this engine, its peak below: ${(peak / 1e9).toFixed(1)} GFLOP/s`);
  for (const { name, trains, batches: own, make } of [...POLICY_ROWS, ...MEMORY_ROWS, ...UPDATE_ROWS]) {
    for (const batch of !wanted(name) ? [] : options.check ? [64] : (batches ?? own)) {
      const rivals = peers.filter((peer) => peer.has(name));
      for (const peer of rivals) await compare(make(batch), peer, name, batch);
      if (options.check) continue;
      const subject = make(batch);
      const { ms, peerTimes } = await turns(subject, rivals, name, batch);
      const cost = subject.cost();
      subject.dispose();
      const flops = cost === undefined ? undefined : cost.productFlops / (ms / 1000);
      add({
        name,
        batch,
        engine: engine.name,
        ...(engine.name === 'auto' && cost !== undefined && { chosen: cost.engine }),
        ms,
        nodes: cost?.nodes ?? 0,
        ...(flops !== undefined && trains && { gflops: flops / 1e9, peakShare: flops / peak }),
        ...(rivals.length > 0 && { peers: peerTimes }),
      });
    }
  }
}
for (const peer of peers) await peer.stop();
if (options.json !== undefined) writeJson(options.json, rows);

/** Those that there are; of the others, a line says what they need. */
async function startPeers(names: readonly string[]): Promise<Rival[]> {
  const starts = names.map((name) => {
    if (!(name in PEERS)) program.error(`--vs: got ${name}, expected ${Object.keys(PEERS).join(', ')}`);
    return async (): Promise<Rival[]> => [await startPeer(name as PeerName, options.processorTime)];
  });
  if (options.browser) starts.push(async () => (await import('./peers/pagePeers.ts')).pagePeers());
  const started: Rival[] = [];
  for (const start of starts) {
    try {
      started.push(...(await start()));
    } catch (error) {
      console.log(`no peer: ${(error as Error).message.split('\n')[0]}`);
      process.exitCode = 1;
    }
  }
  return started;
}

/** Both sides start from the same variables and data; a twin that is no twin fails the run. */
async function compare(subject: Subject, peer: Rival, name: string, batch: number): Promise<void> {
  await peer.make(name, batch, subject.inputs);
  const difference = await subject.difference(await peer.show(name, batch));
  subject.dispose();
  const agrees = difference <= AGREEMENT;
  if (!agrees) process.exitCode = 1;
  if (options.check || !agrees) {
    const what = agrees ? 'agrees' : `DIFFERS by more than ${AGREEMENT}`;
    console.log(
      `${name.padEnd(30)} batch ${String(batch).padStart(4)}  ${peer.name} ${what}: ${difference.toExponential(1)}`,
    );
  }
}

/** Blocks of the subject and of the peers in turns, so that all see the same machine. */
async function turns(
  subject: Subject,
  rivals: readonly Rival[],
  name: string,
  batch: number,
): Promise<{ ms: number; peerTimes: Record<string, PeerTime> }> {
  const repeats = await warmUp(subject.run, now);
  const sides: Record<string, Run> = { own: () => block(subject.run, repeats, now) };
  for (const peer of rivals) {
    const own = Math.max(2, Math.ceil(BLOCK / (await peer.time(name, batch, 10))));
    sides[peer.name] = () => peer.time(name, batch, own);
  }
  const times = await inTurns(rounds, sides);
  const ms = times.own!.median;
  const peerTimes = rivals.map(({ name, version, against }): [string, PeerTime] => {
    const theirs = times[name]!.median;
    return [name, { version, ms: theirs, ratio: theirs / (against === undefined ? ms : times[against]!.median) }];
  });
  return { ms, peerTimes: Object.fromEntries(peerTimes) };
}

/** Floating-point operations a second of the fastest of several products. */
async function peakRate(): Promise<number> {
  const shapes = [
    [2048, 64, 64],
    [256, 256, 256],
    [512, 512, 512],
    [1024, 1024, 1024],
  ] as const;
  let largest = 0;
  for (const [m, k, n] of shapes) {
    const subject = product(m, k, n);
    const repeats = await warmUp(subject.run, now);
    const { product: time } = await inTurns(5, { product: () => block(subject.run, repeats, now) });
    subject.dispose();
    largest = Math.max(largest, subject.flops / (time!.median / 1000));
  }
  return largest;
}

function add(row: Timed): void {
  rows.push(row);
  const parts = [
    row.name.padEnd(30),
    `batch ${String(row.batch).padStart(4)}`,
    `${row.ms.toFixed(3).padStart(9)} ms`,
    row.chosen ?? row.engine,
    row.nodes === 0 ? '' : `${row.nodes} nodes`,
    row.gflops === undefined
      ? ''
      : `${row.gflops.toFixed(1)} GFLOP/s, ${(100 * row.peakShare!).toFixed(0)} % of the engine's peak`,
    ...Object.entries(row.peers ?? {}).map(
      ([name, { ms, ratio }]) => `${name} ${ms.toFixed(3)} ms, ratio ${ratio.toFixed(2)}`,
    ),
  ];
  console.log(parts.filter((part) => part !== '').join('  '));
}
