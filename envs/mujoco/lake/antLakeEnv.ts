import type { StepResult } from '../../core/env.ts';
import type { Point } from '../../lake/geometry.ts';
import { start } from '../../lake/lakeMap.ts';
import type { LakeOptions } from '../../lake/lakeOptions.ts';
import { fourLeggedAnt } from '../models/fourLeggedAnt.ts';
import { lakeLand, lakeWalls } from '../models/lakeLand.ts';
import { antGait } from './antGait.ts';
import { AntHeadingEnv } from './antHeadingEnv.ts';
import { PlainGaussian } from './plainGaussian.ts';
import { RobotLakeEnv } from './robotLakeEnv.ts';

/** Metres of a unit of the lake: the ant is 1.7 m wide, and needs some strides round it. */
const METRES = 4;
/** What the gait does, m/s, in the mean. */
const SPEED = 1.24;
/** How far ahead on the line of a step the ant aims, m. */
const AHEAD = 1.5;

const model = fourLeggedAnt([...lakeLand(METRES), ...lakeWalls(METRES)]);
let gait: PlainGaussian | undefined;

/** The ant alone, at the lake's start. */
class LakeAnt extends AntHeadingEnv {
  constructor() {
    // It is told its headings.
    super({ headingSteps: 1e9 }, model);
  }

  protected override placeAtStart(qpos: Float64Array, qvel: Float64Array): void {
    super.placeAtStart(qpos, qvel);
    qpos[0] = start.x * METRES;
    qpos[1] = start.y * METRES;
  }
}

/**
 * The walk around the lake by an ant on four legs, {@link RobotLakeEnv}: a unit of the lake is 4 m, full speed is 1.24 m/s. It walks by a
 * gait that was learned on {@link AntHeadingEnv} (`antGait`), and is told its heading 20 times a second. An ant that has fallen lies
 * until time is out.
 *
 * @throws as {@link MujocoEnv} does, and for an unknown option or one out of range
 */
export class AntLakeEnv extends RobotLakeEnv<LakeAnt> {
  constructor(options: LakeOptions = {}) {
    super({ name: 'AntLake', robot: new LakeAnt(), metres: METRES, speed: SPEED, ahead: AHEAD }, options);
  }

  protected drive(direction: Point): StepResult<Float64Array> {
    gait ??= new PlainGaussian(antGait);
    return this.robot.step(gait.act(this.robot.head(direction)));
  }
}
