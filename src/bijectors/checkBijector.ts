import * as tf from '@tensorflow/tfjs-core';
import { Contract, leavingVariables, slopesOf } from '../contract.ts';
import { positiveInteger } from '../nn/sizes.ts';
import { show } from '../options/describe.ts';
import { checkArgument, checkOptions } from '../options/parse.ts';
import { Rng } from '../random.ts';
import { Bijector, type Direction, sumLogDet } from './bijector.ts';
import { inverseOf, jacobians, logAbsDeterminant } from './jacobian.ts';

/** Options of {@link checkBijector}. */
export interface CheckBijectorOptions {
  /** What inputs and contexts are drawn from; `new Rng('checkBijector')`. */
  readonly rng?: Rng;
  /** Numbers of an input, where the bijector does not fix them; 2. */
  readonly dim?: number;
  /** Numbers of a context; those the bijector says, else none. */
  readonly contextDim?: number;
  /** Where inputs are drawn, evenly; from N(0, 2²) unless given. */
  readonly domain?: readonly [low: number, high: number];
  /** Whether values are angles: what is 2π apart is one. */
  readonly angles?: boolean;
  /** Whether gradients are compared with difference quotients; true. Those of a {@link PRelu} with a `crossingWidth` are others on purpose. */
  readonly gradients?: boolean;
}

/** Inputs: enough that a kink at one, or a clamp beyond which it is not looked, leaves others. */
const ROWS = 8;
/** Of so many the gradients by variables are looked at: a pass each. */
const VARIED_ROWS = 3;
/** How far two ways to one number may be apart beside what rounding explains: relative to 1 + its size; nats of log-determinants. */
const TOLERANCE = 2e-3;
/** A float32 operation's relative error, and as many as a map may add up. */
const ROUNDING = 64 * 2 ** -24;
/** Above this condition number of a Jacobian its determinant is no reference. */
const CONDITION = 1e5;

/**
 * Checks a bijector against the contract of {@link Bijector}, at a few inputs drawn for it. Its variables are left as they were.
 *
 * 1. Shapes, `[batch, outputDim]` and, of log-determinants, `[batch]` or for an elementwise map the input's; float32 and finite. A row gives alone, and
 *    below other leading axes, what it gives in the batch.
 * 2. `inverse(forward(x))` is x and `forward(inverse(y))` is y, but for what rounding costs where the map is flat or steep.
 * 3. The log-determinant of `forward` is log|det J| (log √det(JᵀJ) onto a surface), J by gradients of `forward`; that of `inverse` is its negative.
 * 4. Gradients by inputs and variables, of values and log-determinants both ways, are finite and those of difference quotients.
 * 5. An elementwise map mixes no numbers; where it says that it rises or falls, it does.
 *
 * What it allows beside rounding is 0.2 %, and 0.002 nats.
 *
 * @returns what could not be checked, a line each
 * @throws at the first rule broken, with one line: bijector, direction and row, what was got, what was expected
 */
export function checkBijector(bijector: Bijector, options: CheckBijectorOptions = {}): string[] {
  checkArgument('checkBijector', 'bijector', bijector, Bijector);
  const {
    rng = new Rng('checkBijector'),
    dim,
    contextDim,
    domain,
    angles = false,
    gradients = true,
  } = checkOptions('checkBijector', options, {
    rng: [Rng, undefined],
    dim: [Number, undefined],
    contextDim: [Number, undefined],
    domain: [Array, undefined],
    angles: [Boolean, undefined],
    gradients: [Boolean, undefined],
  });
  if (domain !== undefined && !(domain.length === 2 && domain[1] - domain[0] > 0)) {
    throw new Error(`checkBijector: domain: got ${show(domain)}, expected [low, high] with low < high`);
  }
  const size = positiveInteger('checkBijector', 'dim', bijector.dim ?? dim ?? 2);
  const contextSize = contextDim ?? ('contextDim' in bijector ? (bijector.contextDim as number) : 0);
  return leavingVariables(bijector, () => {
    const inputs = rng.split('inputs');
    const [low, high] = domain ?? (angles ? [-3, 3] : []);
    const x =
      low === undefined
        ? tf.mul(inputs.normalTensor([ROWS, size]), 2)
        : tf.add(tf.mul(inputs.uniformTensor([ROWS, size]), high! - low), low);
    const context = contextSize > 0 ? rng.split('contexts').normalTensor([ROWS, contextSize]) : undefined;
    return new Check({ bijector, rng, x, context, angles }).run(gradients);
  });
}

interface Checked {
  readonly bijector: Bijector;
  readonly rng: Rng;
  readonly x: tf.Tensor;
  readonly context: tf.Tensor | undefined;
  readonly angles: boolean;
}

interface Numbers {
  readonly value: tf.Tensor;
  readonly values: readonly (readonly number[])[];
  /** Summed over each row. */
  readonly logDets: Float32Array;
}

class Check extends Contract {
  readonly #checked: Checked;
  /** The inputs, row by row. */
  readonly #x: readonly (readonly number[])[];

  constructor(checked: Checked) {
    super(`checkBijector: ${checked.bijector.constructor.name}.`);
    this.#checked = checked;
    this.#x = rowsOf(checked.x);
  }

  run(gradients: boolean): string[] {
    const { x } = this.#checked;
    const there = this.#map('forward', x);
    const back = this.#map('inverse', there.value);
    this.#checkRows('forward', x, there);
    this.#checkRows('inverse', there.value, back);
    for (const direction of gradients ? (['forward', 'inverse'] as const) : []) {
      this.#checkGradients(direction, direction === 'forward' ? x : there.value);
    }
    const maps = jacobians((at) => this.#given().forward(at), x);
    const inverses = maps.map(inverseOf);
    const conditions = maps.map((map, i) => largestSum(map) * largestSum(inverses[i]!));
    // Rule 3, forward.
    this.near('forward: log-determinant', there.logDets, maps.map(logAbsDeterminant), {
      allowed: (_, __, i) =>
        conditions[i]! < CONDITION ? TOLERANCE + 2 ** -22 * conditions[i]! * maps[i]!.length : Number.NaN,
      at: (i) => text(this.#x[i]!),
      as: 'by the derivative of the map',
    });
    this.#checkRoundTrip(there, back, maps, inverses);
    this.#checkEntries(maps);
    const left = conditions.filter((condition) => !(condition < CONDITION)).length;
    if (left > ROWS / 2) {
      this.advise(
        `${left} of ${ROWS} inputs lie where the map is too flat or steep for float32, and were not checked: give their domain`,
      );
    }
    return this.advice;
  }

  #given(context = this.#checked.context): Bijector {
    return this.#checked.bijector.given(context);
  }

  #apply(direction: Direction, input: tf.Tensor, bijector = this.#given()): [tf.Tensor, tf.Tensor] {
    return direction === 'forward' ? bijector.forwardAndLogDet(input) : bijector.inverseAndLogDet(input);
  }

  /** Rule 1, of one batch. */
  #map(direction: Direction, input: tf.Tensor): Numbers {
    const [value, logDet] = this.#apply(direction, input);
    const { outputDim, eventNdims } = this.#given();
    const { shape } = this.#checked.x;
    const size = direction === 'forward' ? (outputDim ?? shape[1]!) : shape[1]!;
    const entries = eventNdims === 0 ? size : 1;
    const at = (each: number) => (i: number) => text(rowsOf(input)[Math.floor(i / each)]!);
    this.numbers(`${direction}: value`, value, [ROWS, size], { at: at(size) });
    const logDetShape = eventNdims === 0 ? [ROWS, size] : [ROWS];
    this.numbers(`${direction}: log-determinant`, logDet, logDetShape, { at: at(entries) });
    return { value, values: rowsOf(value), logDets: sumLogDet(logDet, eventNdims, 1).dataSync<'float32'>() };
  }

  /** Rule 1, of rows alone and below other axes. */
  #checkRows(direction: Direction, input: tf.Tensor, whole: Numbers): void {
    const { context } = this.#checked;
    const { parameterShape, eventNdims } = this.#given();
    const row = (x: tf.Tensor) => tf.slice(x, [0, 0], [1, -1]);
    const ways: [what: string, result: [tf.Tensor, tf.Tensor]][] = [
      ['below a leading axis', this.#apply(direction, tf.stack([input, tf.reverse(input, context ? [] : 0)]))],
    ];
    if (parameterShape.length < 2 || context) {
      ways.push(['alone', this.#apply(direction, row(input), this.#given(context && row(context)))]);
    }
    const allowed = (wanted: number) => TOLERANCE * (1 + Math.abs(wanted));
    for (const [what, [value, logDet]] of ways) {
      const logDets = sumLogDet(logDet, eventNdims, 1).dataSync();
      const [where, as] = [`a row ${what}`, 'as in the batch'];
      this.near(`${direction}: ${where}`, value.dataSync(), whole.values[0]!, { allowed, as, apart: this.#apart });
      this.near(`${direction}: log-determinant of ${where}`, logDets, whole.logDets.slice(0, 1), { allowed, as });
    }
  }

  /** Rules 2 and 3, inverse. Where the map is flat an input is as uncertain as J⁻¹ times the rounding of its value. */
  #checkRoundTrip(
    there: Numbers,
    back: Numbers,
    maps: readonly number[][][],
    inverses: readonly (readonly number[])[][],
  ): void {
    const again = this.#map('forward', back.value);
    const apart = this.#apart;
    there.values.forEach((value, i) => {
      const x = this.#x[i]!;
      // Where nothing is left of an input there is nothing to compare.
      const uncertain = (slopes: readonly number[], by: readonly number[]) =>
        ROUNDING * slopes.reduce((sum, slope, j) => sum + Math.abs(slope) * (1 + Math.abs(by[j]!)), 0);
      this.near('inverse of forward', back.values[i]!, x, {
        allowed: (wanted, _, k) => TOLERANCE * (1 + Math.abs(wanted)) + uncertain(inverses[i]![k]!, value),
        at: () => text(x),
        as: 'the input',
        apart,
      });
      this.near('forward of inverse', again.values[i]!, value, {
        allowed: (wanted, _, k) => TOLERANCE * (1 + Math.abs(wanted)) + uncertain(maps[i]![k]!, x),
        at: () => text(value),
        as: 'the value',
        apart,
      });
    });
    // At what the inverse gave: its log-determinant changes fast where the map is flat.
    const logDets = again.logDets.map((logDet) => -logDet);
    this.near('inverse: log-determinant', back.logDets, logDets, {
      allowed: (wanted, _, i) => TOLERANCE * (1 + Math.abs(wanted) / 10) + 2 ** -22 * largestSum(inverses[i]!),
      at: (i) => text(there.values[i]!),
      as: 'as forward has with a minus',
    });
  }

  /** Rule 4: directional derivatives of weighted sums of values and of log-determinants beside difference quotients. */
  #checkGradients(direction: Direction, input: tf.Tensor): void {
    const { rng, bijector } = this.#checked;
    const both = (x: tf.Tensor) =>
      this.#apply(direction, x).map((result) =>
        rowSums(tf.mul(result, rng.split(`weights/${direction}`).normalTensor(result.shape))),
      );
    const part = (k: 0 | 1, x: tf.Tensor) => both(x)[k]!;
    const names = ['value', 'log-determinant'].map((what) => `${direction}: gradient of the ${what} by`);
    const compare = (by: string, f: (step: number) => tf.Tensor[], slopes: tf.Tensor[]) =>
      this.slopes(
        names.map((name) => `${name} ${by}`),
        slopes,
        f,
        { step: 4e-3, allowed: (size, value) => 0.02 * size + 1e-3 * (1 + Math.abs(value)) },
      );
    const way = rng.split('way').normalTensor(input.shape);
    const byInput = ([0, 1] as const).map((k) => {
      const slopes = slopesOf((x) => part(k, x), input);
      this.numbers(`${names[k]} the input`, slopes, input.shape);
      return rowSums(tf.mul(slopes, way));
    });
    compare('the input', (step) => both(tf.add(input, tf.mul(way, step))), byInput);
    const variables = bijector.trainableVariables();
    if (variables.length === 0) return;
    const starts = variables.map((variable) => tf.clone(variable));
    const ways = variables.map((variable, i) => rng.split(`way/${i}`).normalTensor(variable.shape));
    const byVariables = ([0, 1] as const).map((k) =>
      tf.stack(
        Array.from({ length: VARIED_ROWS }, (_, row) => {
          const none = () => tf.mul(tf.addN(variables.map((variable) => tf.sum(variable))), 0);
          const { grads } = tf.variableGrads(
            () => tf.add(tf.sum(tf.slice(part(k, input), [row], [1])), none()) as tf.Scalar,
            variables,
          );
          const products = variables.map(({ name, shape }, i) => {
            this.numbers(`${names[k]} '${name}'`, grads[name], shape);
            return tf.sum(tf.mul(grads[name]!, ways[i]!));
          });
          return tf.addN(products);
        }),
      ),
    );
    const moved = (step: number) => {
      variables.forEach((variable, i) => variable.assign(tf.add(starts[i]!, tf.mul(ways[i]!, step))));
      return both(input);
    };
    compare('the variables', moved, byVariables);
    variables.forEach((variable, i) => variable.assign(starts[i]!));
  }

  /** Rule 5. */
  #checkEntries(maps: readonly number[][][]): void {
    const { eventNdims } = this.#given();
    const said = this.#given().monotonicity();
    const signs = said === undefined ? undefined : tf.add(said, tf.zerosLike(this.#checked.x)).dataSync();
    maps.forEach((map, i) => {
      map.forEach((row, k) =>
        row.forEach((slope, j) => {
          const at = text(this.#x[i]!);
          this.expect(
            j === k || eventNdims > 0 || slope === 0,
            () => `forward: output ${k} moves with input ${j}${at}, expected eventNdims 1`,
          );
          const sign = j === k ? (signs?.[i * row.length + k] ?? 0) : 0;
          this.expect(
            sign === 0 || slope * sign >= 0,
            () => `monotonicity: got ${sign}, expected ${-sign} or undefined: the slope${at} is ${slope}`,
          );
        }),
      );
    });
  }

  readonly #apart = (a: number, b: number): number => {
    const difference = a - b;
    return this.#checked.angles ? difference - 2 * Math.PI * Math.round(difference / (2 * Math.PI)) : difference;
  };
}

function rowsOf(x: tf.Tensor): number[][] {
  return x.arraySync() as number[][];
}

function rowSums(x: tf.Tensor): tf.Tensor {
  return x.rank < 2
    ? x
    : tf.sum(
        x,
        x.shape.slice(1).map((_, axis) => axis + 1),
      );
}

function largestSum(matrix: readonly (readonly number[])[]): number {
  return Math.max(...matrix.map((row) => row.reduce((sum, entry) => sum + Math.abs(entry), 0)));
}

/** ` at` these numbers. */
function text(row: readonly number[]): string {
  const shown = row.slice(0, 4).map((value) => Number(value.toPrecision(4)));
  return ` at [${shown.join(', ')}${row.length > 4 ? ', …' : ''}]`;
}
