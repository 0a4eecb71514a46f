import { loadavg } from 'node:os';
import { Sac, Tqc } from '../agents/index.ts';
import { make } from '../envs/index.ts';
import { usedInputs } from '../src/engine/graph/graph.ts';
import { elementCount, type Port } from '../src/engine/graph/value.ts';
import { autoRuntime, flopsPerOperation } from '../src/engine/runtime/autoRuntime.ts';
import { currentRuntime, engineLoader, selectEngine } from '../src/engine/runtime/engine.ts';
import type { Executable, Program, Runtime, Slot } from '../src/engine/runtime/runtime.ts';
import { wasmRuntime } from '../src/engine/wasm/executable.ts';
import { makePolicy, Rng } from '../src/index.ts';
import { ppoStep } from './subjects.ts';
import { BLOCK, block, median, warmUp } from './timing.ts';

export interface RuntimeRow {
  readonly name: string;
  readonly batch: number;
  /** Floating-point operations of its products for each operation beside the arithmetic on variables: what `auto` chooses by. */
  readonly flopsPerOperation: number;
  /** Milliseconds of one run by each runtime. */
  readonly ms: Readonly<Record<string, { readonly least: number; readonly median: number }>>;
}

/** Milliseconds of what is timed at once: short, so that some of it is undisturbed on a machine that others use, too. */
const SHORT = 1;

interface Options {
  readonly batches: readonly number[];
  readonly rounds: number;
  readonly wanted: (name: string) => boolean;
}

/** Training steps in WebAssembly, and as `auto` runs those that are beyond its border: where they are as fast, the border should be. */
export function border(options: Options): Promise<RuntimeRow[]> {
  return compare(options, {
    wasm: wasmRuntime(),
    'onnxruntime-node': autoRuntime(wasmRuntime(), engineLoader.node('cpu'), 0),
  });
}

/** Training steps by one thread and by several, whose results must be the same bits, and beside them as `auto` would run them. */
export function threads(counts: readonly number[], options: Options): Promise<RuntimeRow[]> {
  const ours = counts.map((count): [string, Runtime] => [`wasm@${count}`, wasmRuntime({ threads: count })]);
  const auto = autoRuntime(wasmRuntime(), engineLoader.node('cpu'));
  return compare(options, { ...Object.fromEntries(ours), auto });
}

/** The rows, each by all runtimes in turns; the first is what others are compared with. */
async function compare(
  { batches, rounds, wanted }: Options,
  runtimes: Readonly<Record<string, Runtime>>,
): Promise<RuntimeRow[]> {
  await selectEngine('wasm', { threads: 1 });
  const rows: RuntimeRow[] = [];
  for (const [name, programOf] of Object.entries(PROGRAMS).filter(([name]) => wanted(name))) {
    for (const batch of batches) {
      const program = await programOf(batch);
      const sides = Object.entries(runtimes).map(([side, runtime]) => ({ side, ...ready(runtime, program) }));
      const ours = sides.filter(({ side }) => side.startsWith('wasm'));
      const repeats: number[] = [];
      for (const { run } of sides) repeats.push(await warmUp(run));
      if (new Set(ours.map(({ bits }) => bits())).size > 1) throw new Error(`bench: ${name}: threads give other bits`);
      const times = sides.map((): number[] => []);
      for (let round = 0; round < rounds; round++) {
        for (const [i, { run }] of sides.entries()) {
          const short = Math.max(1, Math.round((repeats[i]! * SHORT) / BLOCK));
          for (let done = 0; done < repeats[i]!; done += short) times[i]!.push(await block(run, short));
        }
      }
      for (const { executable } of sides) executable.dispose();
      const ms = Object.fromEntries(
        sides.map(({ side }, i) => [side, { least: Math.min(...times[i]!), median: median(times[i]!) }]),
      );
      const row = { name, batch, flopsPerOperation: flopsPerOperation(program), ms };
      rows.push(row);
      print(row, Object.keys(runtimes)[0]!);
    }
  }
  for (const runtime of Object.values(runtimes)) runtime.dispose?.();
  console.log(`load average ${loadavg()[0]!.toFixed(1)}`);
  return rows;
}

function print({ name, batch, flopsPerOperation: flops, ms }: RuntimeRow, first: string): void {
  const parts = Object.entries(ms).map(([side, { least, median }]) => {
    const faster = `, ${(ms[first]!.least / least).toFixed(2)} and ${(ms[first]!.median / median).toFixed(2)} × as fast`;
    return `${side} ${least.toFixed(3)} to ${median.toFixed(3)} ms${side === first ? '' : faster}`;
  });
  const head = `${name.padEnd(20)} batch ${String(batch).padStart(4)}  ${Math.round(flops).toLocaleString('en')} flops/operation`;
  console.log([head, ...parts].join('  '));
}

const PROGRAMS: Readonly<Record<string, (batch: number) => Promise<Program>>> = {
  ...Object.fromEntries(
    ['gaussian', 'realnvp', 'spline'].map((policy) => [
      `ppo-step/${policy}`,
      (batch: number) =>
        recorded(`bench/ppo-step/${policy}`, () => {
          const subject = ppoStep(policy, batch);
          subject.run();
          subject.dispose();
        }),
    ]),
  ),
  'sac-update/64-64': (batch) => recorded('sac/update', () => trained(Sac, 64, batch)),
  'sac-update/256-256': (batch) => recorded('sac/update', () => trained(Sac, 256, batch)),
  'tqc-update/64-64': (batch) => recorded('tqc/update', () => trained(Tqc, 64, batch)),
  'tqc-update/256-256': (batch) => recorded('tqc/update', () => trained(Tqc, 256, batch)),
};

/** The program of that name that runs while `body` does. */
async function recorded(name: string, body: () => void | Promise<void>): Promise<Program> {
  const runtime = currentRuntime()!;
  const { load } = runtime;
  const found: Program[] = [];
  runtime.load = (program) => {
    found.push(program);
    return load(program);
  };
  try {
    await body();
  } finally {
    runtime.load = load;
  }
  return found.find((program) => program.name === name)!;
}

async function trained(Agent: typeof Sac | typeof Tqc, width: number, batch: number): Promise<void> {
  const rng = new Rng('bench');
  const env = make('Pendulum-v1');
  const { observationSpace, actionSpace } = env;
  const hidden = [width, width];
  const policy = makePolicy('gaussian', {
    observationSpace,
    actionSpace,
    rng,
    hidden,
    scale: 'state',
    activation: 'relu',
    squash: 'tanh',
  });
  const options = {
    policy,
    env,
    rng: rng.split('agent'),
    criticHidden: hidden,
    batchSize: batch,
    learningStarts: batch,
  };
  const agent = new Agent({ ...options, bufferSize: 2 * batch });
  for await (const _ of agent.train({ steps: batch + 8, rng: rng.split('train') }));
  agent.dispose();
  policy.dispose();
}

/** A program in a runtime, with numbers in all that it reads. */
function ready(runtime: Runtime, program: Program): { readonly executable: Executable; run(): number; bits(): string } {
  const executable = runtime.load(program);
  const rng = new Rng('bench');
  const place = (port: Port, slot: Slot | undefined, bind: (slot: Slot) => void, size: number, dtype: string): Slot => {
    if (!program.moving.has(port)) return slot!;
    const own = runtime.allocate(dtype as 'float32', size);
    bind(own);
    return own;
  };
  const bindings: (() => void)[] = [];
  for (const { input, dtype, shape } of usedInputs(program.outputs.map(([, value]) => value))) {
    const bind = (slot: Slot) => bindings.push(() => executable.readFrom(input, slot));
    const { data } = place(input, executable.input(input), bind, elementCount(shape), dtype);
    if (dtype !== 'float32') continue;
    rng.fillNormal(data as Float32Array);
    // Squares of gradients, among other things, are not negative.
    for (let i = 0; i < data.length; i++) data[i] = 0.1 * Math.abs(data[i] as number);
  }
  const results = program.outputs.map(([port, { dtype, shape }]) =>
    place(
      port,
      program.moving.has(port) ? undefined : executable.output(port),
      (slot) => {
        bindings.push(() => executable.writeTo(port, slot));
      },
      elementCount(shape),
      dtype,
    ),
  );
  return {
    executable,
    run() {
      for (const bind of bindings) bind();
      executable.run();
      return 0;
    },
    bits: () => results.map(({ data }) => Buffer.from(data.slice().buffer).toString('base64')).join(),
  };
}
