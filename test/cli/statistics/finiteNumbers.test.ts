import { describe, expect, it } from 'vitest';
import {
  Bootstrap,
  equivalenceTest,
  holm,
  improvementInterval,
  interquartileMean,
  pairedPermutationTest,
  performanceProfile,
  probabilityOfImprovement,
} from '../../../cli/index.ts';
import { quantile } from '../../../cli/statistics/bootstrap.ts';
import { Rng } from '../../../src/random.ts';

describe('what no statistic is made of is refused, by function, argument and index', () => {
  const statistics: [name: string, argument: string, of: (values: number[]) => unknown][] = [
    ['interquartileMean', 'values', interquartileMean],
    ['quantile', 'values', (values) => quantile(Float64Array.from(values), 0.5)],
    ['holm', 'pValues', holm],
    ['probabilityOfImprovement', 'x', (values) => probabilityOfImprovement(values, [1, 2])],
    ['probabilityOfImprovement', 'y', (values) => probabilityOfImprovement([1, 2], values)],
    [
      'pairedPermutationTest',
      'x',
      (values) =>
        pairedPermutationTest(
          values,
          values.map(() => 0),
        ),
    ],
    [
      'pairedPermutationTest',
      'y',
      (values) =>
        pairedPermutationTest(
          values.map(() => 0),
          values,
        ),
    ],
    ['improvementInterval', 'x', (values) => improvementInterval(values, [1, 2], { rng: new Rng(0) })],
    ['improvementInterval', 'y', (values) => improvementInterval([1, 2], values, { rng: new Rng(0) })],
    ['equivalenceTest', 'x', (values) => equivalenceTest(values, values, { bound: 1, rng: new Rng(0) })],
    [
      'equivalenceTest',
      'y',
      (values) =>
        equivalenceTest(
          values.map(() => 0),
          values,
          { bound: 1, rng: new Rng(0) },
        ),
    ],
    ['performanceProfile', 'scores', (values) => performanceProfile(values, [0], { rng: new Rng(0) })],
    ['performanceProfile', 'thresholds', (values) => performanceProfile([1, 2], values, { rng: new Rng(0) })],
    ['Bootstrap.interval', 'strata[1]', (values) => new Bootstrap({ rng: new Rng(0) }).interval([[1, 2], values])],
  ];

  it.each(statistics)('%s, %s', (name, argument, of) => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      for (const at of [0, 4]) {
        expect(() => of([0.1, 0.2, 0.3, 0.4, 0.5].with(at, bad))).toThrow(
          `${name}: wanted finite numbers, got ${argument}[${at}] = ${bad}`,
        );
      }
    }
    if (name === 'pairedPermutationTest' || name === 'equivalenceTest') argument = 'x';
    expect(() => of([])).toThrow(`${name}: wanted at least one number in ${argument}, got none`);
  });

  it('quantile wants q from 0 to 1', () => {
    for (const q of [-0.1, 1.1, Number.NaN]) {
      expect(() => quantile(Float64Array.of(1, 2), q)).toThrow(`quantile: wanted q from 0 to 1, got ${q}`);
    }
  });
});
