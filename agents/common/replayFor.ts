import type { z } from 'zod';
import { Box, type VectorEnv } from '../../envs/index.ts';
import { checkFitsInMemory } from './checkFitsInMemory.ts';
import type { offPolicyOptions } from './offPolicyOptions.ts';
import { ReplayBuffer } from './replayBuffer.ts';

/**
 * The replay that an agent's options ask for. Observations of a box of uint8, as images are, are kept as bytes.
 * @param owner whose it is, as errors name it: `Sac`
 * @throws if as many transitions as it is to hold can never fit in memory
 */
export function replayFor(
  owner: string,
  config: Pick<z.output<z.ZodObject<typeof offPolicyOptions>>, 'bufferSize' | 'batchSize' | 'gamma' | 'nSteps'> & {
    readonly prioritizedAlpha?: number;
  },
  { numEnvs, singleObservationSpace: space, singleActionSpace }: VectorEnv,
): ReplayBuffer {
  const { bufferSize: capacity, batchSize, gamma, nSteps, prioritizedAlpha = 0 } = config;
  const bytes = space instanceof Box && space.dtype === 'uint8';
  const [observationDim, actionDim] = [space.size, singleActionSpace.size];
  const sizes = { capacity, batchSize, numEnvs, observationDim, actionDim };
  const replay = new ReplayBuffer({ owner, ...sizes, gamma, nSteps, prioritizedAlpha, bytes });
  checkFitsInMemory(`${owner}: bufferSize`, capacity, 'transitions', replay.bytesPerTransition);
  return replay;
}
