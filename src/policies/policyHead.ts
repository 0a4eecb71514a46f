import type * as tf from '@tensorflow/tfjs-core';
import { LocationScale, type LocationScaleOptions } from '../bijectors/layers/locationScale.ts';
import type { Distribution } from '../distributions/distribution.ts';
import { TransformedDistribution } from '../distributions/transformedDistribution.ts';

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
    `${owner}: wanted a head of dim ${dim} and contextDim ${contextDim}, as the noise behind it, ` +
      `got ${head.dim} and ${head.contextDim}`,
  );
}
