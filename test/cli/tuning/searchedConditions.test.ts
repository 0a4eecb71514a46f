import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { DivergedError } from '../../../agents/index.ts';
import {
  type CommonConfig,
  commonShape,
  defineExperiment,
  type Job,
  type JobResult,
  type SummaryRow,
} from '../../../cli/experiment/experiment.ts';
import { searchedConditions, type Tuned, tunedSchema } from '../../../cli/experiment/searchSpace.ts';
import { summarize } from '../../../cli/experiment/summarize.ts';
import type { Trials } from '../../../cli/tuning/trials.ts';
import { tuningExperiment } from '../../../cli/tuning/tuningExperiment.ts';

const choices = { studies: ['climb'], policies: ['near', 'far'], environments: ['Hill-v0'] };
const space = { rate: { uniform: [1, 2] } } as const;
const spaces = { climb: { near: space, far: space } };
const usual: Tuned = { climb: { 'Hill-v0': { near: { rate: 2 }, far: { rate: 2 } } } };

/** A hill in three weathers, two of which are searched. */
const hill = defineExperiment<CommonConfig & { readonly tuned: Tuned }, Job>({
  name: 'hill',
  description: 'A hill to climb.',
  schema: z.strictObject({ ...commonShape(choices, { seeds: 2 }), tuned: tunedSchema(spaces, usual) }),
  presets: { quick: {} },
  choices,
  steps: {},
  runtime: async () => ({ engine: 'none', backend: 'numbers', lines: [] }),
  jobs: ({ policies, seeds }) =>
    ['sun', 'rain', 'snow'].flatMap((condition) =>
      policies.flatMap((policy) =>
        seeds.map((seed) => {
          const id = `${condition}/${policy}/seed-${seed}`;
          return { id, study: 'climb', env: 'Hill-v0', condition, policy, seed, weight: 1 };
        }),
      ),
    ),
  runJob: async () => ({ metrics: { height: 0 } }),
  tuning: {
    objectives: { climb: { metric: 'height', goal: 'maximize', over: 'mean', label: 'height', near: 0.5 } },
    spaces,
    conditions: { climb: ['sun', 'snow'] },
  },
  tables: () => [],
  report: () => [],
});

test('a search under several conditions has its trials under each, and a trial has the scores of all', () => {
  const search = tuningExperiment(hill);
  const config = search.schema.parse({ trials: 1 }) as never;
  const jobs = search.jobs(config);
  expect(new Set(jobs.map(({ condition }) => condition))).toEqual(new Set(['sun', 'snow']));
  // Two conditions, two policies, two seeds; one trial that is drawn, and the settings in use.
  expect(jobs).toHaveLength(2 * 2 * 2 * 2);
  const row = (condition: string, policy: string, perSeed: (number | null)[]): SummaryRow => ({
    ...{ study: 'climb', env: 'Hill-v0', metric: 'height', iqm: null, low: null, high: null },
    ...{ condition, policy, perSeed },
  });
  // Drawn settings are better in the sun alone.
  const files = search.files!(
    [
      row('sun', 'near #1', [5, 5]),
      row('sun', 'near #2', [4, 4]),
      row('sun', 'far #1', [1, 2]),
      row('sun', 'far #2', [0, 1]),
      row('snow', 'near #1', [0, 1]),
      row('snow', 'near #2', [4, 4]),
      row('snow', 'far #1', [3, 4]),
      row('snow', 'far #2', [3, null]),
    ],
    config,
  );
  const { trials } = files['trials.json'] as { trials: Record<string, Record<string, Record<string, unknown[]>>> };
  expect(trials.climb!['Hill-v0']!.near).toMatchObject([{ scores: [5, 5, 0, 1] }, { scores: [4, 4, 4, 4] }]);
  expect(trials.climb!['Hill-v0']!.far).toMatchObject([{ scores: [1, 2, 3, 4] }, { scores: [0, 1, 3, null] }]);
  const { tuned } = files['tuned.json'] as { tuned: Tuned };
  expect(tuned.climb!['Hill-v0']!.near).toEqual({ rate: 2 });
  expect(tuned.climb!['Hill-v0']!.far!.rate).not.toBe(2);
});

describe('a policy whose jobs lack the metric', () => {
  const otherwise = { metric: 'slope', label: 'slope', near: 0.1 };
  const jobsOf = (metricsOf: (policy: string) => JobResult['metrics']) =>
    tuningExperiment({
      ...hill,
      runJob: async ({ policy }: Job) => ({ metrics: metricsOf(policy) }),
      tuning: { ...hill.tuning!, objectives: { climb: { ...hill.tuning!.objectives.climb!, otherwise } } },
    } as never);
  const config = (search: ReturnType<typeof jobsOf>) => search.schema.parse({ trials: 1, seeds: [1000] }) as never;

  test('is judged by the other one, and the file of trials says so', async () => {
    const search = jobsOf((policy) => (policy === 'far' ? { slope: 2 } : { height: 3, wind: 1 }));
    const jobs = search.jobs(config(search));
    const outcomes = await Promise.all(
      jobs.map(async (job) => ({ job, result: await search.runJob(job, config(search), {} as never) })),
    );
    expect(outcomes.find(({ job }) => job.policy === 'far #1')!.result.metrics).toEqual({ slope: 2 });
    expect(outcomes.find(({ job }) => job.policy === 'near #1')!.result.metrics).toEqual({ height: 3 });
    const files = search.files!(summarize(jobs, outcomes as never, [1000]), config(search));
    const { trials } = files['trials.json'] as { trials: Trials };
    expect(trials.climb!['Hill-v0']!.near).toMatchObject([{ scores: [3, 3] }, { scores: [3, 3] }]);
    expect(trials.climb!['Hill-v0']!.near![0]).not.toHaveProperty('by');
    expect(trials.climb!['Hill-v0']!.far).toMatchObject([
      { scores: [2, 2], by: 'slope' },
      { scores: [2, 2], by: 'slope' },
    ]);
  });

  test('has no score where its training diverged, under any of the conditions', async () => {
    const search = jobsOf(() => {
      throw new DivergedError('Hill', 1, 'the slope', Number.NaN);
    });
    const [job] = search.jobs(config(search));
    const { metrics } = await search.runJob(job!, config(search), {} as never);
    expect(metrics).toEqual({ height: null, slope: null });
  });
});

test('one condition, several, or none', () => {
  expect(searchedConditions({}, 'a')).toEqual([undefined]);
  expect(searchedConditions({ conditions: { a: 'x' } }, 'a')).toEqual(['x']);
  expect(searchedConditions({ conditions: { a: ['x', 'y'] } }, 'a')).toEqual(['x', 'y']);
});
