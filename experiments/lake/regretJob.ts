import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JobContext, JobResult } from '../../cli/experiment/experiment.ts';
import {
  type HeadingPolicy,
  makeHeadingPolicy,
  measureWalks,
  type PolicySettings,
  type PpoSettings,
  SOFT_LAKE,
  type SoftPpoSettings,
  STRIDE,
  softLakeOptions,
  softPpoTraining,
} from '../../common/lake.ts';
import { SoftOptimum } from '../../common/softOptimum.ts';
import { savePolicy } from '../../src/index.ts';
import { circularSplines, classFloor, type HeadingFamily, wrappedMixtures } from './classFloor.ts';
import type { LakeConfig } from './config.ts';
import { type SoftSacSettings, softRegret, softSacTraining, trainOnSoftLake } from './softTrainings.ts';

/** Components of the mixture. */
const COMPONENTS = 6;

/** The options of a class in a study, beside those that are searched; gradients of samples reach a mixture's weights by the distributional transform. */
function optionsOf(policy: HeadingPolicy, learner: RegretCondition['learner']): PolicySettings {
  if (policy !== 'mixture' && policy !== 'mixture-2') return {};
  return {
    ...(policy === 'mixture' && { components: COMPONENTS }),
    ...(learner === 'SAC' && { reparameterize: true }),
  };
}

/** Trains a policy over headings by PPO or SAC on the soft return, and measures its soft regret along its own walks. */
export async function regretJob(
  { policy: name, condition }: { policy: HeadingPolicy; condition: RegretCondition },
  { soft, anew: { measuredWalks }, evaluationEpisodes }: LakeConfig,
  { rng, directory, report }: JobContext,
): Promise<JobResult> {
  const { cells, points, ...training } = soft.lake;
  const { learner, temperature } = condition;
  const task = { stride: STRIDE, temperature };
  const settings = regretSettings(condition, name);
  const policy = makeHeadingPolicy(name, { ...optionsOf(name, learner), ...settings.policy }, rng.split('policy'));
  const trained =
    learner === 'SAC'
      ? softSacTraining(policy, { task, steps: soft.sac.steps, settings: settings as SoftSacSettings, rng })
      : softPpoTraining(policy, { task, training, settings: settings as SoftPpoSettings, rng });
  await trainOnSoftLake(trained, (share, row) => report(0.9 * share, row));

  const walk = (episodes: number, keep: number, stream: string) =>
    measureWalks({
      env: SOFT_LAKE,
      options: softLakeOptions(task),
      policy,
      episodes,
      keep,
      digits: Infinity,
      rng: rng.split(stream),
    });
  const { metrics } = walk(evaluationEpisodes, 0, 'evaluation');
  const { walks } = walk(measuredWalks, measuredWalks, 'soft regret');
  const optimum = new SoftOptimum({ ...task, cells, points });
  const measured = { ...softRegret(policy, { optimum, walks, points }), ...metrics };
  savePolicy(join(directory, 'policy.json'), policy, { env: SOFT_LAKE, ...task, ...measured });
  const parameters = policy.parameterCount();
  policy.dispose();
  const unfinished = walks.filter(({ outcome }) => outcome === 'timeout').length / measuredWalks;
  return { metrics: { ...measured, unfinished }, data: { parameters } };
}

/** The richest member of each class that is searched: its floor is the least of all of them. */
const FAMILIES: Record<HeadingPolicy, () => HeadingFamily> = {
  gaussian: () => wrappedMixtures(1),
  'mixture-2': () => wrappedMixtures(2),
  mixture: () => wrappedMixtures(COMPONENTS),
  spline: () => circularSplines({ layers: 3, bins: 16 }),
};

/** What a class can do at best at a temperature, whatever its network and training. */
export async function floorJob(
  { policy, temperature }: { policy: HeadingPolicy; temperature: number },
  { anew: { floors } }: LakeConfig,
  { report }: JobContext,
): Promise<JobResult> {
  const task = { stride: STRIDE, temperature };
  const { nats, steps, ofProjection } = classFloor(FAMILIES[policy](), { task, ...floors, report });
  return {
    metrics: {
      softRegret: temperature * nats,
      natsAStep: nats / steps,
      steps,
      ofProjection: temperature * ofProjection,
    },
  };
}

/** Settings for E0 and E2 anew: those of each algorithm and temperature were searched by themselves, with as many trials for each class. */
const { tuned } = JSON.parse(readFileSync(new URL('./anewSettings.json', import.meta.url), 'utf8')) as {
  readonly tuned: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
};

/** What PPO on the stride lake takes for a policy. */
export function arrivalSettings(policy: string): PpoSettings {
  return tuned.arrival![SOFT_LAKE]![policy] as PpoSettings;
}

/** A search for a soft optimum: by an algorithm at a temperature. */
export interface RegretCondition {
  readonly key: string;
  readonly learner: 'PPO' | 'SAC';
  readonly temperature: number;
}

/** What an algorithm takes for a policy over headings. */
export function regretSettings({ learner, temperature }: RegretCondition, policy: string) {
  const study = `soft-${learner.toLowerCase()}-${temperature}`;
  return tuned[study]![SOFT_LAKE]![policy] as (SoftPpoSettings | SoftSacSettings) & {
    readonly policy: PolicySettings;
  };
}
