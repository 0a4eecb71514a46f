import { Ppo } from '../../agents/ppo.ts';
import { makeVec } from '../../envs/index.ts';
import { fingerprint } from '../../src/fingerprint.ts';
import { makePolicy, Rng, selectEngine } from '../../src/index.ts';

/** One rollout of PPO and its updates, in minibatches that threads share; returns the fingerprint of report and policy. */
export async function threadedUpdate(engine: string, threads: number): Promise<string> {
  await selectEngine(engine, { threads });
  const env = makeVec('Pendulum-v1', { numEnvs: 8 });
  const { singleObservationSpace: observationSpace, singleActionSpace: actionSpace } = env;
  const policy = makePolicy('gaussian', { observationSpace, actionSpace, rng: new Rng('policy') });
  const agent = new Ppo({ policy, env, rng: new Rng('agent'), horizon: 128, batchSize: 512, epochs: 2 });
  const reports = [];
  for await (const report of agent.train({ steps: 1024, rng: new Rng('train') })) reports.push(report);
  const result = fingerprint({ reports, policy: policy.stateDict() });
  agent.dispose();
  policy.dispose();
  return result;
}

// As a program of its own it ends, though its threads are never stopped.
if (process.argv[1]?.endsWith('threadedProgram.ts')) console.log(await threadedUpdate('wasm', 3));
