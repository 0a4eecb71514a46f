import type * as tf from '@tensorflow/tfjs-core';
import type { Bijector, Conditional } from '../bijectors/bijector.ts';
import { Chain } from '../bijectors/chain.ts';
import type { Distribution } from '../distributions/distribution.ts';
import { StandardNormal } from '../distributions/standardNormal.ts';
import { TransformedDistribution } from '../distributions/transformedDistribution.ts';
import { Module } from '../module.ts';
import { type FitOptions, type FitReport, fitByMaximumLikelihood } from './fit.ts';
import type { FitData } from './fitData.ts';
import { initialFactor } from './initialFactor.ts';

/** Options of {@link Flow}. */
export interface FlowOptions {
  /** The size of one event. */
  readonly dim: number;
  /** The size of the context, 0 for none. */
  readonly contextDim?: number;
  /** Noise → data. */
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
  readonly #base: (dim: number, batchShape: number[]) => Distribution;

  constructor({ dim, contextDim = 0, bijector, base, angles = false }: FlowOptions) {
    super();
    this.dim = dim;
    this.contextDim = contextDim;
    this.bijector = bijector;
    this.angles = angles;
    this.#base = base ?? ((size, batchShape) => new StandardNormal(size, batchShape));
  }

  /**
   * The flow with a learnable factor of each component behind its bijector, which begins as `scale`; with 1 the flow itself. The
   * variables are shared.
   * @throws if the scale is no positive number, or events are angles
   */
  scaledBy(scale: number): Flow {
    if (scale === 1) return this;
    if (this.angles) throw new Error('Flow.scaledBy: angles cannot be scaled');
    const { dim, contextDim, bijector } = this;
    const parts = bijector instanceof Chain ? bijector.bijectors : [bijector];
    return new Flow({ dim, contextDim, bijector: new Chain([initialFactor(dim, scale), ...parts]), base: this.#base });
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
      throw new Error(`Flow.given: wanted ${wanted}, got ${context === undefined ? 'none' : `[${context.shape}]`}`);
    }
    const batchShape = context === undefined ? [] : [context.shape[0]!];
    return new TransformedDistribution({
      base: this.#base(this.dim, batchShape),
      bijector: this.bijector.given(context),
      angles: this.angles,
    });
  }

  /**
   * Maximum likelihood: minimizes −E[log p(x | context)] over the data, as a stream of reports. Leaving the loop stops the
   * fit; the flow keeps what it has learned.
   *
   * With `heldOut` data the loss on them is taken at each report, and when the fit ends, is left or diverges, the flow gets
   * the weights of the best report; `patience` ends the fit when that loss has not become less for long.
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
