import { BehaviorCloning, type BehaviorCloningReport } from '../../../agents/index.ts';
import { collectDemonstrations, type LakeId } from '../../../envs/index.ts';
import { cosineSchedule } from '../../../src/index.ts';
import type { JobContext, JobResult } from '../../harness/experiment.ts';
import { cloningSettings, type LakeConfig } from '../config.ts';
import { finishJob } from '../finishJob.ts';
import { makeLakePolicy, type PolicyName } from '../lakePolicies.ts';

/**
 * E1: clone shortest-path demonstrators, half of them on each bank, by maximum likelihood. At the start the demonstrators
 * disagree; a policy with one mode fits their average, which leads into the water. The weights of the best held-out step are
 * kept.
 */
export async function clone(
  { env, policy: name }: { env: LakeId; policy: PolicyName },
  config: LakeConfig,
  context: JobContext,
): Promise<JobResult> {
  const { demonstrations: episodes, batchSize } = config.cloning;
  const { steps, learningRate, policy: settings } = cloningSettings(config, env, name);
  const { rng } = context;
  const demonstrations = collectDemonstrations({ envId: env, episodes, rng: rng.split('demonstrations') });
  const validation = collectDemonstrations({
    envId: env,
    episodes: Math.max(1, Math.round(episodes / 5)),
    rng: rng.split('validation'),
  });
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
  agent.dispose();
  policy.dispose();
  return {
    ...result,
    metrics: { ...result.metrics, validationLoss: best?.validationLoss ?? null, bestStep: best?.step ?? null },
  };
}

/** A held-out pair that a policy gives no density makes the loss infinite: there is nothing to plot then. */
function finiteOrNull(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}
