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
} from '../cli/experiment/experiment.ts';
import type { Settings } from '../cli/experiment/tuned.ts';
import { policyBars } from '../cli/report/answers.ts';
import { metricTable } from '../cli/report/table.ts';
import { evenly, measureWalks, type PolicyName } from '../common/lake.ts';
import { type LakeId, lakeGrains } from '../envs/index.ts';
import { loadPolicy } from '../src/index.ts';
import { cloneLake } from './lake/cloneJobs.ts';
import { lakeNames, STRIDE } from './lake/conditions.ts';
import { type LakeConfig, lakeSchema } from './lake/config.ts';
import { nats, percent, percentWithInterval, shareColumn } from './lake/labels.ts';
import { trainWay } from './lake/trainWay.ts';
import { walkPanels, walksLegend } from './lake/walkFigures.ts';
import { count, counted } from './shared/settings.ts';
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
  engine: engineSetting('auto'),
  evaluationEpisodes: counted(1000, 'walks of each trained policy, with sampled actions', 'walks'),
  demonstrations: counted(1000, 'walks to learn from, half of them on each bank', 'walks'),
  steps: count(1e9).optional().meta({ description: 'length of a training; by default as in E1', unit: 'updates' }),
  memoryUnits: counted(32, 'what the memory, a GRU, gives to the networks at each step', 'numbers', 1000),
});

type Config = z.infer<typeof schema>;

const FINE = 'Lake-v0';

const QUESTION =
  'Does a unimodal policy keep both ways if it remembers which one it has taken, and does it at the first step, where there is nothing to remember?';
/** Fixed on 2026-12-01, before any run, pilots included, and not changed since; its eleven bounds are in docs/lake.md. */
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
  steps: { memory: 'steps' },
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

  tables: (summary) =>
    choices.environments.flatMap((env) => {
      const rows = summary.filter((row) => row.env === env);
      if (rows.length === 0) return [];
      return [
        metricTable(lakeNames[env]!, rows, [
          { metric: 'drownRate', label: 'drowned', ...shareColumn },
          { metric: 'drownedAtOnce', label: 'in the first step', ...shareColumn },
          { metric: 'modeBalance', label: 'less used bank', ...shareColumn },
          { metric: 'startKl', label: 'at the start, nats above the entropy', format: nats },
          { metric: 'validationLoss', label: 'held-out −log π, nats', format: nats },
        ]),
      ];
    }),

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
      figures: choices.environments.flatMap((env) => {
        const own = outcomes.filter(({ job }) => job.env === env) as Outcome[];
        if (own.length === 0) return [];
        return [
          {
            name: `memory-${env}-walks`,
            caption: `Sampled walks, ${lakeNames[env]}, of the seed with the median share that drowns.`,
            legend: walksLegend,
            panels: walkPanels(own, { metric: 'drownRate', better: 'lower', label: 'drowned', policies }),
          },
        ];
      }),
    },
  ],
});

/** Clones walkers of both banks, and measures walks. */
async function clone(env: LakeId, name: Name, config: Config, context: JobContext): Promise<JobResult> {
  const { evaluationEpisodes: episodes, demonstrations, steps, memoryUnits } = config;
  const usual = lakeSchema.parse({
    evaluationEpisodes: episodes,
    cloning: { demonstrations, steps },
    otherWays: { cloning: { demonstrations, steps: steps ?? 2500 } },
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

function answered(summary: readonly SummaryRow[]) {
  const rows = summary.filter((row) => row.env === STRIDE && row.metric === 'drownRate' && row.iqm !== null);
  if (rows.length === 0) return {};
  const told = rows.map((row) => `${LABELS[row.policy as Name]} ${percentWithInterval(row)}`);
  return {
    answer: {
      text: `Where the first step decides, walks drown: ${told.join(', ')}.`,
      chart: {
        caption: 'walks that drown, cloned, stride lake',
        bars: policyBars(rows, { policies, format: percent, label: (policy) => LABELS[policy as Name] }),
      },
    },
  };
}
