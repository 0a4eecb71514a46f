import { z } from 'zod';
import type { Info } from '../../core/env.ts';
import { MujocoEnv, type MujocoEnvSettings, type Scored } from '../mujocoEnv.ts';
import { controlCost } from './controlCost.ts';
import { addUniform } from './noise.ts';
import { poseAndVelocity } from './poseAndVelocity.ts';
import { taskOptions } from './taskOptions.ts';

/** The options of tasks in which a torso goes on legs in the plane. */
export const planarLegsOptions = {
  forwardRewardWeight: taskOptions.weight(1, 'the velocity'),
  ctrlCostWeight: taskOptions.weight(1e-3, 'the cost of control'),
  healthyReward: taskOptions.healthyReward(1),
  terminateWhenUnhealthy: taskOptions.terminateWhenUnhealthy(),
  healthyZRange: (low: number, high: number) =>
    taskOptions.range(low, high, 'in which the height of the torso is healthy, m'),
  healthyAngleRange: (low: number, high: number) =>
    taskOptions.range(low, high, 'in which the tilt of the torso is healthy, rad'),
  resetNoiseScale: taskOptions.resetNoiseScale(5e-3),
  excludeCurrentPositionsFromObservation: taskOptions.excludeCurrentPositionsFromObservation(),
  frameSkip: taskOptions.frameSkip(4),
  xml: taskOptions.xml,
};

const schema = z.object({
  ...planarLegsOptions,
  healthyZRange: planarLegsOptions.healthyZRange(0, 1),
  healthyAngleRange: planarLegsOptions.healthyAngleRange(0, 1),
});

/**
 * What Hopper and Walker2d have in common: a torso at `qpos` x, z and tilt, which is to stay upright and to go to the right.
 */
export abstract class PlanarLegsTask extends MujocoEnv {
  readonly #options: z.output<typeof schema>;
  #x = 0;

  constructor(settings: MujocoEnvSettings, options: z.output<typeof schema>) {
    super(settings);
    this.#options = options;
  }

  protected override placeAtStart(qpos: Float64Array, qvel: Float64Array): void {
    addUniform(qpos, this.rng, this.#options.resetNoiseScale);
    addUniform(qvel, this.rng, this.#options.resetNoiseScale);
  }

  protected override observe(): Float64Array {
    return poseAndVelocity(this.qpos, this.qvel, this.#options.excludeCurrentPositionsFromObservation ? 1 : 0, 10);
  }

  #place(): Info {
    const { qpos } = this;
    return { xPosition: qpos[0], zDistanceFromOrigin: qpos[1]! - this.initQpos[1]! };
  }

  protected override startInfo(): Info {
    return this.#place();
  }

  protected override beforeStep(): void {
    this.#x = this.qpos[0]!;
  }

  protected isHealthy(): boolean {
    const { healthyZRange, healthyAngleRange } = this.#options;
    const [, z, angle] = this.qpos;
    return (
      healthyZRange[0] < z! && z! < healthyZRange[1] && healthyAngleRange[0] < angle! && angle! < healthyAngleRange[1]
    );
  }

  protected score(action: Float32Array): Scored {
    const { forwardRewardWeight, ctrlCostWeight, healthyReward, terminateWhenUnhealthy } = this.#options;
    const xVelocity = (this.qpos[0]! - this.#x) / this.dt;
    const isHealthy = this.isHealthy();
    const rewardForward = forwardRewardWeight * xVelocity;
    const rewardSurvive = isHealthy ? healthyReward : 0;
    const cost = controlCost(ctrlCostWeight, action);
    return {
      reward: rewardForward + rewardSurvive - cost,
      terminated: !isHealthy && terminateWhenUnhealthy,
      info: { ...this.#place(), xVelocity, rewardForward, rewardCtrl: -cost, rewardSurvive },
    };
  }
}
