import * as tf from '@tensorflow/tfjs-core';
import type { Bijector } from '../bijectors/bijector.ts';
import { Chain } from '../bijectors/composition.ts';
import { type Parameter, Scale, ShiftScale } from '../bijectors/shiftScale.ts';
import { roundedBounds, Sigmoid, type SigmoidOptions } from '../bijectors/squashing.ts';
import { portableMath } from '../portableMath.ts';
import type { BoxSpace } from '../spaces/plain.ts';

export type Bounds = Pick<BoxSpace, 'low' | 'high'>;

/** Half widths between which a policy's own numbers, of size 1, suit a box. */
const [LEAST_HALF, MOST_HALF] = [1 / 4, 4];

/** Bounds farther apart stand for none, as those at the ends of float32. */
const MOST_WIDTH = 2e9;

/** Whether the bounds have no width to count in: one is missing, or they are more than 2 · 10⁹ apart. */
function isUnbounded(low: number, high: number): boolean {
  return !(high - low <= MOST_WIDTH);
}

function isBounded(low: number, high: number): boolean {
  return high > low && !isUnbounded(low, high);
}

/** Half the width of the bounds of each component; 1 where they are none, or one and the same. */
export function halfWidths({ low, high }: Bounds): number[] {
  return Array.from(low, (bound, i) => (isBounded(bound, high[i]!) ? (high[i]! - bound) / 2 : 1));
}

/** The middle of the bounds of each component; 0 where they are none. */
export function middles({ low, high }: Bounds): number[] {
  return Array.from(low, (bound, i) => (isUnbounded(bound, high[i]!) ? 0 : (bound + high[i]!) / 2));
}

/** Of which components a {@link BoxScale} takes the bounds. */
type Chosen = 'bounded' | 'far from ordinary';

/**
 * y = middle + half · u of the bounds of some components, so that u in [−1, 1] is within them; the others stay as they are. In difference to
 * `boxSquash` it does not keep actions within the box.
 *
 * Components without bounds may take units of data: y = mean + deviation · u, from {@link standardize} on.
 */
export class BoxScale extends ShiftScale {
  readonly #box: BoxSpace;
  readonly #followsData: boolean;

  /** @param followsData whether components without bounds may take units of data */
  constructor(box: BoxSpace, chosen: Chosen, followsData = false) {
    const { shift, scale } = unitsWhere(box, chosen === 'bounded' ? isBounded : isFarFromOrdinary);
    super(shift.every((x) => x === 0) && scale.every((x) => x === 1) ? {} : { shift, scale });
    this.#box = box;
    this.#followsData = followsData;
  }

  /** Whether it is the identity. */
  get isIdentity(): boolean {
    return this.shift === undefined;
  }

  /** Whether components take units of data, or will. */
  get followsData(): boolean {
    return this.#followsData && unboundedOf(this.#box).includes(true);
  }

  /** Whether units of data can be given: there are none yet. */
  get isOpen(): boolean {
    const { shift, scale } = this.units();
    return this.followsData && unboundedOf(this.#box).every((is, i) => !is || (shift[i] === 0 && scale[i] === 1));
  }

  /** Mean and deviation that {@link standardize} has given, and 0 and 1 before it; of components with bounds what they have. */
  units(): { readonly shift: readonly number[]; readonly scale: readonly number[] } {
    const numbers = (parameter: Parameter | undefined, usual: number) =>
      parameter === undefined
        ? Array.from(this.#box.low, () => usual)
        : parameter instanceof tf.Tensor
          ? [...parameter.dataSync<'float32'>()]
          : [parameter].flat();
    return { shift: numbers(this.shift, 0), scale: numbers(this.scale, 1) };
  }

  /**
   * Gives the components without bounds these units, in variables that no gradient changes, so that files have them.
   * @param mean `[dim]`, 0 by default
   * @param deviation `[dim]`, each more than 0, 1 by default
   */
  standardize(mean?: ArrayLike<number>, deviation?: ArrayLike<number>): void {
    const unbounded = unboundedOf(this.#box);
    const { shift, scale } = this.units();
    const set = (name: 'shift' | 'scale', values: readonly number[], data?: ArrayLike<number>) => {
      const numbers = values.map((value, i) => (unbounded[i] && data ? data[i]! : value));
      const known = this[name];
      tf.tidy(() => {
        const tensor = tf.tensor1d(numbers);
        if (known instanceof tf.Variable) known.assign(tensor);
        else Object.assign(this, { [name]: tf.variable(tensor, false) });
      });
    };
    set('shift', shift, mean);
    set('scale', scale, deviation);
  }

  /** One with variables of its own, of all components that have bounds, and the same units of data. */
  ofAllBounds(): BoxScale {
    const scale = new BoxScale(this.#box, 'bounded', this.#followsData);
    if (this.shift instanceof tf.Variable) scale.standardize(this.units().shift, this.units().scale);
    return scale;
  }
}

/** {@link BoxScale} of all components that have bounds, at most 2 · 10⁹ apart. */
export function boxScale(box: BoxSpace): BoxScale {
  return new BoxScale(box, 'bounded');
}

/**
 * {@link BoxScale} of the components whose bounds are far from ordinary, half their width less than ¼ or more than 4, or their middle farther
 * from 0 than half their width; the others stay as they are. Those without bounds, or with bounds more than 2 · 10⁹ apart, may follow data. A
 * policy's numbers, which begin about 0 and of size 1, then suit the box: [0, 1000] as [−1, 1].
 */
export function boxRescale(box: BoxSpace): BoxScale {
  return new BoxScale(box, 'far from ordinary', true);
}

/**
 * The bounds of a box, and in place of those that are missing mean ± deviation of the units of data, if the scale has such: what critics,
 * noise and distances count in. Undefined where these are the bounds.
 */
export function unitBounds({ low, high }: Bounds, scale: BoxScale | undefined) {
  if (scale === undefined || !(scale.shift instanceof tf.Variable)) return undefined;
  const { shift: mean, scale: deviation } = scale.units();
  const unbounded = unboundedOf({ low, high });
  const bounds = (own: ArrayLike<number>, side: number) =>
    Array.from(own, (bound, i) => (unbounded[i] ? mean[i]! + side * deviation[i]! : bound));
  return { low: bounds(low, -1), high: bounds(high, 1) };
}

/** log of the volume by which {@link boxRescale} stretches, nats: what is added to an entropy in units of the box. */
export function boxRescaleLogDet(box: Bounds): number {
  return unitsWhere(box, isFarFromOrdinary).scale.reduce((sum, half) => sum + portableMath.log(half), 0);
}

function unboundedOf({ low, high }: Bounds): boolean[] {
  return Array.from(low, (bound, i) => isUnbounded(bound, high[i]!));
}

function isFarFromOrdinary(low: number, high: number): boolean {
  if (!isBounded(low, high)) return false;
  const half = (high - low) / 2;
  return half < LEAST_HALF || half > MOST_HALF || Math.abs(low + half) > half;
}

/** Middle and half the width of the components whose bounds are chosen; 0 and 1 of the others. */
function unitsWhere({ low, high }: Bounds, isChosen: (low: number, high: number) => boolean) {
  const chosen = Array.from(low, (bound, i) => isChosen(bound, high[i]!));
  const halves = halfWidths({ low, high });
  return {
    shift: chosen.map((is, i) => (is ? low[i]! + halves[i]! : 0)),
    scale: chosen.map((is, i) => (is ? halves[i]! : 1)),
  };
}

/**
 * ℝ^dim → Π (lowᵢ, highᵢ): y = (low + high)/2 + (high − low)/2 · tanh u, a policy's squash for a bounded action space. Written
 * as low + (high − low) σ(2u), see {@link Sigmoid}: it never leaves the box.
 * @param box the bounds of the action's components, or one pair for all
 * @throws if the bounds differ in length, or one is not finite, or low ≥ high in float32
 */
export function boxSquash({ low, high }: Required<SigmoidOptions>): Bijector {
  roundedBounds('boxSquash', { low, high });
  return new Chain([new Sigmoid({ low, high }), new Scale(2)]);
}

/** @throws if the squash is of another size than the actions */
export function checkSquash(owner: string, squash: Bijector, actionDim: number): void {
  const { dim = actionDim, outputDim = actionDim } = squash;
  if (dim === actionDim && outputDim === actionDim) return;
  const got = dim === outputDim ? `${dim}` : `${dim} and ${outputDim}`;
  throw new Error(
    `${owner}: got one of ${got}, ` +
      `expected a squash of ${actionDim} ${actionDim === 1 ? 'number' : 'numbers'}, as its actions have`,
  );
}

/**
 * Checks that the actions of a space are angles.
 * @throws if a component has other bounds than −π and π
 */
export function checkAngles(owner: string, { low, high }: BoxSpace): void {
  const isTurn = (bound: number, i: number) =>
    Math.fround(bound) === -Math.fround(Math.PI) && Math.fround(high[i]!) === Math.fround(Math.PI);
  if (!Array.from(low).every(isTurn)) {
    throw new Error(
      `${owner}: got low [${Array.from(low)}], high [${Array.from(high)}], ` +
        'expected actions that are angles from −π to π',
    );
  }
}
