import { expect, test } from 'vitest';
import { makeVec } from '../../envs/index.ts';
import { directionDensity } from '../../scripts/directionDensity.ts';
import { placeFromHash, placeToHash, steps, usualSetting } from '../../web/lab/setting.ts';
import { blockWalk, replay } from '../../web/lab/story.ts';

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
