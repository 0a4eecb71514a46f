import type { Agent, TrainReport } from '../../../agents/index.ts';
import type { VectorEnv } from '../../../envs/index.ts';
import type { Policy, Rng } from '../../../src/index.ts';

/** How far a training is. */
export interface LakeProgress {
  readonly step: number;
  /** What its learning curve shows; null where there is nothing to show. */
  readonly value: number | null;
}

/** A training that goes on as its reports are taken. It needs no files, so that it runs in browsers too. */
export interface LakeTraining<R extends LakeProgress = LakeProgress> {
  readonly policy: Policy;
  readonly steps: number;
  readonly reports: AsyncIterable<R>;
  /** Frees all but the policy. */
  dispose(): void;
}

/**
 * The training of an agent on lakes of its own, which are closed with it; the value is the mean return of the episodes that ended since
 * the last report.
 */
export function agentTraining<R extends TrainReport>(
  agent: Agent<R>,
  { policy, env, steps, rng }: { policy: Policy; env: VectorEnv; steps: number; rng: Rng },
): LakeTraining<LakeProgress & R> {
  async function* reports() {
    for await (const report of agent.train({ steps, rng })) {
      const { episodes } = report;
      const total = episodes.reduce((sum, episode) => sum + episode.return, 0);
      yield { ...report, value: episodes.length === 0 ? null : total / episodes.length };
    }
  }
  return {
    policy,
    steps,
    reports: reports(),
    dispose() {
      agent.dispose();
      env.close();
    },
  };
}
