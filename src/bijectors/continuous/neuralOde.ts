import * as tf from '@tensorflow/tfjs-core';
import { currentTrace } from '../../engine/trace/traceBackend.ts';
import { positiveInteger } from '../../nn/positiveInteger.ts';
import { checkArgument, checkOptions } from '../../options/checkArguments.ts';
import type { Direction, Monotonicity, WithLogDet } from '../bijector.ts';
import { ConditionalBijector } from '../conditionalBijector.ts';
import { repeatRows } from '../layers/repeatRows.ts';
import { type AdaptiveOptions, integrateAdaptively } from './dormandPrince.ts';
import { integrateFixed, type RungeKutta, type RungeKuttaName, rungeKuttas } from './rungeKutta.ts';
import { VectorField } from './vectorField.ts';

/**
 * How a {@link NeuralOde} is integrated: with so many steps of equal length, by the method of Dormand and Prince (six evaluations of the
 * field a step, the default), of the midpoint (two) or of Euler (one); or by the Dormand–Prince pair of orders 5 and 4 with as many steps
 * as keep each one's error below atol + rtol·|value| in every entry.
 */
export type OdeSolver =
  | { readonly kind: 'fixed'; readonly steps: number; readonly method?: RungeKuttaName }
  | ({ readonly kind: 'adaptive' } & Partial<AdaptiveOptions>);

/** From which time to which a path goes. */
const SPANS = { forward: [0, 1], inverse: [1, 0] } as const;

/** Options of {@link NeuralOde}. */
export interface NeuralOdeOptions {
  readonly field: VectorField;
  /** 8 fixed steps by default. */
  readonly solver?: OdeSolver;
}

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
  readonly #solver:
    | { readonly kind: 'fixed'; readonly steps: number; readonly method: RungeKutta }
    | ({ readonly kind: 'adaptive' } & AdaptiveOptions);

  /** @throws if the method is unknown, `steps` or `maxSteps` is no positive integer, or a tolerance no positive number */
  constructor(options: NeuralOdeOptions) {
    const { field, solver = { kind: 'fixed', steps: 8 } } = checkOptions('NeuralOde', options, {
      field: VectorField,
      solver: [Object, undefined],
    });
    super(field.dim, field.contextDim);
    this.field = field;
    checkArgument('NeuralOde', 'solver.kind', solver.kind, ['fixed', 'adaptive']);
    if (solver.kind === 'fixed') {
      const { steps, method = 'dormand-prince' } = solver;
      if (!Object.hasOwn(rungeKuttas, method)) {
        throw new Error(
          `NeuralOde: got the method '${method}', expected one of ${Object.keys(rungeKuttas).join(', ')}`,
        );
      }
      this.#solver = {
        kind: 'fixed',
        steps: positiveInteger('NeuralOde', 'number of steps', steps),
        method: rungeKuttas[method],
      };
      return;
    }
    const { rtol = 1e-5, atol = 1e-6, maxSteps = 1000 } = solver;
    for (const [name, value] of Object.entries({ rtol, atol })) {
      if (!(value > 0 && value < Number.POSITIVE_INFINITY)) {
        throw new Error(`NeuralOde: wanted a positive ${name}, got ${value}`);
      }
    }
    this.#solver = { kind: 'adaptive', rtol, atol, maxSteps: positiveInteger('NeuralOde', 'maxSteps', maxSteps) };
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
