import { expect, test } from 'vitest';
import { placesAtStart } from '../../../../../../experiments/lake/studies/soft/lake/placesAtStart.ts';
import { medianKls } from '../../../../../../experiments/lake/studies/soft/lake/placesFigures.ts';

test('of each place the seed in the middle, of an even number the mean of the two', () => {
  const seeds = [3, 1, 2].map((seed) => ({ kls: placesAtStart.map((_, i) => seed + 10 * i) }));
  expect(medianKls(seeds)).toEqual(placesAtStart.map((_, i) => 2 + 10 * i));
  expect(medianKls(seeds.slice(0, 2))[1]).toBe(12);
});
