import { checkArgument, checkOptions } from '../../src/options/checkArguments.ts';
/** A rollout of `horizon` steps of `envs` parallel environments; arrays are time-major, `[horizon · envs]`. */
export interface Rollout {
  readonly horizon: number;
  readonly envs: number;
  /** Rewards; where an episode was truncated, with γ V(last observation) added by the caller. */
  readonly rewards: Float32Array;
  /** V of the observation that each step began with. */
  readonly values: Float32Array;
  /** 1 where the episode ended with that step, by termination or truncation. */
  readonly dones: Uint8Array;
  /** V of the observation after the last step, `[envs]`; of no weight where that step ended an episode. */
  readonly lastValues: ArrayLike<number>;
}

/**
 * Generalized advantage estimation: Aₜ = δₜ + γλ(1 − doneₜ) Aₜ₊₁ with δₜ = rₜ + γ(1 − doneₜ) V(sₜ₊₁) − V(sₜ); returns
 * are Aₜ + V(sₜ), the targets of the value function.
 *
 * Schulman et al., "High-Dimensional Continuous Control Using Generalized Advantage Estimation", arXiv:1506.02438.
 */
export function generalizedAdvantages(
  rollout: Rollout,
  options: { gamma: number; lambda: number },
): { advantages: Float32Array; returns: Float32Array } {
  checkArgument('generalizedAdvantages', 'rollout', rollout, Object);
  const { horizon, envs, rewards, values, dones, lastValues } = rollout;
  for (const [name, numbers] of Object.entries({ rewards, values, dones, lastValues })) {
    checkArgument('generalizedAdvantages', name, numbers, Array);
  }
  const { gamma, lambda } = checkOptions('generalizedAdvantages', options, { gamma: Number, lambda: Number });
  const advantages = new Float32Array(horizon * envs);
  const returns = new Float32Array(horizon * envs);
  for (let env = 0; env < envs; env++) {
    let advantage = 0;
    let nextValue = lastValues[env]!;
    for (let t = horizon - 1; t >= 0; t--) {
      const i = t * envs + env;
      const goesOn = 1 - dones[i]!;
      const delta = rewards[i]! + gamma * goesOn * nextValue - values[i]!;
      advantage = delta + gamma * lambda * goesOn * advantage;
      advantages[i] = advantage;
      returns[i] = advantage + values[i]!;
      nextValue = values[i]!;
    }
  }
  return { advantages, returns };
}
