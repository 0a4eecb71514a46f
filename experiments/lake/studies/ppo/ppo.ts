import { Rng } from '../../../../src/index.ts';
import { bounded } from '../../../harness/conclusion.ts';
import { equivalentRows } from '../../../harness/equivalentRows.ts';
import type { Outcome } from '../../../harness/experiment.ts';
import { describeBest } from '../../../harness/report/describeBest.ts';
import { intervalChart } from '../../../harness/report/intervalChart.ts';
import { profileChart } from '../../../harness/report/profileChart.ts';
import { performanceProfile } from '../../../harness/statistics/performanceProfile.ts';
import { percent } from '../../shared/formats.ts';
import { type PolicyName, policyCost, policyNames } from '../../shared/lakePolicies.ts';
import { lakeJobs } from '../../study/lakeJobs.ts';
import type { LakeStudy } from '../../study/lakeStudy.ts';
import { ARRIVED, arrivalEndpoints, describeArrivals, signedReturn } from '../../walks/arrival.ts';
import { ppoJob } from '../../walks/ppoJob.ts';
import { PPO_LAKE, ppoSettings } from '../../walks/ppoTraining.ts';
import { walksFigures } from '../../walks/walksFigures.ts';
import { drownTable, walkTables } from '../../walks/walkTables.ts';

const METRIC = { name: 'homeRate', label: 'home', what: 'share of walks that get home', better: 'higher' } as const;

/** With which the other classes are compared. */
const GAUSSIAN = 'gaussian';
/** The largest difference in return that does not matter: a twentieth of what home is worth. */
const SAME_RETURN = 0.05;
/** The mode entropy, nats, up to which a policy has committed: that of a share of 5 %. */
const COMMITTED = 0.2;
/** From below what drowning returns to above what the quickest walk does. */
const THRESHOLDS = Array.from({ length: 111 }, (_, i) => -1.2 + 0.02 * i);

/** E0: PPO on the lake, whose optimum is deterministic. */
export const ppo: LakeStudy = {
  name: 'ppo',
  title: 'PPO from scratch',
  question: 'Does a policy with several modes get home more often than a Gaussian where everything is observed?',
  prediction:
    'No: the optimum is deterministic, so every policy that gets home commits to one bank, and all return the same.',

  jobs: (config) =>
    lakeJobs(config, {
      study: 'ppo',
      environments: [PPO_LAKE],
      policies: policyNames,
      weight: ({ policy }) =>
        (policyCost[policy as PolicyName] * config.ppo.steps * ppoSettings(config.tuned, policy as PolicyName).epochs) /
        2e5,
    }),

  runJob(job, config, context) {
    const policy = job.policy as PolicyName;
    return ppoJob({ env: PPO_LAKE, policy, settings: ppoSettings(config.tuned, policy) }, config, context);
  },

  tables: (rows) => walkTables('PPO', rows),

  criteria: ({ rows }) => {
    const of = (metric: string) => rows.filter((row) => row.metric === metric);
    const returns = of('return');
    const gaussian = returns.find(({ policy }) => policy === GAUSSIAN);
    return [
      ...of('modeEntropy').map((row) =>
        bounded(row, { label: `${row.policy}, mode entropy`, atMost: COMMITTED, format: (value) => value.toFixed(2) }),
      ),
      ...returns
        .filter(({ policy }) => policy !== GAUSSIAN)
        .map((row) =>
          equivalentRows(row, gaussian, {
            label: `${row.policy} − ${GAUSSIAN}, return`,
            bound: SAME_RETURN,
            format: signedReturn,
          }),
        ),
    ];
  },

  answer: ({ rows }) => describeArrivals(rows, 'On the fine lake, '),

  endpoints: ({ rows }) => arrivalEndpoints(rows, { where: 'fine lake', chosen: 'post hoc' }),

  section: ({ outcomes, rows }, config) => ({
    paragraphs: [
      'The lake is fully observed, so a deterministic policy is among the best, and a Gaussian that moves its mean and shrinks its ' +
        'scale can be one. The mode entropy, that of the bank of walks home, is 0 nats where a policy has committed to one side, and ' +
        `ln 2 = 0.69 where it uses both alike; at most ${COMMITTED} counts as committed, a share of 5 % for the other bank. Returns count as ` +
        `the same where the 90 % interval of the paired difference of interquartile means lies within ±${SAME_RETURN}; fewer than five seeds ` +
        'decide nothing.',
      ...[
        describeBest(
          rows.filter(({ metric }) => metric === METRIC.name),
          { better: METRIC.better, label: 'Most get home', format: percent },
        ),
        describeArrival(outcomes),
      ].filter((text) => text !== undefined),
    ],
    figures: [
      ...walksFigures({
        name: `ppo-${PPO_LAKE}`,
        outcomes,
        rows,
        metric: METRIC,
        curve: { field: 'return', x: 'environment steps', y: 'return of an episode' },
      }),
      {
        name: `ppo-${PPO_LAKE}-entropy`,
        caption: 'Mode entropy of walks home, nats: 0 for one bank only, ln 2 = 0.69 for both alike.',
        spec: intervalChart(
          rows.filter(({ metric }) => metric === 'modeEntropy'),
          { x: 'mode entropy, nats', domain: [0, Math.LN2], policies: policyNames },
        ),
      },
      {
        name: `ppo-${PPO_LAKE}-profile`,
        caption:
          'Performance profile: the share of seeds with a return above each threshold, in its 95 % band. Seeds that never find home ' +
          'stay at −0.3 or below.',
        spec: profileChart(
          rows
            .filter(({ metric }) => metric === 'return')
            .map(({ policy, perSeed }) => ({ policy, scores: perSeed.filter((value) => value !== null) }))
            .filter(({ scores }) => scores.length > 0)
            .map(({ policy, scores }) => ({
              policy,
              points: performanceProfile(scores, THRESHOLDS, { rng: new Rng('profile') }),
            })),
          { x: 'return', policies: policyNames },
        ),
      },
    ],
    tables: [
      drownTable(
        `PPO: drowned by seed, %, with the 95 % Wilson interval over ${config.evaluationEpisodes} walks`,
        rows.filter(({ metric }) => metric === 'drownRate').map((row) => ({ heading: row.policy, row })),
        config,
      ),
    ],
  }),
};

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
