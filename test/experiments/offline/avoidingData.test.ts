import { expect, test } from 'vitest';
import { ContentHash } from '../../../datasets/index.ts';
import { AvoidingEnv, avoidingMap } from '../../../envs/index.ts';
import { avoidingDataset, avoidingEpisodes, avoidingWays } from '../../../experiments/offline/avoidingData.ts';
import { Rng } from '../../../src/random.ts';

test('there are 24 ways, and of every 24 demonstrations each goes another', () => {
  expect(avoidingWays).toHaveLength(24);
  const ways = [...avoidingEpisodes(new Rng(1), 72)].map(({ way }) => way);
  const rounds = [0, 24, 48].map((from) => ways.slice(from, from + 24));
  for (const round of rounds) expect([...round].sort()).toEqual([...avoidingWays].sort());
  expect(new Set(rounds.map(String)).size).toBe(3);
});

test('an episode is what the environment does with its actions: it reaches the line by its way, and touches nothing', () => {
  const env = new AvoidingEnv();
  const wrong: unknown[] = [];
  for (const { observations, actions, rewards, terminations, truncations, way } of avoidingEpisodes(new Rng(2), 48)) {
    const [first] = env.reset({ seed: 0 });
    const seen = [...first];
    const steps = terminations.length;
    expect([observations.length, actions.length, rewards.length, truncations.length]).toEqual([
      4 * (steps + 1),
      2 * steps,
      steps,
      steps,
    ]);
    for (let t = 0; t < steps; t++) {
      const action = Float32Array.from(actions.subarray(2 * t, 2 * t + 2));
      const [observation, reward, terminated, , info] = env.step(action);
      seen.push(...observation);
      const isLast = t === steps - 1;
      const expected = [isLast ? 1 : 0, isLast, isLast ? 'finished' : undefined];
      const told = [reward, terminated, info.outcome];
      if (told.some((value, i) => value !== expected[i]) || rewards[t] !== reward) wrong.push([way, t, told]);
      if (isLast) expect(info.way).toBe(way);
    }
    expect([...observations]).toEqual(seen);
    expect([...terminations, ...truncations].reduce((sum, one) => sum + one, 0)).toBe(1);
  }
  expect(wrong).toEqual([]);
});

test('walkers are unlike each other: speeds, places in a gap, hands that tremble', () => {
  const episodes = [...avoidingEpisodes(new Rng(3), 240)];
  const straight = episodes.filter(({ way }) => way === '112');
  const lengths = straight.map(({ terminations }) => terminations.length);
  expect(Math.max(...lengths) - Math.min(...lengths)).toBeGreaterThan(10);
  const crossing = straight.map(({ observations }) => {
    const steps = observations.length / 4;
    const t = Array.from({ length: steps }, (_, i) => i).find(
      (i) => observations[4 * i + 3]! >= avoidingMap.rows[1]!.y,
    )!;
    return observations[4 * t + 2]!;
  });
  expect(Math.max(...crossing) - Math.min(...crossing)).toBeGreaterThan(0.01);
  const [, , ...actions] = episodes.flatMap((episode) => [...episode.actions]);
  const clipped = actions.filter((action) => Math.abs(action) === 1).length / actions.length;
  // So little that a density of actions has no point at the bounds to fit.
  expect(clipped).toBeLessThan(0.04);
});

test('the recipe gives the same bits, another draw others; fewer episodes are the first of more', () => {
  const hash = (draw: Parameters<typeof avoidingDataset>[0]) =>
    ContentHash.of([...avoidingDataset(draw).episodes()] as never);
  const whole = hash({});
  expect(whole).toBe(hash({ seed: 0, episodes: 96 }));
  expect(whole).toBe('8262b31586cc4bd169f8e1bc1bc0ebb67b3fc22bb6a07edede8774e026ead9f8');
  expect(whole).not.toBe(hash({ seed: 1 }));
  const [few] = avoidingDataset({ episodes: 1 }).episodes();
  const [all] = avoidingDataset().episodes();
  expect(few).toEqual(all);
});
