import type * as tf from '@tensorflow/tfjs-core';
import { wrapAngle } from '../bijectors/elementwise/wrapAngle.ts';
import { checkArgument } from '../options/checkArguments.ts';
import type { Rng } from '../random.ts';
import { Distribution } from './distribution.ts';
import { MixtureSameFamily } from './mixtureSameFamily.ts';
import { MultivariateNormalDiag } from './multivariateNormalDiag.ts';
import { WrappedNormal } from './wrappedNormal.ts';

/**
 * A Gaussian with independent components, or a mixture of them, wound round the circle: the angles x = y mod 2π in [−π, π) of its draws
 * y, of density Σₖ p(x + 2πk), that of {@link WrappedNormal} or a mixture of it. Reparameterized where the distribution is: an
 * angle moves round the circle as y moves along the line.
 */
export class Wrapped extends Distribution {
  /** The distribution of y. */
  readonly distribution: Distribution;
  readonly #density: Distribution;

  /** @throws if the distribution is another */
  constructor(distribution: Distribution) {
    super();
    checkArgument('Wrapped', 'distribution', distribution, Distribution);
    this.distribution = distribution;
    this.#density = wrappedDensity(distribution);
  }

  get batchShape(): number[] {
    return this.distribution.batchShape;
  }

  get eventShape(): number[] {
    return this.distribution.eventShape;
  }

  get reparameterized(): boolean {
    return this.distribution.reparameterized;
  }

  override get angles(): boolean {
    return true;
  }

  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    return wrapAngle(this.distribution.sample(rng, sampleShape));
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    return this.#density.logProb(x);
  }
}

function wrappedDensity(distribution: Distribution): Distribution {
  if (distribution instanceof MultivariateNormalDiag) return new WrappedNormal(distribution);
  if (distribution instanceof MixtureSameFamily) {
    const { logits, components } = distribution;
    return new MixtureSameFamily({ logits, components: wrappedDensity(components) });
  }
  throw new Error(
    `Wrapped: wanted a MultivariateNormalDiag or a mixture of them, got ${distribution.constructor.name}`,
  );
}
