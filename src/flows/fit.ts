import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { Conditional } from '../bijectors/bijector.ts';
import type { Distribution } from '../distributions/distribution.ts';
import { compile } from '../engine/compile.ts';
import { clipByGlobalNorm } from '../engine/optimizers/clipByGlobalNorm.ts';
import { valueAndGradients } from '../engine/valueAndGradients.ts';
import type { Module, StateDict } from '../module.ts';
import { whileTraining } from '../nn/whileTraining.ts';
import { parseOptions } from '../options/parseOptions.ts';
import { DivergedError } from '../training/divergedError.ts';
import { gradientOptions } from '../training/gradientOptions.ts';
import { LastGoodWeights } from '../training/lastGoodWeights.ts';
import { Minibatches } from '../training/minibatches.ts';
import { rateAt } from '../training/rate.ts';
import { type Columns, columnsOf, type DataSet, type FitData } from './fitData.ts';

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
  /** The least held-out loss so far, and its step. */
  readonly best?: { readonly step: number; readonly heldOutLoss: number };
}

/** What can be fitted: a module that is a distribution of events `[dim]`, given a context of `contextDim` numbers. */
export type Fittable = Module &
  Conditional<Pick<Distribution, 'logProb'>> & { readonly dim: number; readonly contextDim: number };

/**
 * Maximum likelihood: minimizes −E[log p(x | context)] over the data by gradient steps; see `Flow.fit`.
 *
 * @throws for an unknown option or one out of range, or data that do not fit the model or fill no batch
 */
export function fitByMaximumLikelihood(
  model: Fittable,
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
    const next = (): Batch => {
      let batch = EMPTY;
      tf.tidy(() => {
        batch = columns(data(rng.data, batchSize), 'data');
      });
      if (batch.count === batchSize) return batch;
      throw new Error(`${owner}: data: wanted ${batchSize} rows, got ${batch.count}`);
    };
    return improve(model, owner, settings, next, heldOut === undefined ? undefined : columns(heldOut, 'heldOut'));
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
  return improve(model, owner, settings, () => minibatches.gather(minibatches.next(rng.minibatches)), held);
}

const EMPTY: Columns = { events: new Float32Array(0), context: new Float32Array(0), count: 0 };

/** Rows in plain numbers, `[batch · dim]` and `[batch · contextDim]`. */
type Batch = Pick<Columns, 'events' | 'context'>;

async function* improve(
  model: Fittable,
  owner: string,
  settings: z.output<typeof fitOptions>,
  nextBatch: () => Batch,
  held: Columns | undefined,
): AsyncGenerator<FitReport, void, undefined> {
  const { steps, batchSize, maxGradientNorm, reportEvery, patience = Number.POSITIVE_INFINITY } = settings;
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
  const heldOutLoss = ({ count }: Columns, batches: Minibatches<'events' | 'context'>): number => {
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
      const results = updateOnArrays({ ...withoutEmpty(nextBatch()), learningRate });
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
      const heldLoss = heldOutLoss(held, heldBatches!);
      if (heldLoss < (best?.heldOutLoss ?? Number.POSITIVE_INFINITY)) {
        best = { step, heldOutLoss: heldLoss, weights: model.stateDict() };
      }
      yield {
        ...report,
        heldOutLoss: heldLoss,
        ...(best !== undefined && { best: { step: best.step, heldOutLoss: best.heldOutLoss } }),
      };
      if (best !== undefined && step - best.step >= patience * reportEvery) return;
    }
  } finally {
    if (best !== undefined) model.loadStateDict(best.weights);
    update.dispose();
    evaluate.dispose();
    optimizer.dispose();
  }
}

function minibatchesOf({ events, context, count }: Columns, { dim, contextDim }: Fittable, batchSize: number) {
  return new Minibatches(
    { events: { values: events, width: dim }, context: { values: context, width: contextDim } },
    { count, batchSize },
  );
}

function rowsOf({ events, context }: Columns, rows: Int32Array, { dim, contextDim }: Fittable): Columns {
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
