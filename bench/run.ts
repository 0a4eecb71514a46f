import { cpus } from 'node:os';
import { Command, Option } from 'commander';
import { writeJson } from '../experiments/harness/writeFile.ts';
import { selectBackend, selectEngine } from '../src/index.ts';
import { agentNames, ppoPendulum } from './agentSpeed.ts';
import { TorchPeer } from './peers/torch.ts';
import { act, POLICIES, ppoStep, product, type Subject } from './subjects.ts';

interface Row {
  readonly name: string;
  readonly batch: number;
  readonly engine: string;
  /** Median milliseconds of one run. */
  readonly ms?: number;
  /** Nodes of the graph; 0 where no graph runs. */
  readonly nodes: number;
  readonly gflops?: number;
  /** `gflops` as a share of the largest product rate of this run. */
  readonly peakShare?: number;
  /** Environment steps a second, for whole agents. */
  readonly stepsPerSecond?: number;
  readonly peer?: string;
  readonly peer_ms?: number;
  /** peer_ms / ms: how many times faster than the peer. */
  readonly ratio?: number;
}

const BATCHES = [1, 16, 64, 256, 2048];
/** Milliseconds that one block of repeats should take. */
const BLOCK = 40;

const program = new Command('bench')
  .description('Times training steps, acting and whole agents; medians over blocks that take turns with the peer.')
  .option('--json <file>', 'write the rows as JSON')
  .addOption(new Option('--vs <peer>', 'time a peer in turns').choices(['torch']))
  .option('--engines <list>', 'engines to time, as in OXBOW_ENGINE', 'onnxruntime-node')
  .option('--only <text>', 'only rows whose name contains the text')
  .option('--rounds <n>', 'blocks of each row', '9')
  .parse();
const options = program.opts<{ json?: string; vs?: 'torch'; engines: string; only?: string; rounds: string }>();
const rounds = Number(options.rounds);
if (!Number.isInteger(rounds) || rounds < 1) program.error(`--rounds: got ${options.rounds}, expected an integer ≥ 1`);

const rows: Row[] = [];
const wanted = (name: string): boolean => options.only === undefined || name.includes(options.only);

const peer = options.vs === 'torch' ? await startPeer() : undefined;
console.log(`${cpus()[0]?.model ?? 'unknown processor'}, one thread; medians of ${rounds} blocks`);
console.log((await selectBackend()).line);
if (peer !== undefined) console.log(`peer: PyTorch ${peer.version}, one thread`);

for (const request of options.engines.split(',')) {
  const engine = await selectEngine(request);
  console.log(engine.line);
  const peak = peakRate();
  console.log(`largest product rate: ${(peak / 1e9).toFixed(1)} GFLOP/s`);
  for (const [kind, make] of Object.entries({ 'ppo-step': ppoStep, act })) {
    for (const policy of Object.keys(POLICIES)) {
      const name = `${kind}/${policy}`;
      for (const batch of wanted(name) ? BATCHES : []) {
        const subject = make(policy, batch);
        const { ms, peerMs } = await turns(subject, name, batch);
        const cost = subject.cost();
        subject.dispose();
        const flops = cost === undefined ? undefined : cost.productFlops / (ms / 1000);
        add({
          name,
          batch,
          engine: engine.name,
          ms,
          nodes: cost?.nodes ?? 0,
          ...(flops !== undefined && kind === 'ppo-step' && { gflops: flops / 1e9, peakShare: flops / peak }),
          ...(peerMs !== undefined && { peer: `torch ${peer!.version}`, peer_ms: peerMs, ratio: peerMs / ms }),
        });
      }
    }
  }
  for (const policy of agentNames) {
    const name = `agent/ppo-pendulum/${policy}`;
    if (!wanted(name) || engine.name === 'eager') continue;
    const speeds = await ppoPendulum(policy, Math.min(rounds, 5));
    add({ name, batch: 64, engine: engine.name, nodes: 0, stepsPerSecond: median(speeds) });
  }
}
peer?.stop();
if (options.json !== undefined) writeJson(options.json, rows);

async function startPeer(): Promise<TorchPeer | undefined> {
  try {
    return await TorchPeer.start();
  } catch (error) {
    console.log(`no peer: ${(error as Error).message}`);
    process.exitCode = 1;
    return undefined;
  }
}

/** Blocks of the subject and of the peer in turns, so that both see the same machine. */
async function turns(subject: Subject, name: string, batch: number): Promise<{ ms: number; peerMs?: number }> {
  const repeats = warmUp(subject.run);
  const peerRepeats = peer === undefined ? 0 : Math.max(2, Math.ceil(BLOCK / (await peer.time(name, batch, 10))));
  const own: number[] = [];
  const others: number[] = [];
  for (let round = 0; round < rounds; round++) {
    own.push(block(subject.run, repeats));
    if (peer !== undefined) others.push(await peer.time(name, batch, peerRepeats));
  }
  return { ms: median(own), ...(peer !== undefined && { peerMs: median(others) }) };
}

/** Floating-point operations a second of the fastest of several products. */
function peakRate(): number {
  const shapes = [
    [2048, 64, 64],
    [256, 256, 256],
    [512, 512, 512],
    [1024, 1024, 1024],
  ] as const;
  const rates = shapes.map((shape) => {
    const [m, k, n] = shape;
    const subject = product(m, k, n);
    const repeats = warmUp(subject.run);
    const times = Array.from({ length: 5 }, () => block(subject.run, repeats));
    subject.dispose();
    return subject.flops / (median(times) / 1000);
  });
  return Math.max(...rates);
}

/** Runs until warm; returns how many repeats make a block. */
function warmUp(run: () => number): number {
  run();
  let repeats = 1;
  for (;;) {
    const ms = block(run, repeats) * repeats;
    if (ms >= BLOCK / 2) return Math.max(1, Math.round((repeats * BLOCK) / ms));
    repeats *= 2;
  }
}

/** Milliseconds of one run, averaged over a block. */
function block(run: () => number, repeats: number): number {
  const start = performance.now();
  let sum = 0;
  for (let i = 0; i < repeats; i++) sum += run();
  const ms = (performance.now() - start) / repeats;
  if (!Number.isFinite(sum)) throw new Error('bench: the subject gave a number that is not finite');
  return ms;
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function add(row: Row): void {
  rows.push(row);
  const parts = [
    row.name.padEnd(30),
    `batch ${String(row.batch).padStart(4)}`,
    row.ms === undefined ? '' : `${row.ms.toFixed(3).padStart(9)} ms`,
    row.stepsPerSecond === undefined ? '' : `${Math.round(row.stepsPerSecond)} steps/s`,
    row.nodes === 0 ? '' : `${row.nodes} nodes`,
    row.gflops === undefined ? '' : `${row.gflops.toFixed(1)} GFLOP/s, ${(100 * row.peakShare!).toFixed(0)} % of peak`,
    row.ratio === undefined ? '' : `peer ${row.peer_ms!.toFixed(3)} ms, ratio ${row.ratio.toFixed(2)}`,
  ];
  console.log(parts.filter((part) => part !== '').join('  '));
}
