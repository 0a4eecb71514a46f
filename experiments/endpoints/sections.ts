import { densityPolicyNames } from '../../agents/lake.ts';
import type { Outcome, Section, SummaryRow, Table } from '../../cli/experiment/experiment.ts';
import { intervalChart } from '../../cli/report/charts.ts';
import { metricTable } from '../../cli/report/table.ts';
import { tuningSection } from '../../cli/tuning/trials.ts';
import { conditionLabel } from '../lake/shared/conditionLabel.ts';
import { nats, shareColumn } from '../lake/shared/formats.ts';
import { policyLabel } from '../lake/shared/policyLabel.ts';
import { walksFigures } from '../lake/walks/walksFigures.ts';
import { walkTables } from '../lake/walks/walkTables.ts';
import { foldSection } from '../shared/foldSection.ts';
import { type EndpointsConfig, FLOORS } from './config.ts';
import { whereOf } from './regretSummary.ts';
import { softStudies } from './softStudies.ts';
import { readTrials, tuning } from './tuning.ts';

/** The rows of a study. */
export function rowsOf(summary: readonly SummaryRow[], study: string): SummaryRow[] {
  return summary.filter((row) => row.study === study);
}

/** How walks of E0 ended. */
export function arrivalTables(summary: readonly SummaryRow[]): Table[] {
  return walkTables('PPO', rowsOf(summary, 'arrival'));
}

/** What E2 measured, a table for each algorithm and temperature. */
export function regretTables(summary: readonly SummaryRow[]): Table[] {
  return softStudies.flatMap((study) => {
    const rows = rowsOf(summary, study.name);
    if (rows.length === 0) return [];
    return [
      metricTable(`The soft lake ${whereOf(study)}`, rows, [
        { metric: 'softRegret', label: 'soft regret', format: nats },
        { metric: 'natsAStep', label: 'nats a step', format: nats },
        { metric: 'steps', label: 'steps', format: (value) => value.toFixed(1) },
        { metric: 'unfinished', label: 'out of time', ...shareColumn },
        { metric: 'modeEntropy', label: 'entropy of the bank, nats', format: nats },
        { metric: 'homeRate', label: 'home', ...shareColumn },
      ]),
    ];
  });
}

/** What classes can do at best. */
export function floorTables(summary: readonly SummaryRow[]): Table[] {
  const rows = rowsOf(summary, FLOORS);
  if (rows.length === 0) return [];
  const cells = [...new Set(rows.map(({ condition }) => condition!))].flatMap((condition) =>
    [...new Set(rows.map(({ policy }) => policy))].flatMap((policy) => {
      const of = (metric: string) =>
        rows
          .find((row) => row.condition === condition && row.policy === policy && row.metric === metric)
          ?.perSeed.find((value) => value !== null);
      const [regret, natsAStep, steps, ofProjection] = ['softRegret', 'natsAStep', 'steps', 'ofProjection'].map(of);
      if (regret == null || natsAStep == null || steps == null || ofProjection == null) return [];
      const temperature = condition.replace('tau-', '');
      return [[temperature, policyLabel(policy), nats(regret), nats(natsAStep), steps.toFixed(1), nats(ofProjection)]];
    }),
  );
  return [
    {
      title: 'Computed: the floor of each class, the best that it can do at any size',
      columns: ['τ', 'class', 'soft regret', 'nats a step', 'steps', 'of the projection'],
      rows: cells,
    },
  ];
}

/** E0 in the report. */
export function arrivalSection(outcomes: readonly Outcome[], summary: readonly SummaryRow[]): Section[] {
  const own = outcomes.filter(({ job }) => job.study === 'arrival');
  if (own.length === 0) return [];
  return [
    foldSection(
      {
        title: 'E0: PPO on the stride lake',
        code: 'E0',
        paragraphs: [
          'On the fine lake whether a seed finds home is a matter of its exploration, not of its class. On the stride lake a few steps lead home, and all ' +
            'classes have settings of their own, found with as many trials for each on other seeds. A seed arrives where at least 90 % of its walks get home.',
        ],
        figures: walksFigures({
          name: 'arrival',
          outcomes: own,
          rows: rowsOf(summary, 'arrival'),
          metric: { name: 'homeRate', label: 'home', what: 'share of walks that get home', better: 'higher' },
          curve: { field: 'return', x: 'environment steps', y: 'return of an episode' },
        }),
        tables: arrivalTables(summary),
      },
      ['arrival-*'],
    ),
  ];
}

/** E2 in the report. */
export function regretSection(summary: readonly SummaryRow[], { soft, floors }: EndpointsConfig): Section[] {
  if (summary.every(({ study }) => study === 'arrival')) return [];
  return [
    foldSection(
      {
        title: 'E2: soft regret',
        code: 'E2',
        paragraphs: [
          'What a policy loses of the soft return by not being the soft optimum is τ E[Σₜ KL(π ‖ π*)] along its own walks: an identity, by which each ' +
            `KL is measured at every step of ${soft.measuredWalks} walks, by quadrature on ${soft.points} headings against the optimum on a grid of ` +
            `${soft.cells} × ${soft.cells} cells. Nats a step are that over τ and the mean number of steps. Settings were searched at each temperature and for each ` +
            'algorithm, with as many trials for each class.',
          'A floor is the least that a class can lose, were its network to give any member of it at each state: by projection onto the optimum, and then by policy iteration in the class, since a ' +
            `step that is far from the optimum may lead where the next ones are near; on a grid of ${floors.cells} × ${floors.cells} cells. The spline’s is that of three splines of ` +
            '16 bins. Floors are found by a search, so that a class may do a little better still.',
        ],
        figures: softStudies.flatMap((study) => {
          const rows = rowsOf(summary, study.name).filter(({ metric, iqm }) => metric === 'natsAStep' && iqm !== null);
          if (rows.length === 0) return [];
          return [
            {
              name: `regret-${study.name}`,
              caption: `Soft regret over τ, nats a step, ${whereOf(study)}: interquartile mean, 95 % interval, a tick a seed.`,
              spec: intervalChart(rows, { x: 'nats a step', policies: densityPolicyNames }),
            },
          ];
        }),
        tables: [...floorTables(summary), ...regretTables(summary)],
      },
      ['regret-*'],
    ),
  ];
}

/** How the settings were found. */
export function searchSection(config: EndpointsConfig): Section[] {
  const trials = readTrials();
  if (trials === undefined) {
    const paragraphs = ['They have not been searched yet: they are those of the lake’s first run, or like them.'];
    return [{ title: 'How the settings were found', paragraphs }];
  }
  const { tables = [], ...section } = tuningSection(trials, { tuning, conditionLabel }, config.tuned);
  return [{ ...section, sections: [{ title: 'The trials', folded: true, tables }] }];
}
