import { join } from 'node:path';
import { expect, test } from 'vitest';
import { summaryText } from '../../../cli/train/datasetSummary.ts';
import { DatasetWriter, StoredDataset } from '../../../datasets/storedDataset.ts';
import { about, folder } from '../../datasets/fixture.ts';

test('a dataset that has no episode yet has neither lengths nor returns', () => {
  const path = join(folder(), 'data');
  new DatasetWriter(path, about(), 5);
  const text = summaryText(new StoredDataset(path));
  expect(text).toContain('(oxbow, not finished)\n');
  expect(text).toMatch(/^episodes {6}0\nsteps {9}0\npolicy 0 {6}random: 0 episodes\n/m);
  expect(text).not.toMatch(/NaN|Infinity to/);
});
