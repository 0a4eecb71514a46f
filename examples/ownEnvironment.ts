/**
 * An environment of your own: a lander that must touch down softly. `checkEnv` plays it, throws one line at the first rule that is
 * broken, and returns advice. Then PPO learns to land.
 *
 * Run `npx tsx ownEnvironment.ts`: about 3 seconds. It prints the advice, which is none, and how many of 500 landers touch down softly
 * before the training and after it: about 5 %, then nearly all.
 */
import { makePolicy, Rng } from 'oxbow';
import { evaluate, train } from 'oxbow/agents';
import { BaseEnv, Box, checkEnv, make, type ResetResult, register, type StepResult } from 'oxbow/envs';

/**
 * - Observation: height and velocity, `[2]`. Action: thrust in [0, 1], `[1]`.
 * - Reward: −0.1 a step; on the ground −10 times the speed; −10 above a height of 10.
 * - Terminated: on the ground, 'soft' below a speed of 0.2 or else 'crash', and above a height of 10, 'lost'.
 */
class Lander extends BaseEnv<Float32Array, Float32Array> {
  readonly observationSpace = new Box({ low: [-2, -2], high: [12, 2] });
  readonly actionSpace = new Box({ low: 0, high: 1, shape: [1] });
  #height = 0;
  #velocity = 0;

  protected begin(): ResetResult {
    this.#height = this.rng.uniform(4, 6); // All randomness comes from this stream, which reset({ seed }) starts anew.
    this.#velocity = 0;
    return [Float32Array.of(this.#height, this.#velocity), {}];
  }

  step([thrust = 0]: Float32Array): StepResult {
    this.#velocity += 0.2 * thrust - 0.1;
    this.#height += this.#velocity;
    const observation = Float32Array.of(this.#height, this.#velocity);
    if (this.#height > 10) return [observation, -10, true, false, { outcome: 'lost' }];
    if (this.#height > 0) return [observation, -0.1, false, false, {}];
    const speed = -this.#velocity;
    return [observation, -10 * speed, true, false, { outcome: speed < 0.2 ? 'soft' : 'crash' }];
  }
}
register({ id: 'Lander-v0', entryPoint: () => new Lander(), maxEpisodeSteps: 100 });
console.log(`advice of checkEnv: ${checkEnv(make('Lander-v0')).join('; ') || 'none'}`);

using policy = makePolicy('gaussian', { env: make('Lander-v0'), for: 'ppo', rng: new Rng('policy'), squash: 'tanh' });

function report(when: string): void {
  const { outcomes } = evaluate({ policy, env: 'Lander-v0', episodes: 500 });
  console.log(`${when}: ${((outcomes.soft ?? 0) / 5).toFixed(0)} % land softly`);
}
report('before');
await train({
  env: 'Lander-v0', // or () => new Lander(), without a time limit
  numEnvs: 8,
  agent: 'ppo',
  policy,
  steps: 50_000,
  agentOptions: { horizon: 256, learningRate: { linear: [1e-3, 0] } },
});
report('after');
