import type * as tf from '@tensorflow/tfjs-core';
import type { JobContext, JobResult } from '../../cli/experiment/experiment.ts';
import { drawRows, type PlaneDensity } from '../../src/flows/planeDensities.ts';
import { compile, cosineSchedule, type Flow, portableMath } from '../../src/index.ts';
import { type DensitiesConfig, families, type TargetName, targets } from './config.ts';

/** The cells of a density's picture, along an edge. */
const CELLS = 80;
const ROWS = 100;
/** The share of draws by which the best weights are chosen, where the draws are a fixed set. */
const HELD_OUT = 0.2;

/** A picture of a density: at the centers of the cells of a square grid, row by row from the lowest. */
export interface Picture {
  readonly size: number;
  readonly density: readonly number[];
}

/** What a job leaves beside its metrics. */
export interface FittedFamily {
  readonly picture: Picture;
  readonly parameters: number;
}

/**
 * Fits a family of flows to a density by maximum likelihood: its mean negative log-likelihood on fresh draws, and how far above the
 * density's own that is, which is the Kullback–Leibler divergence.
 */
export async function fitFamily(
  { env, policy: family }: { env: TargetName; policy: string },
  { steps, batchSize, learningRate, hidden, bins, heldOut }: DensitiesConfig,
  { rng, report: tell }: JobContext,
): Promise<JobResult> {
  const target: PlaneDensity = targets[env];
  const definition = families[family]!;
  const ofFamily = definition.options !== undefined && 'bins' in definition.options ? { bins } : {};
  const flow = definition.make({ dim: 2, hidden, rng: rng.split('flow'), ...ofFamily });
  const learning = {
    steps,
    batchSize: Math.min(batchSize, Math.floor((1 - HELD_OUT) * (target.rows ?? batchSize / (1 - HELD_OUT)))),
    learningRate: cosineSchedule(learningRate),
    reportEvery: ROWS,
    rng: rng.split('fit'),
    standardize: false,
  };
  const fit =
    target.rows === undefined
      ? flow.fit((stream, size) => drawRows(target, stream, size), learning)
      : flow.fit(drawRows(target, rng.split('data'), target.rows), { ...learning, heldOut: HELD_OUT });
  for await (const { step, loss } of fit) tell((0.95 * step) / steps, { step, loss });

  const draws = drawRows(target, rng.split('heldOut'), heldOut);
  const logProbs = logProbOf(flow, draws);
  let [nll, floor] = [0, 0];
  logProbs.forEach((logProb, i) => {
    nll -= logProb / heldOut;
    floor -= target.logPdf(draws[2 * i]!, draws[2 * i + 1]!) / heldOut;
  });
  const centers = gridOf(target.extent);
  const picture: Picture = { size: CELLS, density: quantized(logProbOf(flow, centers)) };
  const parameters = flow.parameterCount();
  flow.dispose();
  return { metrics: { nll, nllAboveFloor: nll - floor }, data: { picture, parameters } satisfies FittedFamily };
}

/** The picture of a target itself. */
export function pictureOf({ extent, logPdf }: PlaneDensity): Picture {
  const centers = gridOf(extent);
  const logProbs = Float32Array.from({ length: CELLS * CELLS }, (_, i) => logPdf(centers[2 * i]!, centers[2 * i + 1]!));
  return { size: CELLS, density: quantized(logProbs) };
}

function gridOf(extent: number): Float32Array {
  const axis = Array.from({ length: CELLS }, (_, i) => ((2 * (i + 0.5)) / CELLS - 1) * extent);
  return Float32Array.from(axis.flatMap((y) => axis.flatMap((x) => [x, y])));
}

/** Densities as shares of the greatest, to three digits: what a picture shows. */
function quantized(logProbs: Float32Array): number[] {
  const most = logProbs.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return Array.from(logProbs, (logProb) => Math.round(1000 * portableMath.exp(logProb - most)) / 1000);
}

/** log p of rows, a batch of 1,000 at a time. */
function logProbOf(flow: Flow, rows: Float32Array): Float32Array {
  const size = 1000;
  const density = compile(({ x }: { x: tf.Tensor }) => ({ logProb: flow.given().logProb(x) }), {
    name: 'densities/logProb',
    state: [flow],
  }).onArrays({ x: { shape: [size, 2] } });
  const total = rows.length / 2;
  const logProbs = new Float32Array(total);
  const batch = new Float32Array(2 * size);
  for (let at = 0; at < total; at += size) {
    const own = rows.subarray(2 * at, 2 * (at + size));
    batch.set(own);
    logProbs.set(density({ x: batch }).logProb.subarray(0, own.length / 2) as Float32Array, at);
  }
  return logProbs;
}
