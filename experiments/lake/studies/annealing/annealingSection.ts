import { policyNames } from '../../../../agents/lake.ts';
import type { Figure, Section, SummaryRow, Table } from '../../../../cli/experiment/experiment.ts';
import { pairedSeeds } from '../../../../cli/statistics/comparison.ts';
import { formatP, holm, pairedPermutationTest, wilsonInterval } from '../../../../cli/statistics/pValues.ts';
import { policyColours } from '../../../../envs/drawing/palette.ts';
import { Rng } from '../../../../src/index.ts';
import { banditDensityFigure, banditDensityLegend } from '../../bandit/banditDensityFigure.ts';
import type { BanditData } from '../../bandit/banditJob.ts';
import { banditPolicies } from '../../bandit/banditPolicies.ts';
import { nats, percent } from '../../shared/formats.ts';
import type { StudyResults } from '../../study/lakeStudy.ts';
import { annealingTemperatures, COLLAPSED, conditionOf, type TemperatureKind } from './annealingConditions.ts';
import { shareFigure, shareLegend } from './shareFigure.ts';

/** The study in the report. */
export function annealingSection({ outcomes, rows }: StudyResults): Omit<Section, 'title'> {
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
