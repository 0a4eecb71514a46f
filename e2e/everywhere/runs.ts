import { BehaviorCloning, Ppo } from '../../agents/index.ts';
import { collectDemonstrations, make, makeVec } from '../../envs/index.ts';
import { fingerprint, makePolicy, Rng, selectEngine } from '../../src/index.ts';
import { robots } from './robots.ts';

/** 200 updates of PPO, a spline flow: the fingerprint of its reports and parameters. */
async function ppo(envId: 'Pendulum-v1' | 'PendulumNoVel-v1', own: object = {}): Promise<string> {
  const rng = new Rng('everywhere/ppo');
  const env = makeVec(envId, { numEnvs: 4 });
  const policy = makePolicy('spline', {
    observationSpace: env.singleObservationSpace,
    actionSpace: env.singleActionSpace,
    rng: rng.split('policy'),
    ...own,
  });
  const agent = new Ppo({ policy, env, rng: rng.split('agent'), horizon: 128, epochs: 5 });
  const reports = [];
  for await (const report of agent.train({ steps: 5 * 4 * 128, rng: rng.split('train') })) reports.push(report);
  const print = fingerprint({ reports, policy: policy.stateDict(), value: agent.value.stateDict() });
  agent.dispose();
  policy.dispose();
  return print;
}

/** 200 updates of behaviour cloning on demonstrated walks around the lake, a mixture of Gaussians: likewise. */
async function cloning(): Promise<string> {
  const rng = new Rng('everywhere/cloning');
  const { observations, actions } = collectDemonstrations({
    envId: 'Lake-v0',
    episodes: 40,
    rng: rng.split('demonstrations'),
  });
  const { observationSpace, actionSpace } = make('Lake-v0');
  const policy = makePolicy('mixture', { observationSpace, actionSpace, rng: rng.split('policy') });
  const agent = new BehaviorCloning({
    policy,
    demonstrations: { observations, actions },
    outside: 'keep',
    batchSize: 64,
  });
  const reports = [];
  for await (const report of agent.train({ steps: 200, rng: rng.split('train') })) reports.push(report);
  const print = fingerprint({ reports, policy: policy.stateDict() });
  agent.dispose();
  policy.dispose();
  return print;
}

/** The fingerprints of small runs on an engine and in MuJoCo's and Box2D's physics: the same wherever there is WebAssembly, and natively. */
export async function fingerprints(engine: 'auto' | 'wasm' | 'native' = 'wasm'): Promise<Record<string, string>> {
  await selectEngine(engine);
  const memory = await ppo('PendulumNoVel-v1', { memory: 'lstm', memoryUnits: 16 });
  return { ppo: await ppo('Pendulum-v1'), memory, cloning: await cloning(), ...(await robots()) };
}
