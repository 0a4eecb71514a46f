import { Ppo } from '../agents/index.ts';
import { makeVec } from '../envs/index.ts';
import { boxSquash, FlowPolicy, GaussianPolicy, neuralSplineFlow, type Policy, Rng } from '../src/index.ts';

const DIMS = { observationDim: 3, actionDim: 1 };

const AGENTS: Record<string, (rng: Rng) => Policy> = {
  gaussian: (rng) => new GaussianPolicy({ ...DIMS, scale: 'free', rng }),
  spline: (rng) =>
    new FlowPolicy({
      flow: neuralSplineFlow({ dim: 1, contextDim: 3, layers: 2, bins: 8, rng }),
      squash: boxSquash({ low: [-2], high: [2] }),
    }),
};

export const agentNames = Object.keys(AGENTS);

/**
 * Environment steps a second of PPO on Pendulum-v1, rollouts, environment and updates together: 4 environments × 1024
 * steps, 10 epochs of minibatches of 64. One entry for each iteration after the first, which also compiles.
 */
export async function ppoPendulum(name: string, iterations: number): Promise<number[]> {
  const rng = new Rng('bench');
  const env = makeVec('Pendulum-v1', { numEnvs: 4, autoresetMode: 'sameStep' });
  const policy = AGENTS[name]!(rng.split('policy'));
  const agent = new Ppo({
    policy,
    env,
    rng: rng.split('agent'),
    horizon: 1024,
    epochs: 10,
    batchSize: 64,
    learningRate: 1e-3,
    gamma: 0.9,
  });
  const speeds: number[] = [];
  let last: { step: number; time: number } | undefined;
  for await (const { step } of agent.train({ steps: 4096 * (iterations + 1), rng: rng.split('training') })) {
    const time = performance.now();
    if (last !== undefined) speeds.push(((step - last.step) / (time - last.time)) * 1000);
    last = { step, time };
  }
  agent.dispose();
  policy.dispose();
  env.close();
  return speeds;
}
