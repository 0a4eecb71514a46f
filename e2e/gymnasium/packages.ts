/** An environment of a package of PyPI's, as `gymnasiumPackages.check.ts` tries it. */
export interface PackagedEnv {
  /** Without `gymnasium:`. */
  readonly id: string;
  readonly options?: Readonly<Record<string, unknown>>;
  /** What differs with one seed, where the environment draws from a source that no seed reaches. */
  readonly unseeded?: RegExp;
  /** Whether the last digits of its numbers differ from one process to the next. */
  readonly isUnsteady?: true;
  /** One of the few that every check tries; the rest need `--all`. */
  readonly isLight?: true;
}

/** What pip installs for the light ones, and for all. */
export const lightPackages = ['gymnasium[box2d]', 'minigrid'];
export const allPackages = [
  ...lightPackages,
  'gymnasium[other]',
  // Later ones refuse what the Fetch environments of gymnasium-robotics do.
  'mujoco<3.4',
  'gymnasium-robotics',
  'gym-pusht',
  'highway-env',
  'ale-py',
];

export const packagedEnvs: readonly PackagedEnv[] = [
  { id: 'LunarLander-v3', isLight: true },
  { id: 'LunarLander-v3', options: { continuous: true } },
  { id: 'minigrid:MiniGrid-Empty-8x8-v0', isLight: true },
  {
    id: 'minigrid:MiniGrid-FourRooms-v0',
    options: { wrappers: ['minigrid.wrappers.ImgObsWrapper', 'FlattenObservation'] },
  },
  { id: 'BipedalWalker-v3' },
  {
    id: 'CarRacing-v3',
    options: { wrappers: ['GrayscaleObservation', { name: 'ResizeObservation', shape: [24, 24] }] },
  },
  { id: 'HalfCheetah-v5' },
  { id: 'Hopper-v5' },
  { id: 'gymnasium_robotics:PointMaze_UMaze-v3' },
  { id: 'gymnasium_robotics:FetchReach-v4' },
  // The `action` in the info of its resets comes from a space that it makes anew, without a seed.
  { id: 'highway_env:highway-fast-v0', unseeded: /: two resets with seed 123 differ: .*"action":/ },
  {
    id: 'gym_pusht:gym_pusht/PushT-v0',
    // Its reward is a share of an area, which shapely sums in an order of its own.
    isUnsteady: true,
  },
  {
    id: 'ale_py:ALE/Breakout-v5',
    options: { frameskip: 1, wrappers: [{ name: 'AtariPreprocessing', screen_size: 24 }] },
  },
];
