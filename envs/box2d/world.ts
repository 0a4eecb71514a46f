import type { Body, Contact, Vec2Value, World } from 'planck';
import { box2d } from './loadBox2d.ts';

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
export function makeWorld(gravity: number): World {
  const world = new (box2d().World)({ gravity: { x: 0, y: gravity } });
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

/** One step of 1/50 s, with as many iterations as Gymnasium's. */
export function stepWorld(world: World): void {
  world.step(1 / FPS, 6 * 30, 2 * 30);
}
