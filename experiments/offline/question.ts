export const question =
  'Which policies and agents make the most of data that were made before: where one expert acts, where two disagree, where good episodes stand among bad ones?';

/**
 * Fixed on 2026-11-27, and not changed since; the bounds of "equivalent", "as good as" and "best" on 2026-11-28, and that "any flow" is each of the
 * study and not those of IQL alone on 2026-11-29. All of it is older than any run of this experiment, and younger than trials of a prototype and
 * `npm run bench:offline`, which have the same agents on the same tasks.
 */
export const prediction =
  'One expert: all classes are equivalent. Two experts: the sampled Gaussian loses ≥ 15 % to the spline; exact flow and flow matching are equivalent ' +
  'within 5 %. Offline, on mixed data and on uneven banks: IQL’s greedy Gaussian is as good as any flow; FQL is best on mixed data. (Normalized scores: ' +
  '0 is random, 100 % the expert; equivalent and as good as: within 5 %)';
