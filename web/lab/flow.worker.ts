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
import { type FlowReply, type FlowRequest, GRID, POINTS } from './flowProtocol.ts';
import { type Target, targets } from './flowTargets.ts';

const HELD_OUT = 2000;
const GRID_POINTS = 2 * GRID.lines * GRID.points;
/** One more for the point that is followed. */
const ROWS = POINTS + GRID_POINTS + 1;

const engine = selectBackend().then(() => selectEngine('wasm'));
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

async function train({ family, target: name, seed, steps }: Extract<FlowRequest, { kind: 'train' }>): Promise<void> {
  await engine;
  const started = performance.now();
  const target = targets[name]!;
  const rng = new Rng(seed);
  const { make } = (builtinFlows as Record<string, FlowDefinition>)[family]!;
  const flow = make({ dim: 2, hidden: [64, 64], rng: rng.split('flow') });
  reply({
    kind: 'target',
    points: draw(target, rng.split('shown'), POINTS),
    extent: target.extent,
    entropy: target.entropy ?? null,
  });

  const rows = new Float32Array(2 * ROWS);
  const noise = rng.split('noise');
  for (let i = 0; i < 2 * POINTS; i++) rows[i] = noise.normal();
  rows.set(gridPoints(), 2 * POINTS);
  const layers = layersOf(flow.bijector);
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
  if (data.kind === 'follow') {
    if (follow !== undefined) reply({ kind: 'stages', stages: follow(data.x, data.y) });
    return;
  }
  train(data).catch((error: Error) => reply({ kind: 'error', message: error.message }));
});
