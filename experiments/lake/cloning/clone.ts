import { BehaviorCloning, type BehaviorCloningReport } from '../../../agents/index.ts';
import { collectDemonstrations, type LakeId } from '../../../envs/index.ts';
import { cosineSchedule } from '../../../src/index.ts';
import type { JobContext, JobResult } from '../../harness/experiment.ts';
import { cloningSettings, type LakeConfig } from '../config.ts';
import { finishJob } from '../finishJob.ts';
import { makeLakePolicy, type PolicyName } from '../lakePolicies.ts';
import { logProbsAtStart } from '../logProbsAtStart.ts';
import type { Demonstrators } from './conditions.ts';
import { demonstratedStart } from './demonstratedStart.ts';
import { divergence } from './divergence.ts';

/**
 * E1 on a lake: clone scripted demonstrators by maximum likelihood. At the start those of two banks disagree; a policy with one mode
 * fits their average, which leads into the water. The weights of the best held-out step are kept.
 *
 * Beside how its walks end a policy has three metrics: `validationLoss`, −log π of held-out pairs; `startKl`, how far −log π of the
 * demonstrators' velocities at the start is above their entropy, exactly; and `totalVariation`, the distance between the banks that
 * walks home use and those of the demonstrators.
 */
export async function clone(
  { env, policy: name, demonstrators }: { env: LakeId; policy: PolicyName; demonstrators: Demonstrators },
  config: LakeConfig,
  context: JobContext,
): Promise<JobResult> {
  const { demonstrations: episodes, batchSize } = config.cloning;
  const { steps, learningRate, policy: settings } = cloningSettings(config, env, name);
  const { upperShare, path } = demonstrators;
  const { rng } = context;
  const collect = (count: number, stream: string) =>
    collectDemonstrations({ envId: env, episodes: count, upperShare, path, rng: rng.split(stream) });
  const demonstrations = collect(episodes, 'demonstrations');
  const validation = collect(Math.max(1, Math.round(episodes / 5)), 'validation');
  const policy = makeLakePolicy(name, { env, settings, rng: rng.split('policy'), scale: 'state' });
  const agent = new BehaviorCloning({
    policy,
    demonstrations,
    validation,
    batchSize,
    learningRate: cosineSchedule(learningRate),
    reportEvery: Math.max(1, Math.round(steps / 30)),
  });
  let best: BehaviorCloningReport['best'];
  for await (const report of agent.train({ steps, rng: rng.split('training') })) {
    best = report.best;
    context.report((0.95 * report.step) / steps, {
      step: report.step,
      loss: report.loss,
      validationLoss: finiteOrNull(report.validationLoss),
      gradientNorm: report.gradientNorm,
    });
  }
  const result = finishJob({ env, policy, config, context });
  const { velocities, probabilities, logDensities } = demonstratedStart({ env, upperShare, path });
  const startKl = divergence(probabilities, logDensities, logProbsAtStart(policy, velocities));
  const taken = result.metrics.upperShare;
  agent.dispose();
  policy.dispose();
  return {
    ...result,
    metrics: {
      ...result.metrics,
      validationLoss: best?.validationLoss ?? null,
      bestStep: best?.step ?? null,
      startKl: finiteOrNull(startKl),
      totalVariation: taken == null ? null : Math.abs(taken - upperShare),
    },
  };
}

/** A pair that a policy gives no density makes the loss infinite: there is nothing to plot then. */
function finiteOrNull(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}
