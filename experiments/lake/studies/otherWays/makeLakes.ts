import {
  type AnyEnv,
  type Blocking,
  HiddenNoise,
  LakeEnv,
  lakeGrains,
  RescaleAction,
  SyncVectorEnv,
  TimeLimit,
  type VectorEnv,
} from '../../../../envs/index.ts';
import { type Condition, hiddenNoise, NOISE, SOFT, type WayName } from './ways.ts';

/** Stride lakes as a way's policy sees them: with its noise beside the position, and velocities in its units. */
export function makeLakes(
  numEnvs: number,
  { way, condition, blocked = 'none' }: { way: WayName; condition: Condition; blocked?: Blocking },
): VectorEnv {
  const { stride, stepCost, maxEpisodeSteps } = lakeGrains['LakeStride-v0'];
  const redraw = hiddenNoise[way];
  const make = (): AnyEnv => {
    const lake = new TimeLimit(new LakeEnv({ stride, stepCost, blocked }), maxEpisodeSteps);
    const noisy = redraw === undefined ? lake : new HiddenNoise(lake, { size: NOISE, redraw });
    return (condition === 'soft return' ? new RescaleAction(noisy, SOFT.low, SOFT.high) : noisy) as AnyEnv;
  };
  return new SyncVectorEnv(
    Array.from({ length: numEnvs }, () => make),
    { autoresetMode: 'sameStep' },
  );
}
