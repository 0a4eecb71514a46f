import type { VectorEnv, VectorStep } from '../../envs/index.ts';

/** What one rollout of parallel environments recorded; time-major arrays that are used again for the next rollout. */
export class RolloutBuffer {
  /** The observations that the next actions answer, `[envs · observationDim]`. */
  readonly current: Float32Array<ArrayBuffer>;
  readonly observations: Float32Array;
  readonly latents: Float32Array;
  /** 0 of a policy without a density. */
  readonly logProbs: Float32Array;
  readonly values: Float32Array;
  readonly rewards: Float32Array;
  readonly dones: Uint8Array;

  constructor(horizon: number, env: VectorEnv) {
    const steps = horizon * env.numEnvs;
    this.current = new Float32Array(env.numEnvs * env.singleObservationSpace.size);
    this.observations = new Float32Array(steps * env.singleObservationSpace.size);
    this.latents = new Float32Array(steps * env.singleActionSpace.size);
    this.logProbs = new Float32Array(steps);
    this.values = new Float32Array(steps);
    this.rewards = new Float32Array(steps);
    this.dones = new Uint8Array(steps);
  }

  observe(observations: Float32Array): void {
    this.current.set(observations);
  }

  /** Records what the policy did at step `t` with the current observations. */
  act(
    t: number,
    acted: Readonly<Record<'latent' | 'value', ArrayLike<number>> & { logProb?: ArrayLike<number> }>,
  ): void {
    this.observations.set(this.current, t * this.current.length);
    this.latents.set(acted.latent, t * acted.latent.length);
    if (acted.logProb !== undefined) this.logProbs.set(acted.logProb, t * acted.logProb.length);
    this.values.set(acted.value, t * acted.value.length);
  }

  /** Records what the environments answered, with the rewards that learning sees. */
  receive(t: number, rewards: Float64Array, { terminations, truncations }: VectorStep): void {
    const offset = t * rewards.length;
    for (let i = 0; i < rewards.length; i++) {
      this.rewards[offset + i] = rewards[i]!;
      this.dones[offset + i] = terminations[i]! | truncations[i]!;
    }
  }
}
