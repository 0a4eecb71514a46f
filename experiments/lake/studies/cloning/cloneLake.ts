import type { BehaviorCloningReport } from '../../../../agents/index.ts';
import { type CloningSettings, cloneTraining, type Demonstrators, type PolicyName } from '../../../../agents/lake.ts';
import type { JobContext, JobResult } from '../../../../cli/experiment/experiment.ts';
import type { AnyLakeId, LakeId } from '../../../../envs/index.ts';
import type { Policy } from '../../../../src/index.ts';
import type { LakeConfig } from '../../config.ts';
import { isRobotLake } from '../../shared/robotLakes.ts';
import { finishJob } from '../../walks/finishJob.ts';
import { logProbsAtStart } from '../../walks/startDensity.ts';
import { demonstratedStart } from './demonstratedStart.ts';
import { divergence } from './divergence.ts';

/**
 * E1 on a lake: clone scripted demonstrators by maximum likelihood. At the start those of two banks disagree; a policy with one mode
 * fits their average, which leads into the water. The weights of the best held-out step are kept.
 *
 * Beside how its walks end a policy has three metrics: `validationLoss`, −log π of held-out pairs, or `matchingLoss` of one without a density; `startKl`, how far −log π of the
 * demonstrators' velocities at the start is above their entropy, exactly, but for robots, whose demonstrators' law has no such form; and
 * `totalVariation`, the distance between the banks that walks home use and those of the demonstrators.
 */
export async function cloneLake(
  { env, policy: name, demonstrators }: { env: AnyLakeId; policy: PolicyName; demonstrators: Demonstrators },
  config: LakeConfig,
  context: JobContext,
): Promise<JobResult> {
  const { demonstrations: episodes, batchSize } = config.cloning;
  const { rng } = context;
  const settings = cloningSettings(config, env, name);
  const { policy, steps, reports, dispose } = cloneTraining({
    env,
    policy: name,
    demonstrators,
    settings,
    episodes,
    batchSize,
    rng,
  });
  const heldOut = policy.hasDensity ? 'validationLoss' : 'matchingLoss';
  let best: BehaviorCloningReport['best'];
  for await (const report of reports) {
    best = report.best;
    context.report((0.95 * report.step) / steps, {
      step: report.step,
      loss: report.loss,
      [heldOut]: report.value,
      gradientNorm: report.gradientNorm,
    });
  }
  const result = finishJob({ env, policy, episodes: config.evaluationEpisodes, context });
  const startKl = isRobotLake(env) ? Number.NaN : divergenceAtStart(env, policy, demonstrators);
  const taken = result.metrics.upperShare;
  dispose();
  policy.dispose();
  return {
    ...result,
    metrics: {
      ...result.metrics,
      [heldOut]: best?.validationLoss ?? null,
      bestStep: best?.step ?? null,
      startKl: Number.isFinite(startKl) ? startKl : null,
      totalVariation: taken == null ? null : Math.abs(taken - demonstrators.upperShare),
    },
  };
}

function divergenceAtStart(env: LakeId, policy: Policy, demonstrators: Demonstrators): number {
  const { velocities, probabilities, logDensities } = demonstratedStart({ env, ...demonstrators });
  return divergence(probabilities, logDensities, logProbsAtStart(policy, velocities));
}

/** What a policy is cloned with: as tuned, but for the steps, if the run says how many. */
export function cloningSettings({ tuned, cloning }: LakeConfig, env: AnyLakeId, policy: PolicyName): CloningSettings {
  const settings = tuned.cloning![env]![policy] as unknown as CloningSettings;
  return { ...settings, steps: cloning.steps ?? settings.steps };
}
