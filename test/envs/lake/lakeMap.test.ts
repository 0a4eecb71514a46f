import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bank, bankOf, border, home, lake, type Point, walk } from '../../../envs/lake/lakeMap.ts';
import { at, distanceTo, nearest, walkByPoints } from './oracle.ts';

// Evenly spread, unlike fc.double, half of whose numbers are tiny.
const coordinate = fc.integer({ min: -2_000_000, max: 2_000_000 }).map((n) => n / 1e6);
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
