import { beforeAll, describe, expect, test } from 'vitest';
import { BehaviorCloning } from '../../../agents/index.ts';
import type { SummaryRow } from '../../../cli/index.ts';
import { ContentHash } from '../../../datasets/index.ts';
import { loadEnv, make } from '../../../envs/index.ts';
import { actingOf, mazeData, measureGoals } from '../../../experiments/mazes/cloneMaze.ts';
import {
  makeMazePolicy,
  mazeOf,
  mazePolicies,
  mazeSettings,
  mazesSchema,
  recipeOf,
  rulesOf,
} from '../../../experiments/mazes/config.ts';
import { mazes, meanOver } from '../../../experiments/mazes/mazes.ts';
import { mazeDataset, mazeRecipes } from '../../../experiments/offline/mazeData.ts';
import { Rng } from '../../../src/index.ts';

const MEDIUM = 'mujoco/OgbenchPointMazeMedium-v0';
const ANT = 'mujoco/OgbenchAntMazeMedium-v0';
beforeAll(() => loadEnv(MEDIUM));

describe('the jobs', () => {
  const of = (given: object) => mazes.jobs(mazes.schema.parse(given));

  test('of the decisive run: eight datasets, eight classes, ten seeds and draws of its own', () => {
    const jobs = of(mazes.presets.full!);
    expect(new Set(jobs.map(({ seed }) => seed))).toEqual(new Set(Array.from({ length: 10 }, (_, i) => 2300 + i)));
    expect(jobs).toHaveLength(4 * 2 * 8 * 10);
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(jobs.length);
    expect(mazesSchema.parse(mazes.presets.full).firstDraw).toBe(100);
    // A training with its evaluations by six rules takes 90 seconds of a core at most.
    for (const { weight } of jobs) expect(weight).toBeLessThan(90);
  });

  test('have a recipe for every maze and kind, and rules that differ for each class', () => {
    const jobs = of({ policies: mazePolicies, environments: mazes.choices.environments });
    const names = jobs.map(({ env, condition }) => recipeOf(env as never, condition as never).name);
    expect(new Set(names)).toEqual(new Set([...mazeRecipes.keys()].filter((name) => /(navigate|stitch)$/.test(name))));
    const walked = ['medium', 'large', 'giant', 'teleport'];
    expect(mazes.choices.environments.map(mazeOf)).toEqual([...walked, ...walked.map((name) => `ant-${name}`)]);
    for (const { env, condition } of jobs) expect(recipeOf(env as never, condition as never).env).toBe(env);
    expect(rulesOf('regression')).toEqual(['mode']);
    const acting = actingOf(
      'flow-matching',
      mazesSchema.parse({ hold: 7, rules: ['coolHold', 'cool', 'hold', 'densest', 'sample'] }),
    );
    expect([...acting]).toEqual([
      ['sample', { rule: 'sample' }],
      ['cool', { temperature: 0.25 }],
      ['hold', { hold: 7 }],
      ['coolHold', { temperature: 0.25, hold: 7 }],
    ]);
    expect(() => of({ data: ['stitch', 'stitch'] })).toThrow('each at most once');
  });
});

test('data are the first episodes of a draw, with noise of the deviation that is set on their actions alone', () => {
  const recipe = { ...recipeOf(MEDIUM, 'stitch'), episodes: 100 };
  const plain = [...mazeDataset(recipe, { seed: 5, episodes: 20 }).episodes()];
  const { source, train, validation, hash } = mazeData(recipe, 5, { share: 0.2, actionNoise: 0.3 });
  expect([source.numEpisodes, train.numEpisodes, validation.numEpisodes]).toEqual([20, 19, 1]);
  const expected = new ContentHash();
  for (const episode of plain) expected.add(episode);
  expect(hash).toBe(expected.digest());
  const noise = [...source.episodes()].flatMap(({ observations, actions }, i) => {
    expect(observations).toEqual(plain[i]!.observations);
    return Array.from(actions, (value, j) => value - plain[i]!.actions[j]!);
  });
  // Of 8,000 numbers: 5 standard errors.
  expect(noise).toHaveLength(8000);
  const mean = noise.reduce((sum, x) => sum + x, 0) / noise.length;
  const deviation = Math.sqrt(noise.reduce((sum, x) => sum + (x - mean) ** 2, 0) / noise.length);
  expect(Math.abs(mean)).toBeLessThan(5 * (0.3 / Math.sqrt(8000)));
  expect(Math.abs(deviation / 0.3 - 1)).toBeLessThan(5 / Math.sqrt(2 * 8000));
  // Another draw is another dataset; the same is made once.
  expect(mazeData(recipe, 6, { share: 0.2, actionNoise: 0.3 }).hash).not.toBe(hash);
  expect(mazeData(recipe, 5, { share: 0.2, actionNoise: 0.3 }).source).toBe(source);
  expect([...mazeData(recipe, 5, { share: 0.2, actionNoise: 0 }).source.episodes()][3]!.actions).toEqual(
    plain[3]!.actions,
  );
});

const spaces = (id = MEDIUM) => {
  const env = make(id);
  const { observationSpace, actionSpace } = env;
  env.close();
  return { observationSpace, actionSpace } as never as Record<'observationSpace' | 'actionSpace', never>;
};

test.each(([MEDIUM, ANT] as const).flatMap((env) => mazePolicies.map((name) => ({ env, name }))))(
  '$name has as many parameters as the others, $env',
  ({ env, name }) => {
    const { parameters, tuned } = mazesSchema.parse({});
    const { policy: settings } = mazeSettings(tuned, env, name);
    const policy = makeMazePolicy(name, { ...spaces(env), parameters, settings, rng: new Rng(0) });
    expect(Math.abs(policy.parameterCount() / parameters - 1)).toBeLessThan(0.1);
    policy.dispose();
  },
);

test('goals reached are counted for each goal, from equal starts for each rule', async () => {
  const { train, validation } = mazeData(recipeOf(MEDIUM, 'navigate'), 1, { share: 0.02, actionNoise: 0.1 });
  const settings = { activation: 'relu' };
  const policy = makeMazePolicy('gaussian', { ...spaces(), parameters: 5000, settings, rng: new Rng(3) });
  const options = { hindsight: 'future', outside: 'keep', normalizeObservations: true, learningRate: 5e-3 } as const;
  const agent = new BehaviorCloning({ policy, dataset: train, validation, ...options });
  for await (const _ of agent.train({ steps: 1500, rng: new Rng(4) }));
  agent.dispose();
  // Two rules that are the same: they differ only if their starts do.
  const acting = new Map([
    ['mode', { rule: 'mode' }],
    ['densest', { rule: 'mode', candidates: 5 }],
  ] as const);
  const shares = measureGoals({ policy, env: MEDIUM, acting, episodes: 3, rng: new Rng('e') });
  const of = (rule: string) => [1, 2, 3, 4, 5].map((goal) => shares[`${rule}Goal${goal}`]!);
  expect(Object.keys(shares)).toHaveLength(12);
  expect(shares.mode).toBeGreaterThan(0);
  expect(shares.mode).toBeLessThan(1);
  expect(shares.mode).toBeCloseTo(of('mode').reduce((sum, share) => sum + share, 0) / 5, 12);
  expect([shares.densest, ...of('densest')]).toEqual([shares.mode, ...of('mode')]);
  expect(new Set(of('mode')).size).toBeGreaterThan(1);
  for (const share of of('mode')) expect(share).toBeLessThanOrEqual(1);
  policy.dispose();
});

test('means over mazes are those of each seed, and of the seeds that all of them have', () => {
  const row = (env: string, perSeed: (number | null)[]): SummaryRow => ({
    ...{ study: 'mazes', env, policy: 'spline', metric: 'mode', iqm: null, low: null, high: null },
    perSeed,
  });
  const mean = meanOver([row('a', [0.2, 0.4, null, 1]), row('b', [0.4, 0.8, 0.5, 0.6])])!;
  expect(mean.perSeed).toEqual([0.30000000000000004, 0.6000000000000001, null, 0.8]);
  expect(mean.iqm).toBeCloseTo((0.3 + 0.6 + 0.8) / 3, 12);
  expect([mean.low! >= 0.3 - 1e-9, mean.high! <= 0.8 + 1e-9]).toEqual([true, true]);
  expect(meanOver([])).toBeUndefined();
  expect(meanOver([row('a', [null])])).toBeUndefined();
});
