import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { TopLevelSpec } from 'vega-lite';
import { policyNames } from '../../../../agents/lake.ts';
import { groupBy } from '../../../../cli/experiment/collections.ts';
import type { SummaryRow } from '../../../../cli/experiment/experiment.ts';
import { typicalOutcome } from '../../../../cli/report/charts.ts';
import { policyColours, themeColour } from '../../../../envs/drawing/palette.ts';
import { start } from '../../../../envs/lake/lakeMap.ts';
import { loadPolicy } from '../../../../src/index.ts';
import type { LakeConfig } from '../../config.ts';
import { conditionLabel } from '../../shared/conditionLabel.ts';
import { percent } from '../../shared/formats.ts';
import { lakeJobs } from '../../study/lakeJobs.ts';
import type { StudyPart } from '../../study/studyInParts.ts';
import { PPO_LAKE, ppoSettings } from '../../tuned.ts';
import type { LakeData } from '../../walks/finishJob.ts';
import { lakeFigure, walksLegend } from '../../walks/lakeFigure.ts';
import { ppoJob } from '../../walks/ppoJob.ts';
import { drownTable, walkTables } from '../../walks/walkTables.ts';

const GAUSSIAN = 'gaussian';
/** The condition of a σ that is trained. */
export const LEARNED = 'learned';
interface ScaleCondition {
  readonly key: string;
  /** Undefined: learned. */
  readonly scale?: number;
}

/** The condition of a σ that stays what it is. */
export function scaleKey(scale: number): string {
  return `scale-${scale}`;
}

function conditionsOf({ fixedScale: { lake } }: LakeConfig): ScaleCondition[] {
  return [...lake.scales.map((scale) => ({ key: scaleKey(scale), scale })), { key: LEARNED }];
}

/** E5 on the lake: PPO as in E0, with a Gaussian that may not change its σ. */
export const fixedScaleLake: StudyPart = {
  environments: [PPO_LAKE],

  jobs: (config) =>
    lakeJobs(config, {
      study: 'fixed-scale',
      environments: [PPO_LAKE],
      policies: [GAUSSIAN],
      conditions: conditionsOf(config).map(({ key }) => key),
      weight: () => 0.7 + (config.ppo.steps * ppoSettings(config.tuned, GAUSSIAN).epochs) / 2e5,
    }),

  async runJob({ condition }, config, context) {
    const { scale } = conditionsOf(config).find(({ key }) => key === condition)!;
    const settings = ppoSettings(config.tuned, GAUSSIAN);
    const fixed = {
      env: PPO_LAKE,
      policy: GAUSSIAN,
      settings,
      ...(scale !== undefined && { fixedScale: scale }),
    } as const;
    const result = await ppoJob(fixed, config, context);
    return { ...result, metrics: { ...result.metrics, startSpeed: startSpeed(context.directory) } };
  },

  tables: (rows) => [
    ...walkTables('Fixed scales, PPO', rows),
    {
      title: 'Fixed scales, PPO: the mean velocity at the start',
      columns: ['σ', '|μ|'],
      rows: rows
        .filter(({ metric, iqm }) => metric === 'startSpeed' && iqm !== null)
        .map(({ condition, iqm }) => [conditionLabel(condition!).replace('σ = ', ''), iqm!.toFixed(2)]),
    },
  ],

  section: ({ outcomes, rows }, config) => {
    const drowned = rows.filter(({ metric }) => metric === 'drownRate');
    const colour = policyColours(policyNames).range[policyNames.indexOf(GAUSSIAN)]!;
    return {
      title: 'On the lake',
      paragraphs: [
        'PPO on the fine lake with the settings that E0 has for the Gaussian, but for σ: fixed, of each component of the velocity, or learned as in E0. A policy ' +
          'may fail in two ways: it drowns, or it learns to keep away and runs out of time; the table has both.',
        'The lake slows velocities down to a norm of 1, and the mean is free: what the noise does to the direction goes by σ / |μ|, and a policy may make up for a ' +
          'large σ by a mean that is far longer than 1. The table has |μ| at the start. The bumps leave no such way out.',
      ],
      figures: [
        {
          name: 'fixed-scale-drowned',
          caption: 'Drowned against the fixed σ: interquartile mean, 95 % interval, a tick a seed. Dashed: σ learned.',
          spec: drownChart(drowned, config),
        },
        {
          name: 'fixed-scale-walks',
          caption: '40 sampled walks of the seed with the median share of drowned walks.',
          legend: walksLegend,
          panels: [...groupBy(outcomes, ({ job }) => job.condition!)].map(([condition, own]) => {
            const title = conditionLabel(condition);
            const { job, result } = typicalOutcome(own, { metric: 'drownRate', better: 'lower' });
            const note = `seed ${job.seed}: ${percent(result.metrics.drownRate ?? 0)} drowned`;
            const walks = (result.data as LakeData).walks.slice(0, 40);
            return { title, note, alt: `Walks, ${title}, ${note}.`, spec: lakeFigure(walks, colour) };
          }),
        },
      ],
      tables: [
        drownTable(
          `Fixed scales: drowned by seed, %, with the 95 % Wilson interval over ${config.evaluationEpisodes} walks`,
          drowned.map((row) => ({ heading: conditionLabel(row.condition!), row })),
          config,
        ),
      ],
    };
  },
};

/** |μ| at the start of the policy that a job has saved. */
function startSpeed(directory: string): number {
  const { policy } = loadPolicy(join(directory, 'policy.json'));
  const [vx, vy] = tf.tidy(() => policy.given(tf.tensor2d([[start.x, start.y]])).mode!().dataSync());
  policy.dispose();
  return Math.sqrt(vx! * vx! + vy! * vy!);
}

function drownChart(rows: readonly SummaryRow[], config: LakeConfig): TopLevelSpec {
  const colour = policyColours(policyNames).range[policyNames.indexOf(GAUSSIAN)]!;
  const fixed = conditionsOf(config).flatMap(({ key, scale }) => {
    const row = rows.find(({ condition }) => condition === key);
    return scale === undefined || row?.iqm == null ? [] : [{ scale, row }];
  });
  const learned = rows.find(({ condition }) => condition === LEARNED)?.iqm ?? null;
  const x = { field: 'scale', type: 'quantitative', title: 'fixed σ' } as const;
  const y = { type: 'quantitative', title: 'drowned', axis: { format: '%' } } as const;
  return {
    // With its axis and the title of that it is about as wide as a phone's page.
    width: 258,
    layer: [
      ...(learned === null
        ? []
        : [
            {
              data: { values: [{ learned }] },
              mark: { type: 'rule' as const, strokeDash: [4, 3], color: themeColour('muted') },
              encoding: { y: { field: 'learned', ...y } },
            },
          ]),
      {
        data: {
          values: fixed.flatMap(({ scale, row: { perSeed } }) =>
            perSeed.filter((value) => value !== null).map((value) => ({ scale, value })),
          ),
        },
        mark: { type: 'tick', orient: 'horizontal', thickness: 1.5, size: 16, opacity: 0.35, color: colour },
        encoding: { x, y: { field: 'value', ...y } },
      },
      {
        data: {
          values: fixed.flatMap(({ scale, row: { low, high } }) => (low === null ? [] : [{ scale, low, high }])),
        },
        mark: { type: 'rule', strokeWidth: 4, opacity: 0.6, color: colour },
        encoding: { x, y: { field: 'low', ...y }, y2: { field: 'high' } },
      },
      {
        data: { values: fixed.map(({ scale, row: { iqm } }) => ({ scale, iqm })) },
        mark: { type: 'line', point: { filled: true, size: 80, color: colour }, color: colour },
        encoding: { x, y: { field: 'iqm', ...y } },
      },
    ],
  };
}
