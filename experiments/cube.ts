import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { BehaviorCloningReport } from '../agents/behaviorCloning.ts';
import { type Agent, BehaviorCloning, evaluate, Fql, Iql } from '../agents/index.ts';
import { InputError } from '../cli/experiment/errors.ts';
import {
  type Answer,
  commonShape,
  engineSetting,
  type Job,
  type JobContext,
  type JobResult,
  type SummaryRow,
} from '../cli/experiment/experiment.ts';
import { selectRuntime } from '../cli/experiment/selectRuntime.ts';
import { groupBy, withInterval } from '../cli/experiment/summarize.ts';
import type { Settings } from '../cli/experiment/tuned.ts';
import { policyBars } from '../cli/report/answers.ts';
import { metricTable } from '../cli/report/table.ts';
import { type EpisodeSource, EpisodesInMemory, episodeOf, openDataset, splitEpisodes } from '../datasets/index.ts';
import { cosineSchedule, makePolicy, type Policy, type Rng, savePolicy } from '../src/index.ts';
import { singleTaskDataset, singleTaskRecipes } from './offline/manipulationData.ts';
import { counted } from './shared/settings.ts';
import { defineStudy, gridJobs, seedsFigure } from './shared/study.ts';

interface Method {
  /** Clones know no rewards. */
  readonly agent: 'iql' | 'fql' | 'cloning';
  /** In the registry. */
  readonly policy: string;
  readonly options?: Settings;
  /** Options of the agent. */
  readonly own?: Settings;
  readonly label: string;
  /** Whether its greedy action acts, in place of a sample. */
  readonly greedy?: boolean;
  /** How many actions it may give at once; each number is a condition. */
  readonly chunks: readonly number[];
  /** Milliseconds of an update on a quiet core, about. */
  readonly cost: number;
}

const clone = { agent: 'cloning', chunks: [1, 4, 8] } as const;
const regression = { policy: 'gaussian', options: { scale: 'fixed', initialScale: 1 }, greedy: true } as const;

/** What learns. IQL, IFQL and FQL have the settings of Park et al.'s repository for this task, but for sizes and α of FQL. */
const METHODS: Readonly<Record<string, Method>> = {
  iql: { agent: 'iql', ...regression, own: { expectile: 0.9, beta: 1 }, label: 'IQL', chunks: [1], cost: 8 },
  ifql: {
    agent: 'iql',
    policy: 'flow-matching',
    options: { steps: 5 },
    own: { expectile: 0.9, beta: 0, bestOf: 32 },
    label: 'IFQL',
    chunks: [1, 5],
    cost: 8,
  },
  // 300 beside values as they are: here they are divided by their mean size, which was 38 in a pilot.
  fql: {
    agent: 'fql',
    policy: 'implicit',
    own: { alpha: 8, targetValue: 'mean' },
    label: 'FQL',
    chunks: [1, 5],
    cost: 12,
  },
  regression: { ...clone, ...regression, label: 'regression', cost: 1.1 },
  gaussian: { ...clone, policy: 'gaussian', options: { scale: 'state' }, label: 'Gaussian', cost: 1 },
  'mixture-8': {
    ...clone,
    policy: 'mixture',
    options: { components: 8, head: false },
    label: 'mixture of 8',
    cost: 1.3,
  },
  'autoregressive-mixture': {
    ...clone,
    policy: 'autoregressive-mixture',
    options: { components: 4 },
    label: 'autoregressive mixture',
    cost: 2,
  },
  spline: { ...clone, policy: 'spline', options: { head: false }, label: 'spline', cost: 1.5 },
  'flow-matching': { ...clone, policy: 'flow-matching', options: { steps: 5 }, label: 'flow matching', cost: 1.1 },
  'minimal-iterative': { ...clone, policy: 'minimal-iterative', label: 'minimal iterative', cost: 1.9 },
};
const policies = Object.keys(METHODS);
const policyLabel = (policy: string): string => METHODS[policy]?.label ?? policy;

/** OGBench's default task of the table with one cube: 15 cm ahead. */
const TASK = singleTaskRecipes.get('cube-single-play-singletask-task2')!;
const choices = { studies: ['cube'], policies, environments: [TASK.env] } as const;

const schema = z.strictObject({
  ...commonShape(choices, { seeds: 3, first: 3200 }),
  engine: engineSetting('auto'),
  datasets: z
    .string()
    .default('data')
    .describe(`folder of the dataset ${TASK.play}, which "npm run dataset" has made of the recipe of that name`),
  chunks: z
    .array(z.int().min(1).max(64))
    .min(1)
    .refine((chunks) => new Set(chunks).size === chunks.length, 'each at most once')
    .readonly()
    .default([1, 4, 5, 8])
    .meta({
      description: 'how many actions a policy gives at once; a method has those of its own alone',
      unit: 'steps',
    }),
  evaluationEpisodes: counted(50, 'episodes of each evaluation, which there are after 80, 90 and 100 %', 'episodes'),
  hidden: z
    .array(z.int().min(1).max(4096))
    .min(1)
    .readonly()
    .default([256, 256])
    .describe('widths of the hidden layers of critics, and of policies beside them'),
  parameters: counted(75_000, 'size of every clone, ±10 %', 'parameters', 1e7),
  steps: counted(200_000, 'length of a training with rewards', 'updates', 1e9),
  cloningSteps: counted(40_000, 'length of a training of a clone', 'updates', 1e9),
  batchSize: counted(256, 'transitions of an update', 'transitions'),
  cloningRate: z.number().positive().default(2e-3).describe('learning rate of clones at first; it falls by a cosine'),
  actionNoise: z.number().nonnegative().default(0.05).meta({
    description: 'standard deviation of normal noise on what is cloned: many actions are equal to a bound',
    unit: 'halves of the width between the bounds',
  }),
});

type Config = z.infer<typeof schema>;

interface CubeJob extends Job {
  readonly condition: string;
}

const conditionOf = (chunk: number): string => `chunk-${chunk}`;
const chunkOf = (condition: string): number => Number(condition.slice('chunk-'.length));
const conditionLabel = (condition: string): string =>
  condition === conditionOf(1) ? 'single actions' : `chunks of ${chunkOf(condition)}`;

/** Fixed on 2026-12-02, before any run. */
const QUESTION =
  'Do offline agents of 256-256 come near the published scores of OGBench’s cube-single, and what do chunks do?';
const PREDICTION =
  'FQL succeeds at least 20 points more often than IQL, by single actions; by chunks of 5 neither FQL nor IFQL loses more than 10. No clone, which knows ' +
  'no task, succeeds more often than 15 %. All bounds are in docs/cube.md.';
const ENDPOINT = 'success of FQL less that of IQL, by single actions (chosen before the run)';

/** E15: offline RL and clones on OGBench's play with one cube. */
export const cube = defineStudy<Config, CubeJob>({
  name: 'cube',
  headline: 'Do offline agents come near the published scores of OGBench’s cube-single?',
  description: 'Offline RL and clones on OGBench’s play with one cube, by single actions and by chunks; needs Python.',
  schema,
  choices,
  steps: { cube: 'steps' },
  presets: {
    quick: { seeds: [900], policies: ['iql', 'regression'], steps: 5000, cloningSteps: 2000, evaluationEpisodes: 5 },
    full: { seeds: [3200, 3201, 3202, 3203, 3204] },
  },

  runtime(config) {
    playOf(config);
    return selectRuntime(config);
  },

  jobs: (config) =>
    config.policies.flatMap((policy) =>
      gridJobs<CubeJob>(config, {
        study: 'cube',
        policies: [policy],
        conditions: METHODS[policy]!.chunks.filter((chunk) => config.chunks.includes(chunk)).map(conditionOf),
        // The environment's id is no name of a folder.
        folder: ({ condition }) => `cube/${condition}/${policy}`,
        weight: (job) => seconds(job, config),
      }),
    ),

  runJob: (job, config, context) => learn(job, config, context),

  conditionLabel,
  policyLabel,

  tables: (summary) =>
    [...groupBy(summary, ({ condition }) => condition!)].map(([condition, rows]) =>
      metricTable(
        `OGBench’s cube-single, task 2, ${conditionLabel(condition)}`,
        rows,
        [
          { metric: 'success', label: 'success', ...share },
          { metric: 'carried', label: 'carries the cube', ...share },
          { metric: 'actionValue', label: 'mean value', format: (value) => value.toFixed(1) },
          { metric: 'heldOutNats', label: 'held-out nats', format: (value) => value.toFixed(2) },
        ],
        policyLabel,
      ),
    ),

  conclusions(_, summary) {
    const answer = answerOf(summary);
    return { E15: { question: QUESTION, prediction: PREDICTION, endpoint: ENDPOINT, ...(answer && { answer }) } };
  },

  report: (_, summary, config) => [
    {
      title: 'E15: A robot’s arm and a cube',
      code: 'E15',
      paragraphs: [
        'Data are play of OGBench’s scripted expert, who brings a cube to one random place after another. IQL, IFQL and FQL get the reward of task 2, −1 in ' +
          'each step in which the cube is not at one place; clones get none, and are a floor. Success is the share of episodes in which the cube gets to its ' +
          `goal in 200 steps, the mean of ${config.evaluationEpisodes} episodes after 80, 90 and 100 % of the training; of clones, of the end. A cube is ` +
          'carried if it ends at least 10 cm from where it began.',
      ],
      figures: [
        ...groupBy(
          summary.filter(({ metric }) => metric === 'success'),
          ({ condition }) => condition!,
        ),
      ].map(([condition, rows]) =>
        seedsFigure(`cube-${condition}`, `Success, ${conditionLabel(condition)}`, rows, {
          x: 'success',
          format: '%',
          domain: [0, 1],
          policies,
        }),
      ),
    },
  ],
});

const share = { format: (value: number) => (100 * value).toFixed(1), unit: '%' } as const;

/** The path of the play. @throws InputError that says how to make it */
function playOf({ datasets }: Pick<Config, 'datasets'>): string {
  const path = join(datasets, TASK.play);
  if (existsSync(path)) return path;
  throw new InputError(
    `datasets: there is no ${path}: npm run dataset -- ${TASK.play} ${path}, then --set datasets=${datasets}`,
  );
}

/** The seconds that a job takes on a quiet core. */
function seconds({ policy, condition }: { policy: string; condition: string }, config: Config): number {
  const { agent, cost } = METHODS[policy]!;
  const updates = (agent === 'cloning' ? config.cloningSteps : config.steps) * (config.batchSize / 256);
  return (
    30 +
    1e-3 * cost * updates * (1 + 0.1 * (chunkOf(condition) - 1)) +
    (agent === 'cloning' ? 0.5 : 1.5) * config.evaluationEpisodes
  );
}

/** Learns by one method, and plays. */
async function learn(
  { policy: name, condition }: Pick<CubeJob, 'policy' | 'condition'>,
  config: Config,
  { rng, report, directory }: JobContext,
): Promise<JobResult & { data: { parameters: number; dataset: string | null } }> {
  const method = METHODS[name]!;
  const { agent: kind, greedy = false } = method;
  const play = await openDataset(playOf(config));
  const data =
    kind === 'cloning'
      ? noisy(play, config.actionNoise, rng.split('action noise'))
      : paid(singleTaskDataset(TASK, play));
  const { observationSpace, actionSpace } = data;
  const chunk = chunkOf(condition);
  const policy = makePolicy<string>(method.policy, {
    ...({ observationSpace, actionSpace } as never as Record<'observationSpace' | 'actionSpace', never>),
    activation: 'relu',
    ...(kind === 'cloning' ? { parameters: config.parameters } : { hidden: config.hidden }),
    ...method.options,
    ...(chunk > 1 && { chunk }),
    rng: rng.split('policy'),
  });
  const steps = kind === 'cloning' ? config.cloningSteps : config.steps;
  const { agent, acting = policy } = learner(method, policy, data, { config, steps, rng });
  let last: Readonly<Record<string, unknown>> = {};
  const measured: Measured[] = [];
  const measure = () => {
    const { evaluationEpisodes: episodes } = config;
    measured.push(played(acting, { greedy, episodes, rng: rng.split('evaluation').split(measured.length) }));
  };
  try {
    for await (const { step, ...figures } of agent.train({ steps, rng: rng.split('training') })) {
      last = figures;
      const numbers = Object.entries(figures).filter(
        ([, value]) => typeof value === 'number' && Number.isFinite(value),
      );
      // After 80, 90 and 100 %, as Park et al. do.
      if (kind !== 'cloning' && step >= 0.8 * steps) measure();
      const { success } = measured.at(-1) ?? {};
      report((0.95 * step) / steps, {
        step,
        ...Object.fromEntries(numbers),
        ...(success !== undefined && { success }),
      });
    }
    // With its best weights.
    if (kind === 'cloning') measure();
    savePolicy(join(directory, 'policy.json'), acting, { env: TASK.env });
    return {
      metrics: { ...meanOf(measured), ...figuresOf(kind, policy, last) },
      data: { parameters: policy.parameterCount(), dataset: play.hash ?? null },
    };
  } finally {
    agent.dispose();
    acting.dispose();
  }
}

/** Share of the episodes that clones are judged by, and do not learn from. */
const HELD_OUT = 0.04;

/** The agent, and what acts for it where that is not its policy. */
function learner(
  { agent: kind, own }: Method,
  policy: Policy,
  data: EpisodeSource,
  { config, steps, rng }: { readonly config: Config; readonly steps: number; readonly rng: Rng },
): { readonly agent: Agent; readonly acting?: Policy | undefined } {
  const common = { policy, batchSize: config.batchSize, reportEvery: Math.max(1, Math.round(steps / 10)) };
  if (kind === 'cloning') {
    const { train, validation } = splitEpisodes(data, { validation: HELD_OUT, seed: rng.split('held out').seed });
    const learningRate = cosineSchedule(config.cloningRate);
    const agent = new BehaviorCloning({
      ...{ ...common, dataset: train, validation, learningRate, outside: 'keep', normalizeObservations: true },
    });
    return { agent };
  }
  const options = {
    ...{ ...common, dataset: data, rng: rng.split('agent'), gamma: 0.99, tau: 0.005, learningRate: 3e-4 },
    ...{ criticHidden: config.hidden, criticLayerNorm: true, ...own },
  };
  if (kind === 'fql') return { agent: new Fql({ ...options, behaviorHidden: config.hidden }) };
  const iql = new Iql(options);
  return { agent: iql, acting: iql.actingPolicy };
}

/** Of clones the least loss on episodes that were held out, by its kind; of others the values of the data. */
function figuresOf(
  kind: Method['agent'],
  policy: Policy,
  last: Readonly<Record<string, unknown>>,
): JobResult['metrics'] {
  if (kind !== 'cloning') return { actionValue: (last.actionValue as number | undefined) ?? null };
  const { best } = last as unknown as BehaviorCloningReport;
  const metric = policy.matchingLoss ? 'heldOutMatching' : 'heldOutNats';
  return { [metric]: best?.validationLoss ?? null, bestStep: best?.step ?? null };
}

/** Episodes with noise on what is learned. */
function noisy(play: EpisodeSource, deviation: number, noise: Rng): EpisodeSource {
  const { observationSpace, actionSpace } = play;
  const episodes = Array.from(play.episodes(), ({ infos: _, ...episode }) => ({
    ...episode,
    actions: episode.actions.map((value) => value + noise.normal(0, deviation)),
  }));
  return new EpisodesInMemory({ observationSpace, actionSpace, episodes });
}

function paid({ observationSpace, actionSpace, episodes }: ReturnType<typeof singleTaskDataset>): EpisodeSource {
  return new EpisodesInMemory({ observationSpace, actionSpace, episodes: Array.from(episodes(), episodeOf) });
}

type Measured = { readonly success: number; readonly carried: number };

/** Where an observation has the cube's place, in tenths of a metre. */
const CUBE = 19;
/** A cube is carried by at least so many tenths of a metre. */
const FAR = 1;
/** In one process of Python's; each takes 230 MB. */
const ENVS = 5;

/** Shares of episodes in which the cube gets to its goal, and in which it ends far from where it began. */
function played(
  policy: Policy,
  { greedy, episodes, rng }: { readonly greedy: boolean; readonly episodes: number; readonly rng: Rng },
): Measured {
  const first = new Map<number, ArrayLike<number>>();
  let carried = 0;
  const measured = evaluate({
    ...{ policy, greedy, episodes, rng, env: TASK.env, numEnvs: Math.min(ENVS, episodes) },
    onStep({ observations, episodes: numbers }) {
      const width = observations.length / numbers.length;
      numbers.forEach((number, i) => {
        if (!first.has(number)) first.set(number, observations.slice(i * width + CUBE, i * width + CUBE + 2));
      });
    },
    onEnd(number, observation) {
      const [x, y] = [0, 1].map((i) => observation[CUBE + i]! - first.get(number)![i]!);
      if (x! * x! + y! * y! >= FAR * FAR) carried += 1;
    },
  });
  const successes = measured.episodes.filter(({ info }) => info.success === true).length;
  return { success: successes / episodes, carried: carried / episodes };
}

function meanOf(measured: readonly Measured[]): Measured {
  const mean = (of: keyof Measured) => measured.reduce((sum, each) => sum + each[of], 0) / measured.length;
  return { success: mean('success'), carried: mean('carried') };
}

/** What success is of the agents, by single actions and by chunks. */
function answerOf(summary: readonly SummaryRow[]): Answer | undefined {
  const rows = summary.filter(({ metric, iqm }) => metric === 'success' && iqm !== null);
  const told = rows
    .filter(({ policy }) => METHODS[policy]?.agent !== 'cloning')
    .map(
      (row) =>
        `${policyLabel(row.policy)} ${withInterval(row, share.format, '\u00a0%')} by ${conditionLabel(row.condition!)}`,
    );
  const bars = rows.filter(({ condition }) => condition === conditionOf(1));
  if (told.length < 2 || bars.length < 2) return undefined;
  return {
    text: `Of their episodes succeed ${told.join('; ')}.`,
    chart: {
      caption: 'success, single actions',
      most: 1,
      bars: policyBars(bars, { policies, format: (value) => `${share.format(value)}\u00a0%`, label: policyLabel }),
    },
  };
}
