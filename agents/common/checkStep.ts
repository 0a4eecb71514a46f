import type { VectorStep } from '../../envs/index.ts';

/**
 * Checks the rewards of a step, and the last observations of the episodes that ended with it.
 * @param owner whose environments they are, as errors name it: `Ppo`
 * @throws if one is not finite
 */
export function checkStep(owner: string, step: VectorStep): void {
  const { rewards, terminations, truncations, finalObservations } = step;
  const size = finalObservations.length / rewards.length;
  for (let i = 0; i < rewards.length; i++) {
    if (!Number.isFinite(rewards[i])) refuse(owner, i, 'reward', rewards[i]!);
    if (terminations[i] || truncations[i]) checkRow(owner, finalObservations, i, size);
  }
}

/**
 * Checks observations, row by row.
 * @throws if one is not finite
 */
export function checkObservations(owner: string, observations: Float32Array, numEnvs: number): void {
  for (let i = 0; i < numEnvs; i++) checkRow(owner, observations, i, observations.length / numEnvs);
}

function checkRow(owner: string, observations: Float32Array, env: number, size: number): void {
  for (let j = env * size; j < (env + 1) * size; j++) {
    if (!Number.isFinite(observations[j])) refuse(owner, env, 'observation', observations[j]!);
  }
}

function refuse(owner: string, env: number, what: string, value: number): never {
  throw new Error(`${owner}: environment ${env} gave ${value} in its ${what}, expected finite numbers`);
}
