import { execFileSync } from 'node:child_process';
import { afterAll, expect, test } from 'vitest';
import { Ppo } from '../../agents/ppo.ts';
import { makeVec } from '../../envs/index.ts';
import { fingerprint } from '../../src/fingerprint.ts';
import { makePolicy, Rng, selectEngine } from '../../src/index.ts';

afterAll(async () => {
  await selectEngine();
});

/** One rollout of PPO and its updates, in minibatches that threads share; returns the fingerprint of report and policy. */
async function threadedUpdate(engine: string, threads: number): Promise<string> {
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

test.each(['wasm', 'auto'])(
  "%s: PPO's rollout and updates are the same bits by one and by three threads",
  async (engine) => {
    expect(await threadedUpdate(engine, 3)).toBe(await threadedUpdate(engine, 1));
  },
);

test.each(['wasm', 'native'])('%s: a process with threads ends by itself', (engine) => {
  const program = `
    import * as tf from '@tensorflow/tfjs-core';
    import { compile, selectEngine } from '${new URL('../../src/engine/index.ts', import.meta.url).href}';
    await selectEngine('${engine}', { threads: 3 });
    const product = compile(({ x }) => ({ y: tf.sum(tf.matMul(x, x)) }), { name: 'product', state: [] });
    console.log(product({ x: tf.ones([400, 400]) }).y.dataSync()[0]);
  `;
  const options = ['--import', 'tsx', '--input-type=module', '--eval', program];
  expect(execFileSync(process.execPath, options, { encoding: 'utf8', cwd: import.meta.dirname }).trim()).toBe(
    '64000000',
  );
});
