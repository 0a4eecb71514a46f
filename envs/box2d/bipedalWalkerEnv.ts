import type { Body, RevoluteJoint, World } from 'planck';
import { z } from 'zod';
import { show } from '../../src/options/describe.ts';
import { parseOptions } from '../../src/options/parse.ts';
import { portableMath } from '../../src/portableMath.ts';
import { Box } from '../../src/spaces/box.ts';
import type { StepResult } from '../core/env.ts';
import { Drawing } from '../drawing/drawing.ts';
import {
  bipedalTerrain,
  grass,
  startPad,
  type Terrain,
  terrainHeight,
  terrainLength,
  terrainStep,
} from './bipedalTerrain.ts';
import { Box2dEnv } from './box2dEnv.ts';
import { box2d } from './loadBox2d.ts';
import { boxCorners, cornersOf, FPS, GROUND, makeWorld, SCALE, scaled, stepWorld, touches, VIEW } from './world.ts';

const motorTorque = 80;
const hipSpeed = 4;
const kneeSpeed = 6;
const lidarRange = 160 / SCALE;
/** Of the force on the hull at the start, N. */
const startForce = 5;
const groundFriction = 2.5;

const hullCorners = scaled([
  [-30, 9],
  [6, 9],
  [34, 1],
  [34, -8],
  [-30, -8],
]);
/** Where the legs hang. */
const hipY = -8 / SCALE;
const legWidth = 8 / SCALE;
const legHeight = 34 / SCALE;
const upperCorners = boxCorners(legWidth / 2, legHeight / 2);
const lowerCorners = boxCorners((0.8 * legWidth) / 2, legHeight / 2);

/** The rays, from straight down forwards. */
const rays = Array.from({ length: 10 }, (_, i) => ({
  x: portableMath.sin((1.5 * i) / 10) * lidarRange,
  y: -portableMath.cos((1.5 * i) / 10) * lidarRange,
}));

export const bipedalWalkerOptions = z.strictObject({
  hardcore: z.boolean().default(false).describe('stumps, stairs and pits are in the way'),
});

/** What walks in an episode. */
interface Walk {
  readonly world: World;
  readonly terrain: Terrain;
  readonly hull: Body;
  /** Upper and lower, of one leg and of the other. */
  readonly legs: readonly Body[];
  /** Hip and knee, of one leg and of the other. */
  readonly joints: readonly RevoluteJoint[];
  /** Whether each foot is on the ground: 1 or 0. */
  readonly contacts: [number, number];
  hasFallen: boolean;
  shaping: number | undefined;
  /** How far each ray sees, as a part of its range. */
  readonly lidar: number[];
}

/**
 * Gymnasium's BipedalWalker-v3: walk to the right on two legs with hips and knees, over grass or, with `hardcore`, obstacles.
 *
 * - Observation, `[24]`: of the hull angle, angular velocity · 0.04, velocity (0.12 ẋ, 0.08 ẏ); of each leg the hip's angle and its speed / 4, the knee's angle
 *   + 1 and its speed / 6, 1 if it is on the ground; how far ten rays see, 0 to 1, straight down to forwards.
 * - Action: `[4]`, of each leg hip and knee: the sign is the direction in which the motor turns, the size, at most 1, its torque / 80 N m.
 * - Reward: the change of 13/3 x − 5 |angle of the hull|, less 0.028 Σ |a|; −100 in place of it for a fall on the hull, or x < 0.
 * - Terminated: then, and at the end of the way. `info.outcome`: `fallen`, `left`, `arrived`.
 *
 * @throws for an unknown option, or if the physics is not loaded; `step` for an action that is not finite.
 */
export class BipedalWalkerEnv extends Box2dEnv<Float32Array> {
  readonly observationSpace: Box;
  readonly actionSpace = new Box({ low: -1, high: 1, shape: [4] });
  protected readonly name = 'BipedalWalker';
  readonly #hardcore: boolean;
  #walk: Walk | undefined;

  constructor(options: z.input<typeof bipedalWalkerOptions> = {}) {
    super();
    this.#hardcore = parseOptions('BipedalWalker', bipedalWalkerOptions, options).hardcore;
    const leg = [Math.PI, 5, Math.PI, 5];
    const high = [Math.PI, 5, 5, 5, ...leg, 5, ...leg, 5, ...rays.map(() => 1)];
    const low = [-Math.PI, -5, -5, -5, ...leg.map((x) => -x), 0, ...leg.map((x) => -x), 0, ...rays.map(() => -1)];
    this.observationSpace = new Box({ low, high });
  }

  protected start(): Float32Array {
    const { Polygon, RevoluteJoint } = box2d();
    const terrain = bipedalTerrain(this.rng, this.#hardcore);
    const world = makeWorld(-10);
    this.#lay(world, terrain);

    const x = (terrainStep * startPad) / 2;
    const y = terrainHeight + 2 * legHeight;
    const collides = { filterCategoryBits: 0x0020, filterMaskBits: GROUND };
    const hull = world.createBody({ type: 'dynamic', position: { x, y } });
    hull.createFixture({ shape: new Polygon([...hullCorners]), density: 5, friction: 0.1, ...collides });
    hull.applyForceToCenter({ x: this.rng.uniform(-startForce, startForce), y: 0 }, true);

    const legs: Body[] = [];
    const joints: RevoluteJoint[] = [];
    for (const side of [-1, 1]) {
      const angle = side * 0.05;
      const limb = (middle: number, corners: typeof upperCorners) => {
        const body = world.createBody({ type: 'dynamic', position: { x, y: middle }, angle });
        body.createFixture({ shape: new Polygon([...corners]), density: 1, ...collides });
        legs.push(body);
        return body;
      };
      const join = (
        bodyA: Body,
        bodyB: Body,
        yA: number,
        referenceAngle: number,
        lowerAngle: number,
        upperAngle: number,
      ) => {
        const anchors = { localAnchorA: { x: 0, y: yA }, localAnchorB: { x: 0, y: legHeight / 2 }, referenceAngle };
        const motor = { enableMotor: true, maxMotorTorque: motorTorque, motorSpeed: 0 };
        const limits = { enableLimit: true, lowerAngle, upperAngle };
        joints.push(world.createJoint(new RevoluteJoint({ ...anchors, ...motor, ...limits, bodyA, bodyB }))!);
      };
      const upper = limb(y - legHeight / 2 - hipY, upperCorners);
      join(hull, upper, hipY, angle, -0.8, 1.1);
      const lower = limb(y - (legHeight * 3) / 2 - hipY, lowerCorners);
      join(upper, lower, -legHeight / 2, 0, -1.6, -0.1);
    }

    const walk: Walk = {
      ...{ world, terrain, hull, legs, joints },
      ...{ contacts: [0, 0], hasFallen: false, shaping: undefined, lidar: rays.map(() => 1) },
    };
    const feet = [legs[1]!, legs[3]!];
    world.on('begin-contact', (contact) => {
      if (touches(contact, hull)) walk.hasFallen = true;
      for (const [i, foot] of feet.entries()) if (touches(contact, foot)) walk.contacts[i] = 1;
    });
    world.on('end-contact', (contact) => {
      for (const [i, foot] of feet.entries()) if (touches(contact, foot)) walk.contacts[i] = 0;
    });
    this.#walk = walk;
    const [observation] = this.#move(walk, new Float32Array(4));
    return Float32Array.from(observation);
  }

  /** Puts the ground into the world, each piece a body, in Gymnasium's order. */
  #lay(world: World, { heights, blocks }: Terrain): void {
    const { Edge, Polygon } = box2d();
    for (const corners of blocks) {
      const shape = new Polygon(corners.map(([x, y]) => ({ x, y })));
      world.createBody().createFixture({ shape, friction: groundFriction });
    }
    for (let i = 1; i < heights.length; i++) {
      const [from, to] = [i - 1, i].map((j) => ({ x: j * terrainStep, y: heights[j]! }));
      world.createBody().createFixture({ shape: new Edge(from, to), friction: groundFriction });
    }
  }

  protected advance(action: Float32Array): StepResult {
    if (action?.length !== 4 || !action.every(Number.isFinite)) {
      throw new Error(`BipedalWalker: step() got the action ${show(action)}, expected 4 finite numbers`);
    }
    const walk = this.#walk!;
    const [observation, change] = this.#move(walk, action);
    let reward = change;
    for (const a of action) reward -= 0.00035 * motorTorque * Math.min(Math.abs(a), 1);
    let outcome: string | undefined;
    const { x } = walk.hull.getPosition();
    if (walk.hasFallen || x < 0) {
      outcome = walk.hasFallen ? 'fallen' : 'left';
      reward = -100;
    } else if (x > (terrainLength - grass) * terrainStep) {
      outcome = 'arrived';
    }
    const info = outcome === undefined ? {} : { outcome };
    return [Float32Array.from(observation), reward, outcome !== undefined, false, info];
  }

  /** One step with these motors: what is observed, and how much better it is than before. */
  #move(walk: Walk, action: Float32Array): [observation: number[], change: number] {
    const { world, hull, joints, contacts, lidar } = walk;
    for (const [i, joint] of joints.entries()) {
      joint.setMotorSpeed((i % 2 === 0 ? hipSpeed : kneeSpeed) * Math.sign(action[i]!));
      joint.setMaxMotorTorque(motorTorque * Math.min(Math.abs(action[i]!), 1));
    }
    stepWorld(world);

    const { x, y } = hull.getPosition();
    for (const [i, ray] of rays.entries()) {
      lidar[i] = 1;
      world.rayCast({ x, y }, { x: x + ray.x, y: y + ray.y }, (fixture, _point, _normal, fraction) => {
        if ((fixture.getFilterCategoryBits() & GROUND) === 0) return -1;
        lidar[i] = fraction;
        return fraction;
      });
    }
    const velocity = hull.getLinearVelocity();
    const angle = hull.getAngle();
    const [hip0, knee0, hip1, knee1] = joints as unknown as [
      RevoluteJoint,
      RevoluteJoint,
      RevoluteJoint,
      RevoluteJoint,
    ];
    const leg = (hip: RevoluteJoint, knee: RevoluteJoint) => [
      hip.getJointAngle(),
      hip.getJointSpeed() / hipSpeed,
      knee.getJointAngle() + 1,
      knee.getJointSpeed() / kneeSpeed,
    ];
    const observation = [
      angle,
      (2 * hull.getAngularVelocity()) / FPS,
      (0.3 * velocity.x * VIEW.width) / FPS,
      (0.3 * velocity.y * VIEW.height) / FPS,
      ...leg(hip0, knee0),
      contacts[0],
      ...leg(hip1, knee1),
      contacts[1],
      ...lidar,
    ];
    const shaping = (130 * x) / SCALE - 5 * Math.abs(angle);
    const change = shaping - (walk.shaping ?? shaping);
    walk.shaping = shaping;
    return [observation, change];
  }

  render(): string {
    const walk = this.#walk;
    const scroll = (walk?.hull.getPosition().x ?? 0) - VIEW.width / 5;
    const drawing = new Drawing({
      ...{ x: [scroll, scroll + VIEW.width], y: [0, VIEW.height] },
      label: 'a walker on two legs',
    });
    if (walk === undefined) return drawing.toString();
    const { terrain, hull, legs, lidar } = walk;
    const isSeen = (x: number) => x > scroll - 5 * terrainStep && x < scroll + VIEW.width + terrainStep;
    const surface = terrain.heights.map((y, i) => [i * terrainStep, y] as const).filter(([x]) => isSeen(x));
    drawing.polygon([[surface[0]![0], 0], ...surface, [surface.at(-1)![0], 0]], {
      ...{ fill: 'line', stroke: 'faint', width: 1 },
    });
    for (const corners of terrain.blocks) {
      if (corners.some(([x]) => isSeen(x))) drawing.polygon(corners, { fill: 'faint' });
    }
    const { x, y } = hull.getPosition();
    for (const [i, ray] of rays.entries()) {
      const end = [x + ray.x * lidar[i]!, y + ray.y * lidar[i]!] as const;
      drawing.line([x, y], end, { stroke: 'faint', width: 1, opacity: 0.4 });
    }
    for (const [i, leg] of legs.entries()) {
      const corners = cornersOf(leg, i % 2 === 0 ? upperCorners : lowerCorners);
      drawing.polygon(corners, { fill: i < 2 ? 'faint' : 'muted' });
    }
    return drawing.polygon(cornersOf(hull, hullCorners), { fill: 'ink' }).toString();
  }
}
