/** How finely a lake's walk is cut into steps. */
export interface LakeGrain {
  /** Length of a step at full speed. */
  readonly stride: number;
  /** Taken from the reward of every step. */
  readonly stepCost: number;
  /** Steps to an episode's truncation. */
  readonly maxEpisodeSteps: number;
  /** How far off the shore the scripted demonstrators keep, in the mean. */
  readonly margin: number;
}

/**
 * The registered grains. On the fine lake many small steps let the position remember the side that was chosen; on the stride lake
 * one step reaches the water, so that the choice is made at once.
 */
export const lakeGrains = {
  'Lake-v0': { stride: 0.15, stepCost: 0.005, maxEpisodeSteps: 60, margin: 0.15 },
  'LakeStride-v0': { stride: 1.3, stepCost: 0.02, maxEpisodeSteps: 12, margin: 0.3 },
} as const satisfies Record<string, LakeGrain>;

/** The id of a lake. */
export type LakeId = keyof typeof lakeGrains;

/** The same lakes with robots that walk round them; their demonstrators keep off the shore for what momentum and gait add. */
export const robotLakeGrains = {
  'mujoco/PointLake-v0': { ...lakeGrains['Lake-v0'], margin: 0.2 },
  'mujoco/PointLakeStride-v0': lakeGrains['LakeStride-v0'],
  'mujoco/AntLake-v0': { ...lakeGrains['Lake-v0'], margin: 0.3 },
  'mujoco/AntLakeStride-v0': { ...lakeGrains['LakeStride-v0'], margin: 0.4 },
} as const satisfies Record<string, LakeGrain>;

/** The id of a lake with a robot. */
export type RobotLakeId = keyof typeof robotLakeGrains;

/** The id of a lake, whoever walks round it. */
export type AnyLakeId = LakeId | RobotLakeId;

/** All of them. */
export const allLakeGrains: Readonly<Record<AnyLakeId, LakeGrain>> = { ...lakeGrains, ...robotLakeGrains };
