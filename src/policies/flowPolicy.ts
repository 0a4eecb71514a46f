import type * as tf from '@tensorflow/tfjs-core';
import type { Bijector } from '../bijectors/bijector.ts';
import { LocationScale, type LocationScaleOptions } from '../bijectors/conditioned.ts';
import { Identity } from '../bijectors/elementwise.ts';
import type { Distribution } from '../distributions/distribution.ts';
import { TransformedDistribution } from '../distributions/transformedDistribution.ts';
import type { Flow } from '../flows/flow.ts';
import { SquashedDistribution } from './actionDistributions.ts';
import { checkSquash } from './boxScale.ts';
import { Policy } from './policy.ts';

/**
 * A policy whose action, given the observation, is a sample of a normalizing flow: reparameterized, with exact
 * log-probability, and with as many modes as it takes.
 *
 * @example
 * const policy = new FlowPolicy({
 *   flow: neuralSplineFlow({ dim: 2, contextDim: 4, rng: rng.split('flow') }),
 *   squash: boxSquash({ low: [-1, -1], high: [1, 1] }),
 * });
 * const { action, logProb } = policy.given(observations).sampleWithLogProb(rng);
 */
export class FlowPolicy extends Policy<Float32Array, SquashedDistribution> {
  readonly head: LocationScale | undefined;
  readonly flow: Flow;
  readonly bijector: Bijector;

  /** @throws if the flow takes no context, the head is of other sizes than the flow, or the squash of another */
  constructor({
    flow,
    head,
    squash = new Identity(),
  }: {
    /** `realNvp(…)`, `neuralSplineFlow(…)`, or any {@link Flow} with the observation as its context */
    flow: Flow;
    /** the Gaussian's own map behind it, with the observation as its context; none by default */
    head?: LocationScale;
    /** latent → action; none by default */
    squash?: Bijector;
  }) {
    super();
    if (flow.contextDim === 0) {
      throw new Error('FlowPolicy: got one of contextDim 0, expected a flow with the observation as its context');
    }
    checkHead('FlowPolicy', head, flow);
    checkSquash('FlowPolicy', squash, flow.dim);
    this.head = head;
    this.flow = flow;
    this.bijector = squash;
  }

  get featureDim(): number {
    return this.flow.contextDim;
  }

  get actionDim(): number {
    return this.flow.dim;
  }

  /** The flow's, where there is a head: they shape the noise, which the head moves and stretches. */
  override shapeVariables(): tf.Variable[] {
    return this.head === undefined ? [] : this.flow.trainableVariables();
  }

  protected distribution(features: tf.Tensor): SquashedDistribution {
    const latent = behindHead(this.flow.given(features), this.head, features);
    return new SquashedDistribution(latent, this.bijector, { angles: this.flow.angles });
  }
}

type HeadOptions = Omit<LocationScaleOptions, 'dim' | 'contextDim'> & {
  readonly observationDim: number;
  readonly actionDim: number;
};

/** The head of a policy of these sizes, with weights from a stream of its own. */
export function makeHead({ observationDim, actionDim, rng, ...options }: HeadOptions): LocationScale {
  const { hidden, activation, scale, initialScale } = options;
  return new LocationScale({
    dim: actionDim,
    contextDim: observationDim,
    ...(hidden && { hidden }),
    activation,
    ...(scale && { scale }),
    ...(initialScale !== undefined && { initialScale }),
    rng: rng.split('head'),
  });
}

/**
 * Noise of some shape, moved and stretched by the Gaussian's own map y = μ(o) + σ ⊙ x, a policy's head; the noise itself without one.
 * @param observations as the networks see them
 */
export function behindHead(
  noise: Distribution,
  head: LocationScale | undefined,
  observations: tf.Tensor,
): Distribution {
  return head === undefined ? noise : new TransformedDistribution({ base: noise, bijector: head.given(observations) });
}

/** @throws if the head is of other sizes than the noise */
export function checkHead(
  owner: string,
  head: LocationScale | undefined,
  { dim, contextDim }: { dim: number; contextDim: number },
): void {
  if (head === undefined || (head.dim === dim && head.contextDim === contextDim)) return;
  throw new Error(
    `${owner}: got ${head.dim} and ${head.contextDim}, ` +
      `expected a head of dim ${dim} and contextDim ${contextDim}, as the noise behind it`,
  );
}
