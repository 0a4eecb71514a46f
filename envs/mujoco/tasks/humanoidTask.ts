import { z } from 'zod';
import type { Info } from '../../core/env.ts';
import { MujocoEnv, type MujocoEnvSettings } from '../mujocoEnv.ts';
import { addUniform } from './noise.ts';
import { sumOfSquares } from './sumOfSquares.ts';
import { taskOptions } from './taskOptions.ts';

/** The options that both tasks of the humanoid have. */
export const humanoidTaskOptions = {
  resetNoiseScale: taskOptions.resetNoiseScale(1e-2),
  excludeCurrentPositionsFromObservation: taskOptions.excludeCurrentPositionsFromObservation(),
  includeCinertInObservation: taskOptions.include('mass and inertia of each body'),
  includeCvelInObservation: taskOptions.include('the velocity of each body'),
  includeQfrcActuatorInObservation: taskOptions.include('the torques of the motors'),
  includeCfrcExtInObservation: taskOptions.include('the forces of contact on each body'),
  frameSkip: taskOptions.frameSkip(5),
  xml: taskOptions.xml,
};

const schema = z.strictObject(humanoidTaskOptions);

/** What both tasks of the humanoid have: what is observed, the start, the costs. */
export abstract class HumanoidTask extends MujocoEnv {
  readonly #options: z.output<typeof schema>;

  constructor(settings: MujocoEnvSettings, options: z.output<typeof schema>) {
    super(settings);
    this.#options = options;
  }

  protected override placeAtStart(qpos: Float64Array, qvel: Float64Array): void {
    addUniform(qpos, this.rng, this.#options.resetNoiseScale);
    addUniform(qvel, this.rng, this.#options.resetNoiseScale);
  }

  /** Of bodies, without the world's numbers; of torques, without those of the free joint. */
  protected override observe(): Float64Array {
    const options = this.#options;
    const parts = [this.qpos.subarray(options.excludeCurrentPositionsFromObservation ? 2 : 0), this.qvel];
    if (options.includeCinertInObservation) parts.push(this.dataArray('cinert').subarray(10));
    if (options.includeCvelInObservation) parts.push(this.dataArray('cvel').subarray(6));
    if (options.includeQfrcActuatorInObservation) parts.push(this.dataArray('qfrc_actuator').subarray(6));
    if (options.includeCfrcExtInObservation) parts.push(this.dataArray('cfrc_ext').subarray(6));
    const observation = new Float64Array(parts.reduce((size, part) => size + part.length, 0));
    let at = 0;
    for (const part of parts) {
      observation.set(part, at);
      at += part.length;
    }
    return observation;
  }

  /** x and y, and what the tendons from hip to knee do. */
  protected place(): Info {
    return {
      xPosition: this.qpos[0],
      yPosition: this.qpos[1],
      tendonLength: Array.from(this.dataArray('ten_length')),
      tendonVelocity: Array.from(this.dataArray('ten_velocity')),
    };
  }

  /** weight · Σ c² of the controls, in float64. */
  protected controlCost(weight: number): number {
    return weight * sumOfSquares(this.dataArray('ctrl'));
  }

  /** weight · Σ f² of the forces of contact, clipped. */
  protected contactCost(weight: number, [low, high]: readonly [number, number]): number {
    return Math.min(Math.max(weight * sumOfSquares(this.dataArray('cfrc_ext')), low), high);
  }
}
