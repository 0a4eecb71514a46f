import { clamp } from '../../core/clamp.ts';

/** Positions without the first `skipped`, then velocities, each in [−bound, bound]. */
export function poseAndVelocity(
  qpos: Float64Array,
  qvel: Float64Array,
  skipped: number,
  bound = Infinity,
): Float64Array {
  const poses = qpos.length - skipped;
  const observation = new Float64Array(poses + qvel.length);
  observation.set(qpos.subarray(skipped));
  for (let i = 0; i < qvel.length; i++) observation[poses + i] = clamp(qvel[i]!, -bound, bound);
  return observation;
}
