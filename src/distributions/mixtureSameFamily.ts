import * as tf from '@tensorflow/tfjs-core';
import type { WithLogDet } from '../bijectors/bijector.ts';
import { monotoneInverse } from '../bijectors/monotoneInverse.ts';
import { broadcast, direction, LARGEST_FLOAT32 as LARGEST, stopGradient, versine } from '../nn/tensors.ts';
import { checkOptions } from '../options/parse.ts';
import type { Rng } from '../random.ts';
import { Distribution, type Tails } from './distribution.ts';
import { MultivariateNormalDiag } from './multivariateNormal.ts';
import { logSumExp, probabilityBefore } from './support.ts';

/** How often a bracket for quantiles is narrowed, each time to a quarter: components may be far apart, and narrow. */
const ROUNDS = 12;

/**
 * A mixture of K distributions of one family: p(x) = Σₖ softmax(logits)ₖ pₖ(x).
 *
 * A draw picks a component and then draws from it, so that gradients reach the components' parameters but not the
 * weights: `reparameterized` is false, unless `reparameterize` asks for `distributionalTransform`, or the weights are equal
 * and fixed. Where no component has a density that float32 can tell from 0, the log-density is −∞, with gradient 0.
 */
export class MixtureSameFamily extends Distribution {
  readonly batchShape: number[];
  readonly eventShape: number[];
  readonly reparameterized: boolean;
  override readonly angles: boolean;
  readonly logits: tf.Tensor;
  readonly components: Distribution;
  readonly #gaussians: MultivariateNormalDiag | undefined;

  /**
   * @param options.logits `[...batch, K]`; without them all weights are 1/K
   * @param options.components a distribution with batch shape `[...batch, K]`
   * @param options.reparameterize lets gradients of samples reach the logits too; for a {@link MultivariateNormalDiag}
   * @throws if the two do not fit, there is no component, or they are no Gaussians that are to be reparameterized
   */
  constructor(options: { logits?: tf.Tensor; components: Distribution; reparameterize?: boolean }) {
    super();
    const {
      components,
      logits = tf.zeros(components.batchShape),
      reparameterize = false,
    } = checkOptions('MixtureSameFamily', options, {
      logits: [tf.Tensor, undefined],
      components: Distribution,
      reparameterize: [Boolean, undefined],
    });
    if (!tf.util.arraysEqual(logits.shape, components.batchShape)) {
      throw new Error(
        `MixtureSameFamily: got [${components.batchShape}], ` +
          `expected components with the batch shape of the logits, [${logits.shape}]`,
      );
    }
    if (logits.rank === 0 || logits.shape.at(-1) === 0) {
      throw new Error(`MixtureSameFamily: got [${logits.shape}], expected logits [..., K] of at least one component`);
    }
    this.batchShape = logits.shape.slice(0, -1);
    this.eventShape = components.eventShape;
    this.logits = logits;
    this.components = components;
    this.angles = components.angles;
    if (reparameterize) {
      if (!(components instanceof MultivariateNormalDiag)) {
        throw new Error(
          `MixtureSameFamily: reparameterize: got ${components.constructor.name}, ` +
            'expected components MultivariateNormalDiag',
        );
      }
      this.#gaussians = components;
    }
    this.reparameterized = options.logits === undefined ? components.reparameterized : reparameterize;
  }

  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    const gaussians = this.#gaussians;
    if (gaussians === undefined) return this.#draw(rng, sampleShape);
    const draws = stopGradient(() => this.#draw(rng, sampleShape));
    return distributionalTransform(draws, this.logits, gaussians);
  }

  #draw(rng: Rng, sampleShape: number[]): tf.Tensor {
    const draws = this.components.sample(rng, sampleShape);
    const threshold = rng.uniformTensor([...sampleShape, ...this.batchShape, 1]);
    // Component k is taken where the threshold has reached the weights before k but not those before k + 1.
    const before = probabilityBefore(tf.softmax(this.logits), this.logits.rank - 1);
    const reached = tf.cast(tf.greaterEqual(threshold, before), 'float32');
    const rank = reached.rank;
    const next = tf.pad(
      tf.slice(reached, [...Array(rank - 1).fill(0), 1]),
      Array.from({ length: rank }, (_, axis): [number, number] => [0, axis === rank - 1 ? 1 : 0]),
    );
    const chosen = this.#perEvent(tf.sub(reached, next));
    // 0·∞ is NaN: a component that is not taken must not show, even if its draw overflows.
    return tf.sum(tf.mul(chosen, tf.clipByValue(draws, -LARGEST, LARGEST)), this.#axis);
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    const joint = tf.add(tf.logSoftmax(this.logits), this.components.logProb(tf.expandDims(x, this.#axis)));
    return logSumExp(joint, -1);
  }

  /** Σₖ wₖ of the components'. */
  protected override computeTails(x: tf.Tensor): Tails {
    const each = tf.expandDims(x, this.#axis);
    const weights = tf.softmax(this.logits);
    const mean = (values: tf.Tensor) => tf.sum(tf.mul(weights, values), -1);
    return { below: mean(this.components.cdf(each)), above: mean(this.components.survival(each)) };
  }

  /** The root lies between the least and the greatest of the components' quantiles. It is sought from the side whose tail is the smaller. */
  protected override computeQuantile(below: tf.Tensor, above: tf.Tensor): tf.Tensor {
    const shape = tf.broadcast_util.assertAndGetBroadcastShape(below.shape, this.batchShape);
    const [p, rest] = [broadcast(below, shape), broadcast(above, shape)];
    const event = (x: tf.Tensor) => tf.reshape(x, [...x.shape, ...this.eventShape]);
    const each = stopGradient(() => {
      const quantiles = this.components.quantile(tf.expandDims(p, -1), tf.expandDims(rest, -1));
      return tf.reshape(quantiles, quantiles.shape.slice(0, quantiles.rank - this.eventShape.length));
    });
    const [least, greatest] = [tf.min(each, -1), tf.max(each, -1)];
    const isLower = stopGradient(() => tf.less(p, rest));
    const f = (x: tf.Tensor): WithLogDet => {
      const { below: left, above: right } = this.computeTails(event(x));
      return [tf.where(isLower, left, tf.neg(right)), this.computeLogProb(event(x))];
    };
    const finite = (x: tf.Tensor) => tf.clipByValue(x, -LARGEST / 4, LARGEST / 4);
    const bracket = { low: finite(least), high: finite(greatest), rounds: ROUNDS };
    const [root] = monotoneInverse(f, tf.where(isLower, p, tf.neg(rest)), bracket);
    const [isFirst, isLast] = [p, rest].map((share) => stopGradient(() => tf.equal(share, 0)));
    return event(tf.where(isFirst!, least, tf.where(isLast!, greatest, root)));
  }

  /** Σₖ wₖ E[Xₖ]; of angles the direction of Σₖ wₖ (1 − Var[Xₖ]) (cos E[Xₖ], sin E[Xₖ]), which is that of E[(cos X, sin X)]. */
  override mean(): tf.Tensor {
    const [weights, means] = [this.#weights(), this.components.mean()];
    if (!this.angles) return tf.sum(tf.mul(weights, means), this.#axis);
    return direction(means, tf.mul(weights, tf.sub(1, this.components.variance())), this.#axis);
  }

  /**
   * Σₖ wₖ (Var[Xₖ] + (E[Xₖ] − E[X])²): the law of total variance, which does not cancel; of angles, with circular means and variances,
   * Σₖ wₖ (Var[Xₖ] + (1 − Var[Xₖ]) (1 − cos(E[Xₖ] − E[X]))).
   */
  override variance(): tf.Tensor {
    const variances = this.components.variance();
    const apart = tf.sub(this.components.mean(), tf.expandDims(this.mean(), this.#axis));
    const between = this.angles ? tf.mul(tf.sub(1, variances), versine(apart)) : tf.square(apart);
    return tf.sum(tf.mul(this.#weights(), tf.add(variances, between)), this.#axis);
  }

  /** The axis of the components, which lies before the event. */
  get #axis(): number {
    return -1 - this.eventShape.length;
  }

  #weights(): tf.Tensor {
    return this.#perEvent(tf.softmax(this.logits));
  }

  /** `[..., K]` with an axis of size 1 for each of the event. */
  #perEvent(x: tf.Tensor): tf.Tensor {
    return tf.reshape(x, [...x.shape, ...this.eventShape.map(() => 1)]);
  }
}

const ROOT_HALF = Math.sqrt(0.5);
const ROOT_TWO_PI = Math.sqrt(2 * Math.PI);
/** The least conditional density. Where it is less, a gradient is cut short, which happens to a sample with about this probability. */
const LEAST_DENSITY = 1e-12;

/**
 * Draws of a mixture of Gaussians as functions of its parameters: the same numbers, with gradients that reach all of them, the
 * weights too.
 *
 * The distributional transform zᵢ = Fᵢ(xᵢ | x₁ … xᵢ₋₁) takes a draw to uniform noise; with the noise held fixed, dx = −(∂z/∂x)⁻¹ ∂z,
 * number by number: dxᵢ = −dFᵢ / pᵢ(xᵢ | x₁ … xᵢ₋₁), where x₁ … xᵢ₋₁ move too. First derivatives only. Where components are far
 * apart, a draw between them is rare and its gradient by the weights large: the variance grows.
 *
 * Figurnov, Mohamed & Mnih, "Implicit Reparameterization Gradients", arXiv:1805.08498.
 *
 * @param draws `[..., dim]`, of which no gradient is taken
 * @param logits `[...batch, K]`
 * @param components with batch shape `[...batch, K]`
 */
function distributionalTransform(draws: tf.Tensor, logits: tf.Tensor, components: MultivariateNormalDiag): tf.Tensor {
  const [dim] = components.eventShape as [number];
  const shape = [...components.batchShape, dim];
  const columns = (of: tf.Tensor): tf.Tensor[] =>
    dim === 1 ? [tf.reshape(of, shape.slice(0, -1))] : tf.unstack(broadcast(of, shape), -1);
  const [locs, logScales] = [columns(broadcast(components.loc, shape)), columns(broadcast(components.logScale, shape))];
  const moved: tf.Tensor[] = [];
  // log of the weights times the densities of the numbers so far, of each component.
  let joint = logits;
  tf.split(draws, dim, -1).forEach((x, i) => {
    const standardized = (at: tf.Tensor) => tf.mul(tf.sub(at, locs[i]!), tf.exp(tf.neg(logScales[i]!)));
    const weights = tf.softmax(joint);
    const u = standardized(x);
    const cdf = tf.sum(tf.mul(weights, tf.mul(0.5, tf.add(1, tf.erf(tf.mul(u, ROOT_HALF))))), -1, true);
    const density = stopGradient(() =>
      tf.sum(tf.mul(weights, tf.div(tf.exp(tf.sub(tf.mul(-0.5, tf.square(u)), logScales[i]!)), ROOT_TWO_PI)), -1, true),
    );
    const step = tf.div(
      tf.sub(
        cdf,
        stopGradient(() => tf.clone(cdf)),
      ),
      tf.maximum(density, LEAST_DENSITY),
    );
    const own = tf.sub(x, step);
    moved.push(own);
    joint = tf.sub(joint, tf.add(tf.mul(0.5, tf.square(standardized(own))), logScales[i]!));
  });
  return dim === 1 ? moved[0]! : tf.concat(moved, -1);
}
