import * as tf from '@tensorflow/tfjs-core';
import { type Bijector, sumLogDet } from '../bijectors/bijector.ts';
import { Identity } from '../bijectors/elementwise/identity.ts';
import { ShiftScale } from '../bijectors/linear/shiftScale.ts';
import { Distribution } from '../distributions/distribution.ts';
import type { Rng } from '../random.ts';
import type { ActionDistribution, SampledAction } from './policy.ts';

/**
 * The action g(u) of a latent u ~ `latent`, for a squash g: log π(g(u)) = log p(u) − log|det ∂g/∂u|. Everything is
 * evaluated at the latent value: an action at its bound never has to be inverted.
 */
export class SquashedDistribution implements ActionDistribution {
  readonly latent: Distribution;
  readonly bijector: Bijector;
  readonly reparameterized: boolean;
  readonly angles: boolean;
  /** Where the squash is affine, or the identity, and the latent's entropy is known in closed form. */
  readonly entropy?: () => tf.Tensor;
  /** Where the latent's mode is known in closed form. */
  readonly mode?: () => tf.Tensor;

  constructor(
    latent: Distribution,
    bijector: Bijector,
    {
      angles = false,
    }: {
      /** whether latent values are angles */
      angles?: boolean;
    } = {},
  ) {
    this.latent = latent;
    this.bijector = bijector;
    this.reparameterized = latent.reparameterized;
    this.angles = angles;
    const inClosedForm = (name: 'entropy' | 'mode') => latent[name] !== Distribution.prototype[name];
    if (bijector instanceof Identity && inClosedForm('entropy')) this.entropy = () => latent.entropy();
    if (bijector instanceof ShiftScale && inClosedForm('entropy')) {
      // Its determinant is the same everywhere.
      this.entropy = () =>
        tf.add(latent.entropy(), this.squashLogDet(tf.zeros([...latent.batchShape, ...latent.eventShape])));
    }
    if (inClosedForm('mode')) this.mode = () => latent.mode();
  }

  sampleWithLogProb(rng: Rng): SampledAction {
    const { sample, logProb } = this.latent.sampleWithLogProb(rng);
    const [action, logDet] = this.bijector.forwardAndLogDet(sample);
    return { action, latent: sample, logProb: tf.sub(logProb, sumLogDet(logDet, this.bijector.eventNdims, 1)) };
  }

  logProb(latent: tf.Tensor): tf.Tensor {
    return tf.sub(this.latent.logProb(latent), this.squashLogDet(latent));
  }

  squashLogDet(latent: tf.Tensor): tf.Tensor {
    return sumLogDet(this.bijector.forwardLogDet(latent), this.bijector.eventNdims, 1);
  }

  squash(latent: tf.Tensor): tf.Tensor {
    return this.bijector.forward(latent);
  }

  unsquash(action: tf.Tensor): tf.Tensor {
    return this.bijector.inverse(action);
  }
}
