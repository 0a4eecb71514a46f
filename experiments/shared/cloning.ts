import type { BehaviorCloning, BehaviorCloningReport } from '../../agents/behaviorCloning.ts';
import type { JobContext } from '../../cli/experiment/experiment.ts';
import type { Rng } from '../../src/index.ts';

/**
 * Trains a clone to the end, and reports its losses. A loss that is not finite is null in the reports.
 *
 * @param share of the job that the training is
 * @returns which weights are kept: the least loss on held-out pairs, and its step; nulls where none was finite
 */
export async function trainClone(
  agent: BehaviorCloning,
  { steps, rng, report, share }: { steps: number; rng: Rng; report: JobContext['report']; share: number },
): Promise<{ validationLoss: number | null; bestStep: number | null }> {
  let best: BehaviorCloningReport['best'];
  for await (const { step, loss, validationLoss, gradientNorm, best: ofReport } of agent.train({ steps, rng })) {
    best = ofReport;
    const value = validationLoss !== undefined && Number.isFinite(validationLoss) ? validationLoss : null;
    report((share * step) / steps, { step, loss, validationLoss: value, gradientNorm });
  }
  return { validationLoss: best?.validationLoss ?? null, bestStep: best?.step ?? null };
}
