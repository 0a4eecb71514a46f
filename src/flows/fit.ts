import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { compile } from '../engine/compile.ts';
import { clipByGlobalNorm } from '../engine/optimizers/clipByGlobalNorm.ts';
import { valueAndGradients } from '../engine/valueAndGradients.ts';
import type { StateDict } from '../module.ts';
import { whileTraining } from '../nn/whileTraining.ts';
import { note } from '../note.ts';
import { parseOptions } from '../options/parseOptions.ts';
import { Rng } from '../random.ts';
import { DivergedError } from '../training/divergedError.ts';
import { gradientOptions } from '../training/gradientOptions.ts';
import { LastGoodWeights } from '../training/lastGoodWeights.ts';
import { Minibatches } from '../training/minibatches.ts';
import { rateAt } from '../training/rate.ts';
import { type Columns, columnsOf, type DataSet, type FitData } from './fitData.ts';
import type { Flow } from './flow.ts';
import { gaussianLossOn, Standardization } from './standardization.ts';

export const fitOptions = z.strictObject({
  ...gradientOptions,
  heldOut: z
    .custom<number | DataSet>(
      (value) => (typeof value === 'number' ? value > 0 && value < 1 : typeof value === 'object' && value !== null),
      'a share in (0, 1) or a data set',
    )
    .optional()
    .describe(
      'data that are not trained on, a share of the rows or a data set of its own, as data that are drawn need it; the weights that are best on them are kept',
    ),
  patience: z.int().positive().optional().meta({
    description: 'reports without a new least held-out loss after which the fit ends; by default never',
    unit: 'reports',
  }),
  standardize: z
    .boolean()
    .default(true)
    .describe('whether a flow gets the mean and deviation of the training data and their contexts, as a part of it'),
});

/** Options of {@link Flow.fit}. */
export type FitOptions = z.input<typeof fitOptions>;

/** What {@link Flow.fit} says on the way. */
export interface FitReport {
  /** Updates so far. */
  readonly step: number;
  /** Mean negative log-likelihood of the training data since the last report, nats. */
  readonly loss: number;
  /** The norm of the last gradient, before it was bounded. */
  readonly gradientNorm: number;
  readonly learningRate: number;
  /** Mean negative log-likelihood of the held-out data, nats. */
  readonly heldOutLoss?: number;
  /** That of a Gaussian with the training data's mean and covariance, whatever the context; none of angles. */
  readonly gaussianLoss?: number;
  /** The least held-out loss so far, and its step. */
  readonly best?: { readonly step: number; readonly heldOutLoss: number };
}

/** Rows that are drawn for their moments, where data are drawn by a function. */
const DRAWN = 4096;
/** Rows by which it is found whether a flow fits the data better with their units. */
const COMPARED = 256;
/** Draws that show where a flow's data lie; and how far beyond them it is tried, in their span. */
const PROBED = 32;
const FAR = 16;
/** How much worse than a Gaussian a fit may be, nats a number of an event: for data of its own nothing is better than that. */
const TOLERANCE = 0.1;

/**
 * Maximum likelihood: minimizes −E[log p(x | context)] over the data by gradient steps; see `Flow.fit`.
 *
 * @throws for an unknown option or one out of range, or data that do not fit the model or fill no batch
 */
export function fitByMaximumLikelihood(
  model: Flow,
  data: FitData,
  options: FitOptions,
): AsyncGenerator<FitReport, void, undefined> {
  const owner = `${model.constructor.name}.fit`;
  const settings = parseOptions(owner, fitOptions, options);
  const { heldOut, batchSize } = settings;
  if (settings.patience !== undefined && heldOut === undefined) {
    throw new Error(`${owner}: patience: wanted heldOut data beside it, got none`);
  }
  const rng = { data: settings.rng.split('data'), minibatches: settings.rng.split('minibatches') };
  const columns = (set: DataSet, what: string) => columnsOf(`${owner}: ${what}`, set, model);

  if (typeof data === 'function') {
    if (typeof heldOut === 'number') {
      throw new Error(`${owner}: heldOut: got a share, expected a data set where the data are drawn by a function`);
    }
    const next = (stream: Rng): Columns => {
      let batch = EMPTY;
      tf.tidy(() => {
        batch = columns(data(stream, batchSize), 'data');
      });
      if (batch.count === batchSize) return batch;
      throw new Error(`${owner}: data: wanted ${batchSize} rows, got ${batch.count}`);
    };
    const some = () => {
      const stream = settings.rng.split('moments');
      return concatenated(Array.from({ length: Math.ceil(DRAWN / batchSize) }, () => next(stream)));
    };
    const held = heldOut === undefined ? undefined : columns(heldOut, 'heldOut');
    return improve(model, owner, settings, { some, next: () => next(rng.data), held });
  }

  const all = columns(data, 'data');
  const order = typeof heldOut === 'number' ? settings.rng.split('heldOut').permutation(all.count) : undefined;
  const heldCount = typeof heldOut === 'number' ? Math.max(1, Math.round(heldOut * all.count)) : 0;
  const [trained, held] =
    order === undefined
      ? [all, heldOut === undefined ? undefined : columns(heldOut as DataSet, 'heldOut')]
      : [rowsOf(all, order.subarray(heldCount), model), rowsOf(all, order.subarray(0, heldCount), model)];
  if (trained.count < batchSize) {
    throw new Error(`${owner}: batchSize: got ${batchSize}, expected at most the ${trained.count} rows to train on`);
  }
  const minibatches = minibatchesOf(trained, model, batchSize);
  const next = () => minibatches.gather(minibatches.next(rng.minibatches));
  return improve(model, owner, settings, { some: () => trained, next, held });
}

const EMPTY: Columns = { events: new Float32Array(0), context: new Float32Array(0), count: 0 };

/** Rows in plain numbers, `[batch · dim]` and `[batch · contextDim]`. */
type Batch = Pick<Columns, 'events' | 'context'>;

/** What is learned from. */
interface Source {
  /** Rows that have the moments of what is trained on. */
  some(): Columns;
  next(): Batch;
  readonly held: Columns | undefined;
}

async function* improve(
  model: Flow,
  owner: string,
  settings: z.output<typeof fitOptions>,
  { some, next, held }: Source,
): AsyncGenerator<FitReport, void, undefined> {
  const { steps, batchSize, maxGradientNorm, reportEvery, patience = Number.POSITIVE_INFINITY } = settings;
  const isCompared = held !== undefined && !model.angles;
  const isStandardized =
    settings.standardize && model.standardization === undefined && !(model.angles && model.contextDim === 0);
  const seen = isStandardized || isCompared ? some() : EMPTY;
  if (isStandardized) standardize(model, seen);
  const gaussianLoss = isCompared ? gaussianLossOn(held.events, seen.events, model.dim) : undefined;
  const parameters = model.trainableVariables();
  const optimizer = settings.optimizer(parameters);
  const shapes = {
    events: { shape: [batchSize, model.dim] },
    ...(model.contextDim > 0 && { context: { shape: [batchSize, model.contextDim] } }),
  };
  const logProbOf = ({ events, context }: { events: tf.Tensor; context?: tf.Tensor }) =>
    model.given(context).logProb(events);

  const update = compile(
    ({ learningRate, ...batch }: { events: tf.Tensor; context: tf.Tensor; learningRate: tf.Tensor }) => {
      const { loss, gradients } = valueAndGradients(
        () => whileTraining(() => ({ loss: tf.neg(tf.mean(logProbOf(batch))) })),
        parameters,
      );
      const clipped = clipByGlobalNorm(gradients, maxGradientNorm);
      optimizer.update(clipped.gradients, learningRate);
      return { loss, gradientNorm: clipped.norm };
    },
    { name: `${owner}/update`, state: [model, optimizer] },
  );
  const updateOnArrays = update.onArrays({ ...shapes, learningRate: { shape: [] } } as never);
  const evaluate = compile((batch: { events: tf.Tensor; context: tf.Tensor }) => ({ logProb: logProbOf(batch) }), {
    name: `${owner}/heldOutLoss`,
    state: [model],
  });
  const evaluateOnArrays = evaluate.onArrays(shapes as never);
  const heldBatches = held === undefined ? undefined : minibatchesOf(held, model, batchSize);

  /** Batch by batch, since a graph has fixed shapes: the last one is filled up with rows from the start. */
  const lossOn = ({ count }: Columns, batches: Minibatches<'events' | 'context'>): number => {
    let sum = 0;
    for (let start = 0; start < count; start += batchSize) {
      const rows = Int32Array.from({ length: batchSize }, (_, i) => (start + i) % count);
      const { logProb } = evaluateOnArrays(withoutEmpty(batches.gather(rows)));
      for (let i = 0; i < Math.min(batchSize, count - start); i++) sum -= logProb[i]!;
    }
    return sum / count;
  };

  let best: { step: number; heldOutLoss: number; weights: StateDict } | undefined;
  const lastGood = new LastGoodWeights(model);
  const sums = { loss: 0, updates: 0 };
  try {
    for (let step = 1; step <= steps; step++) {
      const learningRate = rateAt(`${owner}: learningRate`, settings.learningRate, (step - 1) / steps);
      const results = updateOnArrays({ ...withoutEmpty(next()), learningRate });
      const [loss, gradientNorm] = [results.loss[0]!, results.gradientNorm[0]!];
      const wrong = Object.entries({ 'the loss': loss, 'the norm of the gradient': gradientNorm }).find(
        ([, figure]) => !Number.isFinite(figure),
      );
      if (wrong !== undefined) throw new DivergedError(owner, step, ...wrong, best?.step ?? lastGood.restore());
      lastGood.confirm();
      sums.loss += loss;
      sums.updates += 1;
      if (step % reportEvery !== 0 && step !== steps) continue;
      lastGood.note(step);
      const report = { step, loss: sums.loss / sums.updates, gradientNorm, learningRate };
      Object.assign(sums, { loss: 0, updates: 0 });
      if (held === undefined) {
        yield report;
        continue;
      }
      const heldOutLoss = lossOn(held, heldBatches!);
      if (heldOutLoss < (best?.heldOutLoss ?? Number.POSITIVE_INFINITY)) {
        best = { step, heldOutLoss, weights: model.stateDict() };
      }
      yield {
        ...report,
        heldOutLoss,
        ...(gaussianLoss !== undefined && { gaussianLoss }),
        ...(best !== undefined && { best: { step: best.step, heldOutLoss: best.heldOutLoss } }),
      };
      if (best !== undefined && step - best.step >= patience * reportEvery) break;
    }
    const least = best?.heldOutLoss ?? Number.POSITIVE_INFINITY;
    if (gaussianLoss !== undefined && least > gaussianLoss + TOLERANCE * model.dim) {
      note(
        `${owner}: the held-out loss is ${rounded(least)} nats, that of a Gaussian with the training data's mean and ` +
          `covariance ${rounded(gaussianLoss)}: more steps, another learningRate or another family may help`,
      );
    }
  } finally {
    if (best !== undefined) model.loadStateDict(best.weights);
    update.dispose();
    evaluate.dispose();
    optimizer.dispose();
  }
}

/**
 * Gives a flow the units of the data, unless it fits them better without: as one that has learned them already, or one with a scale of
 * its own. One onto an interval gets those of the contexts alone.
 */
function standardize(model: Flow, data: Columns): void {
  const count = Math.min(COMPARED, data.count);
  const { events, context } = rowsOf(
    data,
    Int32Array.from({ length: count }, (_, i) => Math.floor((i * data.count) / count)),
    model,
  );
  const loss = () => -meanOf(model.logProb(model.contextDim === 0 ? events : { events, context }));
  const without = loss();
  const standardization = new Standardization(model);
  Object.assign(model, { standardization });
  standardization.fitContext(data);
  const isFixed = model.angles || isConfined(model, context);
  if (!isFixed) standardization.fitEvents(data);
  const isOfUse = !isFixed || model.contextDim > 0;
  if (isOfUse && (Number.isNaN(without) || loss() <= without)) return;
  Object.assign(model, { standardization: undefined });
  standardization.dispose();
}

/**
 * Whether the data of a flow lie in an interval or on a half-line, which units would move: far beyond its draws, in a component and a
 * direction, log p is not finite or no longer changes.
 * @param contexts some rows
 */
function isConfined(model: Flow, contexts: Float32Array): boolean {
  const { dim, contextDim } = model;
  return tf.tidy(() => {
    const given = (row: (i: number) => number, count: number) =>
      model.given(
        contextDim === 0
          ? undefined
          : tf.tensor2d(
              Array.from({ length: count }, (_, i) =>
                Array.from(contexts.subarray(contextDim * row(i), contextDim * (row(i) + 1))),
              ),
              [count, contextDim],
            ),
      );
    const rows = contexts.length / Math.max(1, contextDim);
    const draws = given((i) => i % rows, PROBED).sample(new Rng('probes'), contextDim === 0 ? [PROBED] : []);
    const [low, high] = [tf.min(draws, 0), tf.max(draws, 0)].map((bound) => bound.dataSync());
    const probes = Array.from({ length: 4 * dim }, (_, probe) =>
      Array.from({ length: dim }, (__, i) => {
        if (i !== Math.floor(probe / 4)) return (low![i]! + high![i]!) / 2;
        const beyond = FAR * (high![i]! - low![i]!);
        return [low![i]! - beyond, low![i]! - 2 * beyond, high![i]! + beyond, high![i]! + 2 * beyond][probe % 4]!;
      }),
    );
    const logProbs = given(() => 0, probes.length)
      .logProb(tf.tensor2d(probes, [probes.length, dim]))
      .dataSync();
    return logProbs.some((value, i) => !Number.isFinite(value) || (i % 2 === 1 && value === logProbs[i - 1]));
  });
}

const rounded = (value: number): string => String(Number(value.toPrecision(6)));

const meanOf = (values: Float32Array): number => {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
};

function concatenated(parts: readonly Columns[]): Columns {
  const joined = (of: 'events' | 'context') => {
    const width = parts[0]![of].length;
    const all = new Float32Array(parts.length * width);
    for (const [i, part] of parts.entries()) all.set(part[of], i * width);
    return all;
  };
  return { events: joined('events'), context: joined('context'), count: parts.length * parts[0]!.count };
}

function minibatchesOf({ events, context, count }: Columns, { dim, contextDim }: Flow, batchSize: number) {
  return new Minibatches(
    { events: { values: events, width: dim }, context: { values: context, width: contextDim } },
    { count, batchSize },
  );
}

function rowsOf({ events, context }: Columns, rows: Int32Array, { dim, contextDim }: Flow): Columns {
  const pick = (values: Float32Array, width: number) =>
    Float32Array.from(
      { length: rows.length * width },
      (_, i) => values[rows[Math.floor(i / width)]! * width + (i % width)]!,
    );
  return { events: pick(events, dim), context: pick(context, contextDim), count: rows.length };
}

/** A batch without the context where there is none: the compiled step has no input for it. */
function withoutEmpty({ events, context }: Batch): Batch {
  return context.length === 0 ? ({ events } as Batch) : { events, context };
}
