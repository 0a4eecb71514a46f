import type { Job, Outcome } from '../../cli/experiment/experiment.ts';

/**
 * The outcome that stands for a policy in a figure: that of the seed with the median of a metric. Of an even number of seeds it
 * is the worse of the two in the middle; seeds for which there was nothing to measure count as the worst.
 *
 * @throws if there is no outcome.
 */
export function typicalOutcome<J extends Job>(
  outcomes: readonly Outcome<J>[],
  options: { metric: string; better: 'higher' | 'lower' },
): Outcome<J> {
  const { metric, better } = options;
  if (outcomes.length === 0) throw new Error('typicalOutcome: needs at least one outcome');
  const badness = ({ result }: Outcome<J>) => {
    const value = result.metrics[metric] ?? Number.NaN;
    if (Number.isNaN(value)) return Number.POSITIVE_INFINITY;
    return better === 'lower' ? value : -value;
  };
  // Infinities are equal, and so is what is equal: the earlier seed goes first.
  const byMerit = [...outcomes].sort((a, b) => Math.sign(badness(a) - badness(b)) || a.job.seed - b.job.seed);
  return byMerit[Math.floor(byMerit.length / 2)]!;
}
