import type { Oracle } from './bijectors.ts';
import { invert } from './calculus.ts';
import type { Variables } from './mlp.ts';

export interface BlockOracleOptions {
  readonly dim: number;
  readonly contextDim: number;
}

interface Unit {
  readonly value: number;
  /** The number that it belongs to; −1 is the context. */
  readonly owner: number;
}

/** The formula of a block neural autoregressive layer in float64, unit by unit: each looks only at those that it may see. */
export const block =
  ({ dim, contextDim }: BlockOracleOptions): Oracle =>
  (variables, context) =>
  (x) => {
    const lowest = contextDim > 0 ? -1 : 0;
    let units: Unit[] = [
      ...context.map((value) => ({ value, owner: -1 })),
      ...x.map((value, owner) => ({ value, owner })),
    ];
    const sum = (kernel: number[], bias: number[], unit: number, owner: number): number =>
      units.reduce((total, other, row) => {
        const raw = kernel[row * bias.length + unit]!;
        if (other.owner < owner || (owner === -1 && other.owner === -1)) return total + raw * other.value;
        return other.owner === owner ? total + Math.exp(10 * Math.tanh(raw / 10)) * other.value : total;
      }, bias[unit]!);
    const layers = layersOf(variables);
    for (const { kernel, bias } of layers.slice(0, -1)) {
      units = bias.map((_, unit) => {
        // As many units for each as there can be, the first ones for the first.
        const owner = lowest + Math.floor(((unit + 0.5) / bias.length) * (dim - lowest));
        return { value: Math.tanh(sum(kernel, bias, unit, owner)), owner };
      });
    }
    const { kernel, bias } = layers.at(-1)!;
    return x.map((value, i) => {
      const before = units.map((unit) => (unit.owner < i ? unit.value : 0));
      const raw = before.reduce(
        (total, other, row) => total + other * variables['slopes.kernel']![row * dim + i]!,
        variables['slopes.bias']![i]!,
      );
      return sum(kernel, bias, i, i) + value * Math.exp(5 * Math.tanh(raw / 5));
    });
  };

/** The other direction, by Newton's method. */
export const blockInverse =
  (options: BlockOracleOptions): Oracle =>
  (variables, context) => {
    const map = block(options)(variables, context);
    return (x) => invert(map, x, x);
  };

function layersOf(variables: Variables): { kernel: number[]; bias: number[] }[] {
  const layers = [];
  for (let i = 0; variables[`layers.${i}.kernel`] !== undefined; i++) {
    layers.push({ kernel: variables[`layers.${i}.kernel`]!, bias: variables[`layers.${i}.bias`]! });
  }
  return layers;
}
