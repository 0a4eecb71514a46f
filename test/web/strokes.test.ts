import { describe, expect, test } from 'vitest';
import { lakeGrains } from '../../envs/lake/lakeGrains.ts';
import { walk } from '../../envs/lake/lakeMap.ts';
import { Rng } from '../../src/index.ts';
import { bankOfStroke, followStrokes, readyStroke, refusal, type Stroke } from '../../web/lab/strokes.ts';

const [upper, lower] = [readyStroke('upper'), readyStroke('lower')];
const line = (...points: readonly (readonly [number, number])[]): Stroke => points.map(([x, y]) => ({ x, y }));

describe('a stroke', () => {
  test('round either bank is taken', () => {
    expect([upper, lower].map((stroke) => refusal(stroke, new Rng(0)))).toEqual([undefined, undefined]);
    expect([upper, lower].map(bankOfStroke)).toEqual(['upper', 'lower']);
    // Corners are as good as a curve.
    expect(refusal(line([-1.5, 0.1], [-1.2, 1.4], [1.3, 1.4], [1.4, 0.1]), new Rng(0))).toBeUndefined();
  });

  test.each([
    ['not begin at the start', line([-0.5, 1.5], [1.5, 0])],
    ['not end at home', line([-1.5, 0], [-1.5, 1.5], [1.4, 1.5])],
    ['through the water', line([-1.5, 0], [1.5, 0])],
    ['not begin', []],
  ])('is refused with the reason: it does %s', (reason, stroke) => {
    expect(refusal(stroke, new Rng(0))).toContain(reason);
  });

  test('is refused where too few noisy walkers get home on it', () => {
    const along = Array.from({ length: 200 }, (_, i) => {
      const angle = Math.PI * (1 - i / 199);
      return { x: 0.705 * Math.cos(angle), y: 0.705 * Math.sin(angle) };
    });
    expect(refusal([{ x: -1.5, y: 0 }, ...along, { x: 1.5, y: 0 }], new Rng(0))).toMatch(
      /^Of 60 walkers on this way \d+ get home/,
    );
  });
});

test('who follows strokes gets home in the lake itself, by the bank of each stroke, as often by each', () => {
  const { observations, actions } = followStrokes([upper, lower], 200, new Rng(1));
  const { stride } = lakeGrains['LakeStride-v0'];
  const ends = { upper: 0, lower: 0 };
  let position = { x: -1.5, y: 0 };
  let highest = 0;
  for (let i = 0; i < observations.length; i += 2) {
    expect(observations[i]).toBeCloseTo(position.x, 5);
    expect(observations[i + 1]).toBeCloseTo(position.y, 5);
    const speed = Math.max(1, Math.hypot(actions[i]!, actions[i + 1]!));
    const step = walk(position, (stride * actions[i]!) / speed, (stride * actions[i + 1]!) / speed);
    expect(step.outcome).not.toBe('drowned');
    if (Math.abs(position.y) > Math.abs(highest)) highest = position.y;
    if (step.outcome === 'home') {
      ends[highest > 0 ? 'upper' : 'lower'] += 1;
      [position, highest] = [{ x: -1.5, y: 0 }, 0];
    } else position = { ...step.position };
  }
  expect(ends).toEqual({ upper: 100, lower: 100 });
});

test('the same stream gives the same walks', () => {
  const walks = (seed: number) => [...followStrokes([upper], 20, new Rng(seed)).actions];
  expect(walks(3)).toEqual(walks(3));
  expect(walks(3)).not.toEqual(walks(4));
});
