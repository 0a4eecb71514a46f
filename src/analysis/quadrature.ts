import * as tf from '@tensorflow/tfjs-core';
import { Distribution } from '../distributions/distribution.ts';
import { logSumExp, probabilityBefore } from '../distributions/support.ts';
import { currentTrace } from '../engine/trace/traceBackend.ts';
import { broadcast, broadcastShape, direction, split, stopGradient, unitSlices, versine } from '../nn/tensors.ts';
import { checkOptions, type Kinds } from '../options/parse.ts';
import { portableMath } from '../portableMath.ts';
import type { Rng } from '../random.ts';

/** Which component is integrated out, and over which range. */
export interface MarginalOptions extends QuadratureRange {
  readonly joint: Distribution;
  /** The component that is integrated out. */
  readonly out: number;
}

/**
 * The marginal distribution of all components but one, whose log-density is a numerical integral: log ∫ p(x) dxᵢ by the midpoint
 * rule over a range: −∞ for values of density 0. Draws are exact: those of the joint without that component.
 */
export class MarginalByQuadrature extends Distribution {
  readonly joint: Distribution;
  readonly out: number;
  readonly batchShape: number[];
  readonly eventShape: number[];
  readonly reparameterized: boolean;
  override readonly angles: boolean;
  readonly #nodes: tf.Tensor1D;
  readonly #width: number;

  /** @throws if the joint's events are no vectors of two or more, or the component, range or points do not fit */
  constructor(options: MarginalOptions) {
    super();
    const { joint, out, ...range } = checkOptions('MarginalByQuadrature', options, {
      ...rangeKinds,
      joint: Distribution,
      out: Number,
    });
    checkJoint('MarginalByQuadrature', joint.eventShape, out);
    const { nodes, width } = midpoints('MarginalByQuadrature', range);
    this.joint = joint;
    this.out = out;
    this.batchShape = joint.batchShape;
    this.eventShape = [joint.eventShape[0]! - 1];
    this.reparameterized = joint.reparameterized;
    this.angles = joint.angles;
    this.#nodes = nodes;
    this.#width = width;
  }

  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    return without(this.joint.sample(rng, sampleShape), this.out);
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    // The nodes' axis lies before the whole batch, of which x may have less.
    const batch = broadcastShape(x.shape.slice(0, -1), this.batchShape)!;
    const whole = [this.#nodes.size, ...batch];
    const component = broadcast(tf.reshape(this.#nodes, [this.#nodes.size, ...batch.map(() => 1), 1]), [...whole, 1]);
    const others = broadcast(x, [...whole, this.eventShape[0]!]);
    return logIntegral(this.joint.logProb(joined(others, component, this.out)), this.#width);
  }
}

/** Which component, given which values of the others, and the range of its integral. */
export interface ConditionalOptions extends QuadratureRange {
  readonly joint: Distribution;
  /** The component whose distribution it is. */
  readonly of: number;
  /** The values of all others, `[...batch, dim − 1]`, in their order. */
  readonly given: tf.Tensor;
}

/**
 * The conditional distribution of one component of a joint given the others, p(xᵢ | rest) = p(x)/∫ p(x) dxᵢ, whose normalizer is a
 * numerical integral by the midpoint rule over a range. Events are vectors of one number.
 *
 * Draws invert the distribution function of the cells, within which they are uniform; they are not reparameterized. Mean, variance
 * and entropy are integrals by the same rule. {@link normalizerError} says how far the number of points can be trusted.
 */
export class ConditionalByQuadrature extends Distribution {
  readonly batchShape: number[];
  readonly eventShape = [1];
  readonly reparameterized = false;
  override readonly angles: boolean;
  readonly joint: Distribution;
  readonly of: number;
  readonly given: tf.Tensor;
  /** log p(x) at the middle of each cell and the given values, `[points, ...batch]`. */
  readonly #logs: tf.Tensor;
  readonly #nodes: tf.Tensor1D;
  readonly #width: number;
  readonly #range: QuadratureRange;

  /**
   * @throws if the joint's events are no vectors of two or more, or the values, component, range or points do not fit, or the density
   *   is 0 over all of the range at some of the values: nothing follows from what cannot be. Within a compiled function, where no values
   *   are known, all is NaN then.
   */
  constructor(options: ConditionalOptions) {
    super();
    const owner = 'ConditionalByQuadrature';
    const { joint, of, given, ...range } = checkOptions(owner, options, {
      ...rangeKinds,
      joint: Distribution,
      of: Number,
      given: tf.Tensor,
    });
    checkJoint(owner, joint.eventShape, of);
    const batch = broadcastShape(given.shape.slice(0, -1), joint.batchShape);
    if (given.rank === 0 || given.shape.at(-1) !== joint.eventShape[0]! - 1 || batch === undefined) {
      throw new Error(
        `${owner}: got [${given.shape}], ` +
          `expected given [..., ${[...joint.batchShape, joint.eventShape[0]! - 1].join(', ')}]`,
      );
    }
    this.batchShape = batch;
    this.angles = joint.angles;
    this.joint = joint;
    this.of = of;
    this.given = given;
    const { nodes, width } = midpoints(owner, range);
    this.#nodes = nodes;
    this.#width = width;
    this.#range = range;
    this.#logs = this.#logsAt(nodes);
    if (currentTrace() === undefined) this.#checkPossible();
  }

  #checkPossible(): void {
    const logs = tf.tidy(() => tf.reshape(tf.max(this.#logs, 0), [-1]).dataSync());
    const row = logs.findIndex((log) => !(log > Number.NEGATIVE_INFINITY));
    if (row < 0) return;
    const size = this.given.shape.at(-1)!;
    const rows = tf.tidy(() => broadcast(this.given, [...this.batchShape, size]).dataSync());
    const values = [...rows.slice(row * size, (row + 1) * size)].map((value) => Number(value.toPrecision(6)));
    const [low, high] = this.#range.range;
    const density = Number.isNaN(logs[row]) ? 'NaN' : `0 everywhere in [${low}, ${high}]`;
    throw new Error(
      `ConditionalByQuadrature: given: got [${values.join(', ')}], at which the density of component ${this.of} is ${density}, ` +
        'expected values of positive density',
    );
  }

  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    const shape = [...sampleShape, ...this.batchShape];
    const [threshold, place] = [rng.uniformTensor([1, ...shape]), rng.uniformTensor([...shape, 1])];
    return stopGradient(() => {
      const points = this.#nodes.size;
      const before = probabilityBefore(this.#weights(), 0);
      const aligned = tf.reshape(before, [points, ...sampleShape.map(() => 1), ...this.batchShape]);
      const cell = tf.sub(tf.sum(tf.cast(tf.greaterEqual(threshold, aligned), 'float32'), 0), 1);
      const low = this.#range.range[0];
      return tf.add(tf.mul(tf.add(tf.expandDims(cell, -1), place), this.#width), low);
    });
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    return tf.sub(this.#jointLogProb(x), this.logNormalizer());
  }

  /** log ∫ p(x) dxᵢ: the log-density of the given values, `[...batch]`. */
  logNormalizer(): tf.Tensor {
    return logIntegral(this.#logs, this.#width);
  }

  /** How far {@link logNormalizer} is from the one by half as many points, `[...batch]`, nats: a bound of its error where that is small. */
  normalizerError(): tf.Tensor {
    const points = Math.max(2, Math.floor(this.#nodes.size / 2));
    const { nodes, width } = midpoints('ConditionalByQuadrature', { ...this.#range, points });
    return tf.abs(tf.sub(this.logNormalizer(), logIntegral(this.#logsAt(nodes), width)));
  }

  override entropy(): tf.Tensor {
    const logs = tf.sub(this.#logs, this.logNormalizer());
    return tf.neg(tf.sum(tf.mul(this.#weights(), tf.maximum(logs, -1e30)), 0));
  }

  override mean(): tf.Tensor {
    const [weights, x] = [this.#weights(), this.#aligned()];
    return tf.expandDims(this.angles ? direction(x, weights, 0) : tf.sum(tf.mul(weights, x), 0), -1);
  }

  override variance(): tf.Tensor {
    const apart = tf.sub(this.#aligned(), tf.squeeze(this.mean(), [-1]));
    const each = this.angles ? versine(apart) : tf.square(apart);
    return tf.expandDims(tf.sum(tf.mul(this.#weights(), each), 0), -1);
  }

  /** The probability of each cell, `[points, ...batch]`. */
  #weights(): tf.Tensor {
    return tf.exp(tf.sub(this.#logs, tf.logSumExp(this.#logs, 0)));
  }

  #aligned(): tf.Tensor {
    return tf.reshape(this.#nodes, [this.#nodes.size, ...this.batchShape.map(() => 1)]);
  }

  /** log p(x) where the component is at the nodes, `[points, ...batch]`. */
  #logsAt(nodes: tf.Tensor1D): tf.Tensor {
    return this.#jointLogProb(tf.reshape(nodes, [nodes.size, ...this.batchShape.map(() => 1), 1]));
  }

  /** The joint's log-density where the component is x `[..., 1]`. */
  #jointLogProb(x: tf.Tensor): tf.Tensor {
    const shape = broadcastShape(x.shape.slice(0, -1), this.batchShape)!;
    const others = broadcast(this.given, [...shape, this.given.shape.at(-1)!]);
    return this.joint.logProb(joined(others, broadcast(x, [...shape, 1]), this.of));
  }
}

/** Where a component is integrated, and how finely. */
export interface QuadratureRange {
  /** The interval that is integrated over: all of the component's mass should lie in it. */
  readonly range: readonly [low: number, high: number];
  /** The number of points of the midpoint rule, whose error falls faster than any power of it for a smooth density that ends within the range. */
  readonly points?: number;
}

const rangeKinds: Kinds<QuadratureRange> = { range: Array, points: [Number, undefined] };

/**
 * The middles of equal cells of an interval, and the width of one.
 * @param owner who integrates, as errors name it
 * @throws if the interval is empty or not finite, or there are not at least two points
 */
function midpoints(owner: string, { range, points = 512 }: QuadratureRange): { nodes: tf.Tensor1D; width: number } {
  const [low, high] = range;
  if (!(low < high && Number.isFinite(high - low))) {
    throw new Error(`${owner}: got [${low}, ${high}], expected a finite range low < high`);
  }
  if (!Number.isInteger(points) || points < 2) {
    throw new Error(`${owner}: got ${points}, expected an integer number of points above 1`);
  }
  const width = (high - low) / points;
  return { nodes: tf.tensor1d(Array.from({ length: points }, (_, i) => low + (i + 0.5) * width)), width };
}

/** The log of the integral of a density along the first axis, from its logs in the middles of cells; −∞, with gradient 0, where all are. */
function logIntegral(logs: tf.Tensor, width: number): tf.Tensor {
  return tf.add(logSumExp(logs, 0), portableMath.log(width));
}

/**
 * Checks a joint distribution whose component `index` is set apart from the others.
 * @throws if its events are no vectors of at least two numbers, or there is no such component
 */
function checkJoint(owner: string, eventShape: readonly number[], index: number): void {
  const [dim] = eventShape;
  if (eventShape.length !== 1 || dim! < 2) {
    throw new Error(
      `${owner}: got event shape [${eventShape}], ` +
        'expected a joint distribution over vectors of two numbers or more',
    );
  }
  if (!Number.isInteger(index) || index < 0 || index >= dim!) {
    throw new Error(`${owner}: got ${index}, expected a component from 0 to ${dim! - 1}`);
  }
}

/** `others` with `component` put in at `index` of the last axis; both of one shape before that. */
function joined(others: tf.Tensor, component: tf.Tensor, index: number): tf.Tensor {
  const sizes = [index, others.shape.at(-1)! - index].filter((size) => size > 0);
  const parts = split(others, sizes, -1);
  parts.splice(index === 0 ? 0 : 1, 0, component);
  return tf.concat(parts, -1);
}

/** x without the component `index` of the last axis. */
function without(x: tf.Tensor, index: number): tf.Tensor {
  const parts = unitSlices(x, -1).filter((_, i) => i !== index);
  return parts.length === 1 ? parts[0]! : tf.concat(parts, -1);
}
