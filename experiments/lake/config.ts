import { z } from 'zod';
import { type LakeId, lakeGrains, lakeMap } from '../../envs/index.ts';
import { commonShape } from '../harness/experiment.ts';
import { policyNames } from './lakePolicies.ts';

export const choices = {
  studies: ['cloning', 'ppo'],
  policies: policyNames,
  environments: ['Lake-v0', 'LakeStride-v0'],
} as const;

const count = () => z.int().positive();

export const lakeSchema = z
  .strictObject({
    ...commonShape(choices, { seeds: 5 }),
    /** Walks of each trained policy with sampled actions. */
    evaluationEpisodes: count().default(1000),
    cloning: z
      .strictObject({
        /** Walks to learn from, half of them on each bank. */
        demonstrations: count().default(1000),
        /** Updates. */
        steps: count().default(3000),
        batchSize: count().default(256),
        learningRate: z.number().positive().default(3e-3),
      })
      .prefault({}),
    ppo: z
      .strictObject({
        /** Environment steps. */
        steps: count().default(100_000),
        envs: count().default(8),
        /** Steps of each environment between updates. */
        horizon: count().default(256),
        epochs: count().default(10),
        batchSize: count().default(64),
        learningRate: z.number().positive().default(3e-4),
      })
      .check(({ value: { batchSize, horizon, envs }, issues }) => {
        if (batchSize > horizon * envs) {
          const message = `at most the ${horizon} × ${envs} = ${horizon * envs} steps of a rollout (horizon × envs)`;
          issues.push({ code: 'custom', input: batchSize, path: ['batchSize'], message });
        }
      })
      .prefault({}),
  })
  .check(({ value: { cloning, environments, studies }, issues }) => {
    const { demonstrations, batchSize } = cloning;
    const pairs = demonstrations * Math.min(...environments.map(fewestSteps));
    if (studies.includes('cloning') && batchSize > pairs) {
      const message = `at most ${pairs}, which ${demonstrations} demonstrations surely hold`;
      issues.push({ code: 'custom', input: batchSize, path: ['cloning', 'batchSize'], message });
    }
  });

/** Steps that no walk home can do without. */
function fewestSteps(env: LakeId): number {
  const { start, home } = lakeMap;
  return Math.ceil((Math.hypot(home.x - start.x, home.y - start.y) - home.radius) / lakeGrains[env].stride);
}

export type LakeConfig = z.infer<typeof lakeSchema>;
