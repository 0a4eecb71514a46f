import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { SummaryRow } from '../../cli/experiment/experiment.ts';
import { loadEnv } from '../../envs/index.ts';
import { agents, armOf, RANDOM, robots, type ShapesAgent, type ShapesPolicy } from '../../experiments/shapes/config.ts';
import { aggregates, shapes, trainingOf } from '../../experiments/shapes/shapes.ts';
import { runStudy } from './runStudy.ts';

const all = { studies: [...agents], policies: [...shapes.choices.policies] };

describe('oxbow run shapes', () => {
  test('by default PPO and SAC, whose arms have jobs on every task; the others are run where they are named', () => {
    const core = shapes.jobs(shapes.schema.parse({}));
    expect(new Set(core.map(({ study }) => study))).toEqual(new Set(['ppo', 'sac']));
    // Six arms by PPO, two by SAC, eight tasks, ten seeds.
    expect(core).toHaveLength((6 + 2) * 8 * 10);
    const jobs = shapes.jobs(shapes.schema.parse({ ...all, seeds: [0] }));
    expect(jobs).toHaveLength((6 + 3 * 2 + 1) * 8);
    expect(Math.min(...jobs.map(({ weight }) => weight))).toBeGreaterThan(0);
  });

  test('classes differ in nothing but what their arm says', async () => {
    for (const env of robots) await loadEnv(env);
    const jobs = shapes.jobs(shapes.schema.parse({ ...all, seeds: [0] }));
    for (const { study, env, policy } of jobs) {
      const of = (name: string) =>
        trainingOf(
          { study: study as ShapesAgent, env, policy: name as ShapesPolicy },
          { evaluationEpisodes: 1, moments: 5 },
        );
      const { beside, agentBeside, agentOptions } = armOf(policy);
      const own = of(policy);
      expect(own.agent).toMatchObject(agentOptions ?? {});
      expect(own.snapshots).toBe(5);
      if (beside === undefined || agentBeside !== undefined) continue;
      const { shapeRate: _, ...rest } = own.agent;
      const { shapeRate: __, ...gaussian } = of(beside).agent;
      expect({ ...rest, steps: own.steps, envs: own.envs }).toEqual({
        ...gaussian,
        steps: of(beside).steps,
        envs: of(beside).envs,
      });
      const sizes = ({ policy: { hidden, activation, squash } }: typeof own) => [hidden, activation, squash];
      expect(sizes(own)).toEqual(sizes(of(beside)));
    }
  });

  test('trains, and looks at the shape through the training', async () => {
    const few = ['--env', 'mujoco/Reacher-v5', '--study', 'ppo', '--policies', 'gaussian,spline,spline-30,spline-bare'];
    const settings = ['evaluationEpisodes=2', 'moments=2', 'momentEpisodes=1'];
    const { out, results, summary, value } = await runStudy(
      'shapes',
      [...few, '--steps', '4096', '--seeds', '1'],
      settings,
    );
    const rows = readFileSync(join(out, 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    for (const policy of ['gaussian', 'spline', 'spline-30', 'spline-bare']) {
      const course = rows.filter((row) => row.policy === policy && typeof row.negentropy === 'number');
      expect(course.map(({ step }) => step)).toEqual([2048, 4096]);
      const most = value({ policy, metric: 'mostNegentropy' })!;
      expect(most).toBe(Math.max(...course.map(({ negentropy }) => negentropy)));
      expect(value({ policy, metric: 'negentropy' })).not.toBeUndefined();
    }
    expect(value({ policy: 'gaussian', metric: 'mostNegentropy' })).toBeLessThan(0.005);
    // What moves by Adam in place of gradient descent has another shape.
    expect(value({ policy: 'spline-bare', metric: 'mostNegentropy' })).toBeGreaterThan(
      value({ policy: 'spline', metric: 'mostNegentropy' })!,
    );
    expect(results.filter(({ metric }) => metric === 'greedyReturn')).toHaveLength(4);
    // What was expected is of trainings of another length.
    expect(summary.experiments).toEqual({});
  });

  test('flow matching is looked at by its exact density', async () => {
    const few = ['--env', 'Multigoal-v0', '--study', 'fpo', '--policies', 'flow-matching', '--steps', '4096'];
    const settings = ['evaluationEpisodes=2', 'moments=1', 'momentEpisodes=1'];
    const { value } = await runStudy('shapes', [...few, '--seeds', '1'], settings);
    const nats = value({ metric: 'negentropy' })!;
    expect(nats).toBe(value({ metric: 'mostNegentropy' }));
    expect(Math.abs(nats)).toBeLessThan(1);
    expect(nats).not.toBe(0);
  });
});

describe('the aggregate over robots', () => {
  const seeds = [0, 1, 2, 3, 4];
  const row = (policy: string, env: string, perSeed: readonly (number | null)[], study = 'ppo'): SummaryRow => ({
    ...{ study, env, policy, metric: 'greedyReturn', iqm: 0, low: null, high: null, perSeed },
  });
  /** The Gaussian is 100 above random actions in the mean; the flow is beside it by these shares. */
  const summaryOf = (
    shares: (robot: number, seed: number) => number,
    envs: readonly (keyof typeof RANDOM)[] = robots,
  ) =>
    envs.flatMap((env, robot) => {
      const gaussian = seeds.map((seed) => RANDOM[env] + 100 + 30 * (seed - 2));
      const flow = gaussian.map((value, seed) => value + 100 * shares(robot, seed));
      return [row('gaussian', env, gaussian), row('spline', env, flow)];
    });
  const placeOf = (...given: Parameters<typeof summaryOf>) => aggregates(summaryOf(...given))[0]!.place;

  test('is the interquartile mean of paired differences, as shares of what the Gaussian has above random actions', () => {
    const share = (robot: number, seed: number) => 0.01 * (robot * 5 + seed);
    const found = aggregates(summaryOf(share));
    expect(found).toHaveLength(1);
    // 0 to 0.29: the ⌊30 / 4⌋ = 7 smallest and largest are dropped.
    expect(found[0]).toMatchObject({ study: 'ppo', policy: 'spline', pairs: 30, place: 'ahead' });
    expect(found[0]!.difference).toBeCloseTo(0.145, 10);
    expect(found[0]!.mean).toBeCloseTo(0.145, 10);
    // Within a robot seeds differ by 0.04 at most: what robots differ by is no part of the interval.
    const { low, high } = found[0]!.interval;
    expect(high! - low!).toBeGreaterThan(0.005);
    expect(high! - low!).toBeLessThan(0.02);
  });

  test('is the same within five hundredths, ahead or behind beyond them, and else open', () => {
    const noise = (seed: number) => 0.01 * (seed - 2);
    expect(placeOf((_, seed) => noise(seed))).toBe('same');
    expect(placeOf((_, seed) => noise(seed) - 0.2)).toBe('behind');
    expect(placeOf((_, seed) => noise(seed) + 0.2)).toBe('ahead');
    expect(placeOf((_, seed) => noise(seed) + 0.05)).toBe('open');
    // All robots, and five pairs on each of them.
    expect(placeOf((_, seed) => noise(seed) - 0.2, robots.slice(1))).toBe('open');
    const short = summaryOf((_, seed) => noise(seed) - 0.2).map((each, i) =>
      i === 0 ? { ...each, perSeed: [null, ...each.perSeed.slice(1)] } : each,
    );
    expect(aggregates(short)[0]).toMatchObject({ pairs: 29, place: 'open' });
  });

  test('compares what has the same KL with each other, and FPO with PPO', () => {
    const rows = robots.flatMap((env) => [
      ...[row('gaussian', env, [1000, 1000]), row('gaussian-kl', env, [2000, 2000])],
      ...[row('spline-bare', env, [2000, 2000]), row('flow-matching', env, [1000, 1000], 'fpo')],
    ]);
    expect(aggregates(rows).map(({ study, policy, difference }) => [study, policy, difference])).toEqual([
      ['ppo', 'spline-bare', 0],
      ['fpo', 'flow-matching', 0],
    ]);
  });
});
