import { bounded } from '../../harness/conclusion.ts';
import type { Outcome } from '../../harness/experiment.ts';
import { describeBest } from '../../harness/report/describeBest.ts';
import { PPO_ENV, ppoSettings } from '../config.ts';
import { lakeJobs } from '../lakeJobs.ts';
import { type PolicyName, policyCost, policyNames } from '../lakePolicies.ts';
import type { LakeStudy } from '../lakeStudy.ts';
import { percent } from '../percent.ts';
import { walksFigures } from '../walksFigures.ts';
import { walkTables } from '../walkTables.ts';
import { optimize } from './optimize.ts';

const METRIC = { name: 'homeRate', label: 'home', what: 'share of walks that get home', better: 'higher' } as const;

/** E0: PPO on the lake, whose optimum is deterministic. */
export const ppo: LakeStudy = {
  name: 'ppo',
  title: 'PPO from scratch',
  question: 'Does a policy with several modes get home more often than a Gaussian where everything is observed?',
  prediction: 'No: the optimum is deterministic, so every policy that gets home commits to one bank.',

  jobs: (config) =>
    lakeJobs(config, {
      study: 'ppo',
      environments: [PPO_ENV],
      policies: policyNames,
      weight: ({ policy }) =>
        (policyCost[policy as PolicyName] * config.ppo.steps * ppoSettings(config.tuned, policy as PolicyName).epochs) /
        2e5,
    }),

  runJob: (job, config, context) => optimize({ policy: job.policy as PolicyName }, config, context),

  tables: (rows) => walkTables('PPO', rows),

  criteria: ({ rows }) =>
    rows
      .filter(({ metric }) => metric === 'modeBalance')
      .map((row) => bounded(row, { label: `${row.policy}, less used bank`, atMost: 0.05, format: percent })),

  section: ({ outcomes, rows }) => ({
    paragraphs: [
      'The lake is fully observed, so a deterministic policy is among the best, and a Gaussian that moves its mean and shrinks its ' +
        'scale can be one. A less used bank of 0 % says that a policy has committed to one side.',
      ...[
        describeBest(
          rows.filter(({ metric }) => metric === METRIC.name),
          { better: METRIC.better, label: 'Most get home', format: percent },
        ),
        describeArrival(outcomes),
      ].filter((text) => text !== undefined),
    ],
    figures: walksFigures({
      name: `ppo-${PPO_ENV}`,
      outcomes,
      rows,
      metric: METRIC,
      curve: { field: 'return', x: 'environment steps', y: 'return of an episode' },
    }),
  }),
};

/** The share of walks that must get home for a seed to count as one that has learned the way. */
const ARRIVED = 0.9;

/** How many seeds have learned the way home, which have not, and what those do instead. */
function describeArrival(outcomes: readonly Outcome[]): string {
  const lost = outcomes.filter(({ result }) => (result.metrics.homeRate ?? 0) < ARRIVED);
  const count = `${outcomes.length - lost.length} of ${outcomes.length} seeds bring at least ${100 * ARRIVED} % of their walks home`;
  if (lost.length === 0) return `${count}.`;
  const seeds = lost.map(({ job, result: { metrics }, rows }) => {
    const [home, drowned] = [metrics.homeRate ?? 0, metrics.drownRate ?? 0];
    const returns = rows.flatMap((row) => (typeof row.return === 'number' ? [row.return] : []));
    const best = returns.length === 0 ? '' : `; best rollout in training ${Math.max(...returns).toFixed(2)}`;
    return `${job.policy}, seed ${job.seed} (home ${percent(home)}, drowned ${percent(drowned)}, out of time ${percent(1 - home - drowned)}${best})`;
  });
  return (
    `${count}. The others: ${seeds.join('; ')}. Standing still returns −0.3 and drowning less than −1: a policy that learns to keep ` +
    'out of the water before one of its walks has found home gets no other reward, and learns nothing more.'
  );
}
