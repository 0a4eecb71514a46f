import * as tf from '@tensorflow/tfjs-core';
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
  const kept = tf.tidy(() => bijector.variables().map((variable) => tf.keep(tf.clone(variable))));
  try {
    return tf.tidy(() => {
      const inputs = rng.split('inputs');
      const [low, high] = domain ?? (angles ? [-3, 3] : []);
      const x =
        low === undefined
          ? tf.mul(inputs.normalTensor([ROWS, size]), 2)
          : tf.add(tf.mul(inputs.uniformTensor([ROWS, size]), high! - low), low);
      const context = contextSize > 0 ? rng.split('contexts').normalTensor([ROWS, contextSize]) : undefined;
      return new Check(bijector, { rng, x, context, angles }).run(gradients);
    });
  } finally {
    bijector.variables().forEach((variable, i) => {
      if (variable.dataId !== kept[i]!.dataId) variable.assign(kept[i]!);
    });
    tf.dispose(kept);
  }
}

interface Numbers {
  readonly value: tf.Tensor;
  /** Summed over each row. */
  readonly logDet: tf.Tensor;
  readonly values: readonly (readonly number[])[];
  readonly logDets: readonly number[];
}

class Check {
  readonly #bijector: Bijector;
  readonly #rng: Rng;
  readonly #x: tf.Tensor;
  readonly #context: tf.Tensor | undefined;
  readonly #angles: boolean;
  readonly #advice: string[] = [];

  constructor(
    bijector: Bijector,
    {
      rng,
      x,
      context,
      angles,
    }: { readonly rng: Rng; readonly x: tf.Tensor; readonly context: tf.Tensor | undefined; readonly angles: boolean },
  ) {
    this.#bijector = bijector;
    this.#rng = rng;
    this.#x = x;
    this.#context = context;
    this.#angles = angles;
  }

  run(gradients: boolean): string[] {
    const there = this.#numbers('forward', this.#x);
    const back = this.#numbers('inverse', there.value);
    this.#checkRows('forward', this.#x, there);
    this.#checkRows('inverse', there.value, back);
    for (const direction of gradients ? (['forward', 'inverse'] as const) : []) {
      this.#checkGradients(direction, direction === 'forward' ? this.#x : there.value);
    }
    const maps = jacobians((x) => this.#given().forward(x), this.#x);
    const inverses = maps.map(inverseOf);
    const condition = (i: number) => largestSum(maps[i]!) * largestSum(inverses[i]!);
    const isKnown = maps.map((_, i) => condition(i) < CONDITION);
    this.#checkLogDets(there, maps, isKnown, condition);
    this.#checkRoundTrip(there, back, maps, inverses);
    this.#checkEntries(maps);
    const left = isKnown.filter((known) => !known).length;
    if (left > ROWS / 2) {
      this.#advice.push(
        `${left} of ${ROWS} inputs lie where the map is too flat or steep for float32, and were not checked: give their domain`,
      );
    }
    return this.#advice;
  }

  #given(): Bijector {
    return this.#bijector.given(this.#context);
  }

  #expect(condition: boolean, problem: () => string): asserts condition {
    if (!condition) throw new Error(`checkBijector: ${this.#bijector.constructor.name}.${problem()}`);
  }

  #apply(direction: Direction, input: tf.Tensor, bijector = this.#given()): [tf.Tensor, tf.Tensor] {
    return direction === 'forward' ? bijector.forwardAndLogDet(input) : bijector.inverseAndLogDet(input);
  }

  /** Rule 1, of one batch. */
  #numbers(direction: Direction, input: tf.Tensor): Numbers {
    const [value, logDet] = this.#apply(direction, input);
    const bijector = this.#given();
    const size = direction === 'forward' ? (bijector.outputDim ?? input.shape[1]!) : this.#x.shape[1]!;
    const wanted = [
      ['value', value, [ROWS, size]],
      ['log-determinant', logDet, bijector.eventNdims === 0 ? [ROWS, size] : [ROWS]],
    ] as const;
    for (const [what, tensor, shape] of wanted) {
      const where = `${direction}: ${what}`;
      this.#expect(tensor instanceof tf.Tensor, () => `${where}: got ${typeof tensor}, expected a tensor`);
      this.#expect(
        tf.util.arraysEqual(tensor.shape, [...shape]) && tensor.dtype === 'float32',
        () => `${where}: got ${tensor.dtype} of shape [${tensor.shape}], expected float32 of shape [${shape}]`,
      );
      const numbers = Array.from(tensor.dataSync());
      const wrong = numbers.findIndex((number) => !Number.isFinite(number));
      this.#expect(wrong < 0, () => {
        const row = Math.floor((wrong * ROWS) / numbers.length);
        return `${where}: got ${numbers[wrong]} at ${text(rowsOf(input)[row]!)}, expected a finite number`;
      });
    }
    const perRow = sumLogDet(logDet, bijector.eventNdims, 1);
    return { value, logDet: perRow, values: rowsOf(value), logDets: Array.from(perRow.dataSync()) };
  }

  /** Rule 1, of rows alone and below other axes. */
  #checkRows(direction: Direction, input: tf.Tensor, whole: Numbers): void {
    const row = (x: tf.Tensor, i: number) => tf.slice(x, [i, 0], [1, -1]);
    const alone = this.#bijector.given(this.#context && row(this.#context, 0));
    const bijector = this.#given();
    const ways: [what: string, result: [tf.Tensor, tf.Tensor]][] = [
      ['below a leading axis', this.#apply(direction, tf.stack([input, tf.reverse(input, this.#context ? [] : 0)]))],
    ];
    if (bijector.parameterShape.length < 2 || this.#context) {
      ways.push(['alone', this.#apply(direction, row(input, 0), alone)]);
    }
    for (const [what, [value, logDet]] of ways) {
      const first = value.dataSync().slice(0, whole.values[0]!.length);
      const logDets = sumLogDet(logDet, bijector.eventNdims, 1);
      whole.values[0]!.forEach((wanted, k) => {
        const isNear = Math.abs(this.#apart(first[k]!, wanted)) <= TOLERANCE * (1 + Math.abs(wanted));
        this.#expect(isNear, () => `${direction}: a row ${what}: got ${first[k]}, expected ${wanted}, as in the batch`);
      });
      const [got, wanted] = [logDets.dataSync()[0]!, whole.logDets[0]!];
      this.#expect(
        Math.abs(got - wanted) <= TOLERANCE * (1 + Math.abs(wanted)),
        () => `${direction}: log-determinant of a row ${what}: got ${got}, expected ${wanted}, as in the batch`,
      );
    }
  }

  /** Rule 3, forward. */
  #checkLogDets(
    there: Numbers,
    maps: readonly number[][][],
    isKnown: readonly boolean[],
    condition: (i: number) => number,
  ): void {
    maps.forEach((map, i) => {
      if (!isKnown[i]) return;
      const [got, wanted] = [there.logDets[i]!, logAbsDeterminant(map)];
      this.#expect(
        Math.abs(got - wanted) <= TOLERANCE + 2 ** -22 * condition(i) * map.length,
        () =>
          `forward: log-determinant: got ${got} at ${text(rowsOf(this.#x)[i]!)}, expected ${wanted} by the derivative of the map`,
      );
    });
  }

  /** Rules 2 and 3, inverse. Where the map is flat an input is as uncertain as J⁻¹ times the rounding of its value. */
  #checkRoundTrip(
    there: Numbers,
    back: Numbers,
    maps: readonly number[][][],
    inverses: readonly (readonly number[])[][],
  ): void {
    const x = rowsOf(this.#x);
    const again = this.#numbers('forward', back.value);
    there.values.forEach((value, i) => {
      const [map, inverse] = [maps[i]!, inverses[i]!];
      const rounded = value.map((entry) => ROUNDING * (1 + Math.abs(entry)));
      x[i]!.forEach((wanted, k) => {
        const uncertain = inverse[k]!.reduce((sum, slope, j) => sum + Math.abs(slope) * rounded[j]!, 0);
        const got = back.values[i]![k]!;
        // Where nothing is left of an input there is nothing to compare.
        const isRight =
          !Number.isFinite(uncertain) ||
          Math.abs(this.#apart(got, wanted)) <= TOLERANCE * (1 + Math.abs(wanted)) + uncertain;
        this.#expect(isRight, () => `inverse of forward: got ${got} at ${text(x[i]!)}, expected the input, ${wanted}`);
      });
      value.forEach((wanted, k) => {
        const uncertain = map[k]!.reduce((sum, slope, j) => sum + Math.abs(slope) * (1 + Math.abs(x[i]![j]!)), 0);
        const got = again.values[i]![k]!;
        this.#expect(
          Math.abs(this.#apart(got, wanted)) <= TOLERANCE * (1 + Math.abs(wanted)) + ROUNDING * uncertain,
          () => `forward of inverse: got ${got} at ${text(value)}, expected the value, ${wanted}`,
        );
      });
      // At what the inverse gave: its log-determinant changes fast where the map is flat.
      const [got, wanted] = [back.logDets[i]!, -again.logDets[i]!];
      this.#expect(
        !(Math.abs(got - wanted) > TOLERANCE * (1 + Math.abs(wanted) / 10) + 2 ** -22 * largestSum(inverse)),
        () => `inverse: log-determinant: got ${got} at ${text(value)}, expected ${wanted}, as forward has with a minus`,
      );
    });
  }

  /** Rule 4: directional derivatives of weighted sums of values and of log-determinants beside difference quotients. */
  #checkGradients(direction: Direction, input: tf.Tensor): void {
    const weights = this.#apply(direction, input).map((part) =>
      this.#rng.split(`weights/${direction}`).normalTensor(part.shape),
    );
    const part = (k: 0 | 1, x: tf.Tensor) => rowSums(tf.mul(this.#apply(direction, x)[k]!, weights[k]!));
    const both = (x: tf.Tensor) => {
      const results = this.#apply(direction, x);
      return results.map((result, k) => rowSums(tf.mul(result, weights[k]!)));
    };
    const names = ['value', 'log-determinant'].map((what) => `${direction}: gradient of the ${what} by`);
    const way = this.#rng.split('way').normalTensor(input.shape);
    this.#compare(
      names.map((name) => `${name} the input`),
      (step) => both(tf.add(input, tf.mul(way, step))),
      ([0, 1] as const).map((k) => {
        const slopes = slopesOf((x) => part(k, x), input);
        this.#expectFinite(`${names[k]} the input`, slopes);
        return rowSums(tf.mul(slopes, way));
      }),
    );
    const variables = this.#bijector.trainableVariables();
    if (variables.length === 0) return;
    const starts = variables.map((variable) => tf.clone(variable));
    const ways = variables.map((variable, i) => this.#rng.split(`way/${i}`).normalTensor(variable.shape));
    const along = ([0, 1] as const).map((k) =>
      tf.stack(
        Array.from({ length: VARIED_ROWS }, (_, row) => {
          const none = () => tf.mul(tf.addN(variables.map((variable) => tf.sum(variable))), 0);
          const { grads } = tf.variableGrads(
            () => tf.add(tf.sum(tf.slice(part(k, input), [row], [1])), none()) as tf.Scalar,
            variables,
          );
          const products = variables.map(({ name }, i) => {
            this.#expectFinite(`${names[k]} '${name}'`, grads[name]!);
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
    this.#compare(
      names.map((name) => `${name} the variables`),
      moved,
      along,
    );
    variables.forEach((variable, i) => variable.assign(starts[i]!));
  }

  #expectFinite(where: string, slopes: tf.Tensor): void {
    const wrong = Array.from(slopes.dataSync()).find((slope) => !Number.isFinite(slope));
    this.#expect(wrong === undefined, () => `${where}: got ${wrong}, expected finite numbers`);
  }

  /** Where the quotients of two steps disagree there is a kink between them, or float32 does not hold them: nothing is said. */
  #compare(where: readonly string[], f: (step: number) => tf.Tensor[], derivatives: readonly tf.Tensor[]): void {
    const at = [0, 4e-3, -4e-3, 2e-3, -2e-3].map((step) => f(step).map((result) => Array.from(result.dataSync())));
    where.forEach((what, k) => {
      const compared = Array.from(derivatives[k]!.dataSync()).flatMap((slope, i) => {
        const [middle, above, below, nearAbove, nearBelow] = at.map((results) => results[k]![i]!);
        const [coarse, fine] = [(above! - below!) / 8e-3, (nearAbove! - nearBelow!) / 4e-3];
        const allowed = 0.02 * Math.max(Math.abs(slope), Math.abs(fine)) + 1e-3 * (1 + Math.abs(middle!));
        if (!(Math.abs(coarse - fine) <= allowed)) return [];
        return [{ slope, fine, isRight: Math.abs(slope - fine) <= 3 * allowed }];
      });
      const failed = compared.filter(({ isRight }) => !isRight);
      // A row that meets a kink in both steps is not wrong; half of them are.
      this.#expect(
        failed.length <= compared.length / 2,
        () => `${what}: got ${failed[0]!.slope} along a direction, expected ${failed[0]!.fine} by difference quotients`,
      );
    });
  }

  /** Rule 5. */
  #checkEntries(maps: readonly number[][][]): void {
    const bijector = this.#given();
    const said = bijector.monotonicity();
    const signs =
      said === undefined || typeof said === 'number'
        ? said
        : Array.from(tf.add(said, tf.zerosLike(this.#x)).dataSync());
    maps.forEach((map, i) => {
      map.forEach((row, k) =>
        row.forEach((slope, j) => {
          const at = () => text(rowsOf(this.#x)[i]!);
          if (j !== k && bijector.eventNdims === 0) {
            this.#expect(
              slope === 0,
              () => `forward: output ${k} moves with input ${j} at ${at()}, expected eventNdims 1`,
            );
          }
          if (j !== k || signs === undefined) return;
          const sign = typeof signs === 'number' ? signs : signs[i * row.length + k]!;
          this.#expect(
            slope * sign >= 0,
            () => `monotonicity: got ${sign}, expected ${-sign} or undefined: the slope at ${at()} is ${slope}`,
          );
        }),
      );
    });
  }

  #apart(a: number, b: number): number {
    const difference = a - b;
    return this.#angles ? difference - 2 * Math.PI * Math.round(difference / (2 * Math.PI)) : difference;
  }
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

/** 0 where f does not depend on x, of which tfjs makes an error. */
function slopesOf(f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor): tf.Tensor {
  return tf.grad((at) => tf.add(tf.sum(f(at)), tf.mul(tf.sum(at), 0)))(x);
}

function largestSum(matrix: readonly (readonly number[])[]): number {
  return Math.max(...matrix.map((row) => row.reduce((sum, entry) => sum + Math.abs(entry), 0)));
}

function text(row: readonly number[]): string {
  const shown = row.slice(0, 4).map((value) => Number(value.toPrecision(4)));
  return `[${shown.join(', ')}${row.length > 4 ? ', …' : ''}]`;
}
