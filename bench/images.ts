import * as tf from '@tensorflow/tfjs-core';
import { Command } from 'commander';
import { Adam, Cnn, cnnPresets, compile, Dense, Module, Rng, selectEngine, valueAndGradients } from '../src/index.ts';
import { TwinProcess } from './peers/twinProcess.ts';
import { clock, inTurns, type Run } from './timing.ts';

const program = new Command('bench:images')
  .description(
    'A training step of networks for images, batch 32: loss, gradients, Adam. In turns with PyTorch, from the same weights.',
  )
  .option('--engines <list>', 'ours', 'native,wasm')
  .option('--rounds <n>', 'turns of each', '15')
  .option('--processor-time', 'processor time in place of the clock, for when other programs use the machine too')
  .option('--json', 'print JSON')
  .parse();
const options = program.opts<{ engines: string; rounds: string; processorTime?: true; json?: true }>();

const BATCH = 32;
const OUTPUTS = 6;
const LEARNING_RATE = 1e-3;
/** The network, its image, and steps in a turn. */
const rows = [
  { network: 'small', image: [8, 8, 3], steps: 100 },
  { network: 'nature', image: [84, 84, 4], steps: 5 },
] as const;

const now = clock(options.processorTime === true);

/** Features of an image, and numbers of them. */
class Network extends Module {
  readonly cnn: Cnn;
  readonly last: Dense;

  constructor({ network, image }: (typeof rows)[number], rng: Rng) {
    super();
    const { convolutions, features } = cnnPresets[network];
    this.cnn = new Cnn({ image, convolutions, features, rng: rng.split('cnn') });
    this.last = new Dense({ inputDim: features, outputDim: OUTPUTS, rng: rng.split('last') });
  }
}

/** What compiled functions run on from now on: also those that have run on another. */
const select = (engine: string) => selectEngine(engine as Parameters<typeof selectEngine>[0]);

/** A step of training on one engine, which gives the loss before it. */
async function stepOf(row: (typeof rows)[number], engine: string) {
  await select(engine);
  const rng = new Rng('bench');
  const network = new Network(row, rng);
  const parameters = network.trainableVariables();
  const optimizer = new Adam(parameters, { epsilon: 1e-8 });
  const x = rng.uniformTensor([BATCH, ...row.image]);
  const y = rng.normalTensor([BATCH, OUTPUTS]);
  const inputs = { x: x.dataSync() as Float32Array, y: y.dataSync() as Float32Array, learningRate: LEARNING_RATE };
  const request = {
    image: row.image,
    ...cnnPresets[row.network],
    learningRate: LEARNING_RATE,
    parameters: parameters.map((variable) => Array.from(variable.dataSync())),
    x: Array.from(inputs.x),
    y: Array.from(inputs.y),
  };
  const step = compile(
    ({ x, y, learningRate }: Record<keyof typeof inputs, tf.Tensor>) => {
      const { loss, gradients } = valueAndGradients(() => {
        const error = tf.sub(network.last.apply(network.cnn.apply(x)), y);
        return { loss: tf.mean(tf.square(error)) };
      }, parameters);
      optimizer.update(gradients, learningRate);
      return { loss };
    },
    { name: `bench/image-step/${row.network}`, state: [network, optimizer] },
  ).onArrays({
    x: { shape: [BATCH, ...row.image] },
    y: { shape: [BATCH, OUTPUTS] },
    learningRate: { shape: [] },
  });
  return { request, run: () => step(inputs).loss[0]! };
}

const twin = await TwinProcess.start({
  name: 'torch',
  file: 'images_twin.py',
  variant: 'eager',
  needs: 'PyTorch (pip install torch)',
}).catch((error: Error) => {
  console.error(error.message);
  return undefined;
});

for (const row of rows) {
  const engines = options.engines.split(',');
  const sides: Record<string, Run> = {};
  for (const engine of engines) {
    const { request, run } = await stepOf(row, engine);
    const losses = Array.from({ length: 4 }, run);
    sides[engine] = async () => {
      await select(engine);
      // It makes its plan anew, and the second call traces once more.
      for (let i = 0; i < 3; i++) run();
      const begin = now();
      for (let i = 0; i < row.steps; i++) run();
      return (now() - begin) / row.steps;
    };
    if (twin === undefined) continue;
    const { losses: theirs } = (await twin.ask({ make: request, losses: 4 })) as { losses: number[] };
    const apart = Math.max(...losses.map((loss, i) => Math.abs(loss - theirs[i]!) / loss));
    if (!(apart < 1e-3)) throw new Error(`${row.network} on ${engine}: losses ${losses}, PyTorch's ${theirs}`);
    const asked = { time: row.steps, processor: options.processorTime ?? false };
    sides.torch = async () => (await twin.ask(asked)).milliseconds as number;
  }
  const times = Object.entries(await inTurns(Number(options.rounds), sides));
  const figures = times.map(([name, turns]) => ({ name, ...turns }));
  if (options.json) console.log(JSON.stringify({ row: row.network, figures }));
  else {
    for (const { name, median, least } of figures) {
      console.log(`${row.network}  ${name}: median ${median.toFixed(3)} ms, least ${least.toFixed(3)} ms`);
    }
  }
}
twin?.stop();
