import { expect, test } from 'vitest';
import { environmentFrom, gymnasiumSpec } from '../../datasets/minari/metadata.ts';

test('an environment of Gymnasium is its twin of ours, by its own limit', () => {
  expect(environmentFrom({ id: 'Hopper-v5' })).toEqual({ id: 'mujoco/Hopper-v5', options: {} });
  expect(environmentFrom({ id: 'Pendulum-v1', max_episode_steps: 50, additional_wrappers: [] })).toEqual({
    id: 'Pendulum-v1',
    options: { maxEpisodeSteps: 50 },
  });
  expect(environmentFrom({ id: 'Pendulum-v1', max_episode_steps: 200 }).options).toEqual({});
});

test('an environment of ours is its twin of Gymnasium, unless it has options, whose names differ there', () => {
  const spec = (options: object) => gymnasiumSpec({ id: 'Pendulum-v1', options: options as never });
  expect(JSON.parse(spec({ maxEpisodeSteps: 50 })!)).toMatchObject({ id: 'Pendulum-v1', max_episode_steps: 50 });
  expect(spec({ gravity: 3 })).toBeUndefined();
});

test('what its id brings along is no option of its own', () => {
  const id = 'LunarLanderContinuous-v3';
  const twin = { id: `box2d/${id}`, options: {} };
  expect(environmentFrom({ id, kwargs: { continuous: true } })).toEqual(twin);
  expect(environmentFrom({ id, kwargs: { continuous: true, gravity: -5 } })).toEqual({
    id: `gymnasium:${id}`,
    options: { gravity: -5 },
  });
  for (const options of [{}, { continuous: true }]) {
    expect(JSON.parse(gymnasiumSpec({ ...twin, options })!)).toMatchObject({ id, kwargs: { continuous: true } });
  }
  expect(gymnasiumSpec({ ...twin, options: { continuous: false } })).toBeUndefined();
  expect(environmentFrom({ id: 'BipedalWalker-v3', max_episode_steps: 1600 })).toEqual({
    id: 'box2d/BipedalWalker-v3',
    options: {},
  });
});

test('with wrappers it is theirs in Python, since ours has none of them', () => {
  const rescaled = {
    name: 'RescaleAction',
    entry_point: 'gymnasium.wrappers.transform_action:RescaleAction',
    kwargs: { min_action: -1, max_action: 1 },
  };
  const own = { name: 'Upside', entry_point: 'robots.wrappers:Upside', kwargs: null };
  const spec = { id: 'Pendulum-v1', max_episode_steps: 200, additional_wrappers: [rescaled, own] };
  expect(environmentFrom(spec)).toEqual({
    id: 'gymnasium:Pendulum-v1',
    options: { wrappers: [{ name: 'RescaleAction', min_action: -1, max_action: 1 }, 'robots.wrappers.Upside'] },
  });
});

test('a wrapper that records changes nothing', () => {
  const recorded = {
    name: 'RecordEpisodeStatistics',
    entry_point: 'gymnasium.wrappers.common:RecordEpisodeStatistics',
    kwargs: { buffer_length: 100 },
  };
  expect(environmentFrom({ id: 'Pendulum-v1', additional_wrappers: [recorded] }).id).toBe('Pendulum-v1');
});
