import * as tf from '@tensorflow/tfjs-core';
import type { Activation } from '../../nn/activation.ts';
import { Made, type Order } from '../../nn/made.ts';
import { checkOptions } from '../../options/checkArguments.ts';
import { Rng } from '../../random.ts';
import { type Direction, sumLogDet, type WithLogDet } from '../bijector.ts';
import { ConditionalBijector } from '../conditionalBijector.ts';
import type { ElementwiseFamily } from '../elementwise/elementwiseFamily.ts';
import { repeatRows } from './repeatRows.ts';

/** Options of {@link Autoregressive}. */
export interface AutoregressiveOptions {
  readonly dim: number;
  readonly family: ElementwiseFamily;
  readonly contextDim?: number;
  /** The direction that is one pass of the network; 'inverse' unless given. */
  readonly parallel?: Direction;
  /** In which order the entries follow one another; 'natural' unless given. */
  readonly order?: Order;
  /** Widths of the network's hidden layers. */
  readonly hidden?: readonly number[];
  readonly activation?: Activation | undefined;
  readonly rng: Rng;
}

/**
 * Autoregressive layer: every entry goes through an elementwise bijector whose parameters a masked network computes from the
 * entries before it, in a fixed order, and the context. Its Jacobian is triangular in that order, exactly, so the log-determinant is
 * that of the elementwise bijector. The identity at first, since the network's last layer is zero.
 *
 * The network sees the input of the direction that is `parallel`, which is one pass for all entries. With 'inverse' it sees data,
 * xᵢ = f⁻¹(yᵢ; y before i): a density is one pass. With 'forward' it sees noise, yᵢ = f(xᵢ; x before i): a sample with its
 * log-probability is one pass. The other direction takes one entry after the other, unrolled; see {@link Made.unroll}.
 *
 * With {@link affineFamily} it is the layer of masked autoregressive flows (Papamakarios et al., arXiv:1705.07057) or, with 'forward',
 * of inverse autoregressive flows (Kingma et al., arXiv:1606.04934); with {@link rationalQuadraticSplineFamily} that of
 * autoregressive neural spline flows (Durkan et al., arXiv:1906.04032).
 */
export class Autoregressive extends ConditionalBijector {
  readonly network: Made;
  readonly #family: ElementwiseFamily;
  readonly #parallel: Direction;

  /** @throws if there are fewer than two entries, the order is none of them, or a size is not positive */
  constructor(options: AutoregressiveOptions) {
    const {
      dim,
      family,
      contextDim = 0,
      parallel = 'inverse',
      order,
      hidden = [64, 64],
      activation,
      rng,
    } = checkOptions('Autoregressive', options, {
      dim: Number,
      family: Object,
      contextDim: [Number, undefined],
      parallel: ['forward', 'inverse', undefined],
      order: ['natural', 'reversed', Array, undefined],
      hidden: [Array, undefined],
      activation: [String, undefined],
      rng: Rng,
    });
    super(dim, contextDim);
    if (dim === 1) {
      throw new Error(
        'Autoregressive: wanted a dim of at least 2, got 1; for a map of all entries by the context alone there is Conditioned',
      );
    }
    this.#family = family;
    this.#parallel = parallel;
    this.network = new Made({
      dim,
      contextDim,
      features: family.features?.size ?? 1,
      outputs: family.parameterCount,
      ...(order !== undefined && { order }),
      hidden,
      activation,
      outputScale: 0,
      rng,
    });
  }

  transform(input: tf.Tensor, direction: Direction, context?: tf.Tensor): WithLogDet {
    const rows = input.rank === 2 ? input : tf.reshape(input, [input.size / this.dim, this.dim]);
    const seen = context && repeatRows(context, rows.shape[0]!);
    const [output, logDets] =
      direction === this.#parallel ? this.#atOnce(rows, direction, seen) : this.#inTurn(rows, direction, seen);
    const logDet = sumLogDet(logDets, 0, 1);
    return input.rank === 2
      ? [output, logDet]
      : [tf.reshape(output, input.shape), tf.reshape(logDet, input.shape.slice(0, -1))];
  }

  #atOnce(rows: tf.Tensor, direction: Direction, context?: tf.Tensor): WithLogDet {
    return this.#elementwise(rows, this.network.apply(this.#shown(rows), context), direction);
  }

  #inTurn(rows: tf.Tensor, direction: Direction, context?: tf.Tensor): WithLogDet {
    const entries = tf.split(rows, this.dim, 1);
    const values: tf.Tensor[] = [];
    const logDets: tf.Tensor[] = [];
    this.network.unroll(rows.shape[0]!, context, (i, parameters) => {
      [values[i], logDets[i]] = this.#elementwise(entries[i]!, parameters, direction);
      return this.#shown(values[i]!);
    });
    return [tf.concat(values, 1), tf.concat(logDets, 1)];
  }

  #elementwise(x: tf.Tensor, parameters: tf.Tensor, direction: Direction): WithLogDet {
    const bijector = this.#family.bijector(parameters, x.shape[1]!);
    return direction === 'forward' ? bijector.forwardAndLogDet(x) : bijector.inverseAndLogDet(x);
  }

  /** What the network sees of entries. */
  #shown(x: tf.Tensor): tf.Tensor {
    return this.#family.features?.of(x) ?? x;
  }
}
