import { expect, test } from 'vitest';
import { bestSettings, ranked, type Trial } from '../../../experiments/harness/tuning/trials.ts';
import { trialTables } from '../../../experiments/harness/tuning/trialTables.ts';

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

test('the table: best, median of all trials, how many come near to the best policy’s, settings', () => {
  const other = [trial('x', 1.9), trial('y', 2.1), trial('z', null)];
  const [table] = trialTables({ learn: { Field: { plain: trials, other } } }, { objectives: { learn: objective } });
  expect(table!.rows).toEqual([
    ['plain', '1.500', '2.000', '3 of 5', 'name c'],
    ['other', '1.900', '2.100', '1 of 3', 'name x'],
  ]);
});
