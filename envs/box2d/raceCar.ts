import type { Body, RevoluteJoint, Vec2Value, World } from 'planck';
import { clamp } from '../../src/spaces/box.ts';
import { box2d } from './loadBox2d.ts';
import type { RoadPoint } from './raceTrack.ts';
import { boxCorners, FPS, GROUND } from './world.ts';

/** Of a length of the drawing of the car. */
const SIZE = 0.02;
const enginePower = 1e8 * SIZE * SIZE;
const wheelInertia = 4000 * SIZE * SIZE;
/** The largest friction of a wheel on the road. */
const roadFriction = 1e6 * SIZE * SIZE;
const grassFriction = 0.6 * roadFriction;
/** Of the force that brings a wheel's speed to the ground's: softer than one step would need, against oscillations. */
const grip = 205_000 * SIZE * SIZE;
/** Of full brakes, rad/s in a step. */
const brakeSpeed = 15;
/** From here on the brakes lock the wheels. */
const lockingBrake = 0.9;
/** So much more gas is given in a step at most. */
const gasStep = 0.1;

export const wheelRadius = 27 * SIZE;
export const wheelHalfWidth = 14 * SIZE;
export const wheelCorners = boxCorners(wheelHalfWidth, wheelRadius);
const axles = sized([
  [-55, 80],
  [55, 80],
  [-55, -82],
  [55, -82],
]);
export const hullParts = [
  sized([
    [-60, 130],
    [60, 130],
    [60, 110],
    [-60, 110],
  ]),
  sized([
    [-15, 120],
    [15, 120],
    [20, 20],
    [-20, 20],
  ]),
  sized([
    [25, 20],
    [50, -10],
    [50, -40],
    [20, -90],
    [-20, -90],
    [-50, -40],
    [-50, -10],
    [-25, 20],
  ]),
  sized([
    [-50, -120],
    [50, -120],
    [50, -90],
    [-50, -90],
  ]),
];

function sized(corners: readonly (readonly [x: number, y: number])[]): Vec2Value[] {
  return corners.map(([x, y]) => ({ x: x * SIZE, y: y * SIZE }));
}

/** A wheel, front left, front right, rear left, rear right. */
interface Wheel {
  readonly body: Body;
  /** Its angle is how far the wheel is steered. */
  readonly joint: RevoluteJoint;
  gas: number;
  /** How far it has rolled, rad. */
  phase: number;
  /** How fast it rolls, rad/s. */
  omega: number;
  /** On how many tiles of the road it is. */
  tiles: number;
  /** The trace that it draws while it skids. */
  skid: SkidTrace | undefined;
}

/** Where a wheel has skidded. */
interface SkidTrace {
  readonly isGrass: boolean;
  readonly points: [x: number, y: number][];
}

const maxTraces = 30;
const maxTracePoints = 30;

/**
 * Gymnasium's car: a hull on four wheels, all of which brake, the front ones steer, the rear ones drive. A wheel rolls at a speed of its
 * own; the ground pulls it, up to the friction of road or grass, to roll without slip.
 */
export class RaceCar {
  readonly hull: Body;
  readonly wheels: readonly Wheel[];
  readonly traces: SkidTrace[] = [];
  #steer = 0;
  #brake = 0;

  constructor(world: World, { beta: angle, x, y }: RoadPoint) {
    const { Polygon, RevoluteJoint } = box2d();
    this.hull = world.createBody({ type: 'dynamic', position: { x, y }, angle });
    for (const corners of hullParts) this.hull.createFixture({ shape: new Polygon([...corners]), density: 1 });
    this.wheels = axles.map((axle) => {
      // Not turned with the car, as there: the joints pull the wheels to their axles.
      const body = world.createBody({ type: 'dynamic', position: { x: x + axle.x, y: y + axle.y }, angle });
      const collides = { filterCategoryBits: 0x0020, filterMaskBits: GROUND };
      body.createFixture({ shape: new Polygon([...wheelCorners]), density: 0.1, restitution: 0, ...collides });
      const motor = { enableMotor: true, maxMotorTorque: 180 * 900 * SIZE * SIZE, motorSpeed: 0 };
      const limits = { enableLimit: true, lowerAngle: -0.4, upperAngle: 0.4 };
      const anchors = { localAnchorA: axle, localAnchorB: { x: 0, y: 0 }, referenceAngle: 0 };
      const joint = new RevoluteJoint({ ...motor, ...limits, ...anchors, bodyA: this.hull, bodyB: body });
      world.createJoint(joint);
      return { body, joint, gas: 0, phase: 0, omega: 0, tiles: 0, skid: undefined };
    });
  }

  /**
   * @param steer where the front wheels are to turn, to the left above 0, rad
   * @param gas 0 to 1, given little by little and taken away at once
   * @param brake 0 to 1; from 0.9 on it locks the wheels
   */
  control(steer: number, gas: number, brake: number): void {
    this.#steer = steer;
    this.#brake = brake;
    for (const wheel of this.wheels.slice(2)) wheel.gas += Math.min(clamp(gas, 0, 1) - wheel.gas, gasStep);
  }

  /** Sets motors and forces for the next step of the world. */
  push(): void {
    for (const [i, wheel] of this.wheels.entries()) {
      const { body, joint } = wheel;
      const turn = (i < 2 ? this.#steer : 0) - joint.getJointAngle();
      joint.setMotorSpeed(Math.sign(turn) * Math.min(50 * Math.abs(turn), 3));

      const { c, s } = body.getTransform().q;
      const velocity = body.getLinearVelocity();
      const forwards = c * velocity.y - s * velocity.x;
      const sideways = c * velocity.x + s * velocity.y;

      // The power over the speed, with a little that keeps it finite.
      wheel.omega += (enginePower * wheel.gas) / FPS / wheelInertia / (Math.abs(wheel.omega) + 5);
      if (this.#brake >= lockingBrake) wheel.omega = 0;
      else if (this.#brake > 0) {
        wheel.omega -= Math.sign(wheel.omega) * Math.min(brakeSpeed * this.#brake, Math.abs(wheel.omega));
      }
      wheel.phase += wheel.omega / FPS;

      let along = grip * (wheel.omega * wheelRadius - forwards);
      let across = -grip * sideways;
      const force = Math.sqrt(along * along + across * across);
      const limit = wheel.tiles > 0 ? roadFriction : grassFriction;
      this.#trace(wheel, force > 2 * limit);
      if (force > limit) {
        along *= limit / force;
        across *= limit / force;
      }
      wheel.omega -= (along * wheelRadius) / FPS / wheelInertia;
      body.applyForceToCenter({ x: across * c - along * s, y: across * s + along * c }, true);
    }
  }

  /** Draws where a wheel skids; the oldest traces vanish. */
  #trace(wheel: Wheel, isSkidding: boolean): void {
    if (!isSkidding) {
      wheel.skid = undefined;
      return;
    }
    const isGrass = wheel.tiles === 0;
    if (wheel.skid?.isGrass !== isGrass || wheel.skid.points.length === maxTracePoints) {
      wheel.skid = { isGrass, points: [] };
      this.traces.push(wheel.skid);
      if (this.traces.length > maxTraces) this.traces.shift();
    }
    const { x, y } = wheel.body.getPosition();
    wheel.skid.points.push([x, y]);
  }
}
