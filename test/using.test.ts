import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { make, SyncVectorEnv, TimeLimit } from '../envs/index.ts';
import { Actor, compile, makePolicy, neuralSplineFlow, Rng } from '../src/index.ts';

test('`using` frees what is disposed or closed, at the end of its block', () => {
  const before = tf.memory().numTensors;
  let run: (() => unknown) | undefined;
  {
    using env = make('Pendulum-v1');
    using policy = makePolicy('gaussian', { env, rng: new Rng(0), hidden: [3] });
    using flow = neuralSplineFlow({ dim: 1, rng: new Rng(1) });
    using actor = new Actor(policy, { greedy: true });
    using double = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.mul(x, 2) }), { name: 'double', state: [] });
    expect(actor.act([0, 0, 0]).action).toHaveLength(1);
    tf.dispose(double({ x: 1 }));
    expect(tf.memory().numTensors).toBe(before + policy.variables().length + flow.variables().length);
    run = () => double({ x: 1 });
  }
  expect(tf.memory().numTensors).toBe(before);
  expect(run).toThrow("compile('double'): called after dispose");

  const closed: string[] = [];
  const env = make('Pendulum-v1');
  env.close = () => closed.push('env');
  {
    using wrapped = new TimeLimit(env, 5);
    const part = () => Object.assign(make('Pendulum-v1'), { close: () => closed.push('part') });
    using envs = new SyncVectorEnv([part, part]);
    expect([wrapped.maxEpisodeSteps, envs.numEnvs]).toEqual([5, 2]);
  }
  expect(closed).toEqual(['part', 'part', 'env']);
});
