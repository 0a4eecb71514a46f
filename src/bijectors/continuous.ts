import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { currentTrace } from '../engine/trace/traceBackend.ts';
import { Module } from '../module.ts';
import { type Activation, activationFunction, activationSlope } from '../nn/dense.ts';
import { layerOptions, Mlp, outputScale, someWidths } from '../nn/mlp.ts';
import { checkNumbers } from '../nn/sizes.ts';
import { repeatRows, stopGradient } from '../nn/tensors.ts';
import { count, positive } from '../options/fields.ts';
import { parseOptions } from '../options/parse.ts';
import { portableMath } from '../portableMath.ts';
import type { Rng } from '../random.ts';
import { ConditionalBijector, type Direction, type Monotonicity, type WithLogDet } from './bijector.ts';

/** A step's error in every entry, and in the integral, stays below atol + rtol·|value|. */
const adaptiveOptions = {
  rtol: positive(1e-5, 'error that a step may make, as a part of the value'),
  atol: positive(1e-6, 'error that a step may make beside that'),
  maxSteps: count(1000, 'steps, refused ones among them, before it gives up', 'steps'),
};
type AdaptiveOptions = z.output<z.ZodObject<typeof adaptiveOptions>>;

export const solverSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('fixed'),
      steps: z.int().positive(),
      method: z.enum(['dormand-prince', 'midpoint', 'euler']).optional(),
    }),
    z.strictObject({ kind: z.literal('adaptive'), ...adaptiveOptions }),
  ])
  .meta({ description: 'solver of the ODE', type: 'OdeSolver' });

/**
 * How a {@link NeuralOde} is integrated: with so many steps of equal length, by the method of Dormand and Prince (six evaluations of the
 * field a step, the default), of the midpoint (two) or of Euler (one); or by the Dormand–Prince pair of orders 5 and 4 with as many steps
 * as keep each one's error below atol + rtol·|value| in every entry.
 */
export type OdeSolver = z.input<typeof solverSchema>;

/** From which time to which a path goes. */
const SPANS = { forward: [0, 1], inverse: [1, 0] } as const;

const neuralOdeOptions = z.strictObject({
  field: z.custom<VectorField>((value) => value instanceof VectorField, 'a VectorField').describe('v(x, t; context)'),
  solver: solverSchema.default({ kind: 'fixed', steps: 8 }),
});

/** Options of {@link NeuralOde}. */
export type NeuralOdeOptions = z.input<typeof neuralOdeOptions>;

/**
 * The flow of a vector field: y = x(1) where dx/dt = v(x, t; context) and x(0) = x; the inverse goes from t = 1 to 0.
 *
 * Log-determinant ∫₀¹ Σ ∂vᵢ/∂xᵢ dt, integrated along with x where it is asked for. Both directions have the solver's error, and so has a round trip.
 * Gradients are those of the steps that were made.
 *
 * With the `adaptive` solver a NeuralOde cannot be compiled, and how exactly a row is integrated depends on its batch. Several
 * NeuralOdes may share a field: one with fixed steps to train, one with small tolerances to see whether the steps suffice.
 *
 * Chen et al., "Neural Ordinary Differential Equations", arXiv:1806.07366; Grathwohl et al., "FFJORD", arXiv:1810.01367.
 *
 * @example
 * const field = new MlpField({ dim: 2, contextDim: 4, hidden: [64, 64], rng });
 * const bijector = new NeuralOde({ field, solver: { kind: 'fixed', steps: 8 } });
 * const exact = new NeuralOde({ field, solver: { kind: 'adaptive', rtol: 1e-6 } });
 */
export class NeuralOde extends ConditionalBijector {
  readonly field: VectorField;
  readonly #solver: z.output<typeof solverSchema>;

  /** @throws if the method is unknown, `steps` or `maxSteps` is no positive integer, or a tolerance no positive number */
  constructor(options: NeuralOdeOptions) {
    const { field, solver } = parseOptions('NeuralOde', neuralOdeOptions, options);
    super(field.dim, field.contextDim);
    this.field = field;
    this.#solver = solver;
  }

  /** Rising for one number, undefined for several. */
  override monotonicity(): Monotonicity | undefined {
    return this.dim === 1 ? 1 : undefined;
  }

  /** @throws with the adaptive solver: while a function is compiled, or where it needs more than `maxSteps` */
  transform(input: tf.Tensor, direction: Direction, context?: tf.Tensor): WithLogDet {
    const { rows, each } = this.#rowsOf(input, context);
    const [value, logDet] = this.#integrate(rows, direction, each);
    return [tf.reshape(value, input.shape), tf.reshape(logDet, input.shape.slice(0, -1))];
  }

  /** Without the divergence where steps are fixed. */
  override transformValue(input: tf.Tensor, direction: Direction, context?: tf.Tensor): tf.Tensor {
    const solver = this.#solver;
    // The adaptive solver sees the integral's error, too: the steps, and so the value, are those of `transform`.
    if (solver.kind === 'adaptive') return this.transform(input, direction, context)[0];
    const { rows, each } = this.#rowsOf(input, context);
    const velocity = this.field.velocityAlong(each);
    const [value] = integrateFixed((x, t) => [velocity(x, t)], rows, SPANS[direction], solver);
    return tf.reshape(value, input.shape);
  }

  #rowsOf(input: tf.Tensor, context?: tf.Tensor) {
    const rows = tf.reshape(input, [input.size / this.dim, this.dim]);
    return { rows, each: context?.shape[0] === 1 ? context : context && repeatRows(context, rows.shape[0]!) };
  }

  #integrate(rows: tf.Tensor, direction: Direction, context?: tf.Tensor): WithLogDet {
    const solver = this.#solver;
    const field = this.field.along(context);
    if (solver.kind === 'fixed') return integrateFixed(field, rows, SPANS[direction], solver);
    if (currentTrace() !== undefined) {
      throw new Error(
        `NeuralOde.${direction}: the adaptive solver chooses its steps by values, which are not known while a function is compiled: ` +
          "use the solver { kind: 'fixed', steps }",
      );
    }
    try {
      return integrateAdaptively(field, rows, SPANS[direction], solver);
    } catch (error) {
      throw new Error(`NeuralOde.${direction}: ${(error as Error).message}`, { cause: error });
    }
  }
}

/** The velocity at a point and a time, `[rows, dim]`, and its divergence Σ ∂vᵢ/∂xᵢ, `[rows]`. */
export type Velocity = readonly [velocity: tf.Tensor, divergence: tf.Tensor];

/** One time for all rows, or a time for each, `[rows, 1]`. */
export type Time = number | tf.Tensor;

/** A field of velocities v(x, t; context) over vectors of `dim` numbers, for {@link NeuralOde} to follow. */
export abstract class VectorField extends Module {
  abstract readonly dim: number;
  /** The size of the context, 0 for none. */
  abstract readonly contextDim: number;

  /**
   * The field for given contexts, as a function of x `[rows, dim]` and of the time. What does not change along a path is computed here, once.
   * @param context `[rows, contextDim]`, or `[1, contextDim]` for all rows; absent where `contextDim` is 0
   */
  abstract along(context?: tf.Tensor): (x: tf.Tensor, t: Time) => Velocity;

  /** As {@link along}, for who needs no divergence: the velocity alone. */
  velocityAlong(context?: tf.Tensor): (x: tf.Tensor, t: Time) => tf.Tensor {
    const field = this.along(context);
    return (x, t) => field(x, t)[0];
  }

  /** The velocity at one point of each path: x `[rows, dim]`, t for all or `[rows, 1]`, context as of {@link along}. */
  at(x: tf.Tensor, t: Time, context?: tf.Tensor): tf.Tensor {
    return this.velocityAlong(context)(x, t);
  }
}

const hutchinsonTrace = z.strictObject({
  probes: z.int().positive().describe('how many random directions are averaged'),
  noise: z
    .enum(['rademacher', 'normal'])
    .optional()
    .describe('their entries; ±1, the default and of least variance, or N(0, 1)'),
});

/** Hutchinson's estimate of the divergence; see {@link MlpField}. */
export type HutchinsonTrace = z.input<typeof hutchinsonTrace>;

export const traceSchema = z
  .union([z.literal('exact'), hutchinsonTrace])
  .default('exact')
  .meta({ description: 'how the divergence is found; exactly, or by an estimate', type: "'exact' | HutchinsonTrace" });

const mlpFieldOptions = z.strictObject({
  ...layerOptions,
  hidden: someWidths,
  outputScale: outputScale.default(0),
  trace: traceSchema,
});

/** Options of {@link MlpField}. */
export type MlpFieldOptions = z.input<typeof mlpFieldOptions>;

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
    const { dim, contextDim, trace, ...network } = parseOptions('MlpField', mlpFieldOptions, options);
    const { activation, rng } = network;
    checkNumbers(dim);
    this.dim = dim;
    this.contextDim = contextDim;
    this.#activation = activation;
    this.network = new Mlp({ ...network, inputDim: dim + 1 + contextDim, outputDim: dim });
    this.#noise = trace === 'exact' ? 'rademacher' : (trace.noise ?? 'rademacher');
    if (trace !== 'exact') {
      const count = trace.probes;
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

/** An explicit Runge–Kutta method: stage i is at time cᵢ and at x + h Σⱼ aᵢⱼ kⱼ, and a step is h Σ bᵢ kᵢ. */
interface RungeKutta {
  readonly times: readonly number[];
  readonly stages: readonly (readonly number[])[];
  readonly weights: readonly number[];
}

/** The methods of fixed steps, by name. */
const rungeKuttas = {
  /** Order 1, one evaluation a step. */
  euler: { times: [0], stages: [[]], weights: [1] },
  /** Order 2, two evaluations a step. */
  midpoint: { times: [0, 1 / 2], stages: [[], [1 / 2]], weights: [0, 1] },
  /** Dormand & Prince, "A family of embedded Runge–Kutta formulae", 1980: order 5, six evaluations a step. */
  'dormand-prince': {
    times: [0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1],
    stages: [
      [],
      [1 / 5],
      [3 / 40, 9 / 40],
      [44 / 45, -56 / 15, 32 / 9],
      [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
      [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
    ],
    weights: [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
  },
} as const satisfies Readonly<Record<string, RungeKutta>>;

/** The velocity of x, and the rates of what is integrated along its path, as the divergence. */
type Rates = readonly [velocity: tf.Tensor, ...others: tf.Tensor[]];

/** What is followed: rates at a point and a time. */
type Field<R extends Rates> = (x: tf.Tensor, t: number) => R;

/** Where a path has come to, and the integrals along it, as many as there are other rates. */
type Reached<R extends Rates> = { -readonly [K in keyof R]: tf.Tensor };

/** Steps of equal length. Nothing depends on values, so that it can be compiled. */
function integrateFixed<R extends Rates>(
  field: Field<R>,
  start: tf.Tensor,
  [from, to]: readonly [number, number],
  {
    steps,
    method = 'dormand-prince',
  }: { readonly steps: number; readonly method?: keyof typeof rungeKuttas | undefined },
): Reached<R> {
  const h = (to - from) / steps;
  let x = start;
  let integrals: tf.Tensor[] | undefined;
  for (let step = 0; step < steps; step++) {
    const { value, increments } = advance(rungeKuttas[method], field, x, from + step * h, h);
    x = value;
    integrals = integrals?.map((integral, i) => tf.add(integral, increments[i]!)) ?? increments;
  }
  return [x, ...integrals!] as unknown as Reached<R>;
}

/** One step: where it ends, by how much the integrals grow, and the rates on the way. */
function advance<R extends Rates>(
  { times, stages: rows, weights }: RungeKutta,
  field: Field<R>,
  x: tf.Tensor,
  t: number,
  h: number,
  first = field(x, t),
) {
  const stages: R[] = [first];
  for (const [i, row] of rows.entries()) {
    if (i > 0) stages.push(field(tf.add(x, combined(stages, 0, row, h)), t + times[i]! * h));
  }
  const increments = first.slice(1).map((_, i) => combined(stages, i + 1, weights, h));
  return { value: tf.add(x, combined(stages, 0, weights, h)), increments, stages };
}

/** h Σ weightᵢ · stageᵢ, of the velocities (part 0) or of another rate. */
function combined(stages: readonly Rates[], part: number, weights: readonly number[], h: number): tf.Tensor {
  const terms = weights.flatMap((weight, i) => (weight === 0 ? [] : [tf.mul(stages[i]![part]!, weight * h)]));
  return terms.reduce((sum, term) => tf.add(sum, term));
}

const DORMAND_PRINCE = rungeKuttas['dormand-prince'];
/** What the weights of order 4 differ by from those of order 5. */
const ERRORS = [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40];

/**
 * The Dormand–Prince pair of orders 5 and 4, by steps as long as the error estimate allows; a step's length is a constant to differentiation.
 * @throws if it needs more than `maxSteps`
 */
function integrateAdaptively(
  field: Field<Velocity>,
  start: tf.Tensor,
  [from, to]: readonly [number, number],
  { rtol, atol, maxSteps }: AdaptiveOptions,
): Reached<Velocity> {
  const span = to - from;
  let [x, integral] = [start, tf.zeros([start.shape[0]!]) as tf.Tensor];
  let first = field(x, from);
  let [t, h] = [from, 0.1 * span];
  for (let step = 0; step < maxSteps; step++) {
    const isLast = Math.abs(to - t) <= Math.abs(h);
    if (isLast) h = to - t;
    const { value, increments, stages } = advance(DORMAND_PRINCE, field, x, t, h, first);
    const end = field(value, t + h);
    const total = tf.add(integral, increments[0]!);
    const all = [...stages, end];
    const error = Math.max(
      excess(combined(all, 0, ERRORS, h), x, value, rtol, atol),
      excess(combined(all, 1, ERRORS, h), integral, total, rtol, atol),
    );
    if (error <= 1) {
      if (isLast) return [value, total];
      [x, integral, first] = [value, total, end];
      t += h;
    }
    // Not a number counts as far too large.
    h *=
      error >= 0
        ? Math.min(error <= 1 ? 5 : 1, Math.max(0.2, 0.9 * portableMath.exp(-0.2 * portableMath.log(error))))
        : 0.2;
  }
  throw new Error(
    `the adaptive solver got from ${from} to ${t.toPrecision(4)} in ${maxSteps} steps: ` +
      'the field is steep there; allow larger errors (rtol, atol) or more steps (maxSteps)',
  );
}

/** The largest error, in units of what is allowed. */
function excess(error: tf.Tensor, before: tf.Tensor, after: tf.Tensor, rtol: number, atol: number): number {
  const units = stopGradient(() => {
    const size = tf.maximum(tf.abs(before), tf.abs(after));
    return tf.div(tf.abs(error), tf.add(tf.mul(size, rtol), atol));
  });
  return (units.dataSync() as Float32Array).reduce((largest, value) => Math.max(largest, value), 0);
}
