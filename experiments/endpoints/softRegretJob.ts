import { join } from 'node:path';
import {
  type HeadingPolicy,
  makeHeadingPolicy,
  measureWalks,
  SOFT_LAKE,
  type SoftPpoSettings,
  STRIDE,
  softLakeOptions,
  softPpoTraining,
} from '../../agents/lake.ts';
import type { JobContext, JobResult } from '../../cli/experiment/experiment.ts';
import type { Settings } from '../../cli/experiment/searchSpace.ts';
import { SoftOptimum } from '../../envs/lake/softOptimum.ts';
import { savePolicy } from '../../src/index.ts';
import { type SoftSacSettings, softSacTraining } from '../lake/headings/softSacTraining.ts';
import { trainOnSoftLake } from '../lake/headings/trainOnSoftLake.ts';
import { softRegret } from '../lake/headings/truth/softRegret.ts';
import type { EndpointsConfig } from './config.ts';
import type { SoftStudy } from './softStudies.ts';

/** Components of the mixture. */
export const COMPONENTS = 6;

/** The options of a class in a study, beside those that are searched; gradients of samples reach a mixture's weights by the distributional transform. */
function optionsOf(policy: HeadingPolicy, learner: SoftStudy['learner']): Settings {
  if (policy !== 'mixture' && policy !== 'mixture-2') return {};
  return {
    ...(policy === 'mixture' && { components: COMPONENTS }),
    ...(learner === 'SAC' && { reparameterize: true }),
  };
}

/** The settings that were found for a policy in a study. */
export function softSettings({ tuned }: Pick<EndpointsConfig, 'tuned'>, study: SoftStudy, policy: HeadingPolicy) {
  return tuned[study.name]![SOFT_LAKE]![policy] as unknown as (SoftPpoSettings | SoftSacSettings) & {
    readonly policy: Settings;
  };
}

/** Trains a policy over headings by PPO or SAC on the soft return, and measures its soft regret along its own walks. */
export async function softRegretJob(
  { policy: name, study }: { policy: HeadingPolicy; study: SoftStudy },
  config: EndpointsConfig,
  { rng, directory, report }: JobContext,
): Promise<JobResult> {
  const { cells, points, sacSteps, measuredWalks, ...training } = config.soft;
  const { learner, temperature } = study;
  const task = { stride: STRIDE, temperature };
  const settings = softSettings(config, study, name);
  const policy = makeHeadingPolicy(name, { ...optionsOf(name, learner), ...settings.policy }, rng.split('policy'));
  const trained =
    learner === 'SAC'
      ? softSacTraining(policy, { task, steps: sacSteps, settings: settings as SoftSacSettings, rng })
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
  const { metrics } = walk(config.evaluationEpisodes, 0, 'evaluation');
  const { walks } = walk(measuredWalks, measuredWalks, 'soft regret');
  const optimum = new SoftOptimum({ ...task, cells, points });
  const measured = { ...softRegret(policy, { optimum, walks, points }), ...metrics };
  savePolicy(join(directory, 'policy.json'), policy, { env: SOFT_LAKE, ...task, ...measured });
  const parameters = policy.parameterCount();
  policy.dispose();
  const unfinished = walks.filter(({ outcome }) => outcome === 'timeout').length / measuredWalks;
  return { metrics: { ...measured, unfinished }, data: { parameters } };
}
