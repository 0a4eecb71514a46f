import { z } from 'zod';

/** What data are like, by which the weight of staying near them is chosen. */
const kinds = ['mixed', 'demonstrations'] as const;

/** A weight for each kind of data. */
export type DataWeights = Readonly<Record<(typeof kinds)[number], number>>;

/**
 * The option α: a number, or the kind of the data. There is no number for all data: where it is too small critics diverge, and where it is too
 * large the policy clones what is bad. Without one it is that of demonstrations, which clones rather than diverges.
 * @param what is weighted: `the distance to the behaviour`
 */
export const dataWeightOption = (what: string, { mixed, demonstrations }: DataWeights) =>
  z
    .union([z.enum(kinds), z.number().positive()], `a number > 0, or ${kinds.map((kind) => `"${kind}"`).join(' or ')}`)
    .default('demonstrations')
    .meta({
      description:
        `α, what ${what} counts beside values of mean size 1; 'mixed' is ${mixed}, for data of good and bad episodes, ` +
        `'demonstrations' is ${demonstrations}, for data that are good as a whole`,
      type: '"mixed", "demonstrations" or a number > 0',
    });

/** The number that the option stands for. */
export function dataWeight(option: (typeof kinds)[number] | number, weights: DataWeights): number {
  return typeof option === 'number' ? option : weights[option];
}
