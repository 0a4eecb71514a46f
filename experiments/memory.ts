import { join } from 'node:path';
import { z } from 'zod';
import {
  commonShape,
  engineSetting,
  type Job,
  type JobContext,
  type JobResult,
  type Outcome,
  type SummaryRow,
  type Table,
} from '../cli/experiment/experiment.ts';
import type { Settings } from '../cli/experiment/tuned.ts';
import { metricTable } from '../cli/report/table.ts';
import { evenly, measureWalks, type PolicyName } from '../common/lake.ts';
import { type LakeId, lakeGrains } from '../envs/index.ts';
import { loadPolicy } from '../src/index.ts';
import { cloneLake } from './lake/cloneJobs.ts';
import { lakeNames, STRIDE } from './lake/conditions.ts';
import { type LakeConfig, lakeSchema } from './lake/config.ts';
import { chartOf, nats, percent, percentWithInterval, shareColumn } from './lake/labels.ts';
import { trainWay } from './lake/trainWay.ts';
import { walkPanels, walksLegend } from './lake/walkFigures.ts';
import { counted } from './shared/settings.ts';
import { defineStudy, gridJobs } from './shared/study.ts';

/** Policies with a memory, and each one's class without. */
const REMEMBERING = { 'gaussian-memory': 'gaussian', 'spline-memory': 'spline' } as const;
const NOISE = 'episode-noise';
const policies = ['gaussian', 'gaussian-memory', NOISE, 'mixture-2', 'spline', 'spline-memory'] as const;
type Name = (typeof policies)[number];

const LABELS: Readonly<Record<Name, string>> = {
  gaussian: 'Gaussian',
  'gaussian-memory': 'Gaussian with a memory',
  [NOISE]: 'Gaussian given noise once a walk',
  'mixture-2': 'mixture of two',
  spline: 'spline',
  'spline-memory': 'spline with a memory',
};

const choices = { studies: ['memory'], policies, environments: Object.keys(lakeGrains) as LakeId[] } as const;

const schema = z.strictObject({
  // Seeds that no study has used.
  ...commonShape(choices, { seeds: 10, first: 1800 }),
  engine: engineSetting('wasm'),
  evaluationEpisodes: counted(1000, 'walks of each trained policy, with sampled actions', 'walks'),
  demonstrations: counted(1000, 'walks to learn from, half of them on each bank', 'walks'),
  memoryUnits: counted(32, 'what the memory, a GRU, gives to the networks at each step', 'numbers', 1000),
});

type Config = z.infer<typeof schema>;

/** A clause of the prediction: a number of the run, and the bound that it is to keep. */
interface Clause {
  readonly text: string;
  readonly measured: (of: Iqm) => number;
  readonly least?: number;
  readonly most?: number;
}
/** The interquartile mean of a metric of a policy on a lake. */
type Iqm = (env: LakeId, policy: Name, metric: string) => number;

const FINE = 'Lake-v0';
const drowned = 'drownRate';

/** Fixed on 2026-12-01, before any run of this study, pilots included, and not changed since. */
const clauses: readonly Clause[] = [
  {
    text: 'stride lake: the memory changes the share of a Gaussian’s walks that drown by at most 5 points',
    measured: (of) => Math.abs(of(STRIDE, 'gaussian-memory', drowned) - of(STRIDE, 'gaussian', drowned)),
    most: 0.05,
  },
  {
    text: 'stride lake: of the walks of the Gaussian with a memory that drown, at least 80 % do so in the first step',
    measured: (of) => of(STRIDE, 'gaussian-memory', 'drownedAtOnce') / of(STRIDE, 'gaussian-memory', drowned),
    least: 0.8,
  },
  {
    text: 'at the start the Gaussian with a memory is at least 1.19 nats above the demonstrators’ entropy, as the best Gaussian is (1.20)',
    measured: (of) => of(STRIDE, 'gaussian-memory', 'startKl'),
    least: 1.19,
  },
  {
    text: 'stride lake: the Gaussian that is given noise once a walk drowns in at most 6 %',
    measured: (of) => of(STRIDE, NOISE, drowned),
    most: 0.06,
  },
  ...(['mixture-2', 'spline', 'spline-memory'] as const).map((policy) => ({
    text: `stride lake: the ${LABELS[policy]} drowns in at most 5 %`,
    measured: (of: Iqm) => of(STRIDE, policy, drowned),
    most: 0.05,
  })),
  {
    text: 'fine lake, where many steps decide: with the memory a Gaussian drowns in at most three quarters of the walks that it drowns in without',
    measured: (of) => of(FINE, 'gaussian-memory', drowned) / of(FINE, 'gaussian', drowned),
    most: 0.75,
  },
  {
    text: 'fine lake: the Gaussian with a memory still drowns more than the spline without',
    measured: (of) => of(FINE, 'gaussian-memory', drowned) - of(FINE, 'spline', drowned),
    least: 0,
  },
  {
    text: 'fine lake: the memory lowers a Gaussian’s −log π of held-out walks by at least 0.05 nats a step: the past tells the way',
    measured: (of) => of(FINE, 'gaussian', 'validationLoss') - of(FINE, 'gaussian-memory', 'validationLoss'),
    least: 0.05,
  },
  {
    text: 'the Gaussian with a memory keeps both ways: on either lake the lesser bank has at least 40 % of the walks home',
    measured: (of) => Math.min(...[STRIDE, FINE].map((env) => of(env as LakeId, 'gaussian-memory', 'modeBalance'))),
    least: 0.4,
  },
];

const QUESTION =
  'Does a unimodal policy keep both ways if it remembers which one it has taken, and does it at the first step, where there is nothing to remember?';
const PREDICTION =
  'Both ways it keeps, but not by its memory: where the first step decides it drowns as a Gaussian without a memory does, and there. Where many steps ' +
  'decide the past tells the way, and it drowns less than a Gaussian, more than a flow.';

/** A Gaussian with a memory at the lake, beside noise once a walk, a mixture, a flow, and a flow with a memory. */
export const memory = defineStudy<Config, Job>({
  name: 'memory',
  headline: 'Does a memory keep both ways?',
  description: 'Policies with and without a memory, cloned from walkers of both banks of the lake.',
  schema,
  choices,
  steps: {},
  presets: {
    quick: { seeds: [1800, 1801], policies: ['gaussian', 'gaussian-memory', 'spline'], environments: [STRIDE] },
    full: {},
  },

  jobs: (config) =>
    gridJobs<Job>(config, {
      study: 'memory',
      weight: ({ env, policy }) =>
        (policy in REMEMBERING ? 2 : 1) * (policy.startsWith('spline') ? 2 : 1) * (env === FINE ? 2 : 1),
    }).filter(({ env, policy }) => policy !== NOISE || env === STRIDE),

  runJob: ({ env, policy }, config, context) => clone(env as LakeId, policy as Name, config, context),

  policyLabel: (policy) => LABELS[policy as Name] ?? policy,

  tables: (summary) => [
    ...(Object.keys(lakeNames) as LakeId[]).flatMap((env) => {
      const rows = summary.filter((row) => row.env === env);
      if (rows.length === 0) return [];
      return [
        metricTable(lakeNames[env]!, rows, [
          { metric: drowned, label: 'drowned', ...shareColumn },
          { metric: 'drownedAtOnce', label: 'in the first step', ...shareColumn },
          { metric: 'modeBalance', label: 'less used bank', ...shareColumn },
          { metric: 'startKl', label: 'at the start, nats above the entropy', format: nats },
          { metric: 'validationLoss', label: 'held-out −log π, nats', format: nats },
        ]),
      ];
    }),
    ...verdict(summary),
  ],

  conclusions: (_, summary) => ({
    E7b: {
      question: QUESTION,
      prediction: PREDICTION,
      endpoint: 'walks that drown, stride lake (chosen before the run)',
      ...answered(summary),
    },
  }),

  report: (outcomes) => [
    {
      title: 'E7b: Walks',
      code: 'E7b',
      paragraphs: [
        'Each class is trained as in E1, with the settings that were found for it there, without a memory: 18,000 parameters, 1,000 walks to learn from, ' +
          'the weights that are best on held-out walks. With a memory a gated recurrent unit comes before the networks, which are smaller for it; its settings ' +
          'were not searched. Noise once a walk is trained as in E7, with 3,000 parameters.',
      ],
      figures: (Object.keys(lakeNames) as LakeId[]).flatMap((env) => {
        const own = outcomes.filter(({ job }) => job.env === env) as Outcome[];
        if (own.length === 0) return [];
        return [
          {
            name: `memory-${env}-walks`,
            caption: `Sampled walks, ${lakeNames[env]}, of the seed with the median share that drowns.`,
            legend: walksLegend,
            panels: walkPanels(own, { metric: drowned, better: 'lower', label: 'drowned', policies }),
          },
        ];
      }),
    },
  ],
});

/** Clones walkers of both banks, and measures walks. */
async function clone(env: LakeId, name: Name, config: Config, context: JobContext): Promise<JobResult> {
  const { evaluationEpisodes: episodes, demonstrations, memoryUnits } = config;
  const usual = lakeSchema.parse({
    evaluationEpisodes: episodes,
    cloning: { demonstrations },
    otherWays: { cloning: { demonstrations, steps: 2500 } },
  });
  // What it has no density for beside its noise is not measured.
  if (name === NOISE) return trainWay({ way: NOISE, condition: 'cloned' }, usual, context);
  const base: PolicyName = name in REMEMBERING ? REMEMBERING[name as keyof typeof REMEMBERING] : (name as PolicyName);
  const settings = base === name ? usual : remembering(usual, { env, policy: base, memoryUnits });
  const result = await cloneLake({ env, policy: base, demonstrators: evenly }, settings, context);
  const { policy } = loadPolicy(join(context.directory, 'policy.json'));
  const { walks } = measureWalks({ env, policy, episodes, keep: episodes, rng: context.rng.split('first steps') });
  policy.dispose();
  const atOnce = walks.filter(({ outcome, positions }) => outcome === 'drowned' && positions.length === 4);
  return { ...result, metrics: { ...result.metrics, drownedAtOnce: atOnce.length / episodes } };
}

/** The settings of a policy with a memory before it. */
function remembering(
  config: LakeConfig,
  { env, policy, memoryUnits }: { env: LakeId; policy: PolicyName; memoryUnits: number },
): LakeConfig {
  const cloning = config.tuned.cloning!;
  const own = cloning[env]![policy]! as Settings & { readonly policy: Settings };
  const withMemory = { ...own, policy: { ...own.policy, memory: 'gru', memoryUnits } } as unknown as Settings;
  return {
    ...config,
    tuned: { ...config.tuned, cloning: { ...cloning, [env]: { ...cloning[env], [policy]: withMemory } } },
  };
}

/** Each clause with its number and whether it holds; none where the run lacks what it takes. */
function judged(summary: readonly SummaryRow[]) {
  const of: Iqm = (env, policy, metric) =>
    summary.find((row) => row.env === env && row.policy === policy && row.metric === metric)?.iqm ?? Number.NaN;
  return clauses.flatMap(({ text, measured, least = -Infinity, most = Infinity }) => {
    const value = measured(of);
    return Number.isNaN(value) ? [] : [{ text, value, holds: value >= least && value <= most }];
  });
}

function verdict(summary: readonly SummaryRow[]): Table[] {
  const rows = judged(summary).map(({ text, value, holds }) => [
    text,
    value.toFixed(3),
    holds ? 'holds' : 'does not hold',
  ]);
  if (rows.length === 0) return [];
  return [{ title: 'What was predicted', columns: ['clause', 'measured', 'verdict'], rows, prose: true }];
}

function answered(summary: readonly SummaryRow[]) {
  const rows = summary.filter((row) => row.env === STRIDE && row.metric === drowned && row.iqm !== null);
  const told = rows.map((row) => `${LABELS[row.policy as Name]} ${percentWithInterval(row)}`);
  const all = judged(summary);
  if (told.length === 0) return {};
  const held = `${all.filter(({ holds }) => holds).length} of ${all.length} clauses of the prediction hold.`;
  return {
    answer: {
      text: `Where the first step decides, walks drown: ${told.join(', ')}. ${held}`,
      chart: chartOf(rows, { format: percent, caption: 'walks that drown, cloned, stride lake' }),
    },
  };
}
