import { expect, test } from 'vitest';
import { tuningSection } from '../../../cli/tuning/trials.ts';

const file = {
  config: { seeds: [1000, 1001], trials: 2, studies: [], policies: [], environments: [] },
  spaces: {},
  trials: {
    learn: {
      Field: {
        plain: [
          { settings: { rate: 0.1 }, scores: [1, 2] },
          { settings: { rate: 0.2 }, scores: [0, 1] },
        ],
        deep: [{ settings: { rate: 0.3 }, scores: [3, 3] }],
      },
    },
  },
};
const tuning = {
  spaces: {},
  objectives: { learn: { metric: 'loss', goal: 'minimize', over: 'mean', label: 'held-out loss', near: 0.5 } },
} as const;

test('says how many trials, which seeds, what decided; and shows them', () => {
  const { paragraphs, tables } = tuningSection(
    file,
    { tuning },
    {
      learn: { Field: { plain: { rate: 0.2 }, deep: { rate: 0.3 } } },
    },
  );
  expect(paragraphs).toHaveLength(1);
  expect(paragraphs![0]).toContain('2 trials');
  expect(paragraphs![0]).toContain('the seeds 1000, 1001');
  expect(paragraphs![0]).toContain('learn by the mean held-out loss');
  expect(tables!.map(({ rows }) => rows.map(([policy, best]) => [policy, best]))).toEqual([
    [
      ['plain', '0.500'],
      ['deep', '3.000'],
    ],
  ]);
});

test('names what a run has set otherwise', () => {
  const { paragraphs } = tuningSection(
    file,
    { tuning },
    {
      learn: { Field: { plain: { rate: 0.1 }, deep: { rate: 0.3 } } },
    },
  );
  expect(paragraphs!.at(-1)).toBe('This run has other settings for learn, Field, plain.');
});

test('says under which condition settings were searched for', () => {
  const searched = { tuning: { ...tuning, conditions: { learn: 'rain-3' } } };
  expect(tuningSection(file, searched).paragraphs![0]).toContain('learn by the mean held-out loss (rain-3)');
  const labelled = tuningSection(file, { ...searched, conditionLabel: (key) => key.replace('-', ' = ') });
  expect(labelled.paragraphs![0]).toContain('learn by the mean held-out loss (rain = 3)');
  const several = { tuning: { ...tuning, conditions: { learn: ['rain-1', 'rain-3'] } } };
  expect(tuningSection(file, several).paragraphs![0]).toContain('learn by the mean held-out loss (rain-1; rain-3)');
});

test('says what judged the policies that have another loss', () => {
  const otherwise = { metric: 'error', label: 'squared error', near: 0.1 };
  const matching = [{ settings: { rate: 0.4 }, scores: [0.2, 0.3], by: 'error' }];
  const { paragraphs, tables } = tuningSection(
    { ...file, trials: { learn: { Field: { ...file.trials.learn.Field, matching } } } },
    { tuning: { ...tuning, objectives: { learn: { ...tuning.objectives.learn, otherwise } } } },
  );
  expect(paragraphs![0]).toContain(
    'was taken: learn by the mean held-out loss; learn of matching by the mean squared error.',
  );
  expect(tables!.map(({ rows }) => rows.map(([policy]) => policy))).toEqual([['plain', 'deep'], ['matching']]);
});

test('names what was judged alike together, and no more studies in its heading than fit', () => {
  const of = (...studies: string[]) =>
    tuningSection(
      { ...file, trials: Object.fromEntries(studies.map((study) => [study, file.trials.learn])) },
      {
        tuning: { ...tuning, objectives: Object.fromEntries(studies.map((study) => [study, tuning.objectives.learn])) },
      },
    );
  expect(of('a', 'b').title).toBe('How the settings were found: a, b');
  expect(of('a', 'b', 'c').title).toBe('How the settings were found');
  expect(of('a', 'b', 'c').paragraphs![0]).toContain('was taken: a, b, c by the mean held-out loss.');
});
