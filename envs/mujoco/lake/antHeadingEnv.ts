import { z } from 'zod';
import { parseOptions } from '../../../src/options/parse.ts';
import { portableMath } from '../../../src/portableMath.ts';
import type { Info } from '../../core/env.ts';
import type { Point } from '../../lake/lakeMap.ts';
import type { Geom, Joint } from '../mjcf.ts';
import { MujocoEnv, type Scored } from '../mujocoEnv.ts';
import { antLeg, antModel } from '../tasks/antEnv.ts';
import { taskOptions } from '../tasks/robotTask.ts';

export const antHeadingOptions = z.strictObject({
  headingSteps: z
    .int()
    .min(1)
    .max(1e9)
    .default(100)
    .meta({ description: 'how long a heading stays, until another is drawn', unit: 'steps' }),
  mostSpeed: z
    .number()
    .min(0)
    .max(100)
    .default(1.2)
    .meta({ description: 'speed along the heading beyond which there is no more reward', unit: 'm/s' }),
  acrossCostWeight: taskOptions.weight(0.3, 'the speed across the heading'),
  ctrlCostWeight: taskOptions.weight(0.03, 'the cost of control'),
  swayCostWeight: taskOptions.weight(0.05, 'the cost of sway'),
  healthyReward: taskOptions.healthyReward(0.3),
  fallCost: z
    .number()
    .min(0)
    .max(1e6)
    .default(2)
    .meta({ description: 'what is taken from the reward for a fall', unit: 'reward' }),
  frameSkip: taskOptions.frameSkip(5),
});

/** Heights of the torso's middle between which the ant stands, m; and the least cosine of its tilt. */
const STANDING = { low: 0.25, high: 1.2, cosine: 0.2 } as const;

/**
 * An ant of four equal legs walks in the direction that it is told, and in another one every `headingSteps` steps.
 *
 * - Observation, `[28]`, in the frame of the torso: its height, the vertical, its velocity, its angular velocity, the angles of hips and
 *   ankles leg by leg, their velocities, the heading as a unit vector.
 * - Action: torques of hip and ankle of each leg, `[8]`, in [−1, 1].
 * - Both are turned by as many quarter turns as bring the heading within 45° of the front, and the legs are counted from there: what is
 *   learned for one side is learned for all four.
 * - Reward: min(v, `mostSpeed`) − `acrossCostWeight` · |w| + `healthyReward` − `ctrlCostWeight` · Σ a² − `swayCostWeight` · (ω₁² + ω₂²), v the
 *   velocity along the heading, w that across, ω₁ and ω₂ the torso's angular velocities beside that about its own vertical; less
 *   `fallCost` for a fall. dt = 0.05 s.
 * - Terminates when the ant has fallen: its torso is lower than 0.25 m, higher than 1.2 m, or lies on its side.
 * - Reset: any direction of the torso, any heading, joints ± U(0, 0.1), velocities + 0.1 · N(0, 1).
 * - Info: `along` and `across`, v and w, m/s.
 *
 * @throws as {@link MujocoEnv} does, and for an unknown option or one out of range
 */
export class AntHeadingEnv extends MujocoEnv {
  readonly #options: z.output<typeof antHeadingOptions>;
  #heading: Point = { x: 1, y: 0 };
  /** Steps since a heading was drawn. */
  #age = 0;
  /** By how many quarter turns, anticlockwise, what is seen and done is turned. */
  #turns = 0;
  #before: Point = { x: 0, y: 0 };

  /** @param xml a model whose ant is that of `AntLake` */
  constructor(options: z.input<typeof antHeadingOptions> = {}, xml = fourLeggedAnt()) {
    const parsed = parseOptions('AntHeading', antHeadingOptions, options);
    super({ name: 'AntHeading', xml, frameSkip: parsed.frameSkip, view: 'above' });
    this.#options = parsed;
  }

  /** Where the torso's middle is above, m. */
  get place(): Point {
    const { qpos } = this;
    return { x: qpos[0]!, y: qpos[1]! };
  }

  /**
   * Tells the ant where to go, until it is told something else or `headingSteps` are over.
   * @param heading a unit vector; 0 changes nothing
   * @returns what the ant sees then
   */
  head(heading: Point): Float64Array {
    if (heading.x !== 0 || heading.y !== 0) this.#heading = heading;
    this.#age = 0;
    return this.observe();
  }

  protected override placeAtStart(qpos: Float64Array, qvel: Float64Array): void {
    const { rng } = this;
    const half = 0.5 * rng.uniform(-Math.PI, Math.PI);
    qpos.set([0, 0, 0.6, portableMath.cos(half), 0, 0, portableMath.sin(half)]);
    for (let i = 7; i < qpos.length; i += 2) {
      qpos[i] = rng.uniform(-0.1, 0.1);
      qpos[i + 1] = 1 + rng.uniform(-0.1, 0.1);
    }
    for (let i = 0; i < qvel.length; i++) qvel[i] = 0.1 * rng.normal();
  }

  protected override startInfo(): Info {
    this.#drawHeading();
    this.#age = this.rng.integer(0, this.#options.headingSteps);
    return {};
  }

  #drawHeading(): void {
    const angle = this.rng.uniform(-Math.PI, Math.PI);
    this.#heading = { x: portableMath.cos(angle), y: portableMath.sin(angle) };
    this.#age = 0;
  }

  protected override observe(): Float64Array {
    const { qpos, qvel } = this;
    const [w, x, y, z] = [qpos[3]!, qpos[4]!, qpos[5]!, qpos[6]!];
    // The torso's own axes in the world.
    const front = [1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)] as const;
    const left = [2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x)] as const;
    const up = [2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)] as const;
    const along = (axis: readonly [number, number, number], v: ArrayLike<number>) =>
      axis[0] * v[0]! + axis[1] * v[1]! + axis[2] * v[2]!;
    const goal = [this.#heading.x, this.#heading.y, 0];
    const [toFront, toLeft] = [along(front, goal), along(left, goal)];
    const turns = quarterTurns(toFront, toLeft);
    this.#turns = turns;
    const [cosine, sine] = [[1, 0, -1, 0][turns]!, [0, 1, 0, -1][turns]!];
    const observation = new Float64Array(28);
    const put = (at: number, a: number, b: number) => {
      observation[at] = cosine * a + sine * b;
      observation[at + 1] = cosine * b - sine * a;
    };
    observation[0] = qpos[2]!;
    put(1, front[2], left[2]);
    observation[3] = up[2];
    put(4, along(front, qvel), along(left, qvel));
    observation[6] = along(up, qvel);
    put(7, qvel[3]!, qvel[4]!);
    observation[9] = qvel[5]!;
    for (let i = 0; i < 4; i++) {
      const leg = 2 * ((i + turns) % 4);
      observation[10 + 2 * i] = qpos[7 + leg]!;
      observation[11 + 2 * i] = qpos[8 + leg]!;
      observation[18 + 2 * i] = qvel[6 + leg]!;
      observation[19 + 2 * i] = qvel[7 + leg]!;
    }
    const length = Math.sqrt(toFront * toFront + toLeft * toLeft) || 1;
    put(26, toFront / length, toLeft / length);
    return observation;
  }

  protected override controls(action: Float32Array): Float32Array {
    const controls = new Float32Array(8);
    for (let i = 0; i < 8; i++) controls[(i + 2 * this.#turns) % 8] = action[i]!;
    return controls;
  }

  protected override beforeStep(): void {
    this.#before = this.place;
  }

  protected score(action: Float32Array): Scored {
    const options = this.#options;
    const { place, qpos, qvel } = this;
    const { x, y } = this.#heading;
    const vx = (place.x - this.#before.x) / this.dt;
    const vy = (place.y - this.#before.y) / this.dt;
    const along = vx * x + vy * y;
    const across = vy * x - vx * y;
    const height = qpos[2]!;
    const upright = 1 - 2 * (qpos[4]! * qpos[4]! + qpos[5]! * qpos[5]!);
    const terminated = !(height > STANDING.low && height < STANDING.high && upright > STANDING.cosine);
    const reward =
      Math.min(along, options.mostSpeed) -
      options.acrossCostWeight * Math.abs(across) +
      options.healthyReward -
      options.ctrlCostWeight * action.reduce((sum, a) => sum + a * a, 0) -
      options.swayCostWeight * (qvel[3]! * qvel[3]! + qvel[4]! * qvel[4]!) -
      (terminated ? options.fallCost : 0);
    this.#age++;
    if (this.#age === options.headingSteps) this.#drawHeading();
    return { reward, terminated, info: { along, across } };
  }

  protected override moreState(): number[] {
    return [this.#heading.x, this.#heading.y, this.#age, this.#turns];
  }

  protected override setMoreState([x, y, age, turns]: readonly number[]): void {
    this.#heading = { x: x!, y: y! };
    this.#age = age!;
    this.#turns = turns!;
  }
}

/** Quarter turns, anticlockwise, after which the direction is within 45° of the front. */
function quarterTurns(toFront: number, toLeft: number): number {
  if (toFront >= Math.abs(toLeft)) return 0;
  if (toLeft >= Math.abs(toFront)) return 1;
  return -toFront >= Math.abs(toLeft) ? 2 : 3;
}

/** How the four legs point away from the torso: (x, y), anticlockwise from front and left. A quarter turn makes each the next. */
const corners = [
  [1, 1],
  [-1, 1],
  [-1, -1],
  [1, -1],
] as const;

/**
 * An ant of four equal legs, each with a hip and an ankle: what it can do in one direction it can do in the other three, too. Its size and
 * mass are about those of Gymnasium's Ant, its motors are weaker.
 * @param land what else there is, and stands still
 */
export function fourLeggedAnt(land: readonly Geom[] = []): string {
  return antModel({
    model: 'four-legged ant',
    memory: '1M',
    integrator: 'implicitfast',
    gear: 40,
    land,
    legs: corners.map(([x, y], i) => {
      const hip: Joint = { name: `hip${i}`, type: 'hinge', axis: [0, 0, 1], range: [-30, 30] };
      // Bent down where positive, in every leg.
      const ankle: Joint = { name: `ankle${i}`, type: 'hinge', axis: [-y, x, 0], range: [30, 70] };
      const bones = [`leg${i} root`, `leg${i} thigh`, `leg${i} shin`] as const;
      return antLeg([x, y], [`leg${i}`, `thigh${i}`, `shin${i}`], bones, [hip, ankle]);
    }),
    motors: corners.flatMap((_, i) => [`hip${i}`, `ankle${i}`].map((joint) => ({ name: joint, joint }))),
  });
}
