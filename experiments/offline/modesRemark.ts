import { groupBy } from '../../cli/experiment/collections.ts';
import type { Remark, SummaryRow } from '../../cli/experiment/experiment.ts';
import { plainEnv } from '../shared/plainEnv.ts';
import { conditionLabel } from './conditionLabel.ts';
import { methodLabel } from './methodLabel.ts';
import { FEWEST_SEEDS } from './whenNotNeeded.ts';

/** From here on both of two banks are said to be kept: of what remains, one has 18 % or more. */
const BOTH = 1.6;
/** A walker that drowns more often keeps nothing. */
const DROWNED = 0.1;

/**
 * Which methods keep both banks of a lake whose banks pay the same, and get home. Nothing of a run that has no such data.
 * @param summary rows of all metrics
 */
export function modesRemark(summary: readonly SummaryRow[]): Remark[] {
  const even = summary.filter(({ condition, iqm }) => ['two-experts', 'medium'].includes(condition!) && iqm !== null);
  const groups = groupBy(
    even.filter(({ metric }) => metric === 'modes' || metric === 'drowned'),
    ({ study, env, condition }) => JSON.stringify([study, env, condition]),
  );
  const found = [...groups.values()].flatMap((own) => {
    const { study, env, condition } = own[0]!;
    const value = (policy: string, metric: string) =>
      own.find((row) => row.policy === policy && row.metric === metric)?.iqm;
    const policies = [...new Set(own.map(({ policy }) => policy))];
    const kept = policies.filter(
      (policy) => (value(policy, 'modes') ?? 0) >= BOTH && (value(policy, 'drowned') ?? 1) <= DROWNED,
    );
    const who = kept.map(methodLabel).join(', ');
    const where = `${study === 'cloning' ? 'cloning ' : ''}${conditionLabel(condition!)}, ${plainEnv(env)}`;
    return [`on ${where}: ${kept.length === 0 ? 'none' : who}`];
  });
  if (found.length === 0) return [];
  const seeds = Math.max(...even.map(({ perSeed }) => perSeed.filter((value) => value !== null).length));
  const answer =
    seeds < FEWEST_SEEDS
      ? `Too few seeds to tell: ${seeds} of at least ${FEWEST_SEEDS}. So far, ${found.join('; ')}.`
      : found.map((part) => `O${part.slice(1)}.`).join(' ');
  return [
    {
      question: 'Who keeps both banks where both pay the same, and drowns in at most 10 % of the walks?',
      answer,
    },
  ];
}
