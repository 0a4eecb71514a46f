import * as tf from '@tensorflow/tfjs-core';
import { broadcast, inFrontOf, select, stopGradient } from '../nn/tensors.ts';
import { checkOptions } from '../options/parse.ts';
import type { Rng } from '../random.ts';
import { HALF_LOG_TWO_PI } from '../special/elementary.ts';
import { millsRatio, ndtr, ndtri, tailPoint } from '../special/normal.ts';
import { gaussLegendre } from '../special/quadrature.ts';
import { Distribution, type SampleWithLogProb, type Tails } from './distribution.ts';
import { LocationScaleDistribution, type LocationScaleParameters } from './locationScale.ts';
import { ScalarDistribution } from './shapes.ts';
import { impossibleOutside, tailsInside } from './support.ts';

/** N(loc, exp(logScale)²) over numbers: log p(x) = −½ ((x − loc)/scale)² − logScale − ½ log 2π. */
export class Normal extends LocationScaleDistribution {
  protected readonly noiseEntropy = HALF_LOG_TWO_PI + 0.5;
  protected readonly noiseVariance = 1;

  protected noise(rng: Rng, shape: number[]): tf.Tensor {
    return rng.normalTensor(shape);
  }

  protected noiseLogProb(z: tf.Tensor): tf.Tensor {
    return tf.sub(-HALF_LOG_TWO_PI, tf.mul(tf.square(z), 0.5));
  }

  protected noiseTails(z: tf.Tensor): Tails {
    return { below: ndtr(z), above: ndtr(tf.neg(z)) };
  }

  protected noiseQuantile(below: tf.Tensor, above: tf.Tensor): tf.Tensor {
    return ndtri(below, above);
  }
}

const LOWEST = 2 ** -126;

/**
 * exp of N(loc, scale²), scale = exp(logScale): log p(x) = log N(log x; loc, scale²) − log x for x > 0, 0 density elsewhere.
 */
export class LogNormal extends Distribution {
  readonly batchShape: number[];
  readonly eventShape: number[] = [];
  readonly reparameterized = true;
  /** The distribution of log X. */
  readonly normal: Normal;

  /**
   * @param parametersOfLog the mean and the log standard deviation of log X
   * @throws if the parameters are not float32 or do not broadcast
   */
  constructor(parametersOfLog: LocationScaleParameters) {
    super();
    this.normal = new Normal(checkOptions('LogNormal', parametersOfLog, { loc: tf.Tensor, logScale: tf.Tensor }));
    this.batchShape = this.normal.batchShape;
  }

  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    return tf.exp(this.normal.sample(rng, sampleShape));
  }

  protected override computeSampleWithLogProb(rng: Rng, sampleShape: number[]): SampleWithLogProb {
    const { sample: log, logProb } = this.normal.sampleWithLogProb(rng, sampleShape);
    return { sample: tf.exp(log), logProb: tf.sub(logProb, log) };
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    const log = tf.log(tf.maximum(x, LOWEST));
    const logProb = tf.sub(this.normal.logProb(log), log);
    return impossibleOutside(() => tf.greater(broadcast(x, logProb.shape), 0), logProb);
  }

  /** Those of log x. */
  protected override computeTails(x: tf.Tensor): Tails {
    const log = tf.log(tf.maximum(x, LOWEST));
    return tailsInside(x, 0, Number.POSITIVE_INFINITY, {
      below: this.normal.cdf(log),
      above: this.normal.survival(log),
    });
  }

  protected override computeQuantile(below: tf.Tensor, above: tf.Tensor): tf.Tensor {
    return tf.exp(this.normal.quantile(below, above));
  }

  override entropy(): tf.Tensor {
    return tf.add(this.normal.entropy(), this.normal.loc);
  }

  /** exp(loc + scale²/2). */
  override mean(): tf.Tensor {
    return tf.exp(tf.add(this.normal.loc, tf.mul(this.normal.variance(), 0.5)));
  }

  /** exp(loc − scale²). */
  override mode(): tf.Tensor {
    return tf.exp(tf.sub(this.normal.loc, this.normal.variance()));
  }

  /** (exp(scale²) − 1) mean². */
  override variance(): tf.Tensor {
    return tf.mul(tf.expm1(this.normal.variance()), tf.square(this.mean()));
  }
}

/** Nodes of the integrals: their error is 3·10⁻⁹ over what falls by e^−DROP. */
const { nodes: NODES, weights: WEIGHTS } = gaussLegendre(22);
/** What lies where the density has fallen by e^−DROP is left out: 2·10⁻⁹ of the mass. */
const DROP = 20;
/** Where float32 has nothing left of it. */
const FARTHEST = 100;
/** The largest distance between loc and the bounds, in scales; its square is finite. */
const LARGEST = 1e18;
/** The difference to an infinite bound is not NaN. */
const FINITE = 2 ** 127;
const LEAST = 2 ** -126;
const ROOT_HALF_PI = Math.sqrt(Math.PI / 2);

/**
 * N(loc, scale²) within [low, high], scale = exp(logScale): log p(x) = −½ ((x − loc)/scale)² − log ∫ there, 0 density elsewhere. Bounds may be
 * infinite, and the interval may lie anywhere: far out in a tail, where the normal distribution has no mass in float32, all is as exact as
 * near its middle.
 *
 * Everything is relative to the mode m, the point of [low, high] that is the nearest to loc. With t = (x − m)/scale and r = (m − loc)/scale the
 * density falls as e^(−rt − t²/2). Its integrals are by Gauss and Legendre's quadrature: all terms are positive, whatever loc and scale are.
 *
 * Draws are quantiles of uniform numbers, and their gradients, −∂F/p(x), reach all parameters. loc may lie up to 10¹⁸ scales away from the
 * interval.
 */
export class TruncatedNormal extends ScalarDistribution {
  readonly loc: tf.Tensor;
  readonly logScale: tf.Tensor;
  readonly low: number | tf.Tensor;
  readonly high: number | tf.Tensor;
  // No `#`: compiled functions find a distribution's tensors by its properties.
  protected readonly lowTensor: tf.Tensor;
  protected readonly highTensor: tf.Tensor;

  /** @throws if the parameters are not float32 or do not broadcast, or low ≥ high in numbers */
  constructor(options: {
    /** the mode of the normal distribution, `[...batch]` */
    loc: tf.Tensor;
    /** log of its standard deviation, which broadcasts with `loc` */
    logScale: tf.Tensor;
    /** the least value, or −∞; a number, or a tensor that broadcasts with `loc` */
    low: number | tf.Tensor;
    /** the greatest value, or ∞, likewise */
    high: number | tf.Tensor;
  }) {
    const { loc, logScale, low, high } = checkOptions('TruncatedNormal', options, {
      loc: tf.Tensor,
      logScale: tf.Tensor,
      low: [Number, tf.Tensor],
      high: [Number, tf.Tensor],
    });
    if (typeof low === 'number' && typeof high === 'number' && !(Math.fround(low) < Math.fround(high))) {
      throw new Error(`TruncatedNormal: got ${low} and ${high}, expected low < high`);
    }
    const [lowTensor, highTensor] = [low, high].map((bound) => (typeof bound === 'number' ? tf.scalar(bound) : bound));
    super({ loc, logScale, low: lowTensor, high: highTensor }, ['loc', 'logScale', 'low', 'high']);
    [this.low, this.high] = [low, high];
    [this.lowTensor, this.highTensor] = [lowTensor!, highTensor!];
    this.loc = loc;
    this.logScale = logScale;
  }

  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    const uniform = rng.uniformTensor([...sampleShape, ...this.batchShape]);
    return this.#inverse(uniform, tf.sub(1, uniform));
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    const { mode, r, mass } = this.#piece(this.lowTensor, this.highTensor);
    const inside = clamped(x, this.lowTensor, this.highTensor);
    const t = this.#inScales(tf.sub(inside, mode));
    const logProb = tf.sub(tf.neg(fall(t, r)), tf.add(tf.log(mass), this.logScale));
    const at = broadcast(x, logProb.shape);
    return impossibleOutside(
      () => tf.logicalAnd(tf.greaterEqual(at, this.lowTensor), tf.lessEqual(at, this.highTensor)),
      logProb,
    );
  }

  protected override computeTails(x: tf.Tensor): Tails {
    const inside = clamped(tf.clipByValue(x, -FINITE, FINITE), this.lowTensor, this.highTensor);
    const whole = this.#piece(this.lowTensor, this.highTensor);
    return { below: this.#share(this.lowTensor, inside, whole), above: this.#share(inside, this.highTensor, whole) };
  }

  protected override computeQuantile(below: tf.Tensor, above: tf.Tensor): tf.Tensor {
    const x = this.#inverse(below, above);
    const atLow = select(() => tf.equal(below, 0), this.lowTensor, x);
    return select(() => tf.equal(above, 0), this.highTensor, atLow);
  }

  /** logScale + log ∫ + E[rt + t²/2], all of whose terms count from the mode. */
  override entropy(): tf.Tensor {
    const { r, mass, t, terms } = this.#piece(this.lowTensor, this.highTensor);
    const expected = tf.div(tf.sum(tf.mul(terms, fall(t, r)), 0), mass);
    return tf.add(tf.add(tf.log(mass), expected), this.logScale);
  }

  /** mode + scale E[t]. */
  override mean(): tf.Tensor {
    const { mode, mass, t, terms } = this.#piece(this.lowTensor, this.highTensor);
    return tf.add(mode, tf.mul(tf.exp(this.logScale), tf.div(tf.sum(tf.mul(terms, t), 0), mass)));
  }

  /** The point of [low, high] that is the nearest to loc. */
  override mode(): tf.Tensor {
    return broadcast(this.#nearestTo(this.lowTensor, this.highTensor), this.batchShape);
  }

  /** scale² E[(t − E[t])²]. */
  override variance(): tf.Tensor {
    const { mass, t, terms } = this.#piece(this.lowTensor, this.highTensor);
    const mean = tf.div(tf.sum(tf.mul(terms, t), 0), mass);
    const square = tf.div(tf.sum(tf.mul(terms, tf.square(tf.sub(t, mean))), 0), mass);
    return tf.mul(tf.exp(tf.mul(this.logScale, 2)), square);
  }

  /**
   * E[f(X)] by quadrature, of f that has no features narrower than the density's, `[nodes, ...batch]` → the same.
   */
  expectation(f: (x: tf.Tensor) => tf.Tensor): tf.Tensor {
    const { mode, mass, t, terms } = this.#piece(this.lowTensor, this.highTensor);
    const x = tf.add(mode, tf.mul(t, tf.exp(this.logScale)));
    return tf.div(tf.sum(tf.mul(terms, f(clamped(x, this.lowTensor, this.highTensor))), 0), mass);
  }

  /**
   * The nearest that Newton's method gets by the tails of the normal distribution is a constant to differentiation. One more step by the
   * integral, x − (F(x) − p)/p(x), has the gradients of the implicit function theorem, and the last digits near a bound.
   */
  #inverse(below: tf.Tensor, above: tf.Tensor): tf.Tensor {
    const nearest = stopGradient(() => this.#nearestQuantile(below, above));
    const { below: got, above: left } = this.computeTails(nearest);
    const excess = select(
      () => tf.less(tf.add(below, tf.zerosLike(nearest)), above),
      tf.sub(got, below),
      tf.sub(above, left),
    );
    const x = tf.sub(
      nearest,
      tf.mul(
        excess,
        stopGradient(() => tf.exp(tf.neg(this.computeLogProb(nearest)))),
      ),
    );
    // Rounding may have left the interval.
    return tf.add(
      x,
      stopGradient(() => tf.sub(clamped(x, this.lowTensor, this.highTensor), x)),
    );
  }

  #nearestTo(low: tf.Tensor, high: tf.Tensor): tf.Tensor {
    return clamped(this.loc, low, high);
  }

  #inScales(distance: tf.Tensor): tf.Tensor {
    return tf.mul(distance, tf.exp(tf.neg(this.logScale)));
  }

  /** The normal distribution between two points, relative to its density at the point m that is the nearest to loc. */
  #piece(low: tf.Tensor, high: tf.Tensor): Piece {
    const mode = this.#nearestTo(low, high);
    const r = this.#inScales(tf.sub(mode, this.loc));
    const scale = tf.exp(this.logScale);
    const [left, right] = [-1, 1].map((side) => stopGradient(() => tf.mul(reach(tf.mul(r, side), DROP), scale)));
    // Cut in x, so that no infinite bound meets a factor.
    const from = this.#inScales(greater(tf.sub(low, mode), tf.neg(left!)));
    const width = tf.sub(this.#inScales(lesser(tf.sub(high, mode), right!)), from);
    const t = tf.add(from, tf.mul(inFrontOf(width, NODES), width));
    const terms = tf.mul(tf.mul(tf.exp(tf.neg(fall(t, r))), inFrontOf(width, WEIGHTS)), width);
    return { mode, r, t, terms, mass: tf.sum(terms, 0) };
  }

  /** What share of the mass lies between two points of the interval. */
  #share(low: tf.Tensor, high: tf.Tensor, whole: Piece): tf.Tensor {
    const part = this.#piece(low, high);
    const apart = this.#inScales(tf.sub(part.mode, whole.mode));
    const logFall = tf.mul(tf.mul(apart, tf.add(part.r, whole.r)), -0.5);
    return tf.div(tf.mul(tf.exp(logFall), part.mass), whole.mass);
  }

  /**
   * By the tail of the normal distribution that the point lies in. What is left of it beyond the point is e^(−rb − b²/2) R(r + b), with the bound
   * at b, and the share of the mass.
   */
  #nearestQuantile(below: tf.Tensor, above: tf.Tensor): tf.Tensor {
    const { mode, r, mass } = this.#piece(this.lowTensor, this.highTensor);
    const scale = tf.exp(this.logScale);
    const size = tf.minimum(tf.abs(r), LARGEST);
    const limit = tf.mul(reach(size, FARTHEST), scale);
    const toLow = this.#inScales(tf.minimum(tf.sub(mode, this.lowTensor), limit));
    const toHigh = this.#inScales(tf.minimum(tf.sub(this.highTensor, mode), limit));
    const massBelowLoc = tf.sub(ROOT_HALF_PI, tailBeyond(toLow, tf.zerosLike(toLow)));
    const isMiddleLower = tf.logicalAnd(tf.equal(r, 0), tf.less(tf.mul(below, mass), massBelowLoc));
    const isLower = tf.logicalOr(tf.less(r, 0), isMiddleLower);
    const end = tf.where(isLower, toLow, toHigh);
    const beyond = tf.mul(tf.where(isLower, tf.add(below, tf.zerosLike(end)), tf.add(above, tf.zerosLike(end))), mass);
    const tail = tf.add(tailBeyond(end, size), beyond);
    const t = tf.minimum(tailPoint(tf.log(tf.maximum(tail, LEAST)), size), end);
    const x = tf.add(mode, tf.mul(tf.where(isLower, tf.neg(t), t), scale));
    return clamped(x, this.lowTensor, this.highTensor);
  }
}

interface Piece {
  /** m */
  readonly mode: tf.Tensor;
  /** (m − loc) / scale */
  readonly r: tf.Tensor;
  /** (x − m) / scale at the nodes, `[nodes, ...]` */
  readonly t: tf.Tensor;
  /** The density relative to that at m, times the nodes' weights, `[nodes, ...]`. */
  readonly terms: tf.Tensor;
  /** Their sum. */
  readonly mass: tf.Tensor;
}

/** The nearest to x of the points from low to high. */
function clamped(x: tf.Tensor, low: tf.Tensor, high: tf.Tensor): tf.Tensor {
  return lesser(greater(x, low), high);
}

/** Gradients of tfjs's own maximum do not sum over what is broadcast. */
function greater(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const shape = tf.broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
  return tf.maximum(broadcast(a, shape), broadcast(b, shape));
}

function lesser(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return tf.neg(greater(tf.neg(a), tf.neg(b)));
}

/** rt + t²/2 */
function fall(t: tf.Tensor, r: tf.Tensor): tf.Tensor {
  return tf.mul(t, tf.add(r, tf.mul(t, 0.5)));
}

/** The t > 0 at which the density has fallen by e^−drop: rt + t²/2 = drop, or that of r = 0 where r is negative. */
function reach(r: tf.Tensor, drop: number): tf.Tensor {
  const slope = tf.minimum(tf.maximum(r, 0), LARGEST);
  return tf.div(2 * drop, tf.add(slope, tf.sqrt(tf.add(tf.square(slope), 2 * drop))));
}

/** ∫ beyond t ≥ 0 of e^(−rt − t²/2). */
function tailBeyond(t: tf.Tensor, r: tf.Tensor): tf.Tensor {
  return tf.mul(tf.exp(tf.neg(fall(t, r))), millsRatio(tf.add(r, t)));
}
