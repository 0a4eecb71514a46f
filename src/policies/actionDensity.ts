import * as tf from '@tensorflow/tfjs-core';
import { Distribution } from '../distributions/distribution.ts';
import { impossibleOutside } from '../distributions/impossibleOutside.ts';
import type { Rng } from '../random.ts';
import type { Policy } from './policy.ts';
import { withDensity } from './withDensity.ts';

/** How near, relative to 1 + |a|, an action that a squash reaches is to what its latent value is squashed to. */
const NEAR = 1e-6;

/**
 * π(· | observation) of one observation as a distribution over actions, `[actionDim]`, for what analyses distributions: `modes`,
 * `momentsEstimate` and their like. It follows the policy's variables. Outside of what the policy's squash reaches, as beyond the bounds
 * of a `boxSquash`, the log-density is −∞. Of a policy that has samples only, and `exact`, it is what that gives.
 *
 * @throws if the observation does not have the policy's size, or the policy has samples and no density
 */
export function actionDensity(policy: Policy, observation: ArrayLike<number>): Distribution {
  if (observation.length !== policy.observationDim) {
    throw new Error(
      `actionDensity: wanted an observation of ${policy.observationDim} numbers, got ${observation.length}`,
    );
  }
  return new ActionDensity(withDensity('actionDensity', policy), Array.from(observation));
}

class ActionDensity extends Distribution {
  readonly batchShape: number[] = [];
  readonly eventShape: number[];
  readonly reparameterized: boolean;
  override readonly state: readonly [Policy];
  readonly #angles: boolean;
  readonly #policy: Policy;
  readonly #observation: number[];

  constructor(policy: Policy, observation: number[]) {
    super();
    this.#policy = policy;
    this.state = [policy];
    this.#observation = observation;
    this.eventShape = [policy.actionDim];
    const { reparameterized, angles } = tf.tidy(() => {
      const given = this.#given(1);
      return { reparameterized: given.reparameterized, angles: given.angles ?? false };
    });
    this.reparameterized = reparameterized;
    this.#angles = angles;
  }

  override get angles(): boolean {
    return this.#angles;
  }

  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    return tf.tidy(() => {
      const { action } = this.#given(tf.util.sizeFromShape(sampleShape)).sampleWithLogProb(rng);
      return tf.reshape(action, [...sampleShape, ...this.eventShape]);
    });
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    return tf.tidy(() => {
      const actions = tf.reshape(x, [-1, this.#policy.actionDim]);
      const distribution = this.#given(actions.shape[0]!);
      const latents = distribution.unsquash(actions);
      const logProb = distribution.logProb(latents);
      const isSmooth = distribution.squashLogDet !== undefined && !this.#angles;
      const bounded = isSmooth
        ? impossibleOutside(() => reaches(distribution.squash(latents), actions), logProb)
        : logProb;
      return tf.reshape(bounded, x.shape.slice(0, -1));
    });
  }

  #given(rows: number) {
    return this.#policy.given(tf.tile(tf.tensor2d([this.#observation]), [rows, 1]));
  }
}

/** Whether actions are what their latent values, which a squash's inverse clamps, are squashed to, `[rows]`. */
function reaches(squashed: tf.Tensor, actions: tf.Tensor): tf.Tensor {
  const apart = tf.abs(tf.sub(squashed, actions));
  return tf.all(tf.lessEqual(apart, tf.mul(tf.add(tf.abs(actions), 1), NEAR)), 1);
}
