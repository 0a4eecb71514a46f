/** Values of a module's variables by path. */
export type Variables = Readonly<Record<string, number[]>>;

/** The variables of the submodule at `path`. */
export function under(variables: Variables, path: string): Variables {
  const prefix = `${path}.`;
  return Object.fromEntries(
    Object.entries(variables)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, values]) => [name.slice(prefix.length), values]),
  );
}

/** A multilayer perceptron in float64. */
export function mlp(variables: Variables, x: number[], activation: (x: number) => number = Math.tanh): number[] {
  let h = x;
  for (let layer = 0; variables[`layers.${layer}.kernel`] !== undefined; layer++) {
    const kernel = variables[`layers.${layer}.kernel`]!;
    const bias = variables[`layers.${layer}.bias`]!;
    const last = variables[`layers.${layer + 1}.kernel`] === undefined;
    const input = h;
    h = bias.map((offset, unit) => {
      const sum = input.reduce((total, value, i) => total + value * kernel[i * bias.length + unit]!, offset);
      return last ? sum : activation(sum);
    });
  }
  return h;
}
