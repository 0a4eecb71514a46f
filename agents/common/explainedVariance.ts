/** 1 − Var[returns − values] / Var[returns]; 0 where the returns do not vary. */
export function explainedVariance(values: Float32Array, returns: Float32Array): number {
  const variance = (x: (i: number) => number): number => {
    let mean = 0;
    for (let i = 0; i < returns.length; i++) mean += x(i) / returns.length;
    let sum = 0;
    for (let i = 0; i < returns.length; i++) {
      const difference = x(i) - mean;
      sum += difference * difference;
    }
    return sum / returns.length;
  };
  const total = variance((i) => returns[i]!);
  return total === 0 ? 0 : 1 - variance((i) => returns[i]! - values[i]!) / total;
}
