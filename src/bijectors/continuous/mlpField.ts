import * as tf from '@tensorflow/tfjs-core';
import { type Activation, activationFunction } from '../../nn/activation.ts';
import { activationSlope } from '../../nn/activationSlope.ts';
import { Mlp } from '../../nn/mlp.ts';
import { positiveInteger } from '../../nn/positiveInteger.ts';
import { checkOptions } from '../../options/checkArguments.ts';
import { Rng } from '../../random.ts';
import { type Time, VectorField, type Velocity } from './vectorField.ts';

/** Hutchinson's estimate of the divergence; see {@link MlpField}. */
export interface HutchinsonTrace {
  /** How many random directions are averaged. */
  readonly probes: number;
  /** Their entries: ±1 (the default, of least variance), or N(0, 1). */
  readonly noise?: 'rademacher' | 'normal';
}

/** Options of {@link MlpField}. */
export interface MlpFieldOptions {
  readonly dim: number;
  readonly contextDim?: number;
  /** Widths of the network's hidden layers, at least one. */
  readonly hidden?: readonly number[];
  readonly activation?: Activation | undefined;
  /** Gain of the last layer's kernel; 0 by default, so that nothing moves at first. */
  readonly outputScale?: number;
  /** The divergence is exact unless an estimate is asked for. */
  readonly trace?: 'exact' | HutchinsonTrace;
  readonly rng: Rng;
}

/**
 * v(x, t; context) by a network of [x, t, context], 0 at first unless `outputScale` says otherwise.
 *
 * Its divergence is the trace of W₁D₁W₂D₂ … W, with W₁ the rows of the first kernel that x meets and Dₖ the slopes of the k-th
 * activation. With one or two hidden layers it costs as much as one more pass, whatever `dim`: tr(W₁D₁W₂D₂W₃) = d₁ᵀ (W₂ ∘ (W₃W₁)ᵀ) d₂.
 * With more, `dim` directions are pushed forward through the layers beside x.
 *
 * Hutchinson's estimate is the mean of εᵀ(∂v/∂x)ε over fixed random directions ε: right on average over ε, but for any one set
 * of them the log-determinant is not that of the map, and densities do not integrate to 1. Training can learn to please fixed
 * directions: draw others at every step by {@link resample}. It saves work only with three or more hidden layers and fewer probes than
 * `dim`. Grathwohl et al., "FFJORD", arXiv:1810.01367.
 */
export class MlpField extends VectorField {
  readonly dim: number;
  readonly contextDim: number;
  readonly network: Mlp;
  /** The random directions, `[probes, dim]`, which are saved with the network; absent where the divergence is exact. */
  readonly probes: tf.Variable | undefined;
  readonly #activation: Activation;
  readonly #noise: 'rademacher' | 'normal';

  /** @throws if a size or the number of probes is no positive integer, there is no hidden layer, or the activation is unknown */
  constructor(options: MlpFieldOptions) {
    super();
    const {
      dim,
      contextDim = 0,
      hidden = [64, 64],
      activation = 'tanh',
      outputScale = 0,
      trace = 'exact',
      rng,
    } = checkOptions('MlpField', options, {
      dim: Number,
      contextDim: [Number, undefined],
      hidden: [Array, undefined],
      activation: [String, undefined],
      outputScale: [Number, undefined],
      trace: ['exact', Object, undefined],
      rng: Rng,
    });
    this.dim = positiveInteger('MlpField', 'dim', dim);
    this.contextDim = contextDim === 0 ? 0 : positiveInteger('MlpField', 'contextDim (or 0)', contextDim);
    if (hidden.length === 0) throw new Error('MlpField: wanted at least one hidden layer, got none');
    this.#activation = activation;
    this.network = new Mlp({ inputDim: dim + 1 + contextDim, hidden, outputDim: dim, activation, outputScale, rng });
    this.#noise = trace === 'exact' ? 'rademacher' : (trace.noise ?? 'rademacher');
    if (trace !== 'exact') {
      const count = positiveInteger('MlpField', 'number of probes', trace.probes);
      this.probes = tf.tidy(() => tf.variable(tf.zeros([count, dim]), false));
      tf.tidy(() => this.resample(rng.split('probes')));
    }
  }

  /** Draws new directions for Hutchinson's estimate, also inside of a compiled function. @throws where the divergence is exact */
  resample(rng: Rng): void {
    if (this.probes === undefined) throw new Error('MlpField.resample: has no probes: its divergence is exact');
    const { shape } = this.probes;
    this.probes.assign(
      this.#noise === 'normal'
        ? rng.normalTensor(shape)
        : tf.sub(tf.mul(tf.step(tf.sub(rng.uniformTensor(shape), 0.5)), 2), 1),
    );
  }

  along(context?: tf.Tensor): (x: tf.Tensor, t: Time) => Velocity {
    const { pass, kernels } = this.#layersAlong(context);
    const slope = activationSlope(this.#activation);
    const divergence = this.#divergence(kernels);
    return (x, t) => {
      const slopes: tf.Tensor[] = [];
      const velocity = pass(x, t, (input, output) => slopes.push(slope(input, output)));
      return [velocity, divergence(slopes)];
    };
  }

  override velocityAlong(context?: tf.Tensor): (x: tf.Tensor, t: Time) => tf.Tensor {
    const { pass } = this.#layersAlong(context);
    return (x, t) => pass(x, t);
  }

  /** In one product with the first kernel, where a point is not one of many of its path. */
  override at(x: tf.Tensor, t: Time, context?: tf.Tensor): tf.Tensor {
    const rows = x.shape[0]!;
    const times = typeof t === 'number' ? tf.fill([rows, 1], t) : t;
    const each = context === undefined || context.shape[0] === rows ? context : tf.tile(context, [rows, 1]);
    return this.network.apply(tf.concat([x, times, ...(each === undefined ? [] : [each])], 1));
  }

  /** A pass through the network that tells what each activation gets and gives, and its kernels, the first one's rows of x only. */
  #layersAlong(context?: tf.Tensor) {
    const layers = this.network.layers;
    const kernels = layers.map(({ kernel }) => kernel as tf.Tensor);
    const biases = layers.map(({ bias }) => bias as tf.Tensor);
    const sizes = [this.dim, 1, ...(context === undefined ? [] : [this.contextDim])];
    const [ofX, ofTime, ofContext] = tf.split(kernels[0]!, sizes, 0) as [tf.Tensor, tf.Tensor, tf.Tensor?];
    const width = ofTime.shape[1]!;
    const ofTimes = tf.reshape(ofTime, [width]);
    const own = context === undefined ? biases[0]! : tf.add(tf.matMul(context, ofContext!), biases[0]!);
    // One row as a vector: tfjs has no gradient of a row that is spread over none.
    const offset = context?.shape[0] === 1 ? tf.reshape(own, [width]) : own;
    const activation = activationFunction(this.#activation);
    const pass = (x: tf.Tensor, t: Time, tell?: (input: tf.Tensor, output: tf.Tensor) => void) => {
      const moved = typeof t === 'number' ? tf.mul(ofTimes, t) : tf.matMul(t, ofTime);
      let input = tf.add(tf.add(tf.matMul(x, ofX), moved), offset);
      for (const [i, kernel] of kernels.slice(1).entries()) {
        const output = activation(input);
        tell?.(input, output);
        input = tf.add(tf.matMul(output, kernel), biases[i + 1]!);
      }
      return input;
    };
    return { pass, kernels: [ofX, ...kernels.slice(1)] };
  }

  /** Σ over directions ε of εᵀ W₁D₁W₂ … W ε, from the slopes, the diagonals of the Dₖ, `[rows, width]` each. */
  #divergence(kernels: readonly tf.Tensor[]): (slopes: readonly tf.Tensor[]) => tf.Tensor {
    const [first, last] = [kernels[0]!, kernels.at(-1)!];
    const inner = kernels.slice(1, -1);
    const probes = this.probes && tf.mul(this.probes, 1 / Math.sqrt(this.probes.shape[0]!));
    const starts = probes === undefined ? first : tf.matMul(probes, first);
    const ends = probes === undefined ? tf.transpose(last) : tf.matMul(probes, last, false, true);
    if (inner.length === 0) {
      const weights = tf.sum(tf.mul(starts, ends), 0);
      return (slopes) => tf.sum(tf.mul(slopes[0]!, weights), -1);
    }
    if (inner.length === 1) {
      const weights = tf.mul(inner[0]!, tf.matMul(starts, ends, true));
      return (slopes) => tf.sum(tf.mul(tf.matMul(slopes[0]!, weights), slopes[1]!), -1);
    }
    return (slopes) => {
      const [rows, directions] = [slopes[0]!.shape[0]!, starts.shape[0]!];
      const scaled = (pushed: tf.Tensor, by: tf.Tensor) => tf.mul(pushed, tf.expandDims(by, 1));
      let pushed = starts;
      for (const [i, kernel] of inner.entries()) {
        const flat = tf.reshape(scaled(pushed, slopes[i]!), [rows * directions, kernel.shape[0]!]);
        pushed = tf.reshape(tf.matMul(flat, kernel), [rows, directions, kernel.shape[1]!]);
      }
      return tf.sum(tf.mul(scaled(pushed, slopes.at(-1)!), ends), [1, 2]);
    };
  }
}
