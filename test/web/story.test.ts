import { describe, expect, test } from 'vitest';
import { makeVec } from '../../envs/index.ts';
import { directionDensity } from '../../scripts/directionDensity.ts';
import { placeFromHash, placeToHash, steps, usualSetting } from '../../web/lab/setting.ts';
import {
  blockWalk,
  type ReplayFrame,
  type ReplaySide,
  replay,
  type StoryStep,
  storyView,
} from '../../web/lab/story.ts';
import { studyResult } from '../../web/lab/studyText.ts';

const last = ({ frames }: ReplaySide): ReplayFrame => frames.at(-1)!;
const [gaussian, flow] = replay.divided.map(last) as [ReplayFrame, ReplayFrame];
const view = (step: StoryStep, turn = {}) => storyView(step, replay, { frame: 11, blocked: 'none', ...turn });
/** Every percentage of a text. */
const percentages = (text: string) => [...text.matchAll(/([\d.]+)\u00a0%/g)].map(([, number]) => Number(number));
const per100 = (...shares: (number | null)[]) => shares.map((share) => Number((100 * share!).toFixed(1)));

/** The density where the lake lies straight ahead, and the largest on either side of it. */
function peaks({ density }: { readonly density: readonly number[] }) {
  const at = (degrees: number) => density[Math.floor(((degrees + 180) / 360) * density.length)]!;
  const angles = Array.from({ length: 90 }, (_, i) => i + 1);
  return { ahead: at(0), up: Math.max(...angles.map(at)), down: Math.max(...angles.map((angle) => at(-angle))) };
}

describe('each heading of the story is true of what is stored', () => {
  test('the opening: what drowns at the end of the training', () => {
    const { heading, sides } = view('replay');
    expect(percentages(heading)).toEqual(per100(gaussian.metrics.drownRate, flow.metrics.drownRate));
    expect(sides.map(({ metrics }) => metrics!.drownRate)).toEqual([
      gaussian.metrics.drownRate,
      flow.metrics.drownRate,
    ]);
  });

  test('1: half of the demonstrators go one way, half the other', () => {
    const { upper, lower } = replay.demonstrators;
    expect([upper.count, lower.count]).toEqual([replay.demonstrations / 2, replay.demonstrations / 2]);
    for (const [bank, { walks, density }] of [
      ['upper', upper],
      ['lower', lower],
    ] as const) {
      for (const walk of walks) expect([walk.outcome, walk.bank]).toEqual(['home', bank]);
      const { up, down } = peaks({ density });
      expect(bank === 'upper' ? up / (down + 1e-9) : down / (up + 1e-9)).toBeGreaterThan(100);
    }
    expect(view('1').text).toContain('1,000 walks to learn from, 500 go by the upper bank and 500 by the lower');
  });

  test('2: the Gaussian is densest over the water', () => {
    const { ahead, up, down } = peaks(gaussian);
    expect(ahead).toBeGreaterThan(0.8 * Math.max(up, down));
    expect(gaussian.metrics.drownRate).toBeGreaterThan(0.3);
    expect(percentages(view('2').text)).toEqual(per100(gaussian.metrics.drownRate));
  });

  test('3: the flow has two peaks with next to nothing between them, and uses both banks', () => {
    const { ahead, up, down } = peaks(flow);
    expect(ahead).toBeLessThan(0.1 * Math.min(up, down));
    expect(flow.metrics.modeBalance).toBeGreaterThan(0.4);
    expect(percentages(view('3').text)).toEqual(per100(flow.metrics.drownRate, flow.metrics.upperShare));
  });

  test.each(['upper', 'lower'] as const)('4: with the %s bank blocked the flow gets home by the other', (blocked) => {
    const { heading, text, sides } = view('4', { blocked });
    const [left, right] = replay.divided.map((side) => side.blocked[blocked]);
    expect(heading).toContain(`Block the ${blocked} bank`);
    expect(percentages(text)).toEqual(per100(right!.homeRate, left!.homeRate));
    expect(right!.homeRate).toBeGreaterThan(0.4);
    expect(right!.upperShare).toBe(blocked === 'upper' ? 0 : 1);
    for (const { walks } of sides)
      expect(walks.some((walk) => walk.outcome === 'home' && walk.bank === blocked)).toBe(false);
  });

  test('4, both banks open', () => {
    const { heading, text } = view('4');
    expect(heading).toContain('the flow uses both');
    expect(percentages(text)).toEqual(per100(gaussian.metrics.homeRate, flow.metrics.homeRate));
  });

  test('5: where all agree, the Gaussian is as good', () => {
    const [left, right] = replay.agreed.map((side) => last(side).metrics);
    expect([left!.upperShare, right!.upperShare]).toEqual([1, 1]);
    expect(left!.drownRate).toBeLessThanOrEqual(right!.drownRate + 0.01);
    expect(percentages(view('5').text)).toEqual(per100(left!.drownRate, right!.drownRate));
  });
});

test('the opening shows each moment of the training that is stored', () => {
  for (const [i, { step, metrics }] of replay.divided[0]!.frames.entries()) {
    const [side] = view('replay', { frame: i }).sides;
    expect(side.metrics).toBe(metrics);
    expect(side.note).toBe(step === 3000 ? 'trained' : `after ${step.toLocaleString('en')} of 3,000 updates`);
  }
});

test('densities that are stored are densities', () => {
  const frames = [...replay.divided, ...replay.agreed].flatMap(({ frames }) => frames);
  for (const { density } of [...frames, ...Object.values(replay.demonstrators)]) {
    const mass = density.reduce((sum, value) => sum + value, 0) * ((2 * Math.PI) / density.length);
    expect(mass).toBeCloseTo(1, 2);
  }
});

test('a walk is blocked as the lake blocks it', () => {
  // By the upper bank, then by the lower: two strides of the stride lake to the middle.
  for (const side of [1, -1]) {
    const actions = [
      [0.7, 0.7 * side],
      [0.7, 0],
      [0.7, -0.7 * side],
    ];
    const walked = (blocked: 'none' | 'upper' | 'lower') => {
      const env = makeVec('LakeStride-v0', { numEnvs: 1, blocked });
      const positions = [...env.reset({ seed: 0 })[0]];
      for (const action of actions) {
        const { observations, finalInfos, terminations } = env.step(Float32Array.from(action));
        if (terminations[0]) return { outcome: finalInfos[0]!.outcome, positions };
        positions.push(...observations);
      }
      return { outcome: undefined, positions };
    };
    const open = walked('none');
    for (const blocked of ['upper', 'lower'] as const) {
      const { outcome, positions } = blockWalk(
        { outcome: 'home', bank: side === 1 ? 'upper' : 'lower', positions: open.positions },
        blocked,
      );
      const expected = walked(blocked);
      expect(outcome === 'drowned').toBe(expected.outcome === 'drowned');
      // The lake says where the last step began, the drawing where it ended.
      expect(positions.slice(0, expected.positions.length)).toEqual(expected.positions);
      if (outcome === 'drowned') expect(positions.at(-2)).toBeCloseTo(0, 9);
    }
  }
});

test('directions of one velocity are about it, and stay a density over the seam at π', () => {
  for (const angle of [0, 1, Math.PI, -3.1]) {
    const density = directionDensity([3 * Math.cos(angle), 3 * Math.sin(angle)]);
    const cell = (2 * Math.PI) / density.length;
    expect(density.reduce((sum, value) => sum + value, 0) * cell).toBeCloseTo(1, 9);
    const most = density.indexOf(Math.max(...density));
    const turn = (most + 0.5) * cell - Math.PI - angle;
    expect(Math.abs(Math.atan2(Math.sin(turn), Math.cos(turn)))).toBeLessThan(cell);
  }
});

test('a step and a setting come back from their hash; one that does not name a step is for training', () => {
  for (const step of steps) {
    for (const setting of [usualSetting, { ...usualSetting, seed: 7, blocked: 'upper' as const }]) {
      expect(placeFromHash(`#${placeToHash(step, setting)}`)).toEqual({ step, setting });
    }
  }
  expect(placeToHash('replay', usualSetting)).toBe('');
  expect(placeFromHash('#seed=7').step).toBe('train');
  expect(placeFromHash('#step=constructor').step).toBe('replay');
});

describe('the heading of a study', () => {
  const { metrics } = flow;
  const sides = (kl?: number) => {
    const measured = { ...metrics, ...(kl !== undefined && { kl }) };
    return [
      { title: 'Gaussian', metrics: { ...measured, drownRate: 0.408, homeRate: 0.592 } },
      { title: 'spline flow', metrics: measured },
    ] as const;
  };

  test('says what has come out, in numbers that are shown', () => {
    expect(studyResult('cloning', sides(), 'none')).toBe(
      'The Gaussian drowns in 40.8\u00a0% of its walks, the spline flow in 2.5\u00a0%',
    );
    expect(studyResult('ppo', sides(), 'none')).toBe(
      'The Gaussian gets home in 59.2\u00a0% of its walks, the spline flow in 97.5\u00a0%',
    );
    expect(studyResult('soft', sides(0.1234), 'none')).toBe(
      'The Gaussian is 0.123 nats from the soft optimum at the start, the spline flow 0.123',
    );
    expect(studyResult('cloning', sides(), 'upper')).toBe(
      'With the upper bank blocked, the Gaussian gets home in 59.2\u00a0% of its walks, the spline flow in 97.5\u00a0%',
    );
  });

  test('tells two of one name apart, and says nothing before both have walked', () => {
    const [left, right] = sides();
    expect(studyResult('cloning', [left, { ...right, title: 'Gaussian' }], 'none')).toMatch(/the left.*the right/i);
    expect(studyResult('cloning', [left, { ...right, metrics: undefined }], 'none')).toBeUndefined();
  });
});
