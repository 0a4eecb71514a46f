import type { Tuned } from '../../cli/experiment/tuned.ts';
import { mapValues } from '../../cli/experiment/tuned.ts';
import {
  type DensityPolicyName,
  type HeadingPolicy,
  type PpoSettings,
  SOFT_LAKE,
  type SoftPpoSettings,
} from '../../common/lake.ts';
import found from '../../common/lakeSettings.json' with { type: 'json' };
import { type LakeId, type RobotLakeId, robotLakeGrains } from '../../envs/index.ts';

/** The settings that were found by searches. */
export function readTuned(): Tuned {
  return (found as { readonly tuned: Tuned }).tuned;
}

/** PPO's question, whether a policy commits to one bank, is asked on the fine lake. */
export const PPO_LAKE = 'Lake-v0';

/** The settings that were found for a policy. */
export function ppoSettings(tuned: Tuned, policy: DensityPolicyName, env: string = PPO_LAKE): PpoSettings {
  return tuned.ppo![env]![policy] as unknown as PpoSettings;
}

/** The settings that were found for a policy over headings, with which it is trained for every task and study. */
export function softPpoSettings(tuned: Tuned, policy: HeadingPolicy): SoftPpoSettings {
  return tuned.soft![SOFT_LAKE]![policy] as unknown as SoftPpoSettings;
}

/** Seconds of a training on the soft return, on a quiet core. */
export function softPpoSeconds({ epochs }: SoftPpoSettings, steps: number): number {
  return 0.5 + 4.2e-6 * epochs * steps;
}

/** The lakes that robots walk round. */
export const robotLakes = Object.keys(robotLakeGrains) as RobotLakeId[];

export function isRobotLake(env: string): env is RobotLakeId {
  return Object.hasOwn(robotLakeGrains, env);
}

/** Seconds that a walk takes, demonstrated or sampled: without a robot, next to nothing. */
export function walkSeconds(env: string): number {
  if (!isRobotLake(env)) return 0;
  return env.includes('Ant') ? 0.02 : 0.001;
}

/** Seconds that a step takes: without a robot, next to nothing. */
export function stepSeconds(env: string): number {
  if (!isRobotLake(env)) return 0;
  return (env.includes('Ant') ? 5e-5 : 6e-6) * (env.includes('Stride') ? 84 : 10);
}

/** The lake of the same grain without a robot. */
function lakeOf(env: RobotLakeId): LakeId {
  return env.includes('Stride') ? 'LakeStride-v0' : 'Lake-v0';
}

/** The studies that are asked of robots, too. */
const STUDIES: readonly string[] = ['ppo', 'cloning'];

/** Settings in which every policy of a robot has those of its lake, or of the one that there is, where it has none of its own. */
export function withRobots(tuned: Tuned): Tuned {
  return mapValues(tuned, (environments, study) => {
    if (!STUDIES.includes(study)) return environments;
    const borrowed = (env: RobotLakeId) => environments[lakeOf(env)] ?? Object.values(environments)[0]!;
    const ofRobots = robotLakes.map((env) => [env, { ...borrowed(env), ...environments[env] }]);
    return { ...environments, ...Object.fromEntries(ofRobots) };
  });
}
