import type { Body, Contact, Vec2Value, World } from 'planck';
import { Rng, type RngState } from '../../src/random.ts';
import { BaseEnv } from '../core/baseEnv.ts';
import type { ResetResult, StepResult } from '../core/env.ts';
import { checkOptionNames } from '../core/options.ts';
import { type Box2d, box2d } from './loadBox2d.ts';

/** What an env in Box2D's physics is restored from. */
interface Box2dState {
  /** Of the random stream at the beginning of the episode; as it is, before the first. */
  readonly rng: RngState;
  /** The actions of the episode, one after another; missing before the first. */
  readonly actions?: readonly number[];
}

/** Steps of a second. */
export const FPS = 50;
/** Pixels of a metre: most lengths are of Gymnasium's pictures. */
export const SCALE = 30;
/** The part of the world that a picture shows, m. */
export const VIEW = { width: 600 / SCALE, height: 400 / SCALE } as const;

/** The bits of the ground among what collides: all else touches only that. */
export const GROUND = 0x0001;

/** The corners, given in pixels, in metres. */
export function scaled(corners: readonly (readonly [x: number, y: number])[]): Vec2Value[] {
  return corners.map(([x, y]) => ({ x: x / SCALE, y: y / SCALE }));
}

/** The corners of a rectangle about the middle. */
export function boxCorners(halfWidth: number, halfHeight: number): Vec2Value[] {
  return [
    { x: -halfWidth, y: -halfHeight },
    { x: halfWidth, y: -halfHeight },
    { x: halfWidth, y: halfHeight },
    { x: -halfWidth, y: halfHeight },
  ];
}

/** A part of a fixture among those whose boxes may overlap. */
interface Proxy {
  readonly proxyId: number;
}

/**
 * A world whose contacts begin in Box2D's order, by the numbers of those that touch; planck's would begin as they are found. Contacts are solved in
 * the order in which they have begun.
 */
export function makeWorld({ World }: Box2d, gravity: number): World {
  const world = new World({ gravity: { x: 0, y: gravity } });
  const { m_broadPhase } = world as unknown as {
    m_broadPhase: { updatePairs(addPair: (a: Proxy, b: Proxy) => void): void };
  };
  const find = m_broadPhase.updatePairs.bind(m_broadPhase);
  m_broadPhase.updatePairs = (addPair) => {
    const pairs: [Proxy, Proxy][] = [];
    find((a, b) => pairs.push([a, b]));
    pairs.sort(([a, b], [c, d]) => a.proxyId - c.proxyId || b.proxyId - d.proxyId);
    for (const [a, b] of pairs) addPair(a, b);
  };
  return world;
}

/** Whether one of the two that touch is the body. */
export function touches(contact: Contact, body: Body): boolean {
  return contact.getFixtureA().getBody() === body || contact.getFixtureB().getBody() === body;
}

/** The corners of a body's polygon where it is. */
export function cornersOf(body: Body, corners: readonly Vec2Value[]): [x: number, y: number][] {
  return corners.map((corner) => {
    const { x, y } = body.getWorldPoint(corner);
    return [x, y];
  });
}

/**
 * An env in Box2D's physics. Contacts carry impulses from one step to the next, and the order in which they are solved depends on all that has
 * touched: none of it can be written back. So its state is the random stream at the beginning of the episode and the actions since, which
 * `setState` makes again.
 */
export abstract class Box2dEnv<Action extends number | Float32Array> extends BaseEnv<Float32Array, Action> {
  protected readonly physics: Box2d = box2d();
  #start: RngState | undefined;
  readonly #actions: number[] = [];

  /** As errors name the env. */
  protected abstract readonly name: string;

  /** Makes the world of an episode, from the random stream, and gives the first observation. */
  protected abstract start(): Float32Array;

  /** What the action does. @throws for one that is not in its space, or not finite */
  protected abstract advance(action: Action): StepResult;

  protected begin(options: Record<string, unknown>): ResetResult {
    checkOptionNames(`${this.name}.reset`, options, []);
    this.#start = this.rng.state();
    this.#actions.length = 0;
    return [this.start(), {}];
  }

  step(action: Action): StepResult {
    const result = this.advance(action);
    const row = new Float32Array(this.actionSpace.size);
    this.actionSpace.write(action, row, 0);
    this.#actions.push(...row);
    return result;
  }

  /** One step of 1/50 s, with as many iterations as Gymnasium's. */
  protected stepWorld(world: World): void {
    world.step(1 / FPS, 6 * 30, 2 * 30);
  }

  state(): Box2dState {
    if (this.#start === undefined) return { rng: this.rng.state() };
    return { rng: this.#start, actions: this.#actions.slice() };
  }

  setState({ rng, actions }: Box2dState): void {
    this.rng = Rng.fromState(rng);
    this.#start = undefined;
    if (actions === undefined) return;
    this.begin({});
    const rows = Float32Array.from(actions);
    for (let i = 0; i < rows.length; i += this.actionSpace.size) this.step(this.actionSpace.read(rows, i));
  }
}
