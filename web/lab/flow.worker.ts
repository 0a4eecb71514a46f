import { exp, type Tensor } from '@tensorflow/tfjs-core';
import {
  type Bijector,
  builtinFlows,
  Chain,
  compile,
  cosineSchedule,
  type FitReport,
  type Flow,
  type FlowDefinition,
  Rng,
  selectBackend,
  selectEngine,
} from 'oxbow';
import { standardized } from '../../common/planeDensities.ts';
import {
  CELLS,
  type FlowData,
  type FlowReply,
  type FlowRequest,
  type FlowSetting,
  type FlowState,
  GRID,
  POINTS,
} from './flowSetting.ts';
import { type Target, targets } from './flowTargets.ts';

/** Draws on which the reports of a training are measured, and how many reports there are. */
const [HELD_OUT, REPORTS] = [2000, 40];
const GRID_POINTS = 2 * GRID.lines * GRID.points;
/** One more for the point that is followed. */
const ROWS = POINTS + GRID_POINTS + 1;
/** Half-width of what is seen of the noise. */
const NOISE_EXTENT = 4;

const engine = selectBackend().then(() => selectEngine('wasm'));

/** The flow of the setting that this worker serves. */
let run: FlowRun | undefined;

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

/** The middles of the cells of a density. */
function cellMiddles(extent: number): Float32Array {
  const at = (cell: number) => -extent + ((cell + 0.5) * 2 * extent) / CELLS;
  return Float32Array.from({ length: 2 * CELLS * CELLS }, (_, i) => {
    const cell = Math.floor(i / 2);
    return at(i % 2 === 0 ? cell % CELLS : Math.floor(cell / CELLS));
  });
}

/** A flow of a setting, with what is shown of it: its points behind each layer, and its density. */
class FlowRun {
  readonly data: FlowData;
  readonly #target: Target;
  readonly #flow: Flow;
  readonly #rng: Rng;
  readonly #rows = new Float32Array(2 * ROWS);
  readonly #middles: Float32Array;
  readonly #layers: readonly Bijector[];
  readonly #stages;
  readonly #density;

  constructor({ target: name, family, layers: depth, seed }: FlowSetting) {
    const target = targets[name];
    const rng = new Rng(seed);
    const { make, options } = builtinFlows[family] as FlowDefinition;
    // The multilayer perceptron is the tutorial's, which sees the data as they are.
    const standard = family === 'mlp' ? undefined : target.standard;
    const inner = make({
      dim: 2,
      hidden: [64, 64],
      rng: rng.split('flow'),
      layers: depth,
      ...(standard !== undefined && 'bound' in options && { bound: standard.bound }),
    });
    const flow = standard === undefined ? inner : standardized(inner, standard);
    const layers = layersOf(flow.bijector);
    // A layer that standardizes leaves the noise's scale to those before it.
    const shareOf = (i: number) => (standard === undefined ? i / layers.length : Math.floor(i / layers.length));
    [this.#target, this.#flow, this.#rng, this.#layers] = [target, flow, rng, layers];
    this.#middles = cellMiddles(target.extent);
    this.data = {
      points: draw(target, rng.split('shown'), POINTS),
      density: Float32Array.from({ length: CELLS * CELLS }, (_, i) =>
        Math.exp(target.logPdf(this.#middles[2 * i]!, this.#middles[2 * i + 1]!)),
      ),
      extents: Array.from(
        { length: layers.length + 1 },
        (_, i) => NOISE_EXTENT + shareOf(i) * (target.extent - NOISE_EXTENT),
      ),
      entropy: target.entropy ?? null,
    };
    const noise = rng.split('noise');
    for (let i = 0; i < 2 * POINTS; i++) this.#rows[i] = noise.normal();
    this.#rows.set(gridPoints(), 2 * POINTS);
    this.#stages = compile(
      ({ x }: { x: Tensor }) => {
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
    this.#density = compile(({ x }: { x: Tensor }) => ({ density: exp(flow.given().logProb(x)) }), {
      name: 'lab/flow-density',
      state: [flow],
    }).onArrays({ x: { shape: [CELLS * CELLS, 2] } });
  }

  stages(): FlowState['stages'] {
    const found = this.#stages({ x: this.#rows });
    return [this.#rows.slice(), ...this.#layers.map((_, i) => found[`stage${i}`]!.slice() as Float32Array)];
  }

  state(): FlowState {
    const { density } = this.#density({ x: this.#middles });
    return { stages: this.stages(), density: density.slice() as Float32Array };
  }

  /** Moves the point that is followed, in the noise. */
  follow(x: number, y: number): FlowState['stages'] {
    this.#rows.set([x, y], 2 * (ROWS - 1));
    return this.stages();
  }

  fit(steps: number): AsyncIterable<FitReport> {
    return this.#flow.fit((stream: Rng, size: number) => draw(this.#target, stream, size), {
      steps,
      batchSize: 256,
      learningRate: cosineSchedule(2e-3),
      heldOut: draw(this.#target, this.#rng.split('heldOut'), HELD_OUT),
      reportEvery: Math.max(1, Math.round(steps / REPORTS)),
      rng: this.#rng.split('fit'),
      // What is shown are the layers; those of its own have the data's units.
      standardize: false,
    });
  }
}

async function train(steps: number): Promise<void> {
  const shown = run!;
  const started = performance.now();
  for await (const { step, heldOutLoss } of shown.fit(steps)) {
    reply({ kind: 'report', step, value: heldOutLoss! });
    reply({ kind: 'state', ...shown.state() });
    // Requests that wait are served.
    await new Promise((resolve) => setTimeout(resolve));
  }
  // Those of the best report.
  reply({ kind: 'state', ...shown.state() });
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

async function serve(request: FlowRequest): Promise<void> {
  await engine;
  switch (request.kind) {
    case 'show':
      run = new FlowRun(request.setting);
      reply({ kind: 'data', ...run.data });
      return reply({ kind: 'state', ...run.state() });
    case 'follow':
      if (run !== undefined) reply({ kind: 'stages', stages: run.follow(request.x, request.y) });
      return;
    case 'train':
      return train(request.steps);
  }
}

addEventListener('message', ({ data }: MessageEvent<FlowRequest>) => {
  serve(data).catch((error: Error) => reply({ kind: 'error', message: error.message }));
});
