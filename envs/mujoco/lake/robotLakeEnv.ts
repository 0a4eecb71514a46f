import { type JsonVariableState, VariableState } from '../../../src/json.ts';
import { portableMath } from '../../../src/portableMath.ts';
import type { StepResult } from '../../core/env.ts';
import type { Drawing } from '../../drawing/drawing.ts';
import type { Scene } from '../../drawing/scene.ts';
import { type LakeInfo, type LakeOptions, LakeWalkEnv } from '../../lake/lakeEnv.ts';
import { border, home, lake, type Point, start, type Walk } from '../../lake/lakeMap.ts';
import { drawRobotOnMap } from '../drawRobot.ts';
import { type Geom, type Joint, mjcf } from '../mjcf.ts';
import { MujocoEnv, type Scored } from '../mujocoEnv.ts';
import { antGait } from './antGait.ts';
import { AntHeadingEnv, fourLeggedAnt } from './antHeadingEnv.ts';

/** How far one looks, in units of how far the land goes from its middle. */
const SEEN = 0.65;

/** A robot that knows where it is, in metres. */
export interface RobotOnGround extends MujocoEnv {
  readonly place: Point;
}

/** What {@link RobotLakeEnv} is made from. */
interface RobotLakeSettings<Robot extends RobotOnGround> {
  /** As errors name the env. */
  readonly name: string;
  /** Begins its episodes at the lake's start. */
  readonly robot: Robot;
  /** Length of a unit of the lake, m. */
  readonly metres: number;
  /** What the robot does at full speed, m/s. */
  readonly speed: number;
  /** How far ahead on the line of a step the robot aims, m; straight on in the step's direction when left out. */
  readonly ahead?: number;
}

type WalkState = ReturnType<LakeWalkEnv['state']>;

/**
 * The walk around the lake by a robot in MuJoCo's physics: {@link LakeWalkEnv} says what is seen, done and got. A step goes on for the time
 * that its length takes at full speed, one step of the robot at least, in the step's direction; its momentum or gait decides where that
 * leads. The robot's middle drowns, and gets home. What the robot itself is like, its velocity say, no observation tells.
 *
 * A step in which the physics has blown up ends the episode: truncated where it was, `info.outcome` `'unstable'`.
 *
 * @throws as {@link LakeWalkEnv} and {@link MujocoEnv} do
 */
export abstract class RobotLakeEnv<Robot extends RobotOnGround> extends LakeWalkEnv {
  protected readonly robot: Robot;
  readonly #metres: number;
  readonly #ahead: number | undefined;
  /** Steps of the robot for each unit of the lake. */
  readonly #stepsPerUnit: number;
  #isUnstable = false;

  constructor({ name, robot, metres, speed, ahead }: RobotLakeSettings<Robot>, options: LakeOptions) {
    super(name, options);
    this.robot = robot;
    this.#metres = metres;
    this.#ahead = ahead;
    this.#stepsPerUnit = metres / (speed * robot.dt);
  }

  /** Makes one step of the robot in this direction: a unit vector, or 0. */
  protected abstract drive(direction: Point): StepResult<Float64Array>;

  protected override begin(options: Record<string, unknown>): [Float32Array, LakeInfo] {
    const begun = super.begin(options);
    this.robot.reset({ seed: this.rng.integer(0, 2 ** 31) });
    return begun;
  }

  override step(action: Float32Array): [Float32Array, number, boolean, boolean, LakeInfo] {
    this.#isUnstable = false;
    const result = super.step(action);
    if (!this.#isUnstable) return result;
    const [observation, , , , info] = result;
    return [observation, 0, false, true, { ...info, outcome: 'unstable' }];
  }

  protected travel(dx: number, dy: number): Walk['outcome'] {
    const length = Math.sqrt(dx * dx + dy * dy);
    const direction = length > 0 ? { x: dx / length, y: dy / length } : { x: 0, y: 0 };
    const from = this.position;
    const steps = Math.max(1, Math.round(length * this.#stepsPerUnit));
    for (let i = 0; i < steps; i++) {
      const [, , , isUnstable] = this.drive(this.#aim(from, direction));
      if (isUnstable) {
        this.#isUnstable = true;
        return undefined;
      }
      const { x, y } = this.robot.place;
      const position = this.position;
      const outcome = this.walkBy(x / this.#metres - position.x, y / this.#metres - position.y);
      if (outcome !== undefined) return outcome;
    }
    return undefined;
  }

  /** The direction from where the robot is to the point that is `ahead` of it on the line of the step, which began at `from`. */
  #aim(from: Point, direction: Point): Point {
    if (this.#ahead === undefined) return direction;
    const { x, y } = this.position;
    const across = ((y - from.y) * direction.x - (x - from.x) * direction.y) * this.#metres;
    const aimX = direction.x * this.#ahead + direction.y * across;
    const aimY = direction.y * this.#ahead - direction.x * across;
    const length = Math.sqrt(aimX * aimX + aimY * aimY);
    return length > 0 ? { x: aimX / length, y: aimY / length } : direction;
  }

  protected override drawWalker(drawing: Drawing): void {
    drawRobotOnMap(drawing, this.robot.picture(), this.#metres);
  }

  /** All of the map, with the robot on it. */
  film(onPose: ((pose: Float64Array) => void) | undefined): Scene {
    const scene = this.robot.film(onPose);
    return { ...scene, followed: 0, height: 0, reach: SEEN * border * this.#metres };
  }

  override state(): WalkState & { robot: unknown } {
    return { ...super.state(), robot: this.robot.state() };
  }

  override setState({ robot, ...walk }: WalkState & { robot: unknown }): void {
    super.setState(walk);
    this.robot.setState(robot as Parameters<MujocoEnv['setState']>[0]);
  }

  override close(): void {
    this.robot.close();
  }
}

/** What is only to be seen. */
const seen = { contype: 0, conaffinity: 0, condim: 1 } as const;

/**
 * The lake, home and their land, so many metres to a unit: flat discs on the ground, for pictures.
 */
function lakeLand(metres: number): Geom[] {
  const disc = (name: string, { x, y, radius }: typeof lake, rgba: readonly number[]): Geom => ({
    name,
    type: 'cylinder',
    size: [radius * metres, 0.001],
    pos: [x * metres, y * metres, 0],
    rgba,
    ...seen,
  });
  return [disc('lake', lake, [0.25, 0.5, 0.8, 1]), disc('home', home, [0.9, 0.75, 0.3, 1])];
}

/** Walls along the border of the land, so many metres to a unit: planes that look inwards. */
function lakeWalls(metres: number): Geom[] {
  const far = border * metres;
  const half = Math.SQRT1_2;
  return [
    { name: 'west', pos: [-far, 0, 0], quat: [half, 0, half, 0] },
    { name: 'east', pos: [far, 0, 0], quat: [half, 0, -half, 0] },
    { name: 'south', pos: [0, -far, 0], quat: [half, -half, 0, 0] },
    { name: 'north', pos: [0, far, 0], quat: [half, half, 0, 0] },
  ].map((wall) => ({ type: 'plane', size: [far, far, 1], conaffinity: 1, ...wall }) as const);
}

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

/** The ball alone, at the lake's start; its actions are pushes along x and y. */
class PushedBall extends MujocoEnv {
  constructor() {
    super({ name: 'PointLake', xml: pushedBall, frameSkip: 5, view: 'above' });
  }

  get place(): Point {
    const { qpos } = this;
    return { x: qpos[0]!, y: qpos[1]! };
  }

  protected override placeAtStart(qpos: Float64Array): void {
    qpos[0] = start.x;
    qpos[1] = start.y;
  }

  protected score(): Scored {
    return { reward: 0 };
  }
}

/**
 * The walk around the lake by a ball that is pushed, {@link RobotLakeEnv}: a unit of the lake is 1 m, full speed 1 m/s, to which the ball
 * comes with a time constant of 0.2 s. It starts at rest.
 *
 * @throws as {@link MujocoEnv} does, and for an unknown option or one out of range
 */
export class PointLakeEnv extends RobotLakeEnv<PushedBall> {
  constructor(options: LakeOptions = {}) {
    super({ name: 'PointLake', robot: new PushedBall(), metres: 1, speed: 1 }, options);
  }

  protected drive({ x, y }: Point): StepResult<Float64Array> {
    return this.robot.step(Float32Array.of(x, y));
  }
}

/** Of `ObservationNormalizer`. */
const EPSILON = 1e-8;

interface SavedGaussian {
  readonly policy: { readonly options: { readonly activation: string; readonly clipObservations: number } };
  readonly variables: Readonly<Record<string, JsonVariableState>>;
}

interface Layer {
  /** `[inputs, outputs]`, row by row. */
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
}

/**
 * The greedy actions of a saved Gaussian policy, by plain numbers: the same bits everywhere, in microseconds, with no tensors. It is for
 * networks of tanh that normalize their observations and squash nothing, as `policyToJson` writes them.
 */
export class PlainGaussian {
  readonly #mean: Float32Array;
  readonly #deviation: Float64Array;
  readonly #clip: number;
  readonly #layers: readonly Layer[];

  /** @throws if the policy is of another kind */
  constructor(json: string) {
    const { policy, variables } = JSON.parse(json) as SavedGaussian;
    if (policy.options.activation !== 'tanh') {
      throw new Error(`PlainGaussian: got the activation ${policy.options.activation}, expected tanh`);
    }
    const values = (name: string): Float32Array => {
      const state = variables[name];
      if (state === undefined) throw new Error(`PlainGaussian: the policy has no ${name}`);
      return VariableState.from(state).values;
    };
    this.#mean = values('normalizer.mean');
    this.#deviation = Float64Array.from(values('normalizer.variance'), (variance) => Math.sqrt(variance + EPSILON));
    this.#clip = policy.options.clipObservations;
    const count = Object.keys(variables).filter((name) => /^network\.layers\.\d+\.kernel$/.test(name)).length;
    this.#layers = Array.from({ length: count }, (_, i) => ({
      kernel: values(`network.layers.${i}.kernel`),
      bias: values(`network.layers.${i}.bias`),
    }));
  }

  /** The mean of the actions, `[actions]`, for one observation. */
  act(observation: ArrayLike<number>): Float32Array {
    let values = Float64Array.from(this.#mean, (mean, i) => {
      const scaled = (Math.fround(observation[i]!) - mean) / this.#deviation[i]!;
      return Math.min(Math.max(scaled, -this.#clip), this.#clip);
    });
    this.#layers.forEach(({ kernel, bias }, l) => {
      const next = Float64Array.from(bias);
      const width = next.length;
      for (let i = 0; i < values.length; i++) {
        const value = values[i]!;
        for (let j = 0, at = i * width; j < width; j++, at++) next[j]! += value * kernel[at]!;
      }
      if (l < this.#layers.length - 1) for (let j = 0; j < width; j++) next[j] = tanh(next[j]!);
      values = next;
    });
    return Float32Array.from(values);
  }
}

function tanh(x: number): number {
  return 1 - 2 / (portableMath.exp(2 * x) + 1);
}

/** Seconds in which the ball comes near the speed at which it is pushed. */
const TIME_CONSTANT = 0.2;
const MASS = 1;
const RADIUS = 0.07;

const slide = (name: string, axis: readonly number[]): Joint => ({
  name,
  type: 'slide',
  axis,
  damping: MASS / TIME_CONSTANT,
  range: [-border, border],
});

/** A ball on slides along x and y, at the lake, one metre to a unit: pushed with full force it comes to 1 m/s. The border stops it. */
const pushedBall = mjcf({
  model: 'pushed ball',
  size: { memory: '100K' },
  option: { timestep: 0.01, integrator: 'implicitfast', gravity: [0, 0, 0] },
  default: { motor: { ctrlrange: [-1, 1], gear: MASS / TIME_CONSTANT } },
  geoms: [{ name: 'floor', type: 'plane', size: [border, border, 1], contype: 0, conaffinity: 0 }, ...lakeLand(1)],
  bodies: [
    {
      name: 'ball',
      pos: [0, 0, RADIUS],
      joints: [slide('x', [1, 0, 0]), slide('y', [0, 1, 0])],
      geoms: [{ name: 'ball', type: 'sphere', size: [RADIUS], mass: MASS, contype: 0, conaffinity: 0 }],
    },
  ],
  motors: ['x', 'y'].map((joint) => ({ name: joint, joint })),
});
