import * as tf from '@tensorflow/tfjs-core';
import { type Draw, TensorRng } from '../../src/engine/trace/tensorRng.ts';
import { type Policy, type Rng, sampleAction } from '../../src/index.ts';
import { ndtr } from '../../src/special/normal.ts';
import { withArticle } from './checks.ts';
import { type Stateful, setSameLength } from './state.ts';

/** Observations of the sample by which the draws of a policy are counted. */
const ROWS = 5;

/**
 * Noise that lasts, generalized state-dependent exploration: what a policy draws for its action is a function of the observation, which stays
 * the same for some steps,
 *
 *   ε = W x / ‖x‖,  x = (f(o), 1),
 *
 * f(o) what the policy's networks see of the observation, W of independent N(0, 1), for each environment one of its own. W is drawn anew at the
 * begin of an episode and every `sdeSampleFreq` steps. The 1 keeps ε smooth where f(o) is near 0. Draws of the same W at o and o′ have the
 * correlation x·x′ / ‖x‖‖x′‖. Where a policy draws U(0, 1) numbers, they are Φ(ε).
 *
 * At any observation that does not depend on W, ε ~ N(0, I): it is the policy's density that actions are drawn from, and log-probabilities,
 * entropies and updates are as without. Observations later than the first under one W do depend on it, as in the paper.
 *
 * The paper's ε = W h(o), of the last hidden layer h, is not normalized and has a learned scale for each number of W: there the density of
 * actions is another one, and of Gaussians alone.
 *
 * Raffin, Kober & Stulp, "Smooth Exploration for Robotic Reinforcement Learning", arXiv:2005.05719.
 */
export class StateDependentNoise implements Stateful<Float32Array> {
  /** What a compiled function takes: W, `[envs, noiseDim, featureDim + 1]`. */
  readonly inputs: { readonly noise: Float32Array };
  readonly shapes: { readonly noise: { readonly shape: number[] } };
  readonly #owner: string;
  readonly #every: number;

  /** @throws as {@link of} */
  constructor(owner: string, policy: Policy, numEnvs: number, sdeSampleFreq: number) {
    if (policy.chunk !== undefined) {
      const expected = 'expected none: the noise of a chunk lasts as long as the chunk';
      throw new Error(`${owner}: sdeSampleFreq: got ${sdeSampleFreq} for a policy of chunks, ${expected}`);
    }
    this.#owner = owner;
    this.#every = sdeSampleFreq;
    const shape = [numEnvs, numbersDrawn(owner, policy), policy.featureDim + 1];
    this.shapes = { noise: { shape } };
    this.inputs = { noise: new Float32Array(tf.util.sizeFromShape(shape)) };
  }

  /** Undefined without an `sdeSampleFreq`. @throws if the policy's samples do not take as many numbers for each observation */
  static of(owner: string, policy: Policy, numEnvs: number, sdeSampleFreq: number | undefined) {
    return sdeSampleFreq === undefined ? undefined : new StateDependentNoise(owner, policy, numEnvs, sdeSampleFreq);
  }

  /** Draws W of those environments anew where it is time. @param steps of the present episode of each environment */
  renew(steps: ArrayLike<number>, rng: Rng): void {
    const { noise } = this.inputs;
    const size = noise.length / steps.length;
    for (let i = 0; i < steps.length; i++) {
      if (steps[i]! % this.#every === 0) rng.fillNormal(noise.subarray(i * size, (i + 1) * size));
    }
  }

  /**
   * The stream of the noise of one sample: ε, number by number.
   * @param features f(o), `[envs, featureDim]`
   * @param noise W, see {@link inputs}
   */
  stream(features: tf.Tensor, noise: tf.Tensor): Rng {
    const x = tf.concat([features, tf.ones([features.shape[0]!, 1])], 1);
    const direction = tf.div(x, tf.sqrt(tf.sum(tf.square(x), 1, true)));
    const epsilon = tf.squeeze(tf.matMul(noise, tf.expandDims(direction, 2)), [2]);
    let used = 0;
    return new TensorRng(this.#owner, ({ kind, shape }) => {
      const from = used;
      used += numbersOf(shape);
      const normal = tf.reshape(tf.slice(epsilon, [0, from], [-1, used - from]), [...shape]);
      // As `Rng.fillUniform`, without the end points.
      return kind === 'normal' ? normal : tf.clipByValue(ndtr(normal), 2 ** -33, 1 - 2 ** -24);
    });
  }

  state(): Float32Array {
    return this.inputs.noise.slice();
  }

  setState(noise: Float32Array): void {
    setSameLength({ noise: [this.inputs.noise, noise] });
  }
}

/** How many numbers a policy draws for the action of one observation. */
function numbersDrawn(owner: string, policy: Policy): number {
  let numbers = 0;
  const draw = ({ shape }: Draw) => {
    if (shape[0] !== ROWS) {
      throw new Error(
        `${owner}: sdeSampleFreq: got ${withArticle(policy.constructor.name)}, whose samples are drawn by rejection, ` +
          'expected a policy with as many draws for each observation, as a Gaussian or a flow',
      );
    }
    numbers += numbersOf(shape);
    return tf.fill([...shape], 0.5);
  };
  tf.tidy(() => sampleAction(policy.given(tf.zeros([ROWS, policy.observationDim])), new TensorRng(owner, draw)));
  return numbers;
}

/** Those for one observation. */
function numbersOf(shape: readonly number[]): number {
  return tf.util.sizeFromShape(shape.slice(1));
}
