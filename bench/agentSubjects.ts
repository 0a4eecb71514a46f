import { A2c, type Agent, Dqn, Ppo, Reinforce, Sac } from '../agents/index.ts';
import { loadEnv, make, makeVec } from '../envs/index.ts';
import { makePolicy, type Rng } from '../src/index.ts';

/** A whole agent in training: environment, collector and updates together. */
interface AgentSubject {
  readonly agent: Agent;
  /** Environment steps of what is timed at once. */
  readonly block: number;
}

/** Rows of which another library has a twin, `peers/agents_twin.py`, have its settings. */
export interface AgentRow {
  /** The name of the peers' row, the same for all policies. */
  readonly name: string;
  readonly policies: readonly string[];
  make(policy: string, rng: Rng): AgentSubject;
}

const sac = (width: number, policies: readonly string[]): AgentRow => ({
  name: `sac/Pendulum-v1/${width}-${width}`,
  policies,
  make(name, rng) {
    const env = make('Pendulum-v1');
    const { observationSpace, actionSpace } = env;
    const hidden = [width, width];
    const policy = makePolicy<string>(name, {
      ...{ observationSpace, actionSpace, rng, hidden, activation: 'relu', squash: 'tanh' },
      ...(name === 'gaussian' && { scale: 'state' }),
    });
    const agent = new Sac({ policy, env, rng: rng.split('agent'), learningRate: 1e-3, criticHidden: hidden });
    return { agent, block: 500 };
  },
});

await loadEnv('mujoco/HalfCheetah-v5');

export const AGENT_ROWS: readonly AgentRow[] = [
  {
    name: 'ppo/Pendulum-v1',
    policies: ['gaussian', 'spline'],
    make(name, rng) {
      const env = makeVec('Pendulum-v1', { numEnvs: 4 });
      const policy = makePolicy<string>(name, { ...spaces(env), rng });
      const settings = { horizon: 1024, batchSize: 64, epochs: 10, learningRate: 1e-3, gamma: 0.9, lambda: 0.95 };
      return { agent: new Ppo({ policy, env, rng: rng.split('agent'), ...settings }), block: 4096 };
    },
  },
  {
    name: 'ppo/HalfCheetah-v5',
    policies: ['gaussian'],
    make(name, rng) {
      const env = makeVec('mujoco/HalfCheetah-v5', { numEnvs: 1 });
      const policy = makePolicy<string>(name, { ...spaces(env), rng });
      const settings = { horizon: 2048, batchSize: 64, epochs: 10, learningRate: 3e-4 };
      return { agent: new Ppo({ policy, env, rng: rng.split('agent'), ...settings }), block: 2048 };
    },
  },
  sac(256, ['gaussian']),
  sac(64, ['gaussian', 'spline']),
  {
    name: 'dqn/CartPole-v1',
    policies: ['q-network'],
    make(_name, rng) {
      const env = make('CartPole-v1');
      const { observationSpace, actionSpace } = env;
      const policy = makePolicy('q-network', { observationSpace, actionSpace, rng, hidden: [64, 64], epsilon: 0.04 });
      const settings = { batchSize: 128, bufferSize: 100_000, learningRate: 2.3e-3, gamma: 0.99, learningStarts: 1000 };
      const blocks = { updateEvery: 2, updatesPerStep: 0.5, targetUpdateEvery: 250, double: false };
      return { agent: new Dqn({ policy, env, rng: rng.split('agent'), ...settings, ...blocks }), block: 2000 };
    },
  },
  {
    name: 'a2c/CartPole-v1',
    policies: ['categorical'],
    make(name, rng) {
      const env = makeVec('CartPole-v1', { numEnvs: 8 });
      const policy = makePolicy<string>(name, { ...spaces(env), rng });
      return { agent: new A2c({ policy, env, rng: rng.split('agent'), reportEvery: 50 }), block: 2000 };
    },
  },
  {
    name: 'reinforce/CartPole-v1',
    policies: ['categorical'],
    make(name, rng) {
      const env = makeVec('CartPole-v1', { numEnvs: 8 });
      const policy = makePolicy<string>(name, { ...spaces(env), rng });
      return { agent: new Reinforce({ policy, env, rng: rng.split('agent') }), block: 2000 };
    },
  },
];

function spaces({ singleObservationSpace, singleActionSpace }: ReturnType<typeof makeVec>) {
  return { observationSpace: singleObservationSpace, actionSpace: singleActionSpace };
}
