import type { MainModule, MjData, MjModel } from '@mujoco/mujoco';

/**
 * Where the bodies of a model are, but for the world: of each its place, m, and its quaternion, `[nbody − 1, 7]`. It depends on the state alone, and
 * changes nothing: places are computed in a memory of their own.
 * @param data the state; left out for the model's own
 */
export function robotPose(module: MainModule, model: MjModel, data?: MjData): Float64Array {
  const scratch = new module.MjData(model);
  try {
    if (data !== undefined) module.mj_copyState(model, data, scratch, module.mjtState.mjSTATE_INTEGRATION.value);
    module.mj_kinematics(model, scratch);
    const [places, turns]: ArrayLike<number>[] = [scratch.xpos, scratch.xquat];
    const pose = new Float64Array(7 * (model.nbody - 1));
    for (let body = 1; body < model.nbody; body++) {
      for (let i = 0; i < 3; i++) pose[7 * (body - 1) + i] = places![3 * body + i]!;
      for (let i = 0; i < 4; i++) pose[7 * (body - 1) + 3 + i] = turns![4 * body + i]!;
    }
    return pose;
  } finally {
    scratch.delete();
  }
}
