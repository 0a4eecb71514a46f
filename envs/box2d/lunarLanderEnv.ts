import type { Body, World } from 'planck';
import { z } from 'zod';
import { show } from '../../src/options/describe.ts';
import { parseOptions } from '../../src/options/parse.ts';
import { portableMath } from '../../src/portableMath.ts';
import type { Rng } from '../../src/random.ts';
import { Box, clamp } from '../../src/spaces/box.ts';
import { Discrete } from '../../src/spaces/discrete.ts';
import type { StepResult } from '../core/env.ts';
import { Drawing } from '../drawing/drawing.ts';
import { Box2dEnv } from './box2dEnv.ts';
import { box2d } from './loadBox2d.ts';
import { boxCorners, cornersOf, FPS, GROUND, makeWorld, SCALE, scaled, stepWorld, touches, VIEW } from './world.ts';

const mainPower = 13;
const sidePower = 0.6;
/** Of the force on the lander at the start, N. */
const startForce = 1000;

const landerCorners = scaled([
  [-14, 17],
  [-17, 0],
  [-17, -10],
  [17, -10],
  [17, 0],
  [14, 17],
]);
const legAway = 20 / SCALE;
const legDown = 18 / SCALE;
const legCorners = boxCorners(2 / SCALE, 8 / SCALE);
const legTorque = 40;
/** Where the main engine pushes, below the middle. */
const mainEngineY = 4 / SCALE;
const sideEngineAway = 12 / SCALE;
const sideEngineHeight = 14 / SCALE;

/** Pieces of the ground are between so many points. */
const points = 11;
const middle = Math.floor(points / 2);
const helipadY = VIEW.height / 4;
const groundX = Array.from({ length: points }, (_, i) => (VIEW.width / (points - 1)) * i);

export const lunarLanderOptions = z.strictObject({
  continuous: z.boolean().default(false).describe('two numbers steer, in place of four actions'),
  gravity: z.number().gt(-12).lt(0).default(-10).meta({ description: 'acceleration upwards', unit: 'm/s²' }),
  enableWind: z.boolean().default(false).describe('wind blows until a leg touches the ground'),
  windPower: z.number().min(0).max(20).default(15).meta({ description: 'largest force of the wind', unit: 'N' }),
  turbulencePower: z
    .number()
    .min(0)
    .max(2)
    .default(1.5)
    .meta({ description: 'largest torque of the wind', unit: 'N m' }),
});

/** What flies in an episode. */
interface Flight {
  readonly world: World;
  readonly lander: Body;
  /** Left and right. */
  readonly legs: readonly Body[];
  /** How high the ground is at {@link groundX}. */
  readonly ground: readonly number[];
  /** Whether each leg is on the ground: 1 or 0. */
  readonly contacts: [left: number, right: number];
  isCrashed: boolean;
  /** Where the wind is on its way: of its force, of its torque. */
  readonly wind: [force: number, torque: number];
  shaping: number | undefined;
  /** What the engines do: the main one upwards, the side ones to the right, −1 to 1. */
  thrust: [main: number, side: number];
}

/** Draws how high the ground is at the multiples of 2 m. */
export function lunarGround(rng: Pick<Rng, 'uniform'>): number[] {
  const height = Array.from({ length: points + 1 }, () => rng.uniform(0, VIEW.height / 2));
  height.fill(helipadY, middle - 2, middle + 3);
  // Gymnasium's index −1 before the first point is the last of all.
  return groundX.map((_, i) => 0.33 * (height.at(i - 1)! + height[i]! + height[i + 1]!));
}

/** tanh(sin 0.02 i + sin 0.01 π i), which has no period. */
function gust(i: number): number {
  const power = portableMath.exp(2 * (portableMath.sin(0.02 * i) + portableMath.sin(Math.PI * 0.01 * i)));
  return (power - 1) / (power + 1);
}

/**
 * Gymnasium's LunarLander-v3: land a craft of two legs softly on a pad, by three engines.
 *
 * - Observation: (x / 10, y / 6.67, 0.2 ẋ, 0.133 ẏ, θ, 0.4 θ̇, left, right), `[8]`: metres and radians from where the lander stands on the pad; 1 for each
 *   leg that touches the ground, else 0.
 * - Action: 0 nothing, 1 the left engine, 2 the main engine, 3 the right engine. With `continuous` (main, side), `[2]`, clipped to ±1: above 0
 *   the main engine runs at 50 to 100 %, beyond ±0.5 the right or the left one.
 * - Reward: the change of −100 (distance + speed + |angle|) + 10 for each leg on the ground, less 0.30 for the main engine and 0.03 for a side one;
 *   −100 in place of it for a crash or |x| ≥ 1, 100 for coming to rest.
 * - Terminated: then. `info.outcome`: `crashed`, `left`, `landed`.
 * - Engines push from a place that is drawn anew in each step.
 *
 * @throws for an unknown option or one out of range, or if the physics is not loaded; `step` for an action that is none.
 */
export class LunarLanderEnv extends Box2dEnv<number | Float32Array> {
  readonly observationSpace = new Box({
    low: [-2.5, -2.5, -10, -10, -2 * Math.PI, -10, 0, 0],
    high: [2.5, 2.5, 10, 10, 2 * Math.PI, 10, 1, 1],
  });
  readonly actionSpace: Box | Discrete;
  protected readonly name = 'LunarLander';
  readonly #options: z.output<typeof lunarLanderOptions>;
  #flight: Flight | undefined;

  constructor(options: z.input<typeof lunarLanderOptions> = {}) {
    super();
    this.#options = parseOptions('LunarLander', lunarLanderOptions, options);
    this.actionSpace = this.#options.continuous ? new Box({ low: -1, high: 1, shape: [2] }) : new Discrete(4);
  }

  protected start(): Float32Array {
    const { Edge, Polygon, RevoluteJoint } = box2d();
    const { gravity, enableWind } = this.#options;
    const { rng } = this;
    const world = makeWorld(gravity);

    const ground = lunarGround(rng);
    const moon = world.createBody();
    const [left, right] = [
      { x: 0, y: 0 },
      { x: VIEW.width, y: 0 },
    ];
    moon.createFixture({ shape: new Edge(left, right), density: 0 });
    for (let i = 1; i < points; i++) {
      const shape = new Edge({ x: groundX[i - 1]!, y: ground[i - 1]! }, { x: groundX[i]!, y: ground[i]! });
      moon.createFixture({ shape, density: 0, friction: 0.1 });
    }

    const [x, y] = [VIEW.width / 2, VIEW.height];
    const lander = world.createBody({ type: 'dynamic', position: { x, y } });
    const hull = { density: 5, friction: 0.1, filterCategoryBits: 0x0010, filterMaskBits: GROUND };
    lander.createFixture({ shape: new Polygon([...landerCorners]), ...hull });
    const force = { x: rng.uniform(-startForce, startForce), y: rng.uniform(-startForce, startForce) };
    lander.applyForceToCenter(force, true);
    const wind: Flight['wind'] = enableWind ? [rng.integer(-9999, 9999), rng.integer(-9999, 9999)] : [0, 0];

    const legs = [-1, 1].map((side) => {
      const angle = side * 0.05;
      const leg = world.createBody({ type: 'dynamic', position: { x: x - side * legAway, y }, angle });
      const shape = new Polygon([...legCorners]);
      leg.createFixture({ shape, density: 1, filterCategoryBits: 0x0020, filterMaskBits: GROUND });
      const joint = {
        ...{ localAnchorA: { x: 0, y: 0 }, localAnchorB: { x: side * legAway, y: legDown }, referenceAngle: angle },
        ...{ enableMotor: true, maxMotorTorque: legTorque, motorSpeed: 0.3 * side },
        ...{ enableLimit: true, lowerAngle: side < 0 ? 0.4 : -0.9, upperAngle: side < 0 ? 0.9 : -0.4 },
      };
      world.createJoint(new RevoluteJoint({ ...joint, bodyA: lander, bodyB: leg }));
      return leg;
    });

    const flight: Flight = {
      ...{ world, lander, legs, ground, wind },
      ...{ contacts: [0, 0], isCrashed: false, shaping: undefined, thrust: [0, 0] },
    };
    world.on('begin-contact', (contact) => {
      if (touches(contact, lander)) flight.isCrashed = true;
      for (const [i, leg] of legs.entries()) if (touches(contact, leg)) flight.contacts[i] = 1;
    });
    world.on('end-contact', (contact) => {
      for (const [i, leg] of legs.entries()) if (touches(contact, leg)) flight.contacts[i] = 0;
    });
    this.#flight = flight;
    const [observation] = this.#fly(flight, [0, 0]);
    return Float32Array.from(observation);
  }

  protected advance(action: number | Float32Array): StepResult {
    const thrust = this.#thrustOf(action);
    const flight = this.#flight!;
    const [observation, change] = this.#fly(flight, thrust);
    const [main, side] = thrust;
    let reward = change - 0.3 * main - 0.03 * Math.abs(side);
    let outcome: string | undefined;
    if (flight.isCrashed || Math.abs(observation[0]!) >= 1) {
      outcome = flight.isCrashed ? 'crashed' : 'left';
      reward = -100;
    }
    if (!flight.lander.isAwake()) {
      outcome = 'landed';
      reward = 100;
    }
    const info = outcome === undefined ? {} : { outcome };
    return [Float32Array.from(observation), reward, outcome !== undefined, false, info];
  }

  /** How strong the engines are: the main one 0 to 1, the side ones −1 to 1. */
  #thrustOf(action: number | Float32Array): Flight['thrust'] {
    if (this.actionSpace instanceof Discrete) {
      if (this.actionSpace.contains(action)) return [Number(action === 2), Number(action === 3) - Number(action === 1)];
      const engines = '0, 1, 2 or 3 (no engine, left, main, right)';
      throw new Error(`LunarLander: step() got the action ${show(action)}, expected ${engines}`);
    }
    const numbers = action as Float32Array;
    if (numbers?.length !== 2 || !numbers.every(Number.isFinite)) {
      throw new Error(`LunarLander: step() got the action ${show(action)}, expected 2 finite numbers (main, side)`);
    }
    const [main, side] = [clamp(numbers[0]!, -1, 1), clamp(numbers[1]!, -1, 1)];
    return [main > 0 ? (main + 1) / 2 : 0, Math.abs(side) > 0.5 ? side : 0];
  }

  /** One step with these engines: what is observed, and how much better it is than before. */
  #fly(flight: Flight, thrust: Flight['thrust']): [observation: number[], change: number] {
    const { world, lander, contacts, wind } = flight;
    const { enableWind, windPower, turbulencePower } = this.#options;
    if (enableWind && contacts[0] === 0 && contacts[1] === 0) {
      lander.applyForceToCenter({ x: gust(wind[0]++) * windPower, y: 0 }, true);
      lander.applyTorque(gust(wind[1]++) * turbulencePower, true);
    }
    this.#push(lander, thrust);
    flight.thrust = thrust;
    stepWorld(world);

    const { x, y } = lander.getPosition();
    const velocity = lander.getLinearVelocity();
    const angle = lander.getAngle();
    const observation = [
      (x - VIEW.width / 2) / (VIEW.width / 2),
      (y - (helipadY + legDown)) / (VIEW.height / 2),
      (velocity.x * (VIEW.width / 2)) / FPS,
      (velocity.y * (VIEW.height / 2)) / FPS,
      angle,
      (20 * lander.getAngularVelocity()) / FPS,
      ...contacts,
    ];
    const [right, up, rightwards, upwards] = observation as [number, number, number, number];
    const shaping =
      -100 * Math.sqrt(right * right + up * up) -
      100 * Math.sqrt(rightwards * rightwards + upwards * upwards) -
      100 * Math.abs(angle) +
      10 * (contacts[0] + contacts[1]);
    const change = shaping - (flight.shaping ?? shaping);
    flight.shaping = shaping;
    return [observation, change];
  }

  /** The engines' impulses, whose places are drawn in each step, whether they run or not. */
  #push(lander: Body, [main, side]: Flight['thrust']): void {
    const angle = lander.getAngle();
    const [sin, cos] = [portableMath.sin(angle), portableMath.cos(angle)];
    const { x, y } = lander.getPosition();
    const [along, across] = [this.rng.uniform(-1, 1) / SCALE, this.rng.uniform(-1, 1) / SCALE];
    if (main > 0) {
      const down = mainEngineY + 2 * along;
      const [ox, oy] = [sin * down - cos * across, -cos * down - sin * across];
      const power = mainPower * main;
      lander.applyLinearImpulse({ x: -ox * power, y: -oy * power }, { x: x + ox, y: y + oy }, true);
    }
    if (side !== 0) {
      const away = 3 * across + Math.sign(side) * sideEngineAway;
      const [ox, oy] = [sin * along - cos * away, -cos * along - sin * away];
      const power = sidePower * Math.abs(side);
      // 17 where the height of the engine is 14, as there.
      const place = { x: x + ox - (sin * 17) / SCALE, y: y + oy + cos * sideEngineHeight };
      lander.applyLinearImpulse({ x: -ox * power, y: -oy * power }, place, true);
    }
  }

  render(): string {
    const drawing = new Drawing({ x: [0, VIEW.width], y: [0, VIEW.height + 1], label: 'a lander above its pad' });
    const flight = this.#flight;
    if (flight === undefined) return drawing.toString();
    const { lander, legs, ground, thrust } = flight;
    const surface = groundX.map((x, i) => [x, ground[i]!] as const);
    drawing.polygon([[0, 0], ...surface, [VIEW.width, 0]], { fill: 'line', stroke: 'faint', width: 1 });
    for (const i of [middle - 1, middle + 1]) {
      const [x, top] = [groundX[i]!, helipadY + 1.2];
      drawing.line([x, helipadY], [x, top], { stroke: 'ink', width: 1 });
      drawing.polygon([[x, top], [x, top - 0.4], [x + 0.8, top - 0.2]], { fill: 'muted' }); // biome-ignore format: a flag
    }
    const at = (x: number, y: number) => cornersOf(lander, [{ x, y }])[0]!;
    const [main, side] = thrust;
    if (main > 0) drawing.line(at(0, -0.4), at(0, -0.5 - 0.8 * main), { stroke: 'faint', width: 5 });
    if (side !== 0) {
      const [from, to] = [0.6, 0.7 + 0.5 * Math.abs(side)].map((x) => at(-Math.sign(side) * x, sideEngineHeight));
      drawing.line(from!, to!, { stroke: 'faint', width: 3 });
    }
    for (const leg of legs) drawing.polygon(cornersOf(leg, legCorners), { fill: 'muted' });
    return drawing.polygon(cornersOf(lander, landerCorners), { fill: 'ink' }).toString();
  }
}
