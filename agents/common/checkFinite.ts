/**
 * Checks what environments gave.
 * @param owner whose environments they are, as errors name it: `Ppo`
 * @param what `'reward'` or `'observation'`
 * @param values row by row, of each environment as many
 * @throws if one is not finite
 */
export function checkFinite(owner: string, what: string, values: Float32Array | Float64Array, numEnvs: number): void {
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    const env = Math.floor((i * numEnvs) / values.length);
    throw new Error(`${owner}: environment ${env} gave ${values[i]} in its ${what}, expected finite numbers`);
  }
}
