import type { z } from 'zod';
import { FlatVectorEnv, type VectorEnv } from '../../envs/index.ts';
import { ObservationLayout } from '../../src/index.ts';
import { checkFitsInMemory } from './checkFitsInMemory.ts';
import type { offPolicyOptions } from './offPolicyOptions.ts';
import { bytesPerTransition, ReplayBuffer } from './replayBuffer.ts';

/**
 * The replay that an agent's options ask for. Where bytes are all that observations have, as in images and one-hot vectors, it keeps bytes.
 * @param owner whose it is, as errors name it: `Sac`
 * @throws if as many transitions as it is to hold can never fit in memory
 */
export function replayFor(
  owner: string,
  config: Pick<
    z.output<z.ZodObject<typeof offPolicyOptions>>,
    'bufferSize' | 'batchSize' | 'gamma' | 'nSteps' | 'prioritizedAlpha'
  >,
  env: VectorEnv,
): ReplayBuffer {
  const { bufferSize: capacity, batchSize, gamma, nSteps, prioritizedAlpha } = config;
  const { numEnvs } = env;
  const [observationDim, actionDim] = [env.singleObservationSpace.size, env.singleActionSpace.size];
  // A mask of actions, which may be added to the flat observation, is of zeros and ones.
  const given = env instanceof FlatVectorEnv ? env.env : env;
  const bytes = new ObservationLayout(`${owner}: observations`, given.singleObservationSpace).areBytes;
  const sizes = { capacity, batchSize, numEnvs, observationDim, actionDim };
  const options = { owner, ...sizes, gamma, nSteps, prioritizedAlpha, bytes };
  // First: what holds the priorities takes all of its memory at once.
  checkFitsInMemory(`${owner}: bufferSize`, capacity, 'transitions', bytesPerTransition(options));
  return new ReplayBuffer(options);
}
