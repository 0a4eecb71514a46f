import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lakeView } from '../../../common/lakeView.ts';
import {
  type Bank,
  bankOf,
  border,
  home,
  lake,
  type Point,
  touchDisc,
  touchHalfLine,
  turnAboutOrigin,
  walk,
} from '../../../envs/lake/lakeMap.ts';

/** The point a fraction t of the way. */
function at(from: Point, to: Point, t: number): Point {
  return { x: (1 - t) * from.x + t * to.x, y: (1 - t) * from.y + t * to.y };
}

function distanceTo(point: Point, centre: Point): number {
  return Math.hypot(point.x - centre.x, point.y - centre.y);
}

/** Where on the segment the (convex) distance to `centre` is least: by ternary search. */
function nearest(from: Point, to: Point, centre: Point): number {
  let low = 0;
  let high = 1;
  for (let i = 0; i < 200; i++) {
    const third = (high - low) / 3;
    if (distanceTo(at(from, to, low + third), centre) < distanceTo(at(from, to, high - third), centre)) high -= third;
    else low += third;
  }
  return (low + high) / 2;
}

/** What the first of many points on the segment that is in water or at home says, and which point that is. */
function walkByPoints(
  from: Point,
  to: Point,
  isWater: (point: Point) => boolean,
  isHome: (point: Point) => boolean,
  points: number,
): { outcome: 'home' | 'drowned' | undefined; position: Point } {
  for (let i = 0; i <= points; i++) {
    const position = at(from, to, i / points);
    if (isWater(position)) return { outcome: 'drowned', position };
    if (isHome(position)) return { outcome: 'home', position };
  }
  return { outcome: undefined, position: to };
}

// Evenly spread, unlike fc.double, half of whose numbers are tiny.
const coordinate = fc.integer({ min: -2_000_000, max: 2_000_000 }).map((n) => n / 1e6);
const point = fc.record({ x: coordinate, y: coordinate });
const _disc = fc.record({ x: coordinate, y: coordinate, radius: fc.integer({ min: 1, max: 150 }).map((n) => n / 100) });

it('touchDisc handles the edges', () => {
  const d = { x: 0, y: 0, radius: 1 };
  expect(touchDisc({ x: -2, y: 0 }, { x: 2, y: 0 }, d)).toBe(0.25);
  expect(touchDisc({ x: -2, y: 0 }, { x: -1, y: 0 }, d)).toBe(1);
  expect(touchDisc({ x: -2, y: 0 }, { x: -1.001, y: 0 }, d)).toBe(Infinity);
  expect(touchDisc({ x: -2, y: 1 }, { x: 2, y: 1 }, d)).toBe(0.5);
  expect(touchDisc({ x: -2, y: 1.0001 }, { x: 2, y: 1.0001 }, d)).toBe(Infinity);
  expect(touchDisc({ x: 0.5, y: 0 }, { x: 0.5, y: 0 }, d)).toBe(0);
  expect(touchDisc({ x: 2, y: 0 }, { x: 2, y: 0 }, d)).toBe(Infinity);
  expect(touchDisc({ x: 2, y: 0 }, { x: 3, y: 0 }, d)).toBe(Infinity);
  expect(touchDisc({ x: -1 - 1e-12, y: 0 }, { x: 1, y: 0 }, d)).toBeLessThan(1e-11);
});

it('touchHalfLine handles the edges', () => {
  expect(touchHalfLine({ x: -1, y: 1 }, { x: 0, y: 1 }, 1, 0.7)).toBe(1);
  expect(touchHalfLine({ x: -1, y: 0.7 }, { x: 1, y: 0.7 }, 1, 0.7)).toBe(0.5);
  expect(touchHalfLine({ x: -1, y: 1 }, { x: 1, y: 1 }, -1, 0.7)).toBe(Infinity);
  expect(touchHalfLine({ x: 0, y: 1 }, { x: 1, y: 1 }, 1, 0.7)).toBe(0);
  expect(touchHalfLine({ x: 0, y: 0 }, { x: 0, y: 1.4 }, 1, 0.7)).toBe(0.5);
  expect(touchHalfLine({ x: 0, y: -1 }, { x: 1, y: 1 }, 1, 0.7)).toBe(Infinity);
});

describe('turnAboutOrigin', () => {
  it('is the change of the polar angle, modulo 2π', () => {
    fc.assert(
      fc.property(point, point, (from, to) => {
        fc.pre(distanceTo(from, { x: 0, y: 0 }) > 1e-3 && distanceTo(to, { x: 0, y: 0 }) > 1e-3);
        const change = Math.atan2(to.y, to.x) - Math.atan2(from.y, from.x);
        const turn = turnAboutOrigin(from, to);
        expect(Math.cos(turn - change)).toBeCloseTo(1, 9);
        expect(Math.abs(turn)).toBeLessThanOrEqual(Math.PI);
      }),
    );
  });

  it('is positive counter-clockwise', () => {
    expect(turnAboutOrigin({ x: 1, y: 0 }, { x: 0, y: 3 })).toBeCloseTo(Math.PI / 2, 12);
    expect(turnAboutOrigin({ x: -1, y: 0 }, { x: 0, y: 3 })).toBeCloseTo(-Math.PI / 2, 12);
  });
});

const dryPoint = fc
  .record({ x: coordinate, y: coordinate })
  .filter((p) => distanceTo(p, lake) > lake.radius + 0.01 && distanceTo(p, home) > home.radius + 0.01);
const step = fc.integer({ min: -1_500_000, max: 1_500_000 }).map((n) => n / 1e6);

describe('walk', () => {
  it('agrees with a walk in 4,000 points', () => {
    fc.assert(
      fc.property(
        dryPoint,
        step,
        step,
        fc.constantFrom<Bank | undefined>(undefined, 'upper', 'lower'),
        (from, dx, dy, blocked) => {
          const target = {
            x: Math.max(-border, Math.min(border, from.x + dx)),
            y: Math.max(-border, Math.min(border, from.y + dy)),
          };
          // No verdict where the line only grazes a disc, starts or ends on the flooded line, or passes its end.
          const grazes = [lake, home].some(
            (d) => Math.abs(distanceTo(at(from, target, nearest(from, target, d)), d) - d.radius) < 1e-4,
          );
          const crossing = at(from, target, from.x / (from.x - target.x));
          fc.pre(!grazes && Math.abs(from.x) > 1e-3 && Math.abs(target.x) > 1e-3);
          fc.pre(!(Math.abs(Math.abs(crossing.y) - lake.radius) < 1e-3));
          const side = blocked === 'upper' ? 1 : -1;
          // Between two points of the oracle the line x = 0 is passed where the sign of x has changed.
          const isFlooded = (p: Point) =>
            blocked !== undefined && p.x * from.x <= 0 && from.x * target.x < 0 && side * crossing.y >= lake.radius;
          const expected = walkByPoints(
            from,
            target,
            (p) => distanceTo(p, lake) <= lake.radius || isFlooded(p),
            (p) => distanceTo(p, home) <= home.radius,
            4000,
          );
          const result = walk(from, dx, dy, blocked);
          expect(result.outcome).toBe(expected.outcome);
          expect(distanceTo(result.position, expected.position)).toBeLessThan(2e-3);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('drowns on the way home through the lake, and is home where home comes first', () => {
    expect(walk({ x: -1.5, y: 0 }, 3, 0)).toEqual({ position: { x: -lake.radius, y: 0 }, outcome: 'drowned' });
    expect(walk({ x: 2, y: 0 }, -3, 0).outcome).toBe('home');
    expect(walk({ x: 2, y: 0 }, -3, 0).position.x).toBeCloseTo(home.x + home.radius, 12);
  });

  it('passes through home even when the step ends beyond it', () => {
    expect(walk({ x: 1.5, y: 1 }, 0, -2).outcome).toBe('home');
  });

  it('clips its target, coordinate by coordinate, to the border', () => {
    expect(walk({ x: -1.9, y: 1.5 }, -1.3, 0.1)).toEqual({ position: { x: -2, y: 1.6 }, outcome: undefined });
    expect(walk({ x: -1.9, y: -1.9 }, -1, -1).position).toEqual({ x: -2, y: -2 });
  });

  it('floods one bank only', () => {
    expect(walk({ x: -0.5, y: 1.5 }, 1, 0, 'upper')).toEqual({ position: { x: 0, y: 1.5 }, outcome: 'drowned' });
    expect(walk({ x: -0.5, y: 1.5 }, 1, 0, 'lower').outcome).toBeUndefined();
    expect(walk({ x: -0.5, y: -2 }, 1, 0, 'lower').outcome).toBe('drowned');
    expect(walk({ x: -0.5, y: -2 }, 1, 0, 'upper').outcome).toBeUndefined();
  });

  it('calls clockwise upper', () => {
    expect(bankOf(-0.1)).toBe('upper');
    expect(bankOf(0.1)).toBe('lower');
    expect(bankOf(0)).toBeUndefined();
  });
});

it.each([
  { x: -1.5, y: 0 },
  { x: -0.9, y: 1.1 },
  { x: 0.4, y: -1.6 },
])('from ($x, $y) straight walks within the view drown, and those beside it do not', (from) => {
  const { middle, half } = lakeView(from)!;
  const drowns = (angle: number) => walk(from, 3 * Math.cos(angle), 3 * Math.sin(angle)).outcome === 'drowned';
  for (const inside of [0, 0.5, -0.5, 0.99, -0.99]) expect(drowns(middle + inside * half)).toBe(true);
  for (const outside of [1.01, -1.01, 1.5, -1.5]) expect(drowns(middle + outside * half)).toBe(false);
});

it('in the water the lake is all about', () => {
  expect(lakeView({ x: 0.3, y: -0.2 })).toBeUndefined();
});
