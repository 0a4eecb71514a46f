import * as tf from '@tensorflow/tfjs-core';
import type { JobContext, JobResult } from '../../cli/experiment/experiment.ts';
import { bananaLogDensity, drawBanana } from '../../src/flows/planeDensities.ts';
import {
  Chain,
  ConditionalByQuadrature,
  compile,
  type Distribution,
  type Flow,
  momentsEstimate,
  mutualInformationEstimate,
  type Rng,
} from '../../src/index.ts';
import { type BananaConfig, type Family, makeFlow } from './config.ts';

/** The tutorial's loss: its mean from step 50,000 on. */
export const TUTORIAL = 4.469;
/** Given values of x₁ at which the conditional is shown. */
export const GIVEN = [1, 9, 25] as const;
const REPORTS = 100;
/** Points that are followed through the layers. */
const FOLLOWED = 800;
/** Where the conditionals are drawn. */
export const GRID: readonly number[] = Array.from({ length: 161 }, (_, i) => (i - 80) / 5);

type Points = readonly (readonly [x1: number, x2: number])[];

/** An estimate and its standard error. */
export type Scored = readonly [value: number, standardError: number];

/** What the report shows of a fit. */
export interface BananaData {
  readonly samples: Points;
  /** Where followed points of noise are after each layer, the noise first. */
  readonly layers: readonly { readonly name: string; readonly points: Points }[];
  /** p(x₂ | x₁) on {@link GRID}, for each of {@link GIVEN}. */
  readonly conditionals: readonly (readonly number[])[];
  readonly scores: {
    readonly entropy: Scored;
    readonly mutualInformation: Scored;
    readonly mean: readonly Scored[];
    readonly variance: readonly Scored[];
  };
}

/** Fits one family by maximum likelihood on fresh draws, and puts the fitted density to its uses. */
export async function fitBanana(
  { policy }: { policy: Family },
  config: BananaConfig,
  { rng, report }: JobContext,
): Promise<JobResult> {
  const { steps, batchSize, learningRate } = config;
  const flow = makeFlow(policy, rng.split('flow'));
  const reportEvery = Math.max(1, Math.round(steps / REPORTS));
  let reached: number | null = null;
  const data = (stream: Rng, size: number) => drawBanana(stream, size);
  const heldOut = drawBanana(rng.split('heldOut'), config.heldOut);
  for await (const { step, loss, heldOutLoss } of flow.fit(data, {
    steps,
    batchSize,
    learningRate,
    heldOut,
    reportEvery,
    rng: rng.split('fit'),
    // The tutorial's flow sees the data as they are; the others are made for their units.
    standardize: false,
  })) {
    if (reached === null && heldOutLoss! <= TUTORIAL) reached = step;
    report((0.9 * step) / steps, { step, loss, heldOutLoss: heldOutLoss! }, `${heldOutLoss!.toFixed(3)} nats`);
  }
  const { nll, nllAboveFloor } = judge(flow, drawBanana(rng.split('test'), config.test), batchSize);
  let uses: BananaData | undefined;
  tf.tidy(() => {
    uses = describe(flow, config.samples, rng.split('uses'));
  });
  flow.dispose();
  return { metrics: { nll, nllAboveFloor, stepsToTutorial: reached }, data: uses };
}

/** Mean −log p over the test draws, and less the true density's on the same draws: an estimate of the KL divergence. */
function judge(flow: Flow, test: Float32Array, batchSize: number): { nll: number; nllAboveFloor: number } {
  const logProb = compile(({ x }: { x: tf.Tensor }) => ({ logProb: flow.given().logProb(x) }), {
    name: 'banana/judge',
    state: [flow],
  });
  const onArrays = logProb.onArrays({ x: { shape: [batchSize, 2] } });
  let [model, truth, count] = [0, 0, 0];
  for (let start = 0; start + 2 * batchSize <= test.length; start += 2 * batchSize) {
    const x = test.subarray(start, start + 2 * batchSize);
    for (const value of onArrays({ x }).logProb) model -= value;
    for (let i = 0; i < x.length; i += 2) truth -= bananaLogDensity(x[i]!, x[i + 1]!);
    count += batchSize;
  }
  logProb.dispose();
  return { nll: model / count, nllAboveFloor: (model - truth) / count };
}

/** The seed's uses of a density: samples, conditionals, scores; and the way of the noise through the layers. */
function describe(flow: Flow, samples: number, rng: Rng): BananaData {
  const distribution = flow.given();
  return {
    samples: pairs(distribution.sample(rng.split('samples'), [samples])),
    layers: follow(flow, rng.split('noise').normalTensor([FOLLOWED, 2])),
    conditionals: GIVEN.map((x1) => conditional(distribution, x1)),
    scores: scores(distribution, samples, rng.split('scores')),
  };
}

function follow(flow: Flow, noise: tf.Tensor): BananaData['layers'] {
  const flat = (bijector: typeof flow.bijector): (typeof flow.bijector)[] =>
    bijector instanceof Chain ? bijector.bijectors.flatMap(flat) : [bijector];
  let x = noise;
  const stages = flat(flow.bijector)
    .toReversed()
    .map((part) => {
      x = part.forward(x);
      return { name: LAYER_NAMES[part.constructor.name] ?? part.constructor.name, points: pairs(x) };
    });
  return [{ name: 'noise', points: pairs(noise) }, ...stages];
}

/** What a reader calls a layer; its class where that says it. */
const LAYER_NAMES: Readonly<Record<string, string>> = {
  Conditioned: 'affine',
  PRelu: 'PReLU',
  Coupling: 'coupling',
  Autoregressive: 'autoregressive',
  ShiftScale: 'scale',
  Reverse: 'reverse',
};

function conditional(joint: Distribution, x1: number): number[] {
  const density = new ConditionalByQuadrature({
    joint,
    of: 1,
    given: tf.tensor1d([x1]),
    range: [-32, 32],
    points: 1024,
  });
  const logProb = density.logProb(tf.tensor2d([...GRID], [GRID.length, 1]));
  return Array.from(tf.exp(logProb).dataSync(), (value) => rounded(value, 5));
}

function scores(distribution: Distribution, samples: number, rng: Rng): BananaData['scores'] {
  const { value, standardError } = distribution.entropyEstimate(rng.split('entropy'), samples);
  const moments = momentsEstimate(distribution, { rng: rng.split('moments'), samples });
  const information = mutualInformationEstimate(distribution, {
    rng: rng.split('information'),
    samples: Math.max(2, Math.min(samples, 512)),
    ranges: [
      [-20, 140],
      [-32, 32],
    ],
    points: 512,
  });
  const each = (estimate: { value: tf.Tensor; standardError: tf.Tensor }): Scored[] => {
    const errors = estimate.standardError.dataSync();
    return Array.from(estimate.value.dataSync(), (number, i) => [number, errors[i]!]);
  };
  return {
    entropy: each({ value, standardError })[0]!,
    mutualInformation: each(information)[0]!,
    mean: each(moments.mean),
    variance: each(moments.variance),
  };
}

function pairs(points: tf.Tensor): Points {
  const values = points.dataSync();
  return Array.from({ length: values.length / 2 }, (_, i) => [
    rounded(values[2 * i]!, 2),
    rounded(values[2 * i + 1]!, 2),
  ]);
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
