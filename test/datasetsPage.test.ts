import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { listedDatasets, recipes } from '../cli/train/recipes/recipes.ts';

const page = readFileSync(new URL('../docs/results/datasets.md', import.meta.url), 'utf8');

test('the page of recipes lists what was made, and no other hash', () => {
  const rows = [...page.matchAll(/^\| `([a-z0-9-]+)` \| ([\d,]+) \| ([\d,]+) \| ([−\d.]+) \| `([0-9a-f]{64})` \|$/gm)];
  const number = (text: string) => Number(text.replaceAll(',', '').replace('−', '-'));
  const listed = rows.map(([, name, episodes, steps, mean, hash]) => [
    name,
    { episodes: number(episodes!), steps: number(steps!), return: number(mean!), hash },
  ]);
  expect(Object.fromEntries(listed)).toEqual(listedDatasets());
  expect(page.match(/[0-9a-f]{64}/g)).toHaveLength(rows.length);
});

test('the page of recipes has the references and the training of each task', () => {
  const text = (value: number) =>
    String(value)
      .replace('-', '−')
      .replace(/^(−?\d\d)(\d{3})$/, '$1,$2');
  for (const { task } of recipes.values()) {
    const { random, expert } = task.reference;
    if (Object.keys(task.envOptions).length === 0) {
      expect(page.includes(`${text(random)} and ${text(expert)}`), task.name).toBe(true);
    }
    expect(page, task.name).toContain(task.env);
    if (task.training !== undefined) {
      expect(page).toContain(`${task.training.steps.toLocaleString('en-GB')} steps, seeds 0 and 1`);
    }
  }
});
