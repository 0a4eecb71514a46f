import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Point, touchDisc, touchHalfLine, turnAboutOrigin } from '../../../envs/lake/lakeMap.ts';
import { at, distanceTo, nearest, touchDiscBySearch } from './oracle.ts';

// Evenly spread, unlike fc.double, half of whose numbers are tiny.
const coordinate = fc.integer({ min: -2_000_000, max: 2_000_000 }).map((n) => n / 1e6);
const point = fc.record({ x: coordinate, y: coordinate });
const disc = fc.record({ x: coordinate, y: coordinate, radius: fc.integer({ min: 1, max: 150 }).map((n) => n / 100) });

describe('touchDisc', () => {
  it('agrees with a search along the segment', () => {
    fc.assert(
      fc.property(point, point, disc, (from, to, d) => {
        const t = touchDisc(from, to, d);
        const clearance = distanceTo(at(from, to, nearest(from, to, d)), d) - d.radius;
        // Where the segment grazes the disc, rounding decides.
        fc.pre(Math.abs(clearance) > 1e-9);
        const expected = touchDiscBySearch(from, to, d);
        if (expected === Infinity) expect(t).toBe(Infinity);
        else expect(distanceTo(at(from, to, t), at(from, to, expected))).toBeLessThan(1e-6);
      }),
      { numRuns: 500 },
    );
  });

  it('puts the touch on the circle, with no point of the disc before it', () => {
    fc.assert(
      fc.property(
        point,
        point,
        disc,
        fc.integer({ min: 0, max: 1000 }).map((n) => n / 1000),
        (from, to, d, before) => {
          const t = touchDisc(from, to, d);
          fc.pre(t > 0 && t < Infinity);
          expect(distanceTo(at(from, to, t), d)).toBeCloseTo(d.radius, 7);
          expect(distanceTo(at(from, to, t * before), d)).toBeGreaterThanOrEqual(d.radius - 1e-9);
        },
      ),
    );
  });

  it('does not depend on where the plane is turned or moved to', () => {
    fc.assert(
      fc.property(
        point,
        point,
        fc.integer({ min: -300, max: 300 }).map((n) => n / 100),
        point,
        (from, to, angle, shift) => {
          const unit = { x: 0, y: 0, radius: 0.7 };
          fc.pre(Math.abs(distanceTo(at(from, to, nearest(from, to, unit)), unit) - unit.radius) > 1e-9);
          const moved = ({ x, y }: Point) => ({
            x: x * Math.cos(angle) - y * Math.sin(angle) + shift.x,
            y: x * Math.sin(angle) + y * Math.cos(angle) + shift.y,
          });
          const t = touchDisc(from, to, unit);
          const u = touchDisc(moved(from), moved(to), { ...shift, radius: unit.radius });
          if (t === Infinity) expect(u).toBe(Infinity);
          else expect(distanceTo(at(from, to, t), at(from, to, u))).toBeLessThan(1e-6);
        },
      ),
    );
  });

  it('handles the edges', () => {
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
});

describe('touchHalfLine', () => {
  it('agrees with the sign change of x along the segment', () => {
    fc.assert(
      fc.property(point, point, fc.constantFrom(1 as const, -1 as const), (from, to, side) => {
        const t = touchHalfLine(from, to, side, 0.7);
        let low = 0;
        let high = 1;
        const crosses = Math.sign(from.x) !== Math.sign(to.x);
        for (let i = 0; crosses && i < 100; i++) {
          const middle = (low + high) / 2;
          if (Math.sign(at(from, to, middle).x) === Math.sign(from.x)) low = middle;
          else high = middle;
        }
        const y = side * at(from, to, high).y;
        fc.pre(Math.abs(y - 0.7) > 1e-6 && Math.abs(from.x) > 1e-6 && Math.abs(to.x) > 1e-6);
        if (crosses && y > 0.7) expect(at(from, to, t).y).toBeCloseTo(side * y, 6);
        else expect(t).toBe(Infinity);
      }),
      { numRuns: 500 },
    );
  });

  it('handles the edges', () => {
    expect(touchHalfLine({ x: -1, y: 1 }, { x: 0, y: 1 }, 1, 0.7)).toBe(1);
    expect(touchHalfLine({ x: -1, y: 0.7 }, { x: 1, y: 0.7 }, 1, 0.7)).toBe(0.5);
    expect(touchHalfLine({ x: -1, y: 1 }, { x: 1, y: 1 }, -1, 0.7)).toBe(Infinity);
    expect(touchHalfLine({ x: 0, y: 1 }, { x: 1, y: 1 }, 1, 0.7)).toBe(0);
    expect(touchHalfLine({ x: 0, y: 0 }, { x: 0, y: 1.4 }, 1, 0.7)).toBe(0.5);
    expect(touchHalfLine({ x: 0, y: -1 }, { x: 1, y: 1 }, 1, 0.7)).toBe(Infinity);
  });
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
