import type { Answer, Section, SummaryRow } from '../../cli/experiment/experiment.ts';
import { groupBy } from '../../cli/experiment/summarize.ts';
import { intervalChart } from '../../cli/report/charts.ts';
import { describeBest, metricTable } from '../../cli/report/table.ts';
import { type PolicyName, policyCost, policyNames } from '../../common/lake.ts';
import type { AnyLakeId } from '../../envs/index.ts';
import { gridJobs } from '../shared/study.ts';
import { BANDIT, type BanditPolicy, banditCost, banditPolicies } from './bandit.ts';
import { cloneBandit, cloneLake, cloningSettings } from './cloneJobs.ts';
import { conditions, demonstratorsOf, GRAIN, lakeNames, OF_CONDITIONS, STRIDE, STRIDES } from './conditions.ts';
import type { LakeConfig } from './config.ts';
import {
  chartOf,
  classRows,
  conditionLabel,
  contrast,
  nats,
  percent,
  percentWithInterval,
  policyLabel,
  shareColumn,
} from './labels.ts';
import { type LakeJob, type StudyPart, type StudyResults, studyInParts, tableOf } from './study.ts';
import { isRobotLake, walkSeconds } from './tuned.ts';
import { walksFigures } from './walkFigures.ts';

/** E1 in one number: the actions ±1 + N(0, 0.2²) are cloned. */
const cloningBandit: StudyPart = {
  environments: [BANDIT],

  jobs: (config) =>
    gridJobs<LakeJob>(config, {
      study: 'cloning',
      environments: [BANDIT],
      policies: banditPolicies,
      weight: ({ policy }) =>
        0.25 + (banditCost[policy as BanditPolicy] * config.cloning.bandit.steps * config.cloning.batchSize) / 5e6,
    }),

  runJob: ({ policy }, config, context) => cloneBandit({ policy: policy as BanditPolicy }, config, context),

  tables: (rows) =>
    tableOf('Cloning in one number', rows, [
      { metric: 'kl', label: 'held-out −log π, nats above the entropy', format: nats },
      { metric: 'water', label: 'in the water', ...shareColumn },
      { metric: 'totalVariation', label: 'banks off by', ...shareColumn },
    ]),

  section: (_, { cloning: { bandit } }) => ({
    title: 'In one number',
    paragraphs: [
      `Here the state tells nothing, and an action is one number: ${bandit.actions} actions, ½ N(−1, 0.2²) + ½ N(1, 0.2²), with the water between ` +
        'the banks at |a| < ½. What is exact here: the Gaussian of least −log π, N(0, 1.04), is 0.936 nats above the data’s entropy and has 37.6 % of its ' +
        'mass in the water, where the data has 0.62 %. All classes have the same rate and number of updates, chosen on other seeds.',
    ],
  }),
};

const METRIC = { name: 'drownRate', label: 'drowned', what: 'share of walks that drown', better: 'lower' } as const;

const START_KL = {
  metric: 'startKl',
  label: 'at the start, nats above the entropy',
  format: (value: number) => value.toFixed(3),
};

const START =
  'The law of the first velocity is known there, a mean over circles and banks: the table and the figures have the exact distance of −log π from its least ' +
  'possible value, the entropy, in nats.';
const HELD_OUT =
  'A position does not say which walk passes it, so that the least value of −log π of held-out pairs of observation and action is not known. They chose the ' +
  'weights that are kept, and are compared between policies only.';

/** E1 on the lakes: walks of scripted demonstrators are cloned. */
const cloningLakes: StudyPart = {
  environments: Object.keys(GRAIN),

  jobs(config) {
    const weight = ({ env, policy }: Omit<LakeJob, 'weight'>) =>
      0.7 +
      walkSeconds(env) * (1.2 * config.cloning.demonstrations + config.evaluationEpisodes) +
      (policyCost[policy as PolicyName] *
        cloningSettings(config, env as AnyLakeId, policy as PolicyName).steps *
        config.cloning.batchSize) /
        4e5;
    return [
      ...gridJobs<LakeJob>(config, {
        study: 'cloning',
        environments: Object.keys(GRAIN),
        policies: policyNames,
        weight,
      }),
      ...conditions
        .filter(({ key }) => config.cloning.conditions.includes(key))
        .flatMap((condition) =>
          gridJobs<LakeJob>(config, {
            study: 'cloning',
            environments: [condition.env],
            policies: OF_CONDITIONS,
            conditions: [condition.key],
            weight,
          }),
        ),
    ];
  },

  runJob: ({ env, policy, condition }, config, context) =>
    cloneLake(
      { env: env as AnyLakeId, policy: policy as PolicyName, demonstrators: demonstratorsOf(condition) },
      config,
      context,
    ),

  tables: (rows) =>
    [
      ...groupBy(rows, ({ env, condition }) =>
        ['Cloning', env, ...(condition === undefined ? [] : [conditionLabel(condition)])].join(', '),
      ),
    ].map(([title, own]) =>
      metricTable(title, own, [
        { metric: 'drownRate', label: 'drowned', ...shareColumn },
        { metric: 'totalVariation', label: 'banks off by', ...shareColumn },
        ...(isRobotLake(own[0]!.env) ? [] : [START_KL]),
        { metric: 'validationLoss', label: 'held-out −log π, nats', format: (value) => value.toFixed(3) },
      ]),
    ),

  section: ({ outcomes, rows }, config) => ({
    title: 'On the lakes',
    paragraphs: [
      'Scripted walks, half of them round each bank, are cloned by maximum likelihood: the shortest paths round circles of radius 0.7 and a margin that is ' +
        'drawn for each walk, with normal noise of standard deviation 0.1 on the velocity. At the start the two halves disagree. ' +
        (outcomes.every(({ job }) => isRobotLake(job.env)) ? HELD_OUT : `${START} ${HELD_OUT}`),
      ...(outcomes.some(({ job }) => job.policy === 'nice')
        ? ['NICE is here as a flow with exactly one mode. It is no Gaussian: it bends.']
        : []),
      ...(outcomes.some(({ job }) => job.policy === 'flow-matching')
        ? [
            'Flow matching learns a field by the squared error of its velocities, and has no likelihood in training. Its settings were judged by that error on ' +
              'held-out pairs. Its log-densities at the start are those of the field by its divergence.',
          ]
        : []),
    ],
    sections: [
      ...groupBy(
        outcomes.filter(({ job }) => job.condition === undefined),
        ({ job }) => job.env,
      ),
    ].map(([env, own]) => grainSection(env, own, rows, config)),
  }),
};

/** Demonstrators of both banks on one lake. */
function grainSection(
  env: string,
  outcomes: StudyResults['outcomes'],
  rows: readonly SummaryRow[],
  { cloning: { steps } }: LakeConfig,
): Section {
  const name = `cloning-${env.replaceAll('/', '-')}`;
  const here = rows.filter((row) => row.env === env && row.condition === undefined);
  const of = (metric: string) => here.filter((row) => row.metric === metric);
  const best = describeBest(of(METRIC.name), { better: METRIC.better, label: 'Fewest drowned', format: percent });
  return {
    title: `The ${GRAIN[env]}`,
    paragraphs: [
      ...(best === undefined ? [] : [best]),
      ...(steps === undefined ? [] : [`All policies have ${steps} updates here, whatever their settings say.`]),
    ],
    figures: [
      ...walksFigures({
        name,
        outcomes,
        rows: here,
        metric: METRIC,
      }),
      ...(isRobotLake(env)
        ? []
        : [
            {
              name: `${name}-start`,
              caption:
                'At the start: −log π of the demonstrators’ velocities above their entropy, KL(demonstrators ‖ π), nats.',
              spec: intervalChart(of('startKl'), { x: 'nats above the entropy', policies: policyNames }),
            },
          ]),
      {
        name: `${name}-banks`,
        caption:
          'Total variation of the banks: how far the share of the upper one among walks home is from the demonstrators’.',
        spec: intervalChart(of('totalVariation'), { x: 'banks off by', format: '%', policies: policyNames }),
      },
    ],
  };
}

/** E1: cloning of demonstrators who use both banks. */
export const cloning = studyInParts([cloningBandit, cloningLakes], {
  name: 'cloning',
  title: 'Cloning demonstrators who use both banks',
  question: 'Does a Gaussian that learns from walkers on both banks walk into the water?',
  prediction:
    'Yes: it fits their average. Policies with several modes do not. Where the demonstrators agree, or the position tells them apart, all are alike.',
  endpoint: 'walks that drown, cloned from both banks, stride lake (chosen post hoc)',
  answer: ({ rows }) => strideAnswer(rows),
});

/** On the stride lake, where one decision is made between the banks; where a run has none but robots', on those. */
function strideAnswer(rows: readonly SummaryRow[]): Answer | undefined {
  const answered = STRIDES.flatMap((env) => {
    const drowned = drownedOn(env, rows);
    const pair = contrast(drowned);
    return pair === undefined ? [] : [{ env, drowned, ...pair }];
  });
  const [first] = answered;
  if (first === undefined) return undefined;
  const sentences = (first.env === STRIDE ? [first] : answered).map(({ env, gaussian, other }) => {
    const where = env === STRIDE ? 'A' : `On the ${lakeNames[env]} a`;
    return (
      `${where} Gaussian that cloned walkers of both banks drowns in ${percentWithInterval(gaussian)} of its walks, a ` +
      `${policyLabel(other.policy)} in ${percentWithInterval(other)}.`
    );
  });
  return {
    text: sentences.join(' '),
    chart: chartOf(first.drowned, { format: percent, caption: `walks that drown, ${lakeNames[first.env]}` }),
  };
}

function drownedOn(env: string, rows: readonly SummaryRow[]): SummaryRow[] {
  return classRows(rows, { metric: 'drownRate', env });
}
