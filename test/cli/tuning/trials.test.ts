import { describe, expect, test } from 'vitest';
import { bestSettings, ranked, type Trial, trialTables } from '../../../cli/tuning/trials.ts';

const trial = (name: string, ...scores: (number | null)[]): Trial => ({ settings: { name }, scores });
const trials = [trial('a', 3, 1), trial('b', 0, null), trial('c', 1, 2), trial('d', 2, 2), trial('e')];
const objective = { metric: 'loss', goal: 'minimize', over: 'mean', label: 'loss', near: 0.5 } as const;

test('trials are ranked by the mean over their seeds, or by the worst; one that failed with a seed is not', () => {
  const order = (goal: 'minimize' | 'maximize', over: 'mean' | 'worst' = 'mean') =>
    ranked(trials, { goal, over }).map(({ settings, score }) => [settings.name, score]);
  expect(order('minimize')).toEqual([
    ['c', 1.5],
    ['a', 2],
    ['d', 2],
  ]);
  expect(order('maximize')).toEqual([
    ['a', 2],
    ['d', 2],
    ['c', 1.5],
  ]);
  expect(order('minimize', 'worst')).toEqual([
    ['c', 2],
    ['d', 2],
    ['a', 3],
  ]);
  expect(order('maximize', 'worst')).toEqual([
    ['d', 2],
    ['a', 1],
    ['c', 1],
  ]);
});

test('the best of each policy; none where no trial has a score', () => {
  const all = { learn: { Field: { plain: trials, broken: [trial('x', null)] } } };
  expect(bestSettings(all, { learn: objective })).toEqual({ learn: { Field: { plain: { name: 'c' } } } });
});

describe('a class that another metric judges', () => {
  // Its loss is of another kind: less than any likelihood of the others, say.
  const own = [trial('u', 0.9, 0.7), trial('v', 0.5, 0.6), trial('w', 0.6, 0.7)].map((one) => ({
    ...one,
    by: 'error',
  }));
  const otherwise = { metric: 'error', label: 'squared error', near: 0.2 };
  const judged = { ...objective, otherwise };

  test('is ranked by it, with the same goal', () => {
    const best = bestSettings({ learn: { Field: { plain: trials, own } } }, { learn: judged });
    expect(best.learn!.Field).toEqual({ plain: { name: 'c' }, own: { name: 'v' } });
  });

  test('has a table of its own, and nothing to do with the best of the others', () => {
    const tables = trialTables({ learn: { Field: { plain: trials, own } } }, { objectives: { learn: judged } });
    expect(tables.map(({ title }) => title)).toEqual([
      'Trials: learn, Field, by the loss',
      'Trials: learn, Field, by the squared error',
    ]);
    expect(tables.map(({ columns, rows }) => [columns[1], columns[3], ...rows])).toEqual([
      [
        'best loss, mean of the seeds',
        "within 0.5 of the best policy's",
        ['plain', '1.500', '2.000', '3 of 5', 'name c'],
      ],
      [
        'best squared error, mean of the seeds',
        "within 0.2 of the best policy's",
        ['own', '0.550', '0.650', '2 of 3', 'name v'],
      ],
    ]);
  });
});

test('the table: best, median of all trials, how many come near to the best policy’s, settings', () => {
  const other = [trial('x', 1.9), trial('y', 2.1), trial('z', null)];
  const [table] = trialTables({ learn: { Field: { plain: trials, other } } }, { objectives: { learn: objective } });
  expect(table!.title).toBe('Trials: learn, Field');
  expect(table!.rows).toEqual([
    ['plain', '1.500', '2.000', '3 of 5', 'name c'],
    ['other', '1.900', '2.100', '1 of 3', 'name x'],
  ]);
});
