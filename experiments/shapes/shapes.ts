import type { Answer, Job, JobContext, Outcome, Section, SummaryRow, Table } from '../../cli/experiment/experiment.ts';
import { selectRuntime } from '../../cli/experiment/selectRuntime.ts';
import { groupBy } from '../../cli/experiment/summarize.ts';
import { trueMinus } from '../../cli/experiment/text.ts';
import { alignSteps, learningCurves } from '../../cli/report/charts.ts';
import { metricTable } from '../../cli/report/table.ts';
import { Bootstrap, type BootstrapInterval, interquartileMean } from '../../cli/statistics/bootstrap.ts';
import { snapshotFile, snapshotSteps } from '../../cli/train/checkpointFile.ts';
import { evaluateSampled } from '../../cli/train/evaluateTrained.ts';
import { loadNamedEnv } from '../../cli/train/loadNamedEnv.ts';
import { trainJob } from '../../cli/train/runTraining.ts';
import { type TrainConfig, trainSettings } from '../../cli/train/trainConfig.ts';
import { curvePoints, NEGENTROPY, speedTable } from '../../cli/train/trainSections.ts';
import { loadEnv, makeVec } from '../../envs/index.ts';
import { FlowMatchingPolicy, loadPolicy, Rng } from '../../src/index.ts';
import { pairedSeeds, plainEnv } from '../shared/report.ts';
import { defineStudy, gridJobs } from '../shared/study.ts';
import {
  agents,
  armOf,
  choices,
  RANDOM,
  robots,
  type ShapesAgent,
  type ShapesConfig,
  type ShapesPolicy,
  seconds,
  shapesSchema,
  taskSettings,
} from './config.ts';

interface ShapesJob extends Job {
  readonly study: ShapesAgent;
  readonly policy: ShapesPolicy;
}

/** E12: do flow policies use their flow? */
export const shapes = defineStudy<ShapesConfig, ShapesJob>({
  name: 'shapes',
  headline: 'Do flow policies use their flow?',
  description: 'How far policies are from a Gaussian through their training, and what it is worth.',
  schema: shapesSchema,
  choices,
  steps: Object.fromEntries(agents.map((agent) => [agent, 'steps'])),
  presets: {
    quick: {
      seeds: [0],
      policies: ['gaussian', 'spline'],
      environments: ['mujoco/InvertedDoublePendulum-v5'],
      steps: 8000,
      evaluationEpisodes: 10,
      moments: 3,
    },
  },
  resumable: true,

  async runtime(config) {
    for (const env of config.environments) await loadNamedEnv('shapes', env);
    return selectRuntime(config);
  },

  jobs: (config) =>
    (config.studies as ShapesAgent[]).flatMap((study) =>
      gridJobs<ShapesJob>(config, {
        study,
        policies: choices.policies.filter((policy) => armOf(policy).agents.includes(study)),
        weight: ({ env, policy }) => seconds(study, env, policy, config.steps),
      }),
    ),

  async runJob(job, config, context) {
    await loadEnv(job.env);
    const settings = trainingOf(job, config);
    const { metrics, ...result } = await trainJob({ ...job, policy: armOf(job.policy).policy }, settings, context);
    const course = await shapesOf(job, settings, config.momentEpisodes, context);
    const mostNegentropy = course.length === 0 ? null : Math.max(...course);
    return { ...result, metrics: { negentropy: course.at(-1) ?? null, ...metrics, mostNegentropy } };
  },

  policyLabel: (policy) => armOf(policy).label,
  clocked: speedTable,
  tables: (summary) => [aggregateTable(summary), shapeTable(summary)],
  conclusions: (_, summary, { steps }) => {
    if (steps !== undefined) return {};
    const answer = answerOf(summary);
    return { E12: { question, prediction, endpoint, ...(answer && { answer }) } };
  },
  report: (outcomes, summary) => [
    {
      title: 'E12: Shape, and what it is worth',
      code: 'E12',
      paragraphs: [
        'Negentropy is the KL divergence from a policy to the Gaussian of its mean and covariance, before actions are squashed, in the mean over 64 steps of episodes ' +
          'with sampled actions. A score is a return less that of random actions, over what the Gaussian’s mean return has above it.',
      ],
      tables: [aggregateTable(summary), shapeTable(summary)],
    },
    ...curves(outcomes),
  ],
});

/** The settings of a job's training. */
export function trainingOf(
  { study, env, policy }: Pick<ShapesJob, 'study' | 'env' | 'policy'>,
  { steps, evaluationEpisodes, moments }: Pick<ShapesConfig, 'steps' | 'evaluationEpisodes' | 'moments'>,
): TrainConfig {
  const [arm, task] = [armOf(policy), taskSettings(study, env)];
  return trainSettings(
    { study, env, policy: arm.policy },
    {
      ...{ steps: steps ?? task.steps, envs: task.envs, evaluationEpisodes, snapshots: moments },
      agent: { ...task.agent, ...arm.agentOptions },
      policy: { ...task.policy, ...arm.policyOptions },
    },
  );
}

/** The negentropies at the moments of a training, nats, in its order; those that cannot be measured are left out. */
async function shapesOf(job: ShapesJob, { env: options }: TrainConfig, episodes: number, context: JobContext) {
  const found: number[] = [];
  const env = makeVec(job.env, { ...options, numEnvs: episodes });
  try {
    for (const step of snapshotSteps(context.directory)) {
      const { policy } = loadPolicy(snapshotFile(context.directory, step));
      const dense = policy instanceof FlowMatchingPolicy ? policy.exact() : policy;
      const rng = context.rng.split('moments').split(step);
      const { shape } = await evaluateSampled(dense, env, episodes, rng);
      policy.dispose();
      if (shape.negentropy == null || shape.largestNegentropy == null) continue;
      found.push(shape.negentropy);
      context.report(0.98, { step, ...shape });
    }
  } finally {
    env.close();
  }
  return found;
}

const question = 'Do flow policies use their flow in online learning, and is it worth anything?';
/** Fixed on 2026-12-02, before the run, after the pilots in docs/results/policies.md. */
const prediction =
  'By PPO a spline with a head stays within 0.01 nats of a Gaussian; by SAC it has 0.1 nats or more, without more return on robots; where a goal must be ' +
  'found by noise alone it finds it more often. All bounds are in docs/results/policies.md.';
const endpoint =
  'interquartile mean over six robots and all seeds of the paired difference to the Gaussian’s greedy score, with its 90 % interval by the bootstrap ' +
  'stratified by robot: within ±5 % it is the same (chosen before the run)';

/** The difference that does not matter, as a share of what the Gaussian has above random actions. */
const SAME = 0.05;
/** Fewer pairs on a robot decide nothing. */
const FEWEST_PAIRS = 5;

/** A flow beside its Gaussian over the robots. */
interface Aggregate {
  readonly study: string;
  readonly policy: string;
  readonly pairs: number;
  /** The interquartile mean and the mean of the paired differences, and the 90 % interval of the first. */
  readonly difference: number;
  readonly mean: number;
  readonly interval: BootstrapInterval;
  readonly place: 'same' | 'ahead' | 'behind' | 'open';
}

/**
 * Paired differences of greedy scores, over all robots together: (R − R_Gaussian) / (mean R_Gaussian − R_random), where the mean over the seeds is
 * a constant to the bootstrap. By two one-sided tests: the interval is within what does not matter, beyond it, or neither.
 */
export function aggregates(summary: readonly SummaryRow[]): Aggregate[] {
  const rows = summary.filter(({ metric }) => metric === 'greedyReturn');
  return agents.flatMap((study) =>
    choices.policies.flatMap((policy): Aggregate[] => {
      const { beside, agentBeside = study, agents: its } = armOf(policy);
      if (beside === undefined || !its.includes(study)) return [];
      const strata = robots.flatMap((env) => {
        const rowOf = (agent: string, of: string) =>
          rows.find((row) => row.env === env && row.study === agent && row.policy === of);
        const [flow, gaussian] = [rowOf(study, policy), rowOf(agentBeside, beside)];
        if (flow === undefined || gaussian === undefined) return [];
        const { x, y } = pairedSeeds(flow, gaussian);
        const scale = y.reduce((sum, value) => sum + value, 0) / y.length - RANDOM[env];
        return y.length === 0 ? [] : [x.map((value, i) => (value - y[i]!) / scale)];
      });
      if (strata.length === 0) return [];
      const all = strata.flat();
      const interval = new Bootstrap({ rng: new Rng('equivalence'), level: 0.9 }).interval(strata);
      const isWhole = strata.length === robots.length && strata.every(({ length }) => length >= FEWEST_PAIRS);
      const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
      const place = isWhole ? placeOf(interval) : 'open';
      return [{ study, policy, pairs: all.length, difference: interquartileMean(all), mean, interval, place }];
    }),
  );
}

function placeOf({ low, high }: BootstrapInterval): Aggregate['place'] {
  if (low === null) return 'open';
  if (low > SAME || high < -SAME) return low > SAME ? 'ahead' : 'behind';
  return -SAME < low && high < SAME ? 'same' : 'open';
}

const percent = (share: number): string => trueMinus((100 * share).toFixed(1));
const intervalText = ({ low, high }: BootstrapInterval): string =>
  low === null ? '–' : `[${percent(low)}, ${percent(high)}]`;

function aggregateTable(summary: readonly SummaryRow[]): Table {
  return {
    title: 'Beside the Gaussian, over the robots, %',
    columns: ['agent', 'policy', 'beside', 'pairs', 'difference', '90 % interval', 'mean', 'place'],
    rows: aggregates(summary).map(({ study, policy, pairs, difference, interval, mean, place }) => [
      ...[study, armOf(policy).label, armOf(armOf(policy).beside!).label, String(pairs)],
      ...[percent(difference), intervalText(interval), percent(mean), place],
    ]),
  };
}

/** Shapes and scores, a row for each policy, agent and task. */
function shapeTable(summary: readonly SummaryRow[]): Table {
  const measured = [
    { ...NEGENTROPY, label: 'at the end' },
    { ...NEGENTROPY, metric: 'mostNegentropy', label: 'most' },
    { ...NEGENTROPY, metric: 'largestNegentropy', label: 'largest of a step' },
    { metric: 'greedyReturn', label: 'greedy return', format: (value: number) => value.toFixed(1) },
    { metric: 'outcome/goal', label: 'at the goal', format: (share: number) => (100 * share).toFixed(1), unit: '%' },
  ];
  const cells = groupBy(summary, ({ env, study }) => `${env}/${study}`);
  return {
    title: 'Negentropy in nats, and returns',
    columns: ['task', 'agent', 'policy', 'seeds', ...measured.map(({ label }) => label)],
    rows: [...cells.values()].flatMap((own) => {
      const { env, study } = own[0]!;
      const { rows } = metricTable('', own, measured, (policy) => armOf(policy).label);
      return rows.map((row) => [plainEnv(env), study, ...row]);
    }),
  };
}

function answerOf(summary: readonly SummaryRow[]): Answer | undefined {
  const texts = aggregates(summary).map(({ study, policy, difference, interval, place }) => {
    const own = summary.filter((row) => row.study === study && row.policy === policy && row.metric === 'negentropy');
    const nats = own.flatMap(({ env, iqm }) => (Object.hasOwn(RANDOM, env) && iqm !== null ? [iqm] : []));
    const shape = nats.length === 0 ? '' : `${trueMinus(Math.max(...nats).toFixed(3))} nats at most, `;
    const worth = `${percent(difference)} % ${intervalText(interval)} from the Gaussian’s score (${place})`;
    return `${armOf(policy).label} by ${study}: ${shape}${worth}`;
  });
  return texts.length === 0 ? undefined : { text: `${texts.join('; ')}.` };
}

/** Negentropy through the training, a figure for each agent and task. */
function curves(outcomes: readonly Outcome[]): Section[] {
  const cells = groupBy(outcomes, ({ job: { study, env } }) => `${study}-${plainEnv(env)}`);
  return [...cells].map(([name, own]) => ({
    title: `${own[0]!.job.study} on ${plainEnv(own[0]!.job.env)}`,
    folded: true,
    figures: [
      {
        name,
        caption:
          'Negentropy by environment steps. A line is the interquartile mean over the seeds, a band its 95 % interval.',
        spec: learningCurves(alignSteps(curvePoints(own, 'negentropy')), {
          x: 'environment steps',
          y: 'negentropy, nats',
          policies: choices.policies,
        }),
      },
    ],
  }));
}
