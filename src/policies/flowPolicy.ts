import type * as tf from '@tensorflow/tfjs-core';
import type { Bijector } from '../bijectors/bijector.ts';
import { Identity } from '../bijectors/elementwise/identity.ts';
import type { LocationScale } from '../bijectors/layers/locationScale.ts';
import type { Flow } from '../flows/flow.ts';
import { checkSquash } from './checkSquash.ts';
import { Policy } from './policy.ts';
import { behindHead, checkHead } from './policyHead.ts';
import { SquashedDistribution } from './squashedDistribution.ts';

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
export class FlowPolicy extends Policy<Float32Array> {
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
      throw new Error('FlowPolicy: wanted a flow with the observation as its context, got one of contextDim 0');
    }
    checkHead('FlowPolicy', head, flow);
    checkSquash('FlowPolicy', squash, flow.dim);
    this.head = head;
    this.flow = flow;
    this.bijector = squash;
  }

  get observationDim(): number {
    return this.flow.contextDim;
  }

  get actionDim(): number {
    return this.flow.dim;
  }

  /** The flow's, where there is a head: they shape the noise, which the head moves and stretches. */
  override shapeVariables(): tf.Variable[] {
    return this.head === undefined ? [] : this.flow.trainableVariables();
  }

  given(observations: tf.Tensor): SquashedDistribution {
    const seen = this.checked(observations);
    const latent = behindHead(this.flow.given(seen), this.head, seen);
    return new SquashedDistribution(latent, this.bijector, { angles: this.flow.angles });
  }
}
