import { register } from '../../envs/core/registry.ts';
import { LakeEnv, lakeEntry } from '../../envs/lake/lakeEnv.ts';
import { lakeGrains } from '../../envs/lake/lakeGrains.ts';

/** Takes the place of `envs/registerEnvs.ts` in the workers of the built site: what they train on are lakes, and robots, which register themselves. */
for (const [id, grain] of Object.entries(lakeGrains)) register({ id, ...lakeEntry(LakeEnv, grain) });
