import type { Oracle } from './bijectors.ts';
import type { VectorMap } from './calculus.ts';
import { under, type Variables } from './mlp.ts';

/** The velocity by the network of [x, t, context], with its kernels read once. */
export function velocity(
  variables: Variables,
  context: number[],
  activation: (x: number) => number = Math.tanh,
): (x: number[], t: number) => number[] {
  const layers: { kernel: number[]; bias: number[] }[] = [];
  while (variables[`layers.${layers.length}.kernel`] !== undefined) {
    const path = `layers.${layers.length}`;
    layers.push({ kernel: variables[`${path}.kernel`]!, bias: variables[`${path}.bias`]! });
  }
  return (x, t) =>
    layers.reduce<number[]>(
      (input, { kernel, bias }, layer) =>
        bias.map((offset, unit) => {
          let sum = offset;
          for (let i = 0; i < input.length; i++) sum += input[i]! * kernel[i * bias.length + unit]!;
          return layer === layers.length - 1 ? sum : activation(sum);
        }),
      [...x, t, ...context],
    );
}

/** x(1) by the classical Runge–Kutta method. */
export function flowOf(field: (x: number[], t: number) => number[], steps: number): VectorMap {
  const moved = (x: number[], k: number[], by: number) => x.map((value, i) => value + by * k[i]!);
  return (start) => {
    const h = 1 / steps;
    let x = start;
    for (let step = 0; step < steps; step++) {
      const t = step * h;
      const a = field(x, t);
      const b = field(moved(x, a, h / 2), t + h / 2);
      const c = field(moved(x, b, h / 2), t + h / 2);
      const d = field(moved(x, c, h), t + h);
      x = x.map((value, i) => value + (h / 6) * (a[i]! + 2 * b[i]! + 2 * c[i]! + d[i]!));
    }
    return x;
  };
}

/** A neural ODE; its log-determinant is that of the numerical Jacobian, without any divergence. */
export const neuralOde =
  (steps = 24, activation = Math.tanh): Oracle =>
  (variables, context) =>
    flowOf(velocity(under(variables, 'field.network'), context, activation), steps);

/** Its inverse: the path backwards. */
export const inverseNeuralOde =
  (steps = 24, activation = Math.tanh): Oracle =>
  (variables, context) => {
    const forward = velocity(under(variables, 'field.network'), context, activation);
    return flowOf((x, t) => forward(x, 1 - t).map((value) => -value), steps);
  };
