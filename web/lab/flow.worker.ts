import type * as tf from '@tensorflow/tfjs-core';
import {
  type Bijector,
  builtinFlows,
  Chain,
  compile,
  cosineSchedule,
  type FlowDefinition,
  Rng,
  selectBackend,
  selectEngine,
} from 'oxbow';
import { standardized } from '../../experiments/banana/standardized.ts';
import { type FlowReply, type FlowRequest, GRID, POINTS } from './flowProtocol.ts';
import { type Target, targets } from './flowTargets.ts';

const HELD_OUT = 2000;
const GRID_POINTS = 2 * GRID.lines * GRID.points;
/** One more for the point that is followed. */
const ROWS = POINTS + GRID_POINTS + 1;
/** Half-width of what is seen of the noise. */
const NOISE_EXTENT = 4;

let follow: ((x: number, y: number) => Float32Array[]) | undefined;

function reply(message: FlowReply): void {
  postMessage(message);
}

/** The layers, that nearest to the noise first. */
function layersOf(bijector: Bijector): Bijector[] {
  return bijector instanceof Chain ? bijector.bijectors.toReversed().flatMap(layersOf) : [bijector];
}

function draw({ draw: one }: Target, rng: Rng, count: number): Float32Array {
  const data = new Float32Array(2 * count);
  for (let i = 0; i < count; i++) data.set(one(rng), 2 * i);
  return data;
}

/** The target, as it is learned with a seed. */
function show({ target: name, seed }: { target: string; seed: number }, extents?: readonly number[]): void {
  const target = targets[name]!;
  reply({
    kind: 'target',
    target: name,
    points: draw(target, new Rng(seed).split('shown'), POINTS),
    extents: extents ?? [target.extent],
    entropy: target.entropy ?? null,
  });
}

async function train(request: Extract<FlowRequest, { kind: 'train' }>): Promise<void> {
  await selectBackend();
  await selectEngine('wasm');
  const started = performance.now();
  const { family, seed, steps } = request;
  const target = targets[request.target]!;
  const rng = new Rng(seed);
  const { make, options } = (builtinFlows as Record<string, FlowDefinition>)[family]!;
  // The multilayer perceptron is the tutorial's, which sees the data as they are.
  const standard = family === 'mlp' ? undefined : target.standard;
  const inner = make({
    dim: 2,
    hidden: [64, 64],
    rng: rng.split('flow'),
    ...(standard !== undefined && 'bound' in options && { bound: standard.bound }),
  });
  const flow = standard === undefined ? inner : standardized(inner, standard);
  const layers = layersOf(flow.bijector);
  // A layer that standardizes leaves the noise's scale to those before it.
  const shareOf = (i: number) => (standard === undefined ? i / layers.length : Math.floor(i / layers.length));
  show(
    request,
    Array.from({ length: layers.length + 1 }, (_, i) => NOISE_EXTENT + shareOf(i) * (target.extent - NOISE_EXTENT)),
  );

  const rows = new Float32Array(2 * ROWS);
  const noise = rng.split('noise');
  for (let i = 0; i < 2 * POINTS; i++) rows[i] = noise.normal();
  rows.set(gridPoints(), 2 * POINTS);
  const stagesOf = compile(
    ({ x }: { x: tf.Tensor }) => {
      let at = x;
      return Object.fromEntries(
        layers.map((layer, i) => {
          at = layer.forward(at);
          return [`stage${i}`, at];
        }),
      );
    },
    { name: 'lab/stages', state: [flow] },
  ).onArrays({ x: { shape: [ROWS, 2] } });
  const stages = (): Float32Array[] => {
    const found = stagesOf({ x: rows });
    return [rows.slice(), ...layers.map((_, i) => found[`stage${i}`]!.slice() as Float32Array)];
  };
  follow = (x, y) => {
    rows.set([x, y], 2 * (ROWS - 1));
    return stages();
  };
  const fit = flow.fit((stream: Rng, size: number) => draw(target, stream, size), {
    steps,
    batchSize: 256,
    learningRate: cosineSchedule(2e-3),
    heldOut: draw(target, rng.split('heldOut'), HELD_OUT),
    reportEvery: Math.max(1, Math.round(steps / 40)),
    rng: rng.split('fit'),
  });
  for await (const { step, heldOutLoss } of fit) {
    reply({ kind: 'report', step, steps, value: heldOutLoss!, stages: stages() });
    await new Promise((resolve) => setTimeout(resolve));
  }
  reply({ kind: 'stages', stages: stages() });
  reply({ kind: 'done', seconds: (performance.now() - started) / 1000 });
}

/** Vertical lines, then horizontal ones. */
function gridPoints(): Float32Array {
  const { lines, points, extent } = GRID;
  const at = (i: number, count: number) => -extent + (2 * extent * i) / (count - 1);
  const grid: number[] = [];
  for (let line = 0; line < lines; line++) for (let i = 0; i < points; i++) grid.push(at(line, lines), at(i, points));
  for (let line = 0; line < lines; line++) for (let i = 0; i < points; i++) grid.push(at(i, points), at(line, lines));
  return Float32Array.from(grid);
}

addEventListener('message', ({ data }: MessageEvent<FlowRequest>) => {
  switch (data.kind) {
    case 'show':
      return show(data);
    case 'follow':
      if (follow !== undefined) reply({ kind: 'stages', stages: follow(data.x, data.y) });
      return;
    case 'train':
      train(data).catch((error: Error) => reply({ kind: 'error', message: error.message }));
  }
});
