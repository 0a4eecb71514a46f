import type { Body, Contact, World } from 'planck';
import { z } from 'zod';
import { show } from '../../src/options/describe.ts';
import { parseOptions } from '../../src/options/parse.ts';
import { Box } from '../../src/spaces/box.ts';
import { Discrete } from '../../src/spaces/discrete.ts';
import type { StepResult } from '../core/env.ts';
import { Drawing } from '../drawing/drawing.ts';
import { Box2dEnv } from './box2dEnv.ts';
import { box2d } from './loadBox2d.ts';
import { hullParts, RaceCar, wheelCorners } from './raceCar.ts';
import { grassPatches, PIXELS, plainColours, type RaceColours, RacePicture, type RaceView } from './racePicture.ts';
import { type Corners, playfield, raceTrack } from './raceTrack.ts';
import { cornersOf, FPS, makeWorld, stepWorld } from './world.ts';

export const carRacingOptions = z.strictObject({
  continuous: z.boolean().default(true).describe('three numbers drive, in place of five actions'),
  lapCompletePercent: z
    .number()
    .min(0)
    .max(1)
    .default(0.95)
    .describe('part of the tiles after which the first tile, if it is new, ends the lap'),
  domainRandomize: z.boolean().default(false).describe('each episode has other colours'),
});

/** Steering, gas and brake of the discrete actions. */
const controls = [
  [0, 0, 0],
  [-0.6, 0, 0],
  [0.6, 0, 0],
  [0, 0.2, 0],
  [0, 0, 0.8],
] as const;

/** What happens in an episode. */
interface Race extends RaceView {
  readonly world: World;
  readonly picture: RacePicture;
  /** Whether a wheel has been on each tile: 1 or 0. */
  readonly visited: Uint8Array;
  visitedCount: number;
  isLapDone: boolean;
  time: number;
  score: number;
  /** The score of the step before. */
  before: number;
}

/**
 * Gymnasium's CarRacing-v3: drive a lap on a road that is new in each episode, seen from above.
 *
 * - Observation: the picture around the car, which looks up, `[96, 96, 3]`, red, green and blue from 0 to 255. Below are the score, the speed, the
 *   speeds of the four wheels, how far the front ones are steered, and how fast the car turns.
 * - Action: (steering, gas, brake), `[3]`: −1 is to the left, 1 to the right; gas and brake are 0 to 1, from 0.9 on the brake locks the wheels.
 *   With `continuous: false` 0 nothing, 1 right, 2 left, 3 gas, 4 brake.
 * - Reward: 1000 / tiles for each tile of the road that a wheel is on for the first time, −0.10 for each step; −100 in place of it for leaving the field.
 * - Terminated: then, and when all tiles are visited. `info.outcome`: `finished`, `left`.
 *
 * @throws for an unknown option or one out of range, or if the physics is not loaded; `step` for an action that is none.
 */
export class CarRacingEnv extends Box2dEnv<number | Float32Array, Uint8Array> {
  readonly observationSpace = new Box({ low: 0, high: 255, shape: [PIXELS, PIXELS, 3], dtype: 'uint8' });
  readonly actionSpace: Box | Discrete;
  protected readonly name = 'CarRacing';
  /**
   * What happens; missing before the first episode. Of the physics' types, which the declarations of a package without planck must not name.
   * @internal
   */
  protected race: Race | undefined;
  readonly #options: z.output<typeof carRacingOptions>;

  constructor(options: z.input<typeof carRacingOptions> = {}) {
    super();
    this.#options = parseOptions('CarRacing', carRacingOptions, options);
    this.actionSpace = this.#options.continuous
      ? new Box({ low: [-1, 0, 0], high: [1, 1, 1] })
      : new Discrete(controls.length);
  }

  protected start(): Uint8Array {
    const { Polygon } = box2d();
    const picture = new RacePicture(this.#options.domainRandomize ? this.#colours() : plainColours);
    const track = raceTrack(this.rng);
    const world = makeWorld(0);
    const tiles = new Map<Body, number>();
    for (const [i, tile] of track.tiles.entries()) {
      const body = world.createBody();
      const corners = [0, 2, 4, 6].map((at) => ({ x: tile[at]!, y: tile[at + 1]! }));
      body.createFixture({ shape: new Polygon(corners), isSensor: true });
      tiles.set(body, i);
    }
    const car = new RaceCar(world, track.points[0]!);
    const none = () => new Uint8Array(track.tiles.length);
    const race: Race = {
      ...{ world, track, car, picture, touched: none(), visited: none() },
      ...{ visitedCount: 0, isLapDone: false, time: 0, score: 0, before: 0 },
    };
    this.race = race;
    const touch = (contact: Contact, change: 1 | -1) => {
      const [a, b] = [contact.getFixtureA().getBody(), contact.getFixtureB().getBody()];
      const tile = tiles.get(a) ?? tiles.get(b);
      if (tile === undefined) return;
      race.touched[tile] = 1;
      const wheel = car.wheels.find(({ body }) => body === a || body === b);
      if (wheel === undefined) return;
      wheel.tiles += change;
      if (change > 0) this.#visit(race, tile);
    };
    world.on('begin-contact', (contact) => touch(contact, 1));
    world.on('end-contact', (contact) => touch(contact, -1));
    return this.#drive(race);
  }

  #colours(): RaceColours {
    const { rng } = this;
    const draw = () => Array.from({ length: 3 }, () => rng.uniform(0, 210));
    const [road, field] = [draw(), draw()];
    const brighter = rng.integer(0, 3);
    return { road, field, grass: field.map((part, i) => (i === brighter ? part + 20 : part)) };
  }

  #visit(race: Race, tile: number): void {
    if (race.visited[tile] === 1) return;
    const { length } = race.track.tiles;
    race.visited[tile] = 1;
    race.visitedCount++;
    race.score += 1000 / length;
    if (tile === 0 && race.visitedCount / length > this.#options.lapCompletePercent) race.isLapDone = true;
  }

  protected advance(action: number | Float32Array): StepResult<Uint8Array> {
    const race = this.race!;
    race.car.control(...this.#controlsOf(action));
    const observation = this.#drive(race);
    race.score -= 0.1;
    let reward = race.score - race.before;
    race.before = race.score;
    let outcome: string | undefined;
    if (race.visitedCount === race.track.tiles.length || race.isLapDone) outcome = 'finished';
    const { x, y } = race.car.hull.getPosition();
    if (Math.abs(x) > playfield || Math.abs(y) > playfield) {
      outcome = 'left';
      reward = -100;
    }
    const info = outcome === undefined ? {} : { outcome };
    return [observation, reward, outcome !== undefined, false, info];
  }

  /** How far to the left to steer, gas, brake. */
  #controlsOf(action: number | Float32Array): readonly [steer: number, gas: number, brake: number] {
    if (this.actionSpace instanceof Discrete) {
      if (this.actionSpace.contains(action)) return controls[action as number]!;
      const moves = '0, 1, 2, 3 or 4 (nothing, right, left, gas, brake)';
      throw new Error(`CarRacing: step() got the action ${show(action)}, expected ${moves}`);
    }
    const numbers = action as Float32Array;
    if (numbers?.length !== 3 || !numbers.every(Number.isFinite)) {
      throw new Error(
        `CarRacing: step() got the action ${show(action)}, expected 3 finite numbers (steering, gas, brake)`,
      );
    }
    return [-numbers[0]!, numbers[1]!, numbers[2]!];
  }

  /** One step: what is seen then. */
  #drive(race: Race): Uint8Array {
    race.car.push();
    stepWorld(race.world);
    race.time += 1 / FPS;
    return race.picture.draw(race);
  }

  render(): string {
    const drawing = new Drawing({ x: [-30, 30], y: [-12, 36], label: 'a race car on its road, seen from above' });
    const race = this.race;
    if (race === undefined) return drawing.toString();
    const { track, car } = race;
    /** As the car sees it, which looks up. */
    const seen = ([x, y]: readonly [x: number, y: number]) => {
      const local = car.hull.getLocalPoint({ x, y });
      return [local.x, local.y] as const;
    };
    const piece = (corners: Corners) => [0, 2, 4, 6].map((at) => seen([corners[at]!, corners[at + 1]!]));
    const isSeen = (points: readonly (readonly [x: number, y: number])[]) =>
      points.some(([x, y]) => Math.abs(x) < 40 && Math.abs(y - 12) < 34);
    for (const corners of grassPatches) {
      const patch = piece(corners);
      if (isSeen(patch)) drawing.polygon(patch, { fill: 'line', opacity: 0.4 });
    }
    for (const [i, corners] of track.tiles.entries()) {
      const tile = piece(corners);
      if (!isSeen(tile)) continue;
      drawing.polygon(tile, { fill: 'line', stroke: race.visited[i] === 1 ? 'faint' : 'line', width: 1 });
      const kerb = track.kerbs[i];
      if (kerb !== undefined) drawing.polygon(piece(kerb), { fill: i % 2 === 0 ? 'faint' : 'muted' });
    }
    for (const { points } of car.traces) {
      const line = points.map(seen);
      if (isSeen(line)) drawing.polyline(line, { stroke: 'muted', width: 2, opacity: 0.5 });
    }
    for (const { body } of car.wheels) drawing.polygon(cornersOf(body, wheelCorners).map(seen), { fill: 'muted' });
    for (const part of hullParts) drawing.polygon(cornersOf(car.hull, part).map(seen), { fill: 'ink' });
    return drawing.toString();
  }
}
