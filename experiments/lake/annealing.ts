import type { Answer, SummaryRow } from '../../cli/experiment/experiment.ts';
import { pairedDifference } from '../../cli/statistics/comparison.ts';
import { Rng } from '../../src/random.ts';
import { pairedSeeds } from '../shared/report.ts';
import { gridJobs } from '../shared/study.ts';
import { annealed, BANDIT, type BanditPolicy, banditJob, banditPolicies, banditSeconds } from './bandit.ts';
import { annealingConditions, annealingTemperatures, conditionOf, type TemperatureKind } from './conditions.ts';
import { conditionLabel, nats, percent, percentWithInterval, policyLabel, shareColumn } from './labels.ts';
import { type LakeJob, type LakeStudy, tableOf } from './study.ts';

/** Policies that may have two modes. */
const TWO_MODES = ['mixture-2', 'mixture', 'spline'] as const;

/** E6: E2's bandit with its schedule of temperatures and without. */
export const annealing: LakeStudy = {
  name: 'annealing',
  title: 'The bandit without annealing',
  question: 'Do policies that may keep both banks lose one, if the temperature is low from the start?',
  prediction:
    'Yes: at τ ≤ 0.05 and constant temperature flows and mixtures collapse onto one bank. With a temperature that falls to ' +
    'the same τ they keep both.',
  endpoint: 'the lesser bank’s share at the lowest temperature (chosen post hoc)',

  jobs: (config) =>
    gridJobs<LakeJob>(config, {
      study: 'annealing',
      environments: [BANDIT],
      policies: banditPolicies,
      conditions: annealingConditions.map(({ key }) => key),
      weight: ({ policy }) => banditSeconds(policy as BanditPolicy, config.soft.bandit),
    }),

  async runJob(job, config, context) {
    const { temperature, kind } = conditionOf(job);
    const { metrics, data } = banditJob(
      {
        policy: job.policy as BanditPolicy,
        task: { temperature, penalty: 0 },
        temperature: kind === 'annealed' ? annealed(temperature) : () => temperature,
        noise: 'antithetic',
        triesBank: false,
      },
      config.soft.bandit,
      context,
    );
    // A quadrature finds a little more than 1 for the whole mass.
    const lesserShare = Math.max(0, Math.min(metrics.rightShare!, 1 - metrics.rightShare!));
    return { metrics: { ...metrics, lesserShare }, data };
  },

  tables: (rows) =>
    tableOf(
      'The bandit, annealed and at constant temperature',
      rows.map((row) => ({ ...row, policy: `${conditionLabel(row.condition!)}, ${row.policy}` })),
      [
        { metric: 'kl', label: 'KL to the soft optimum, nats', format: nats },
        { metric: 'lesserShare', label: 'lesser bank', ...shareColumn },
      ],
    ),

  answer: ({ rows }) => annealedAnswer(rows),

  section: () => ({
    paragraphs: [
      'E2’s bandit without penalty, with the temperature falling from 1 over 70 % of the updates, and the same runs, seed by seed, with the last temperature from ' +
        'the start. Reverse KL seeks modes: a policy that has lost a bank draws no action there, and nothing calls it back.',
    ],
  }),
};

/** The temperature at which a collapse is likeliest. */
const COLDEST = Math.min(...annealingTemperatures);

/** A metric at a temperature, annealed and at a constant temperature, of each policy that may have two modes. */
function pairsAt(rows: readonly SummaryRow[], metric: string, temperature: number) {
  const at = (policy: string, kind: TemperatureKind) =>
    rows.find((row) => {
      if (row.policy !== policy || row.metric !== metric || row.iqm === null) return false;
      const own = conditionOf(row);
      return own.kind === kind && own.temperature === temperature;
    });
  return TWO_MODES.flatMap((policy) => {
    const [annealed, constant] = [at(policy, 'annealed'), at(policy, 'constant')];
    return annealed === undefined || constant === undefined ? [] : [{ policy, annealed, constant }];
  });
}

/** What annealing does to the class of whose actions most are on one bank without it, and what it costs at the next temperature. */
function annealedAnswer(rows: readonly SummaryRow[]): Answer | undefined {
  const pairs = pairsAt(rows, 'lesserShare', COLDEST);
  const [worst] = [...pairs].sort((a, b) => a.constant.iqm! - b.constant.iqm!);
  if (worst === undefined) return undefined;
  const { policy, annealed, constant } = worst;
  const { x, y } = pairedSeeds(annealed, constant);
  const gain = x.length === 0 ? undefined : pairedDifference(x, y, { rng: new Rng('effect') });
  const points = (value: number) => (100 * value).toFixed(0);
  const became =
    gain?.low == null ? '' : `: ${points(gain.difference)} points more [${points(gain.low)}, ${points(gain.high!)}]`;
  const others = pairs.filter((pair) => pair !== worst);
  const least = Math.min(...others.flatMap((pair) => [pair.annealed.iqm!, pair.constant.iqm!]));
  return {
    text: [
      `At τ = ${COLDEST} a ${policyLabel(policy)} puts ${percentWithInterval(constant)} of its actions on its lesser bank if the temperature is constant, ` +
        `${percentWithInterval(annealed)} if it falls${became}.`,
      ...(others.length === 0 ? [] : [`The other classes keep at least ${percent(least)} there either way.`]),
    ].join(' '),
    chart: {
      caption: `share of the lesser bank, τ = ${COLDEST}`,
      most: 0.5,
      bars: pairs.flatMap((pair) =>
        (['constant', 'annealed'] as const).map((kind) => {
          const { iqm, low, high } = pair[kind];
          return { label: `${policyLabel(pair.policy)}, ${kind}`, value: iqm!, low, high, text: percent(iqm!) };
        }),
      ),
    },
  };
}
