import type { Body } from 'planck';
import { portableMath } from '../../src/portableMath.ts';
import { Raster } from '../drawing/raster.ts';
import { hullParts, type RaceCar, wheelHalfWidth, wheelRadius } from './raceCar.ts';
import { type Corners, playfield, type RaceTrack } from './raceTrack.ts';

/** Rows and columns of a picture. */
export const PIXELS = 96;
/** Gymnasium draws in a window of this size, and makes it smaller. */
const WINDOW = { width: 1000, height: 800 } as const;
/** The place of the car in the window, from below. */
const CAR_PLACE = { x: WINDOW.width / 2, y: WINDOW.height / 4 } as const;
/** Half a pixel of the window: polygons there have their borders inside. */
const margin = [PIXELS / WINDOW.width / 2, PIXELS / WINDOW.height / 2] as const;

/** Colours of the palette; road 0 is that of tiles that were touched. */
const INK = {
  ...{ black: 0, field: 1, grass: 2, road: 3, white: 6, red: 7, hull: 8, spoke: 9 },
  ...{ front: 10, rear: 11, steering: 12 },
} as const;

/** Red, green and blue of the ground of an episode, 0 to 255. */
export interface RaceColours {
  readonly road: readonly number[];
  readonly field: readonly number[];
  readonly grass: readonly number[];
}

export const plainColours: RaceColours = {
  road: [102, 102, 102],
  field: [102, 204, 102],
  grass: [102, 230, 102],
};

/** What a picture shows besides the track. */
export interface RaceView {
  readonly track: RaceTrack;
  readonly car: RaceCar;
  /** Whether something has touched each tile: 1 or 0. */
  readonly touched: Uint8Array;
  /** Since the start, s. */
  readonly time: number;
  /** The sum of rewards. */
  readonly score: number;
}

const grassSize = playfield / 20;
/** The squares of brighter grass, by which motion is seen off the road. */
export const grassPatches = Array.from({ length: 400 }, (_, i) => {
  const [x, y] = [(2 * Math.floor(i / 20) - 20) * grassSize, (2 * (i % 20) - 20) * grassSize];
  return rectangle(x, y, x + grassSize, y + grassSize);
});
const field = rectangle(-playfield, -playfield, playfield, playfield);
const hull = hullParts.map((part) => Float64Array.from(part.flatMap(({ x, y }) => [x, y])));
const wheel = rectangle(-wheelHalfWidth, -wheelRadius, wheelHalfWidth, wheelRadius);
/** Where the middle of the score's upper edge is in the window, and how wide a sign is. */
const scoreAt = { x: 62, y: 730 } as const;
const signWidth = 25;
/** From the top clockwise, then the one in the middle. */
const segments: Readonly<Record<string, Corners>> = {
  ...{
    a: rectangle(0, 0, 20, 6),
    b: rectangle(14, 0, 20, 15),
    c: rectangle(14, 15, 20, 30),
    d: rectangle(0, 24, 20, 30),
  },
  ...{ e: rectangle(0, 15, 6, 30), f: rectangle(0, 0, 6, 15), g: rectangle(0, 12, 20, 18) },
};
const signs: Readonly<Record<string, string>> = {
  ...{ 0: 'abcdef', 1: 'bc', 2: 'abdeg', 3: 'abcdg', 4: 'bcfg', 5: 'acdfg', 6: 'acdefg', 7: 'abc', 8: 'abcdefg' },
  ...{ 9: 'abcdfg', '-': 'g' },
};
/** How far a piece of the ground reaches from its first corner. */
const reach = 1.5 * grassSize;

/** So much is lost of every colour where Gymnasium makes its picture smaller. */
const dimmed = 2;

/** Gauges show nothing of less. */
const shown = 1e-4;

function rectangle(left: number, bottom: number, right: number, top: number): Corners {
  return Float64Array.of(left, bottom, right, bottom, right, top, left, top);
}

/** Draws what the driver of an episode sees: the ground around the car, which looks up, and gauges below. */
export class RacePicture {
  readonly #raster = new Raster(PIXELS, PIXELS, margin);
  readonly #palette: Uint8Array;
  /** From the world to pixels, as {@link Raster.place} takes it. */
  readonly #camera = new Float64Array(6);
  readonly #corners = new Float64Array(8);

  constructor({ road, field, grass }: RaceColours) {
    // Tiles have three shades in turn.
    const shades = [0, 1, 2].map((i) => road.map((part) => part + 0.01 * i * 255));
    const gauges = [[0, 0, 255], [51, 0, 255], [0, 255, 0]]; // biome-ignore format: a row of colours
    const ground = [[0, 0, 0], field, grass, ...shades];
    const things = [[255, 255, 255], [255, 0, 0], [204, 0, 0], [77, 77, 77]]; // biome-ignore format: a row of colours
    this.#palette = Uint8Array.from([...ground, ...things, ...gauges].flat(), (part) => Math.max(part - dimmed, 0));
  }

  /** The picture, `[96, 96, 3]`. */
  draw(view: RaceView): Uint8Array {
    this.#raster.clear(INK.black);
    this.#ground(view);
    this.#car(view.car);
    this.#gauges(view);
    return this.#raster.picture(this.#palette);
  }

  #ground({ track, car, touched, time }: RaceView): void {
    const raster = this.#raster;
    // The camera comes nearer in the first second.
    const zoom = 0.6 * Math.max(1 - time, 0) + 16.2 * Math.min(time, 1);
    const { p, q } = car.hull.getTransform();
    const [across, down] = [(zoom * PIXELS) / WINDOW.width, (zoom * PIXELS) / WINDOW.height];
    const [x0, y0] = [(CAR_PLACE.x / WINDOW.width) * PIXELS, (1 - CAR_PLACE.y / WINDOW.height) * PIXELS];
    const camera = this.#camera;
    camera[0] = across * q.c;
    camera[1] = across * q.s;
    camera[2] = x0 - camera[0] * p.x - camera[1] * p.y;
    camera[3] = down * q.s;
    camera[4] = -down * q.c;
    camera[5] = y0 - camera[3] * p.x - camera[4] * p.y;
    raster.place(camera[0], camera[1], camera[2], camera[3], camera[4], camera[5]);

    // The middle of the picture, and how far it sees.
    const ahead = (WINDOW.height / 2 - CAR_PLACE.y) / zoom;
    const [x, y] = [p.x - q.s * ahead, p.y + q.c * ahead];
    const radius = 641 / zoom + reach;
    const isNear = (corners: Corners) => {
      const [dx, dy] = [corners[0]! - x, corners[1]! - y];
      return dx * dx + dy * dy < radius * radius;
    };
    raster.polygon(field, INK.field);
    for (const patch of grassPatches) if (isNear(patch)) raster.polygon(patch, INK.grass);
    for (let i = 0; i < track.tiles.length; i++) {
      const [tile, kerb] = [track.tiles[i]!, track.kerbs[i]];
      if (!isNear(tile)) continue;
      raster.polygon(tile, INK.road + (touched[i] === 1 ? 0 : i % 3));
      if (kerb !== undefined) raster.polygon(kerb, i % 2 === 0 ? INK.white : INK.red);
    }
  }

  #car({ hull: body, wheels }: RaceCar): void {
    const raster = this.#raster;
    for (const { body: rim, phase } of wheels) {
      this.#placeOn(rim);
      raster.polygon(wheel, INK.black);
      // A bright piece of the rim goes round, seen from above.
      const [s1, s2] = [portableMath.sin(phase), portableMath.sin(phase + 1.2)];
      if (s1 > 0 && s2 > 0) continue;
      const [c1, c2] = [portableMath.cos(phase), portableMath.cos(phase + 1.2)];
      const [from, to] = [s1 > 0 ? Math.sign(c1) : c1, s2 > 0 ? Math.sign(c2) : c2];
      this.#rectangle(-wheelHalfWidth, wheelRadius * from, wheelHalfWidth, wheelRadius * to, INK.spoke);
    }
    this.#placeOn(body);
    for (const part of hull) raster.polygon(part, INK.hull);
  }

  /** What is drawn from now on is given as the body has it. */
  #placeOn(body: Body): void {
    const [a, b, c, d, e, f] = this.#camera as unknown as [number, number, number, number, number, number];
    const { p, q } = body.getTransform();
    this.#raster.place(
      ...([a * q.c + b * q.s, b * q.c - a * q.s, a * p.x + b * p.y + c] as const),
      ...([d * q.c + e * q.s, e * q.c - d * q.s, d * p.x + e * p.y + f] as const),
    );
  }

  #rectangle(left: number, top: number, right: number, bottom: number, ink: number): void {
    const corners = this.#corners;
    corners[0] = corners[6] = left;
    corners[1] = corners[3] = top;
    corners[2] = corners[4] = right;
    corners[5] = corners[7] = bottom;
    this.#raster.polygon(corners, ink);
  }

  /** On a black bar, from left to right: score, speed, the speeds of the four wheels, steering, turn. */
  #gauges({ car: { hull: body, wheels }, score }: RaceView): void {
    // In fortieths of the window.
    const unit = PIXELS / 40;
    this.#raster.place(unit, 0, 0, 0, unit, 0);
    this.#rectangle(0, 35, 40, 40, INK.black);
    const { x, y } = body.getLinearVelocity();
    this.#upwards(5, Math.sqrt(x * x + y * y), 0.02, INK.white);
    for (let i = 0; i < 4; i++) this.#upwards(7 + i, wheels[i]!.omega, 0.01, i < 2 ? INK.front : INK.rear);
    this.#sideways(20, wheels[0]!.joint.getJointAngle(), -10, INK.steering);
    this.#sideways(30, body.getAngularVelocity(), -0.8, INK.red);
    this.#number(score);
  }

  /** At least four signs, as seven segments show them. */
  #number(score: number): void {
    const digits = Math.abs(score).toFixed(0);
    const text = score < 0 ? `-${digits.padStart(3, '0')}` : digits.padStart(4, '0');
    const scale = [PIXELS / WINDOW.width, PIXELS / WINDOW.height] as const;
    for (let i = 0; i < text.length; i++) {
      const x = scoreAt.x + (i - text.length / 2) * signWidth;
      this.#raster.place(scale[0], 0, x * scale[0], 0, scale[1], scoreAt.y * scale[1]);
      for (const segment of signs[text[i]!]!) this.#raster.polygon(segments[segment]!, INK.white);
    }
  }

  #upwards(place: number, value: number, scale: number, ink: number): void {
    if (Math.abs(value) > shown) this.#rectangle(place, 39 - scale * value, place + 1, 39, ink);
  }

  #sideways(place: number, value: number, scale: number, ink: number): void {
    if (Math.abs(value) > shown) this.#rectangle(place, 36, place + scale * value, 38, ink);
  }
}
