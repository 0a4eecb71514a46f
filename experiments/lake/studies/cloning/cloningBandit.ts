import type { TopLevelSpec } from 'vega-lite';
import { policyNames } from '../../../../agents/lake.ts';
import type { Outcome } from '../../../../cli/experiment/experiment.ts';
import { lineColours, typicalOutcome } from '../../../../cli/report/charts.ts';
import { metricTable } from '../../../../cli/report/table.ts';
import { themeColour } from '../../../../envs/drawing/palette.ts';
import { SHORE } from '../../bandit/banditOptimum.ts';
import { BANDIT, type BanditPolicy, banditCost, banditPolicies } from '../../bandit/banditPolicies.ts';
import { DRAWN_ACTIONS } from '../../bandit/drawnDensity.ts';
import { nats, shareColumn } from '../../shared/formats.ts';
import { lakeJobs } from '../../study/lakeJobs.ts';
import type { StudyPart } from '../../study/studyInParts.ts';
import { banditDataDensity, type ClonedBanditData, cloneBandit } from './cloneBandit.ts';

/** E1 in one number: the actions ±1 + N(0, 0.2²) are cloned. */
export const cloningBandit: StudyPart = {
  environments: [BANDIT],

  jobs: (config) =>
    lakeJobs(config, {
      study: 'cloning',
      environments: [BANDIT],
      policies: banditPolicies,
      weight: ({ policy }) =>
        0.25 + (banditCost[policy as BanditPolicy] * config.cloning.bandit.steps * config.cloning.batchSize) / 5e6,
    }),

  runJob: ({ policy }, config, context) => cloneBandit({ policy: policy as BanditPolicy }, config, context),

  tables: (rows) =>
    rows.length === 0
      ? []
      : [
          metricTable('Cloning in one number', rows, [
            { metric: 'kl', label: 'held-out −log π, nats above the entropy', format: nats },
            { metric: 'water', label: 'in the water', ...shareColumn },
            { metric: 'totalVariation', label: 'banks off by', ...shareColumn },
          ]),
        ],

  section: ({ outcomes }, { cloning: { bandit } }) => ({
    title: 'In one number',
    paragraphs: [
      `Here the state tells nothing, and an action is one number: ${bandit.actions} actions, ½ N(−1, 0.2²) + ½ N(1, 0.2²), with the water between ` +
        'the banks at |a| < ½. What is exact here: the Gaussian of least −log π, N(0, 1.04), is 0.936 nats above the data’s entropy and has 37.6 % of its ' +
        'mass in the water, where the data has 0.62 %. All classes have the same rate and number of updates, chosen on other seeds.',
    ],
    figures: [
      {
        name: 'cloning-bandit-density',
        caption:
          'Densities of the cloned action, of each policy’s seed with its median share of the water. Grey: the data. Blue: the water.',
        spec: densities(outcomes),
      },
    ],
  }),
};

function densities(outcomes: readonly Outcome[]): TopLevelSpec {
  const values = policyNames.flatMap((policy) => {
    const own = outcomes.filter(({ job }) => job.policy === policy);
    if (own.length === 0) return [];
    const { density } = typicalOutcome(own, { metric: 'water', better: 'lower' }).result.data as ClonedBanditData;
    return density.map((value, i) => ({ policy, action: DRAWN_ACTIONS[i]!, density: value }));
  });
  const x = { field: 'action', type: 'quantitative', title: 'action' } as const;
  const y = { field: 'density', type: 'quantitative', title: 'density' } as const;
  return {
    layer: [
      {
        data: { values: [{ action: -SHORE, end: SHORE }] },
        mark: { type: 'rect', color: themeColour('water') },
        encoding: { x, x2: { field: 'end' } },
      },
      {
        data: { values: DRAWN_ACTIONS.map((action) => ({ action, density: banditDataDensity(action) })) },
        mark: { type: 'area', color: themeColour('faint'), opacity: 0.35 },
        encoding: { x, y },
      },
      {
        data: { values },
        mark: { type: 'line', strokeWidth: 2 },
        encoding: { x, y, color: lineColours(policyNames, new Set(values.map(({ policy }) => policy))) },
      },
    ],
  };
}
