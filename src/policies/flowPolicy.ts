import type * as tf from '@tensorflow/tfjs-core';
import type { Bijector } from '../bijectors/bijector.ts';
import { Identity } from '../bijectors/identity.ts';
import type { Flow } from '../flows/flow.ts';
import { Policy } from './policy.ts';
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
export class FlowPolicy extends Policy {
  readonly flow: Flow;
  readonly bijector: Bijector;

  /**
   * @param flow `realNvp(…)`, `neuralSplineFlow(…)`, or any {@link Flow} with the observation as its context
   * @param squash latent → action; none by default
   */
  constructor({ flow, squash = new Identity() }: { flow: Flow; squash?: Bijector }) {
    super();
    this.flow = flow;
    this.bijector = squash;
  }

  get observationDim(): number {
    return this.flow.contextDim;
  }

  get actionDim(): number {
    return this.flow.dim;
  }

  given(observations: tf.Tensor): SquashedDistribution {
    return new SquashedDistribution(this.flow.given(this.checked(observations)), this.bijector);
  }
}
