import type { Answer, Figure, Section, SummaryRow, Table } from '../../cli/experiment/experiment.ts';
import { metricTable } from '../../cli/report/table.ts';
import { pairedDifference } from '../../cli/statistics/comparison.ts';
import { formatP, holm, pairedPermutationTest, wilsonInterval } from '../../cli/statistics/pValues.ts';
import { policyNames } from '../../common/lake.ts';
import { policyColours } from '../../envs/drawing/palette.ts';
import { Rng } from '../../src/random.ts';
import { endpointTable } from '../shared/endpointTable.ts';
import { pairedSeeds } from '../shared/equivalenceTest.ts';
import {
  annealed,
  BANDIT,
  type BanditData,
  type BanditPolicy,
  banditJob,
  banditPolicies,
  banditSeconds,
} from './bandit.ts';
import { banditDensityFigure, banditDensityLegend, shareFigure, shareLegend } from './banditFigures.ts';
import {
  annealingConditions,
  annealingTemperatures,
  COLLAPSED,
  conditionOf,
  type TemperatureKind,
} from './conditions.ts';
import { bound, conditionLabel, nats, percent, percentWithInterval, policyLabel, shareColumn } from './labels.ts';
import { type LakeStudy, lakeJobs, type StudyResults } from './study.ts';

/** The study in the report. */
function annealingSection({ outcomes, rows }: StudyResults): Omit<Section, 'title'> {
  return {
    paragraphs: [
      'The runs of E2’s bandit once more, without penalty: with the temperature falling from 1 over 70 % of the updates, and beside them ' +
        'the same runs, seed by seed, with the last temperature from the start. Reverse KL seeks modes: a policy that has lost a bank draws no action there, ' +
        'and nothing calls it back. The loss of one bank costs ln 2 = 0.693 nats.',
      'A flow has a bridge between the banks. If it costs b nats of KL at an even split, a flow that is shifted until a share p is on the right has ' +
        'a KL of about ln 2 − H(p) + b φ(z) / φ(0), Φ(z) = p: its bridge is where there is less noise. The even split is a minimum only if b < 2 / π, and else the flow ' +
        'slides onto one bank. At low temperature a wide bridge costs more than that: a flow keeps both banks if it makes its bridge thin before it has slid, and that depends on ' +
        'the noise of its gradient and the size of its steps, which are E2’s here, and not on the schedule alone.',
      'The components of a mixture begin apart, on both sides, with no bridge between them, and their weights move by the rewards of whole ' +
        'banks, which are equal. A Gaussian has no second mode to lose: it begins over the water, and may stay in the local minimum that its KL has there.',
    ],
    figures: [...shares(outcomes), ...lopsided(outcomes)],
    tables: [comparison(rows)],
  };
}

function shares(outcomes: StudyResults['outcomes']): Figure[] {
  return annealingTemperatures.map((temperature) => {
    const seeds = outcomes
      .filter(({ job }) => conditionOf(job).temperature === temperature)
      .map(({ job, result }) => ({
        policy: job.policy,
        kind: conditionOf(job).kind,
        share: result.metrics.rightShare!,
      }));
    return {
      name: `annealing-share-${temperature}`,
      caption: `The share of actions on the right bank, a > 0, at τ = ${temperature}, with a falling temperature and with a constant one. 50 % is even.`,
      legend: shareLegend,
      alt: `Share of the right bank at τ = ${temperature}.`,
      spec: shareFigure(seeds),
    };
  });
}

/** The spline flow's most uneven run at constant temperature, beside the annealed one of the same seed, and the Gaussian's. */
function lopsided(outcomes: StudyResults['outcomes']): Figure[] {
  const of = (policy: string, kind: TemperatureKind) =>
    outcomes.filter(({ job }) => job.policy === policy && conditionOf(job).kind === kind);
  const [worst] = of('spline', 'constant').sort(
    (a, b) => a.result.metrics.lesserShare! - b.result.metrics.lesserShare!,
  );
  if (worst === undefined) return [];
  const { temperature } = conditionOf(worst.job);
  const beside = (['spline', 'gaussian'] as const).flatMap((policy) =>
    of(policy, 'annealed').filter(
      ({ job }) => job.seed === worst.job.seed && conditionOf(job).temperature === temperature,
    ),
  );
  const { domain, range } = policyColours(policyNames);
  return [
    {
      name: 'annealing-density',
      caption:
        `Densities over actions at τ = ${temperature}: the spline flow’s most uneven run at constant temperature, and annealed runs of ` +
        'the same seed.',
      legend: banditDensityLegend,
      panels: [worst, ...beside].map(({ job, result }) => {
        const colour = range[domain.indexOf(job.policy)]!;
        const title = `${job.policy}, ${conditionOf(job).kind}`;
        const note = `seed ${job.seed}: right bank ${percent(result.metrics.rightShare!)}`;
        const spec = banditDensityFigure((result.data as BanditData).density, { temperature, penalty: 0 }, colour);
        return { title, note, colour, alt: `Density of ${title}, ${note}.`, spec };
      }),
    },
  ];
}

/** Collapses, and the KL of paired runs. */
function comparison(rows: readonly SummaryRow[]): Table {
  const pairs = annealingTemperatures.flatMap((temperature) =>
    banditPolicies.flatMap((policy) => {
      const of = (metric: string, kind: TemperatureKind) =>
        rows.find((row) => {
          const own = conditionOf(row);
          return row.policy === policy && row.metric === metric && own.temperature === temperature && own.kind === kind;
        });
      const [annealed, constant] = [of('kl', 'annealed'), of('kl', 'constant')];
      const [kept, lost] = [of('lesserShare', 'annealed'), of('lesserShare', 'constant')];
      if (!annealed || !constant || !kept || !lost) return [];
      return [{ temperature, policy, annealed, constant, kept, lost, p: pairedP(annealed, constant) }];
    }),
  );
  const tested = pairs.filter(({ p }) => p !== undefined);
  const adjusted = tested.length === 0 ? [] : holm(tested.map(({ p }) => p!));
  return {
    title: 'Annealed against constant: seeds with less than 3 % of the actions on one bank, and KL, nats',
    columns: ['τ', 'policy', 'collapsed, annealed', 'collapsed, constant', 'KL annealed', 'KL constant', 'p, paired'],
    rows: pairs.map((pair) => {
      const place = tested.indexOf(pair);
      return [
        String(pair.temperature),
        pair.policy,
        collapses(pair.kept),
        collapses(pair.lost),
        pair.annealed.iqm === null ? '–' : nats(pair.annealed.iqm),
        pair.constant.iqm === null ? '–' : nats(pair.constant.iqm),
        place < 0 ? '–' : formatP(adjusted[place]!),
      ];
    }),
  };
}

/** The p-value of the paired permutation test on the KLs of the seeds that have both; undefined for fewer than two. */
function pairedP(x: SummaryRow, y: SummaryRow): number | undefined {
  const pairs = pairedSeeds(x, y);
  return pairs.x.length < 2 ? undefined : pairedPermutationTest(pairs.x, pairs.y, new Rng('annealing'));
}

/** How many seeds have collapsed, with Wilson's interval of the share: `1 of 3 [6.1 %, 79.2 %]`. */
export function collapses({ perSeed }: SummaryRow): string {
  const measured = perSeed.filter((share) => share !== null);
  if (measured.length === 0) return '–';
  const count = measured.filter((share) => share < COLLAPSED).length;
  const { low, high } = wilsonInterval(count, measured.length);
  return `${count} of ${measured.length} [${percent(low)}, ${percent(high)}]`;
}

/** At and below this temperature a collapse was predicted. */
const COLD = 0.05;
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

  jobs: (config) =>
    lakeJobs(config, {
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
    rows.length === 0
      ? []
      : [
          metricTable(
            'The bandit, annealed and at constant temperature',
            rows.map((row) => ({ ...row, policy: `${conditionLabel(row.condition!)}, ${row.policy}` })),
            [
              { metric: 'kl', label: 'KL to the soft optimum, nats', format: nats },
              { metric: 'lesserShare', label: 'lesser bank', ...shareColumn },
            ],
          ),
        ],

  answer: ({ rows }) => annealedAnswer(rows),

  endpoint: ({ rows }) => sharesAtColdest(rows),

  section: annealingSection,
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

function sharesAtColdest(rows: readonly SummaryRow[]): Table | undefined {
  const fails = { when: (share: number) => share < COLLAPSED };
  return endpointTable(
    {
      measure: `the lesser bank’s share at τ = ${COLDEST}, in one number`,
      chosen: 'post hoc',
      ...shareColumn,
      failure: `it is under ${bound(COLLAPSED)}`,
      reference: 'constant',
    },
    pairsAt(rows, 'lesserShare', COLDEST).flatMap(({ policy, annealed, constant }) => [
      { label: `${policyLabel(policy)}, constant`, row: constant, fails },
      { label: `${policyLabel(policy)}, annealed`, row: annealed, than: constant, fails },
    ]),
  );
}

/** What annealing does to the class of whose actions most are on one bank without it, and what it costs at the next temperature. */
function annealedAnswer(rows: readonly SummaryRow[]): Answer | undefined {
  const pairs = pairsAt(rows, 'lesserShare', COLDEST);
  const [worst] = [...pairs].sort((a, b) => a.constant.iqm! - b.constant.iqm!);
  if (worst === undefined) return undefined;
  const { policy, annealed, constant } = worst;
  const gain = gainOf(annealed, constant);
  const points = (value: number) => (100 * value).toFixed(0);
  const became =
    gain.low === null
      ? `${points(gain.difference)} points more`
      : gain.low > 0
        ? `annealing adds ${points(gain.difference)} points [${points(gain.low)}, ${points(gain.high)}]`
        : gain.high < 0
          ? `annealing takes ${points(-gain.difference)} points [${points(-gain.high)}, ${points(-gain.low)}]`
          : 'the difference may be chance';
  const others = pairs.filter((pair) => pair !== worst);
  const least = Math.min(...others.flatMap((pair) => [pair.annealed.iqm!, pair.constant.iqm!]));
  const warmer = pairsAt(rows, 'kl', COLD).find((pair) => pair.policy === policy);
  const cost = warmer && gainOf(warmer.annealed, warmer.constant);
  return {
    text: [
      `At τ = ${COLDEST} a ${policyLabel(policy)} puts ${percentWithInterval(constant)} of its actions on its lesser bank if the temperature is constant, ` +
        `${percentWithInterval(annealed)} if it falls: ${became}.`,
      ...(others.length === 0 ? [] : [`The other classes keep at least ${percent(least)} there either way.`]),
      ...(cost?.low != null && cost.low > 0
        ? [`At τ = ${COLD} annealing costs it ${nats(cost.difference)} nats [${nats(cost.low)}, ${nats(cost.high)}].`]
        : []),
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

function gainOf(annealed: SummaryRow, constant: SummaryRow) {
  const { x, y } = pairedSeeds(annealed, constant);
  return x.length === 0
    ? { difference: annealed.iqm! - constant.iqm!, low: null, high: null }
    : pairedDifference(x, y, { rng: new Rng('effect') });
}
