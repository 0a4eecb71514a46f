import { register } from '../../envs/core/registry.ts';
import { LakeEnv, lakeOptions } from '../../envs/lake/lakeEnv.ts';
import { lakeGrains } from '../../envs/lake/lakeGrains.ts';

/** Takes the place of `envs/registerEnvs.ts` in the workers of the built site: what they train on are lakes, and robots, which register themselves. */
for (const [id, { stride, stepCost, maxEpisodeSteps }] of Object.entries(lakeGrains)) {
  const options = { stride, stepCost };
  register({ id, schema: lakeOptions, entryPoint: (given) => new LakeEnv(given), options, maxEpisodeSteps });
}
