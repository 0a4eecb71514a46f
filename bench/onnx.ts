import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { Command } from 'commander';
import * as ort from 'onnxruntime-node';
import {
  type AnySpace,
  compile,
  graphFromOnnx,
  type Observation,
  policyFromOnnx,
  Rng,
  selectEngine,
} from '../src/index.ts';
import { block, clock, inTurns, type Run, warmUp } from './timing.ts';

const program = new Command('bench:onnx')
  .description(
    "Policies of other libraries, as bench/peers/onnx_policies.py and onnx_predictions.py export them: the largest difference from ONNX Runtime's outputs, and the microseconds for one observation, in turns with its package for Node.",
  )
  .argument('<folder>', 'of the files')
  .option('--engine <name>', 'ours', 'native')
  .option('--rounds <n>', 'turns of each', '7')
  .option('--processor-time', 'processor time in place of the clock, for when other programs use the machine too')
  .option('--only <text>', 'files whose names have this')
  .parse();
const [folder] = program.args as [string];
const {
  engine,
  rounds,
  processorTime,
  only = '',
} = program.opts<{ engine: string; rounds: string; processorTime?: true; only?: string }>();
const now = clock(processorTime === true);

interface StoredTensor {
  readonly shape: number[];
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly data: number[];
}
interface Stored {
  readonly runs: readonly Readonly<Record<'inputs' | 'outputs', Readonly<Record<string, StoredTensor>>>>[];
}

/** A block of repeats of it, and what one of them takes. */
async function blockOf(run: Run): Promise<Run> {
  const repeats = await warmUp(run, now);
  return () => block(run, repeats, now);
}

const tensorOf = ({ shape, dtype, data }: StoredTensor): tf.Tensor => tf.tensor(data, shape, dtype);

/** |a − b| / max(1, |b|), the largest of all elements. */
function differenceOf(got: tf.Tensor, expected: StoredTensor): number {
  if (String(got.shape) !== String(expected.shape)) return Number.NaN;
  const values = got.dataSync();
  const apart = (want: number, i: number) => Math.abs(values[i]! - want) / Math.max(1, Math.abs(want));
  return expected.data.reduce((most, want, i) => Math.max(most, apart(want, i)), 0);
}

await selectEngine(engine as Parameters<typeof selectEngine>[0]);
const names = readdirSync(folder).filter(
  (name) => name.endsWith('.onnx') && !name.startsWith('predict-') && name.includes(only),
);
const rows: { name: string; difference: number; ours: number; theirs: number }[] = [];
for (const file of names.sort()) {
  const name = file.replace(/\.onnx$/, '');
  const { runs } = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Stored;
  try {
    const graph = graphFromOnnx(join(folder, file));
    const compiled = compile((inputs: Record<string, tf.Tensor>, rng) => graph.run(inputs, rng), {
      name,
      state: [graph],
    });
    const differences = runs.flatMap(({ inputs, outputs }) =>
      tf.tidy(() => {
        const given = Object.fromEntries(Object.entries(inputs).map(([key, value]) => [key, tensorOf(value)]));
        const got = compiled(given, new Rng(0));
        return Object.entries(outputs).map(([key, want]) => differenceOf(got[key]!, want));
      }),
    );
    const [{ inputs }] = runs as [Stored['runs'][number]];
    const onArrays = compiled.onArrays(inputs);
    const arrays = Object.fromEntries(
      Object.entries(inputs).map(([key, { shape, data }]) => [
        key,
        shape.length === 0 ? data[0]! : Float32Array.from(data),
      ]),
    );
    const session = await ort.InferenceSession.create(join(folder, file), {
      intraOpNumThreads: 1,
      logSeverityLevel: 4,
    });
    const feeds = Object.fromEntries(
      session.inputNames.map((key) => [
        key,
        new ort.Tensor('float32', Float32Array.from(inputs[key]!.data), inputs[key]!.shape),
      ]),
    );
    const rng = new Rng(0);
    const firstOf = (values: ArrayLike<number | bigint | boolean>) => Number(values[0]);
    const [output] = Object.keys(onArrays(arrays, rng)) as [string];
    const sides = {
      ours: () => firstOf(onArrays(arrays, rng)[output]!),
      theirs: async () => firstOf((await session.run(feeds))[output]!.data as Float32Array),
    };
    const blocks = {
      ours: await blockOf(sides.ours),
      theirs: await blockOf(sides.theirs),
    };
    const turns = await inTurns(Number(rounds), blocks);
    const [ours, theirs] = [1000 * turns.ours!.least, 1000 * turns.theirs!.least];
    const difference = differences.reduce((most, each) => Math.max(most, each), 0);
    rows.push({ name, difference, ours, theirs });
    console.log(`${name}: ${difference.toExponential(1)}, ${ours.toFixed(1)} µs, ONNX Runtime ${theirs.toFixed(1)} µs`);
    compiled.dispose();
    graph.dispose();
  } catch (error) {
    rows.push({ name, difference: Number.NaN, ours: Number.NaN, theirs: Number.NaN });
    console.log(`${name}: ${(error as Error).message.slice(0, 300)}`);
  }
}
/** What `bench/peers/onnx_predictions.py` writes of a policy. */
interface Predicted {
  readonly name: string;
  readonly file: string;
  readonly observationSpace: AnySpace;
  readonly actionSpace: AnySpace;
  readonly options: Parameters<typeof policyFromOnnx>[1];
  readonly observations: readonly Observation[];
  readonly actions: readonly (readonly number[])[];
}
const predictions = join(folder, 'predictions.json');
const predicted = existsSync(predictions) ? (JSON.parse(readFileSync(predictions, 'utf8')) as Predicted[]) : [];
for (const { name, file, observationSpace, actionSpace, options, observations, actions } of predicted) {
  const policy = policyFromOnnx(join(folder, file), { observationSpace, actionSpace, ...options });
  const differences = observations.flatMap((observation, i) => {
    const action = policy.act(observation, { greedy: true });
    const got = typeof action === 'number' ? [action] : action;
    return actions[i]!.map((want, k) => Math.abs(got[k]! - want));
  });
  const difference = differences.reduce((most, each) => Math.max(most, each), 0);
  rows.push({ name, difference, ours: Number.NaN, theirs: Number.NaN });
  console.log(`${name}: its predictions to ${difference.toExponential(1)}`);
  policy.dispose();
}
const within = rows.filter(({ difference }) => difference <= 1e-5);
const ratios = within
  .map(({ ours, theirs }) => theirs / ours)
  .filter(Number.isFinite)
  .sort((a, b) => a - b);
const middle = ratios[ratios.length >> 1];
console.log(
  `${within.length} of ${rows.length} within 1e-5` +
    (middle === undefined ? '' : `; ONNX Runtime takes ${middle.toFixed(2)} times as long (median)`),
);
process.exitCode = within.length === rows.length ? 0 : 1;
