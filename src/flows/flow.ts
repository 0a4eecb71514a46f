import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { Bijector, type Conditional, type Monotonicity, sumLogDet, type WithLogDet } from '../bijectors/bijector.ts';
import { Chain } from '../bijectors/chain.ts';
import type { Distribution } from '../distributions/distribution.ts';
import { StandardNormal } from '../distributions/standardNormal.ts';
import { TransformedDistribution } from '../distributions/transformedDistribution.ts';
import { type ArrayFunction, compile } from '../engine/compile.ts';
import { Module } from '../module.ts';
import { positiveInteger } from '../nn/positiveInteger.ts';
import { checkOptions } from '../options/checkArguments.ts';
import { show } from '../options/describeIssue.ts';
import { parseOptions } from '../options/parseOptions.ts';
import { rngSchema } from '../options/rngSchema.ts';
import { Rng } from '../random.ts';
import { type FitOptions, type FitReport, fitByMaximumLikelihood } from './fit.ts';
import { contextsOf, type DataSet, type FitData, numbersOf, partsOf, type Rows } from './fitData.ts';
import { initialFactor } from './initialFactor.ts';
import { Standardization } from './standardization.ts';

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
        `Flow.given: wanted ${wanted}, got ${context === undefined ? 'none' : context instanceof tf.Tensor ? `[${context.shape}]` : show(context)}`,
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
      throw new Error(`Flow.at: wanted ${wanted}, got ${show(context)}`);
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
