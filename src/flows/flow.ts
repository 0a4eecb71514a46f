import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { Bijector, type Conditional, type Monotonicity, sumLogDet, type WithLogDet } from '../bijectors/bijector.ts';
import { Chain } from '../bijectors/composition.ts';
import { ShiftScale } from '../bijectors/shiftScale.ts';
import type { Distribution } from '../distributions/distribution.ts';
import { StandardNormal } from '../distributions/multivariateNormal.ts';
import { TransformedDistribution } from '../distributions/transformedDistribution.ts';
import { type ArrayFunction, compile } from '../engine/compile.ts';
import { clipByGlobalNorm } from '../engine/optimizers.ts';
import { valueAndGradients } from '../engine/valueAndGradients.ts';
import { Module, type StateDict } from '../module.ts';
import { whileTraining } from '../nn/normalization.ts';
import { positiveInteger } from '../nn/sizes.ts';
import { note, show } from '../options/describe.ts';
import { flag } from '../options/fields.ts';
import { checkOptions, parseOptions } from '../options/parse.ts';
import { portableMath } from '../portableMath.ts';
import { Rng, rngSchema } from '../random.ts';
import { DivergedError, gradientOptions, LastGoodWeights, Minibatches, rateAt } from '../training/optimization.ts';
import {
  type Columns,
  columnsOf,
  contextsOf,
  type DataSet,
  type FitData,
  gaussianLossOn,
  numbersOf,
  partsOf,
  type Rows,
  Standardization,
} from './fitData.ts';

/** Rows that {@link Flow.sample} and {@link Flow.logProb} take at a time: many, and what is left over. */
const PARTS = [1024, 32];

interface OnRows {
  readonly onArrays: ArrayFunction<Record<string, tf.Tensor>, Record<string, tf.Tensor>>;
  dispose(): void;
}

const sampleOptions = z.strictObject({ context: z.custom<Rows>().optional(), rng: rngSchema.optional() });

/** Options of {@link Flow}. */
export interface FlowOptions {
  /** The size of one event. */
  readonly dim: number;
  /** The size of the context, 0 for none. */
  readonly contextDim?: number;
  /** Noise → data, which {@link Flow.fit} may put behind a {@link Flow.standardization}. */
  readonly bijector: Bijector;
  /** The distribution of the noise for a batch of contexts; N(0, I) by default. */
  readonly base?: (dim: number, batchShape: number[]) => Distribution;
  /** Whether events are angles in [−π, π); false by default. */
  readonly angles?: boolean;
}

/**
 * A normalizing flow: a base distribution pushed through learnable bijectors, conditioned on a context.
 *
 * `flow.given(context)` is an ordinary {@link TransformedDistribution}; so is `flow.given()` where there is no context.
 *
 * Rezende & Mohamed, "Variational Inference with Normalizing Flows", arXiv:1505.05770; Papamakarios et al., "Normalizing
 * Flows for Probabilistic Modeling and Inference", arXiv:1912.02762.
 *
 * @example
 * const flow = neuralSplineFlow({ dim: 2, contextDim: 4, rng });
 * const { sample, logProb } = flow.given(observations).sampleWithLogProb(rng);
 */
export class Flow extends Module implements Conditional<TransformedDistribution> {
  readonly dim: number;
  readonly contextDim: number;
  readonly bijector: Bijector;
  readonly angles: boolean;
  /**
   * What {@link fit} has learned of the data's units: `given` takes contexts through it on their way in, and events behind `bijector`.
   * The distribution's own bijector has both. Undefined before.
   */
  readonly standardization: Standardization | undefined = undefined;
  readonly #base: (dim: number, batchShape: number[]) => Distribution;
  /** The stream of {@link sample}. */
  readonly #rng = new Rng('sample');
  readonly #compiled = new Map<string, OnRows>();

  constructor(options: FlowOptions) {
    super();
    const {
      dim,
      contextDim = 0,
      bijector,
      base,
      angles = false,
    } = checkOptions('Flow', options, {
      dim: Number,
      contextDim: [Number, undefined],
      bijector: Bijector,
      base: [Function, undefined],
      angles: [Boolean, undefined],
    });
    this.dim = dim;
    this.contextDim = contextDim;
    this.bijector = bijector;
    this.angles = angles;
    this.#base = base ?? ((size, batchShape) => new StandardNormal(size, batchShape));
  }

  /**
   * The flow with a learnable factor of each component behind its bijector, which begins as `scale`; with 1 the flow itself. The
   * variables of the bijector are shared; the {@link standardization} is copied.
   * @throws if the scale is no positive number, or events are angles
   */
  scaledBy(scale: number): Flow {
    if (scale === 1) return this;
    if (this.angles) throw new Error('Flow.scaledBy: angles cannot be scaled');
    const { dim, contextDim, bijector } = this;
    const parts = bijector instanceof Chain ? bijector.bijectors : [bijector];
    const scaled = new Chain([initialFactor(dim, scale), ...parts]);
    const flow = new Flow({ dim, contextDim, bijector: scaled, base: this.#base });
    if (this.standardization === undefined) return flow;
    const standardization = new Standardization(this);
    standardization.loadStateDict(this.standardization.stateDict());
    return Object.assign(flow, { standardization });
  }

  protected override optionalParts() {
    return { standardization: () => new Standardization(this) };
  }

  /**
   * The distribution of the data, one for each row of the context.
   * @param context `[batch, contextDim]`, absent when `contextDim` is 0
   * @throws if the context does not fit
   */
  given(context?: tf.Tensor): TransformedDistribution {
    const fits =
      this.contextDim === 0 ? context === undefined : context?.rank === 2 && context.shape[1] === this.contextDim;
    if (!fits) {
      const wanted = this.contextDim === 0 ? 'no context' : `a context [batch, ${this.contextDim}]`;
      throw new Error(
        `Flow.given: got ${context === undefined ? 'none' : context instanceof tf.Tensor ? `[${context.shape}]` : show(context)}, ` +
          `expected ${wanted}`,
      );
    }
    const batchShape = context === undefined ? [] : [context.shape[0]!];
    const { events, context: units } = this.standardization ?? {};
    const bijector = this.bijector.given(context && (units?.inverse(context) ?? context));
    return new TransformedDistribution({
      base: this.#base(this.dim, batchShape),
      bijector: events === undefined ? bijector : new Chain([events, bijector]),
      angles: this.angles,
    });
  }

  /**
   * The distribution of the data in one context: of batch shape `[]`, as `modes`, `diagnoseFlow`, quadrature and their like want it. It holds
   * no tensors, and follows the flow as it is trained.
   * @param context `contextDim` numbers, absent when `contextDim` is 0
   * @throws if the context does not fit
   *
   * @example
   * modes(flow.at([0.5]), { rng });
   */
  at(context?: ArrayLike<number>): TransformedDistribution {
    const size = context?.length ?? 0;
    if (size !== this.contextDim || (context !== undefined && !Array.from(context).every(Number.isFinite))) {
      const wanted = this.contextDim === 0 ? 'no context' : `a context of ${this.contextDim} finite numbers`;
      throw new Error(`Flow.at: got ${show(context)}, expected ${wanted}`);
    }
    const distribution = new TransformedDistribution({
      base: this.#base(this.dim, []),
      bijector: new InContext(this, context && Float32Array.from(context)),
      angles: this.angles,
    });
    return Object.assign(distribution, { state: [this] });
  }

  /**
   * Draws in plain numbers, row by row, `[count · dim]`.
   * @param count how many
   * @param options `context`: for a conditional flow, one row for all draws or one for each; `rng`: where the noise comes from, by default
   *   a stream of the flow's own, named `sample`, which begins anew in each run of a program
   * @throws if the count is no positive integer, or the context does not fit
   *
   * @example
   * const draws = flow.sample(1000, { context: [[0.5]] });
   */
  sample(count: number, options: { readonly context?: Rows; readonly rng?: Rng } = {}): Float32Array {
    const { context, rng = this.#rng } = parseOptions('Flow.sample', sampleOptions, options);
    positiveInteger('Flow.sample', 'count', count);
    return this.#inParts('sample', count, { context: contextsOf('Flow.sample', context, this.contextDim, count) }, rng);
  }

  /**
   * log p of rows in plain numbers, nats, `[rows]`.
   * @param data events, for a conditional flow `{ events, context }` with one row of context for all or one for each
   * @throws if they do not fit the flow, or a number is not finite
   */
  logProb(data: DataSet): Float32Array {
    const { dim, contextDim } = this;
    const parts = partsOf('Flow.logProb', data, contextDim);
    const events = numbersOf('Flow.logProb: events', parts.events, dim);
    const count = events.length / dim;
    return this.#inParts('logProb', count, {
      events,
      context: contextsOf('Flow.logProb', parts.context, contextDim, count),
    });
  }

  /** Frees all variables, and what {@link sample} and {@link logProb} have made. The flow is of no use afterwards. */
  override dispose(): void {
    for (const { dispose } of this.#compiled.values()) dispose();
    this.#compiled.clear();
    super.dispose();
  }

  /** What is compiled gives or takes so many rows; the last part is filled up with zeros. */
  #inParts(
    what: 'sample' | 'logProb',
    count: number,
    columns: Readonly<Record<string, Float32Array | undefined>>,
    rng?: Rng,
  ): Float32Array {
    const width = what === 'sample' ? this.dim : 1;
    const all = new Float32Array(count * width);
    for (let start = 0; start < count; ) {
      const size = PARTS.find((each) => each <= count - start) ?? PARTS.at(-1)!;
      const end = Math.min(start + size, count);
      const inputs: Record<string, Float32Array> = {};
      for (const [name, values] of Object.entries(columns)) {
        if (values === undefined) continue;
        const each = values.length / count;
        inputs[name] = new Float32Array(size * each);
        inputs[name].set(values.subarray(start * each, end * each));
      }
      const { rows } = this.#onRows(what, size).onArrays(inputs, rng);
      all.set(rows!.subarray(0, (end - start) * width) as Float32Array, start * width);
      start = end;
    }
    return all;
  }

  #onRows(what: 'sample' | 'logProb', size: number): OnRows {
    const key = `${what} of ${size}`;
    const known = this.#compiled.get(key);
    if (known !== undefined) return known;
    const { dim, contextDim } = this;
    const compiled = compile(
      ({ events, context }: Record<string, tf.Tensor>, rng) => {
        const given = this.given(context);
        return {
          rows: events === undefined ? given.sample(rng, contextDim === 0 ? [size] : []) : given.logProb(events),
        };
      },
      { name: `Flow.${what}`, state: [this] },
    );
    const made = {
      onArrays: compiled.onArrays({
        ...(what === 'logProb' && { events: { shape: [size, dim] } }),
        ...(contextDim > 0 && { context: { shape: [size, contextDim] } }),
      }),
      dispose: compiled.dispose,
    };
    this.#compiled.set(key, made);
    return made;
  }

  /**
   * Maximum likelihood: minimizes −E[log p(x | context)] over the data, as a stream of reports. Leaving the loop stops the
   * fit; the flow keeps what it has learned.
   *
   * The data are standardized: a flow without a {@link standardization} gets that of the training data if they fit it better so; one onto
   * an interval or a half-line, which would move, gets that of the contexts alone. It is a part of the flow from then on, in `logProb`, samples, losses and files, and another fit leaves it as it is. `standardize: false`
   * leaves the flow without. Data that are drawn are drawn beforehand for their moments, by a stream of its own.
   *
   * With `heldOut` data the loss on them is taken at each report, and when the fit ends, is left or diverges, the flow gets
   * the weights of the best report; `patience` ends the fit when that loss has not become less for long. A line by
   * `console.warn` says so if a Gaussian of the training data's mean and covariance is better on the held-out data than the flow in the end.
   *
   * @param data events, for a conditional flow `{ events, context }`; or `(rng, size) => …`, which draws them afresh each step
   * @throws for an unknown option or one out of range, or data that do not fit the flow or fill no batch
   * @throws {DivergedError} while it runs, if the loss or its gradient is no longer a number; without held-out data the flow has the
   * weights again of the last report after which they still were
   *
   * @example
   * for await (const { step, loss } of flow.fit(data, { steps: 2000, rng, heldOut: 0.2, patience: 5 })) console.log(step, loss);
   */
  fit(data: FitData, options: FitOptions): AsyncGenerator<FitReport, void, undefined> {
    return fitByMaximumLikelihood(this, data, options);
  }
}

/** Noise → data of a flow in one context, which is kept in plain numbers. */
class InContext extends Bijector {
  readonly eventNdims = 1;
  override readonly dim: number;
  readonly #flow: Flow;
  readonly #context: Float32Array | undefined;

  constructor(flow: Flow, context: Float32Array | undefined) {
    super();
    this.dim = flow.dim;
    this.#flow = flow;
    this.#context = context;
  }

  override monotonicity(): Monotonicity | undefined {
    const sign = this.#given().monotonicity();
    return sign instanceof tf.Tensor && sign.rank > 1 ? tf.squeeze(sign, [0]) : sign;
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    return this.#alone(x, (bijector, input) => bijector.forwardAndLogDet(input));
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    return this.#alone(y, (bijector, input) => bijector.inverseAndLogDet(input));
  }

  /** Behind an axis for the batch of one context. */
  #alone(input: tf.Tensor, apply: (bijector: Bijector, input: tf.Tensor) => WithLogDet): WithLogDet {
    const bijector = this.#given();
    const [value, logDet] = apply(bijector, tf.expandDims(input, -2));
    return [tf.squeeze(value, [-2]), tf.squeeze(sumLogDet(logDet, bijector.eventNdims, 1), [-1])];
  }

  #given(): Bijector {
    const context = this.#context;
    return this.#flow.given(context && tf.tensor2d(context, [1, context.length])).bijector;
  }
}

const fitOptions = z.strictObject({
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
  standardize: flag(
    true,
    'whether a flow gets the mean and deviation of the training data and their contexts, as a part of it',
  ),
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
function fitByMaximumLikelihood(
  model: Flow,
  data: FitData,
  options: FitOptions,
): AsyncGenerator<FitReport, void, undefined> {
  const owner = `${model.constructor.name}.fit`;
  const settings = parseOptions(owner, fitOptions, options);
  const { heldOut, batchSize } = settings;
  if (settings.patience !== undefined && heldOut === undefined) {
    throw new Error(`${owner}: patience: got none, expected heldOut data beside it`);
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
      throw new Error(`${owner}: data: got ${batch.count}, expected ${batchSize} rows`);
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

/** y = exp(logScale) ⊙ x with a variable `[dim]` that begins as log `scale`. @throws if the scale is no positive number */
export function initialFactor(dim: number, scale: number): ShiftScale {
  if (!(scale > 0 && scale < Number.POSITIVE_INFINITY)) {
    throw new Error(`flow: got ${scale}, expected a positive initialScale`);
  }
  return new ShiftScale({ logScale: tf.tidy(() => tf.variable(tf.fill([dim], portableMath.log(scale)))) });
}
