import type * as tf from '@tensorflow/tfjs-core';
import { Command } from 'commander';
import { InputError } from '../experiment/errors.ts';

/** `oxbow inspect <policy>`: where the time of a policy goes, kernel by kernel. */
export function inspectCommand(): Command {
  return new Command('inspect')
    .description(
      "time each kernel of a policy's sampling and of a step by which it is cloned, on the WebAssembly engine",
    )
    .argument('<policy>', 'the name of a policy; `oxbow list` names them')
    .option('--env <id>', 'the environment it is made for', 'Pendulum-v1')
    .option('--batch <n>', 'observations at a time', '64')
    .action(async (name: string, { env, batch }: { env: string; batch: string }) => {
      const size = Number(batch);
      if (!Number.isInteger(size) || size < 1) throw new InputError(`--batch: got ${batch}, expected an integer ≥ 1`);
      for (const profile of await profiles(name, env, size)) process.stdout.write(`${profile}\n\n`);
    });
}

async function profiles(name: string, envId: string, batch: number): Promise<string[]> {
  const [
    { loadNamedEnv },
    { make },
    { Adam, compile, makePolicy, Rng, sampleAction, selectBackend, selectEngine, valueAndGradients },
    { neg, mean },
  ] = await Promise.all([
    import('../train/loadNamedEnv.ts'),
    import('../../envs/index.ts'),
    import('../../src/index.ts'),
    import('@tensorflow/tfjs-core'),
  ]);
  await selectBackend('cpu');
  await selectEngine(process.env.OXBOW_ENGINE === 'wasm-relaxed' ? 'wasm-relaxed' : 'wasm');
  const rng = new Rng('inspect');
  await loadNamedEnv('--env', envId);
  const policy = orInputError(() => {
    const env = make(envId);
    try {
      const { observationSpace, actionSpace } = env;
      return makePolicy(name, { observationSpace, actionSpace, rng: rng.split('policy') } as never);
    } finally {
      env.close();
    }
  });
  const parameters = policy.trainableVariables();
  const optimizer = new Adam(parameters);
  const state = [policy, optimizer];
  const sample = compile(
    ({ observations }: { observations: tf.Tensor }, stream) => ({
      ...sampleAction(policy.given(observations), stream),
    }),
    { name: `${name}: ${batch} sampled actions`, state: [policy] },
  );
  const step = compile(
    (
      { observations, latents, learningRate }: Record<'observations' | 'latents' | 'learningRate', tf.Tensor>,
      stream,
    ) => {
      const likelihood = () => neg(mean(policy.given(observations).logProb(latents)));
      const matching = () => policy.matchingLoss!(observations, policy.given(observations).squash(latents), stream);
      const { loss, gradients } = valueAndGradients(
        () => ({ loss: (policy.hasDensity ? likelihood : matching)() }),
        parameters,
      );
      optimizer.update(gradients, learningRate);
      return { loss };
    },
    { name: `${name}: a ${policy.hasDensity ? 'likelihood' : 'matching'} step on ${batch}`, state },
  );
  const observations = rng.normalTensor([batch, policy.observationDim]);
  const latents = rng.normalTensor([batch, policy.actionDim]);
  return [sample.profile({ observations }, rng), step.profile({ observations, latents, learningRate: 1e-3 }, rng)].map(
    String,
  );
}

function orInputError<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw new InputError((error as Error).message);
  }
}
