import type { FamilyOracle, Oracle } from './bijectors.ts';
import { under, type Variables } from './mlp.ts';

export interface AutoregressiveOracleOptions {
  readonly dim: number;
  readonly contextDim: number;
  readonly order: readonly number[];
  /** What the network sees of one number; the number itself by default. */
  readonly shown?: ((x: number[]) => number[]) | undefined;
}

/**
 * The outputs of MADE for all numbers in float64, unit by unit: each looks only at those that it may see. `rank` of a unit is how
 * many numbers, in order, have a way to it.
 */
export function made(
  variables: Variables,
  x: number[],
  context: number[],
  { dim, contextDim, order, shown = (numbers) => numbers }: AutoregressiveOracleOptions,
): number[] {
  const inputs = shown(x);
  let units = [
    ...inputs.map((value, k) => ({ value, rank: 1 + order.indexOf(k % dim) })),
    ...context.map((value) => ({ value, rank: 0 })),
  ];
  for (let layer = 0; variables[`layers.${layer}.kernel`] !== undefined; layer++) {
    const kernel = variables[`layers.${layer}.kernel`]!;
    const bias = variables[`layers.${layer}.bias`]!;
    const isLast = variables[`layers.${layer + 1}.kernel`] === undefined;
    const below = units;
    units = bias.map((offset, unit) => {
      // Hidden units are dealt out evenly to the ranks from the least one that any can have to the highest that any output sees.
      const lowest = contextDim > 0 ? 0 : Math.min(1, dim - 1);
      const share = (unit + 0.5) / bias.length;
      const rank = isLast ? order.indexOf(unit % dim) : lowest + Math.floor(share * (dim - lowest));
      let sum = offset;
      below.forEach((other, i) => {
        if (other.rank <= rank) sum += other.value * kernel[i * bias.length + unit]!;
      });
      return { value: isLast ? sum : Math.tanh(sum), rank };
    });
  }
  return units.map(({ value }) => value);
}

/** y of which each entry is f(xᵢ) with parameters from the entries of x before it. */
export const autoregressiveOfInput =
  (family: FamilyOracle, options: AutoregressiveOracleOptions): Oracle =>
  (variables, context) =>
  (x) =>
    family(made(under(variables, 'network'), x, context, options))(x);

/** y of which each entry is f(xᵢ) with parameters from the entries of y before it: a whole pass of the network for each. */
export const autoregressiveOfOutput =
  (family: FamilyOracle, options: AutoregressiveOracleOptions): Oracle =>
  (variables, context) =>
  (x) => {
    const y = x.map(() => 0);
    for (const i of options.order) {
      y[i] = family(made(under(variables, 'network'), y, context, options))(x)[i]!;
    }
    return y;
  };
