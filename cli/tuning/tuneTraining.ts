import { join } from 'node:path';
import { z } from 'zod';
import { DivergedError, episodeStatistics } from '../../agents/index.ts';
import { type ActingAgentName, agentNamed } from '../../agents/registry.ts';
import { makeVec } from '../../envs/index.ts';
import { Rng, savePolicy } from '../../src/index.ts';
import { InputError } from '../experiment/errors.ts';
import {
  type AnyExperiment,
  defineExperiment,
  type Job,
  type JobContext,
  type JobResult,
  type Outcome,
  type Section,
  type SummaryRow,
  type Table,
} from '../experiment/experiment.ts';
import { selectRuntime } from '../experiment/selectRuntime.ts';
import { groupBy } from '../experiment/summarize.ts';
import { firstLine, plural, trueMinus } from '../experiment/text.ts';
import { isGroup, type Settings } from '../experiment/tuned.ts';
import { portablePath } from '../terminal/commandLine.ts';
import { type AllowedCode, allowedOptions, NO_CODE, TRAIN_TUNING } from '../train/allowedCode.ts';
import { makeTraining, tryOut } from '../train/makeTraining.ts';
import { measurePolicy } from '../train/measurePolicy.ts';
import { POLICY, runTraining } from '../train/runTraining.ts';
import { type TrainChoice, type TrainConfig, trainSchema } from '../train/trainConfig.ts';
import { trainExperiment, trainingRuntime } from '../train/trainExperiment.ts';
import { drawSettings, type SearchSpace } from './searchSpace.ts';
import {
  checkSpace,
  defaultSpace,
  type TrainTuningConfig,
  trainTuningSchema,
  trialConfig,
  tunedTraining,
} from './tuningConfig.ts';

/** A trial, with a seed, up to the step of a rung. */
interface TrialJob extends Job {
  /** The name of the policy that is trained. */
  readonly of: string;
  /** Which of the settings, from 0. */
  readonly trial: number;
  /** Which of the rounds, from 0. */
  readonly rung: number;
}

/**
 * The search for the settings of a training: for each policy so many trials, drawn from a space, and one with the settings in use at present,
 * trained once for each of the seeds. Chosen are those with the highest mean return at the end. With successive halving the trainings of the
 * best go on from their checkpoints from round to round, and the present settings always. The run directory gets `tuned.json`, the best
 * settings as a config file of `oxbow train`, and `trials.json`, the space and all trials.
 *
 * @param allowed the code beside oxbow's own that jobs may run
 * @throws InputError if the agent is unknown or learns from data, or a policy is named twice
 */
export function trainTuningExperiment(choice: TrainChoice, allowed: AllowedCode = NO_CODE): AnyExperiment {
  const { choices, description } = trainExperiment(choice, allowed);
  const [agent, env] = [choice.studies[0]! as ActingAgentName, choice.environments[0]!];
  if (agentNamed(agent)!.learnsFromData) {
    throw new InputError(`--agent: got ${agent}, which learns from data, expected one that learns from an environment`);
  }

  const own = (config: TrainConfig): TrainConfig => ({ ...config, env: allowedOptions(env, config.env, allowed) });
  const spaceOf = ({ space, envs }: TrainTuningConfig): SearchSpace => space ?? defaultSpace(agent, envs);

  /** The settings that are tried: those that are drawn, and last those that are in use. */
  const trialsOf = (config: TrainTuningConfig): Settings[] => {
    const rng = new Rng('tuning').split(agent).split(config.searchSeed);
    return [...drawSettings(spaceOf(config), config.trials, rng, config.search), {}];
  };

  /** The jobs of a round of a policy: of all trials unless it has fewer. */
  const jobsOf = (
    config: TrainTuningConfig,
    policy: string,
    rung: number,
    trials: readonly number[] = Array.from({ length: config.trials + 1 }, (_, trial) => trial),
  ): TrialJob[] => {
    const rungs = halvingRungs(config);
    const before = rungs[rung - 1]?.steps ?? 0;
    const condition = rungs.length === 1 ? {} : { condition: `steps-${rungs[rung]!.steps}` };
    return trials.flatMap((trial) =>
      config.seeds.map((seed) => ({
        id: `${agent}/${env.replaceAll(':', '-')}/${policy}/trial-${trial + 1}/seed-${seed}/rung-${rung + 1}`,
        study: agent,
        env,
        policy: `${policy} #${trial + 1}`,
        ...condition,
        seed,
        weight: (rungs[rung]!.steps - before) / config.steps,
        of: policy,
        trial,
        rung,
      })),
    );
  };

  /** Which trials of a policy a round has, by what came of the one before: the best, and the settings in use. */
  const survivors = (config: TrainTuningConfig, rung: number, before: readonly Outcome<TrialJob>[]): number[] => {
    const trials = [...groupBy(before, ({ job }) => job.trial)].map(([trial, outcomes]) => ({
      trial,
      scores: outcomes.map(({ result }) => result.metrics.return ?? null),
    }));
    const order = ranked(trials, config.over).map(({ trial }) => trial);
    const best = order.filter((trial) => trial < config.trials).slice(0, halvingRungs(config)[rung]!.trials);
    return [...best, ...order.filter((trial) => trial === config.trials)].sort((a, b) => a - b);
  };

  const policyTrials = (summary: readonly SummaryRow[], config: TrainTuningConfig): PolicyTrials[] => {
    const settings = trialsOf(config);
    const rungs = halvingRungs(config);
    return config.policies.map((policy) => ({
      policy,
      rungs: rungs.map((rung) => ({
        steps: rung.steps,
        trials: summary.flatMap(({ policy: name, condition, metric, perSeed }) => {
          const [of, number] = name.split(' #') as [string, string];
          if (of !== policy || metric !== 'return') return [];
          if (condition !== undefined && condition !== `steps-${rung.steps}`) return [];
          return [{ trial: Number(number), settings: settings[Number(number) - 1]!, scores: perSeed }];
        }),
      })),
    }));
  };

  return defineExperiment<TrainTuningConfig, TrialJob>({
    name: TRAIN_TUNING,
    command: `oxbow tune train ${env} --agent ${agent} --policy ${choice.policies.join(',')}`,
    headline: `The search for settings of ${agent} on ${env}`,
    description: `The search for settings of ${description}`,
    schema: trainTuningSchema({
      ...choices,
      actionSpace: choice.actionSpace,
    }) as unknown as z.ZodType<TrainTuningConfig> & {
      shape: Record<string, z.ZodType>;
    },
    presets: { quick: {} },
    choices,
    steps: { [agent]: 'steps' },
    resumable: true,
    conditionLabel: (condition) => `${Number(condition.replace('steps-', '')).toLocaleString('en-GB')} steps`,

    runtime: (config) =>
      trainingRuntime(TRAIN_TUNING, config, allowed, async () => {
        const schemas = config.policies.map((policy) => {
          const { agent: ofAgent, policy: ofPolicy, envs } = trainSchema({ ...choices, policies: [policy] }).shape;
          return z.strictObject({ agent: ofAgent, policy: ofPolicy, envs });
        });
        const names = config.policies.length === 1 ? `${agent} with ${config.policies[0]}` : agent;
        checkSpace('--space', spaceOf(config), schemas, `option of ${names}`);
        for (const policy of config.policies) {
          tryOut({ study: agent, env, policy }, own(trialConfig(config, policy, {})));
          for (const settings of trialsOf(config)) trialConfig(config, policy, settings);
        }
      }),

    jobs: (config) =>
      config.policies.flatMap((policy) => halvingRungs(config).flatMap((_, rung) => jobsOf(config, policy, rung))),

    due: (outcomes, config) => {
      const found = groupBy(outcomes, ({ job }) => `${job.of} ${job.rung}`);
      return config.policies.flatMap((policy) => {
        const due: TrialJob[] = [];
        let jobs = jobsOf(config, policy, 0);
        for (let rung = 0; rung < halvingRungs(config).length; rung++) {
          due.push(...jobs);
          const ids = new Set(jobs.map(({ id }) => id));
          const before = (found.get(`${policy} ${rung}`) ?? []).filter(({ job }) => ids.has(job.id));
          if (before.length < jobs.length || rung + 1 === halvingRungs(config).length) break;
          jobs = jobsOf(config, policy, rung + 1, survivors(config, rung + 1, before));
        }
        return due;
      });
    },

    async runJob(job, config, context) {
      await selectRuntime(config);
      const settings = own(trialConfig(config, job.of, trialsOf(config)[job.trial]!));
      return trialJob(job, settings, context, halvingRungs(config)[job.rung]!.steps, config.greedy);
    },

    tables: (summary, config) => tuningTables(policyTrials(summary, config), config),

    report: (_outcomes, summary, config) => tuningSections(policyTrials(summary, config), config),

    files(summary, config) {
      const found = policyTrials(summary, config);
      const best = found.flatMap(({ policy, rungs }) => {
        const [first] = ranked(rungs.at(-1)!.trials, config.over);
        return first === undefined ? [] : [{ policy, tuned: tunedTraining(config, policy, first.settings) }];
      });
      return {
        ...Object.fromEntries(best.map(({ policy, tuned }) => [tunedFile(policy, config), tuned])),
        'trials.json': { config, space: spaceOf(config), policies: found },
      };
    },

    usedBy(file, config) {
      const policy = config.policies.find((name) => tunedFile(name, config) === file);
      if (policy === undefined) return undefined;
      const modules = config.load.flatMap((path) => ['--load', portablePath(path)]);
      return ['train', env, '--agent', agent, '--policy', policy, ...modules];
    },
  });
}

/** The file of a policy's best settings. */
function tunedFile(policy: string, { policies }: TrainTuningConfig): string {
  return policies.length === 1 ? 'tuned.json' : `tuned-${policy}.json`;
}

/** Trains up to a step, from where the round before left it, and measures the policy. */
async function trialJob(
  job: TrialJob,
  config: TrainConfig,
  context: JobContext,
  until: number,
  greedy: boolean,
): Promise<JobResult> {
  const { of: policy, rung, env } = job;
  let training: ReturnType<typeof makeTraining>;
  try {
    training = makeTraining({ ...job, policy }, config, context.rng);
  } catch (error) {
    // Settings that do not fit together are a finding, not a failure.
    context.say(`no score: ${firstLine((error as Error).message)}`);
    return { metrics: { return: null }, data: { refused: (error as Error).message } };
  }
  try {
    const before = `rung-${rung}`;
    await runTraining(training, job, config, context, {
      until,
      before:
        rung === 0
          ? undefined
          : { job: job.id.replace(/rung-\d+$/, before), directory: join(context.directory, '..', before) },
    });
    const episodes = await measurePolicy({
      policy: training.policy,
      makeEnvs: (numEnvs) => makeVec(env, { ...config.env, numEnvs }),
      episodes: config.evaluationEpisodes,
      greedy,
      rng: context.rng.split('evaluation'),
    });
    const { return: mean } = episodeStatistics(episodes);
    savePolicy(join(context.directory, POLICY), training.policy, { env, step: until, return: mean });
    return { metrics: { return: mean } };
  } catch (error) {
    const diverged = [error, (error as Error).cause].find((cause) => cause instanceof DivergedError);
    if (diverged === undefined) throw error;
    // So are those under which training diverges. Where its checkpoint lies differs from run to run.
    return { metrics: { return: null }, data: { diverged: (diverged as Error).message } };
  } finally {
    training.dispose();
  }
}

/** The trials that have a score, the mean over the seeds or the worst of them, the best first; the earlier one of equals. */
function ranked<T extends Pick<Trial, 'scores'>>(
  trials: readonly T[],
  over: 'mean' | 'worst',
): (T & { score: number })[] {
  return trials
    .flatMap((trial) => {
      const scores = trial.scores.filter((score) => score !== null);
      if (scores.length < trial.scores.length || scores.length === 0) return [];
      const sum = scores.reduce((total, score) => total + score, 0);
      return [{ ...trial, score: over === 'worst' ? Math.min(...scores) : sum / scores.length }];
    })
    .sort((a, b) => b.score - a.score);
}

/** `name value, name value`: groups are left out, their names are for the file. A rate that falls is `name 0.001 → 0`. */
export function settingsText(settings: Settings): string {
  return Object.entries(settings)
    .map(([name, value]) => {
      if (isGroup(value)) return settingsText(value);
      const isLinear = typeof value === 'object' && value !== null && 'linear' in value;
      if (isLinear) return `${name} ${value.linear.join(' → ')}`;
      return `${name} ${Array.isArray(value) ? value.join('×') : value}`;
    })
    .join(', ');
}

/** One try of some settings, by its number from 1: what came of it by seed; `null` where training failed or diverged. */
interface Trial {
  readonly trial: number;
  readonly settings: Settings;
  readonly scores: readonly (number | null)[];
}

/** The trials of a policy, by the rounds of the search. */
interface PolicyTrials {
  readonly policy: string;
  readonly rungs: readonly { readonly steps: number; readonly trials: readonly Trial[] }[];
}

/** How many of the best trials a table has. */
const SHOWN = 5;

/** The best trials of each policy in the last round, beside the settings in use before. */
function tuningTables(policies: readonly PolicyTrials[], config: TrainTuningConfig): Table[] {
  const found = policies.map(({ policy, rungs }) => ({ policy, order: ranked(rungs.at(-1)!.trials, config.over) }));
  const [agent, env] = [config.studies[0]!, config.environments[0]!];
  return [
    {
      title: `Trials: ${agent}, ${env}`,
      columns: ['policy', 'trial', `return, ${config.over} of the seeds`, 'by seed', 'settings'],
      rows: found.flatMap(({ policy, order }) =>
        order.flatMap((trial, place) =>
          place < SHOWN || trial.trial === config.trials + 1 ? [[policy, ...trialCells(trial, config)]] : [],
        ),
      ),
    },
  ];
}

/** How settings were searched, and all trials of each round. */
function tuningSections(policies: readonly PolicyTrials[], config: TrainTuningConfig): Section[] {
  const { trials, seeds, over, greedy, halving, evaluationEpisodes } = config;
  const rungs = policies[0]!.rungs;
  const drawn = config.search === 'random' ? 'each by itself' : 'by Latin hypercube sampling';
  const steps = rungs.map((rung) => rung.steps.toLocaleString('en-GB')).join(', ');
  return [
    {
      title: 'How the settings were found',
      paragraphs: [
        `Each policy had ${plural(trials, 'trial')}, drawn from one space ${drawn}, and one with the settings that were in use before. Each was trained ` +
          `with the ${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')}.`,
        `A trial’s score is the ${over} over the seeds of the mean return of ${plural(evaluationEpisodes, 'episode')} with ${greedy ? 'greedy' : 'sampled'} ` +
          'actions at its end. The highest score of many is too high by its luck: train with the settings on other seeds to measure them.',
        ...(rungs.length === 1
          ? []
          : [
              `By successive halving, trials were trained to ${steps} steps. From each round the best 1/${halving} went on, and the ` +
                'settings in use before. Rates went as in a training to the end.',
            ]),
      ],
    },
    ...policies.map(({ policy, rungs }) => ({
      title: `All trials: ${policy}`,
      tables: rungs.map(({ steps, trials }) => ({
        title: `At ${steps.toLocaleString('en-GB')} steps`,
        columns: ['trial', `return, ${over} of the seeds`, 'by seed', 'settings'],
        rows: [...ranked(trials, over), ...trials.filter(({ scores }) => scores.includes(null))].map((trial) =>
          trialCells(trial, config),
        ),
      })),
    })),
  ];
}

function trialCells(trial: Trial & { readonly score?: number }, config: TrainTuningConfig): string[] {
  const number = (value: number | null | undefined) => (value == null ? '–' : trueMinus(value.toFixed(1)));
  return [
    String(trial.trial),
    number(trial.score),
    trial.scores.map(number).join(', '),
    trial.trial === config.trials + 1 ? 'those in use before' : settingsText(trial.settings),
  ];
}

/** One round of successive halving: how many settings are trained in it, and to which step. */
type Rung = Readonly<Record<'trials' | 'steps', number>>;

/**
 * The rounds of successive halving: all settings are trained for a share of the steps, the best 1/η of them for η times as many, and so on
 * to the last round, which has all the steps. Round i of 0, …, s has
 * ⌊n η⁻ⁱ⌋ settings and R ηⁱ⁻ˢ steps. With η = 1 there is one round, and no more than leave a setting for the last and a step for the first.
 *
 * Jamieson & Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization", arXiv:1502.07943; Li et al.,
 * "Hyperband", arXiv:1603.06560: its inner loop.
 *
 * @param config n is `trials`, R is `steps`, η is `halving`, and s + 1 at most `rungs`
 */
export function halvingRungs(config: Pick<TrainTuningConfig, 'trials' | 'steps' | 'halving' | 'rungs'>): Rung[] {
  const { trials, steps, halving, rungs } = config;
  let last = 0;
  while (halving > 1 && last + 1 < rungs && Math.min(trials, steps) >= halving ** (last + 1)) last++;
  return Array.from({ length: last + 1 }, (_, i) => ({
    trials: Math.floor(trials / halving ** i),
    steps: Math.round(steps / halving ** (last - i)),
  }));
}
