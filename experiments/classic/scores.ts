import { presetOf } from '../../agents/common/presetOf.ts';
import type { Answer } from '../harness/conclusion.ts';
import type { Figure, Outcome, Section, SummaryRow, Table } from '../harness/experiment.ts';
import { plural } from '../harness/plural.ts';
import { intervalChart } from '../harness/report/intervalChart.ts';
import { flatSettings } from '../harness/report/settings.ts';
import { metricTable } from '../harness/report/table.ts';
import { trueMinus } from '../harness/report/trueMinus.ts';
import { curvesFigure } from '../training/trainSections.ts';
import { type Cell, cells, type StudyName } from './cells.ts';

const AGENTS: Record<StudyName, string> = {
  ppo: 'PPO',
  a2c: 'A2C',
  sac: 'SAC',
  td3: 'TD3',
  dqn: 'DQN',
  'qr-dqn': 'QR-DQN',
};

/** What was reached of what was asked, a row a policy of a cell. Greedy actions decide. @param steps in place of those of the cells */
export function scoreTable(summary: readonly SummaryRow[], steps?: number): Table {
  const format = (value: number) => value.toFixed(1);
  return {
    title: 'Scores',
    columns: ['environment', 'agent', 'steps', 'policy', 'seeds', 'asked', 'reached', 'greedy', 'sampled'],
    rows: cells.flatMap((cell) => {
      const own = of(cell, summary);
      const { rows } = metricTable('', own, [
        { metric: 'greedyReturn', label: 'greedy', format },
        { metric: 'return', label: 'sampled', format },
      ]);
      return rows.map(([policy, seeds, greedy, sampled]) => [
        cell.env,
        AGENTS[cell.study],
        String(steps ?? cell.steps),
        policy!,
        seeds!,
        trueMinus(String(cell.asked)),
        reached(cell, own, policy!),
        greedy!,
        sampled!,
      ]);
    }),
  };
}

function reached({ asked }: Cell, rows: readonly SummaryRow[], policy: string): string {
  const iqm = rows.find((row) => row.policy === policy && row.metric === 'greedyReturn')?.iqm ?? null;
  return iqm === null ? '–' : iqm >= asked ? 'yes' : 'no';
}

/** How many of the scores that are asked for are reached, and who misses one. */
export function scoresReached(summary: readonly SummaryRow[]): Answer | undefined {
  const asked = cells.flatMap((cell) => {
    const own = of(cell, summary).filter(({ metric, iqm }) => metric === 'greedyReturn' && iqm !== null);
    return own.map(({ policy }) => ({
      training: `${AGENTS[cell.study]} with ${policy} on ${cell.env}`,
      isReached: reached(cell, own, policy) === 'yes',
    }));
  });
  if (asked.length === 0) return undefined;
  const missed = asked.filter(({ isReached }) => !isReached).map(({ training }) => training);
  const text = `${asked.length - missed.length} of ${plural(asked.length, 'training')} reach the score that is asked for, by the interquartile mean of greedy actions.`;
  return { text: missed.length === 0 ? text : `${text} Not so: ${missed.join('; ')}.` };
}

/** Learning curves and scores of each cell. */
export function sections(
  outcomes: readonly Outcome[],
  summary: readonly SummaryRow[],
  policies: readonly string[],
): Section[] {
  const scores = cells.flatMap((cell) => {
    const { env, study, asked, steps } = cell;
    const ours = outcomes.filter(({ job }) => job.env === env && job.study === study);
    if (ours.length === 0) return [];
    const charts = (['greedyReturn', 'return'] as const).map((metric): Figure => {
      const actions = metric === 'return' ? 'sampled' : 'greedy';
      return {
        name: `${study}-${env}-${metric}`,
        caption: `${AGENTS[study]} on ${env}: return of ${actions} actions. A dot is the interquartile mean over the seeds, a bar its 95 % interval, a tick a seed.`,
        spec: intervalChart(
          of(cell, summary).filter((row) => row.metric === metric),
          { x: `return, ${actions} actions`, policies },
        ),
      };
    });
    return [
      {
        title: `${AGENTS[study]} on ${env}`,
        paragraphs: [
          `Asked for: a return of at least ${trueMinus(String(asked))} of greedy actions after ${steps.toLocaleString('en-GB')} steps.`,
        ],
        figures: [curvesFigure(ours, policies, `${study}-${env}-curves`), ...charts],
      },
    ];
  });
  return [...scores, { title: 'How they were trained', paragraphs: [SAME_SETTINGS], tables: [presetTable()] }];
}

const SAME_SETTINGS =
  'The same settings for every policy and seed: the presets of oxbow train. What they leave out is the default of the agent or the policy.';

function presetTable(): Table {
  return {
    title: 'Presets',
    columns: ['training', 'settings'],
    rows: cells.map(({ env, study }) => {
      const { steps: _, ...preset } = presetOf(env, study)!;
      return [
        `${AGENTS[study]} on ${env}`,
        flatSettings(preset)
          .map(([path, value]) => `${path} ${value}`)
          .join(', '),
      ];
    }),
  };
}

function of<T extends { readonly env: string; readonly study: string }>({ env, study }: Cell, rows: readonly T[]): T[] {
  return rows.filter((row) => row.env === env && row.study === study);
}
