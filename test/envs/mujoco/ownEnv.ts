import { MujocoEnv } from '../../../envs/mujoco/index.ts';
import { mujocoPhysics } from '../../../envs/mujoco/loadMujoco.ts';
import type { MujocoEnvSettings } from '../../../envs/mujoco/mujocoEnv.ts';
import { hopper } from '../../../envs/mujoco/tasks/hopperWalker2dEnv.ts';

/** Any model, in which nothing is earned. */
export class OwnEnv extends MujocoEnv {
  constructor(xml: string, { frameSkip = 1, ...view }: Partial<Pick<MujocoEnvSettings, 'frameSkip' | 'view'>> = {}) {
    super({ name: 'Own', xml, frameSkip, ...view });
  }
  /** Where it lies at the start, m. */
  startHeight: number | undefined;
  protected override placeAtStart(qpos: Float64Array): void {
    if (this.startHeight !== undefined) qpos[2] = this.startHeight;
  }
  protected score() {
    return { reward: 0 };
  }
}

/** Bytes of the module's memory, which never shrinks. */
export function memory(): number {
  return mujocoPhysics().run('memory', ({ MjModel, MjData }) => {
    const model = MjModel.from_xml_string(hopper);
    const data = new MjData(model);
    const { byteLength } = (data.qpos as Float64Array).buffer;
    data.delete();
    model.delete();
    return byteLength;
  });
}
