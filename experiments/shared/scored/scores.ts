import { presetOf } from '../../../agents/train.ts';
import { groupBy } from '../../../cli/experiment/collections.ts';
import type { Answer, Figure, Outcome, Section, SummaryRow, Table } from '../../../cli/experiment/experiment.ts';
import { plural, trueMinus } from '../../../cli/experiment/text.ts';
import { intervalChart } from '../../../cli/report/charts.ts';
import { flatSettings } from '../../../cli/report/settings.ts';
import { metricTable } from '../../../cli/report/table.ts';
import { curvesFigure } from '../../../cli/train/trainSections.ts';
import { plainEnv } from '../plainEnv.ts';
import { agentLabel } from './agentLabel.ts';
import { type Cell, ofCell } from './cell.ts';

/** What was reached of what was asked, a row a policy of a cell. Greedy actions decide. @param steps in place of those of the cells */
export function scoreTable(cells: readonly Cell[], summary: readonly SummaryRow[], steps?: number): Table {
  return {
    title: 'Scores',
    columns: ['environment', 'agent', 'steps', 'policy', 'seeds', 'asked', 'reached', 'greedy', 'sampled'],
    rows: cells.flatMap((cell) => {
      const own = ofCell(cell, summary);
      const { rows } = metricTable('', own, [
        { metric: 'greedyReturn', label: 'greedy', format: scoreText },
        { metric: 'return', label: 'sampled', format: scoreText },
      ]);
      return rows.map(([policy, seeds, greedy, sampled]) => [
        plainEnv(cell.env),
        agentLabel(cell.study),
        grouped(steps ?? cell.steps),
        policy!,
        seeds!,
        cell.asked === undefined ? '–' : trueMinus(grouped(cell.asked)),
        reached(cell, own, policy!),
        greedy!,
        sampled!,
      ]);
    }),
  };
}

function reached({ asked }: Cell, rows: readonly SummaryRow[], policy: string): string {
  const iqm = rows.find((row) => row.policy === policy && row.metric === 'greedyReturn')?.iqm ?? null;
  return iqm === null || asked === undefined ? '–' : iqm >= asked ? 'yes' : 'no';
}

/** How many of the scores that are asked for are reached, and who misses one. */
export function scoresReached(cells: readonly Cell[], summary: readonly SummaryRow[]): Answer | undefined {
  const asked = cells.flatMap((cell) => {
    if (cell.asked === undefined) return [];
    const own = ofCell(cell, summary).filter(({ metric, iqm }) => metric === 'greedyReturn' && iqm !== null);
    return own.map(({ policy }) => ({
      training: `${agentLabel(cell.study)} with ${policy} on ${plainEnv(cell.env)}`,
      isReached: reached(cell, own, policy) === 'yes',
    }));
  });
  if (asked.length === 0) return undefined;
  const missed = asked.filter(({ isReached }) => !isReached).map(({ training }) => training);
  const count = asked.length - missed.length;
  const text = `${count} of ${plural(asked.length, 'training')} ${count === 1 ? 'reaches' : 'reach'} the score that is asked for, by the interquartile mean of greedy actions.`;
  return { text: missed.length === 0 ? text : `${text} Not so: ${missed.join('; ')}.` };
}

/** Learning curves and scores of each cell, and how its policies were trained. */
export function scoreSections(
  cells: readonly Cell[],
  outcomes: readonly Outcome[],
  summary: readonly SummaryRow[],
  { policies, steps: given }: { readonly policies: readonly string[]; readonly steps?: number | undefined },
): Section[] {
  const scores = cells.flatMap((cell) => {
    const { env, study, asked, steps: usual } = cell;
    const steps = given ?? usual;
    const ours = outcomes.filter(({ job }) => job.env === env && job.study === study);
    if (ours.length === 0) return [];
    const title = `${agentLabel(study)} on ${plainEnv(env)}`;
    const name = `${study}-${env.replaceAll('/', '-')}`;
    const charts = (['greedyReturn', 'return'] as const).map((metric): Figure => {
      const actions = metric === 'return' ? 'sampled' : 'greedy';
      return {
        name: `${name}-${metric}`,
        caption: `${title}: return of ${actions} actions. A dot is the interquartile mean over the seeds, a bar its 95 % interval, a tick a seed.`,
        spec: intervalChart(
          ofCell(cell, summary).filter((row) => row.metric === metric),
          { x: `return, ${actions} actions`, policies },
        ),
      };
    });
    const wanted =
      asked === undefined
        ? `Trained for ${grouped(steps)} steps.`
        : `Asked for: a return of at least ${trueMinus(grouped(asked))} of greedy actions after ${grouped(usual)} steps. Trained for ${grouped(steps)}.`;
    return [{ title, paragraphs: [wanted], figures: [curvesFigure(ours, policies, `${name}-curves`), ...charts] }];
  });
  const trained = cells.filter(({ env, study }) => outcomes.some(({ job }) => job.env === env && job.study === study));
  return [
    ...scores,
    { title: 'How they were trained', paragraphs: [PRESETS], tables: [presetTable(trained, policies)] },
  ];
}

const PRESETS =
  'With the presets of oxbow train, the same for every seed. What they leave out is the default of the agent or the policy.';

/** The presets: what holds for all policies of a cell, and what a policy has of its own. Cells that have the same are one row. */
function presetTable(cells: readonly Cell[], policies: readonly string[]): Table {
  const presets = cells.flatMap(({ env, study, policies: classes }) => {
    const { byPolicy = {}, ...common } = presetOf(env, study) ?? {};
    const own = classes.filter((policy) => policies.includes(policy) && Object.hasOwn(byPolicy, policy));
    const agent = agentLabel(study);
    return [
      { training: agent, env, settings: settingsText(common) },
      ...own.map((policy) => ({ training: `${agent} with ${policy}`, env, settings: settingsText(byPolicy[policy]!) })),
    ];
  });
  const same = groupBy(presets, ({ training, settings }) => `${training}: ${settings}`);
  return {
    title: 'Presets',
    columns: ['training', 'settings'],
    prose: true,
    rows: [...same.values()].map((rows) => [
      `${rows[0]!.training} on ${rows.map(({ env }) => plainEnv(env)).join(', ')}`,
      rows[0]!.settings,
    ]),
  };
}

function settingsText({ steps: _, ...preset }: Readonly<Record<string, unknown>>): string {
  const settings = flatSettings(preset).map(([path, value]) => `${path} ${value}`);
  return settings.length === 0 ? '–' : settings.join(', ');
}

/** `1,000,000` */
function grouped(count: number): string {
  return count.toLocaleString('en-GB');
}

/** A digit behind the point, where there are less than four before it: `−4.0`, `2,158`. */
function scoreText(score: number): string {
  return Math.abs(score) < 1000 ? score.toFixed(1) : grouped(Math.round(score));
}
