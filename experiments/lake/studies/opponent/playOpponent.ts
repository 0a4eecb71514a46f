import { join } from 'node:path';
import { Ppo } from '../../../../agents/index.ts';
import type { JobContext, JobResult } from '../../../../cli/experiment/experiment.ts';
import { makeVec } from '../../../../envs/index.ts';
import { cosineSchedule, savePolicy } from '../../../../src/index.ts';
import { type BanditPolicy, makeBanditPolicy } from '../../bandit/banditPolicies.ts';
import { drawnDensity } from '../../bandit/drawnDensity.ts';
import type { LakeConfig } from '../../config.ts';
import { bankMasses } from './bankMasses.ts';

export const OPPONENT_BANDIT = 'OpponentBandit-v0';

/** What a job keeps for the figures. */
export interface OpponentBanditData {
  /** π at `DRAWN_ACTIONS`. */
  readonly density: readonly number[];
}

/**
 * PPO against the opponent that blocks the bank used more. The opponent answers within some ten episodes, so that a policy that leans
 * to one bank is paid for the other: what is learned is the policy's part of a zero-sum game.
 */
export async function playOpponent(
  { policy: name }: { policy: BanditPolicy },
  { opponent: { bandit } }: LakeConfig,
  { rng, directory, report }: JobContext,
): Promise<JobResult & { data: OpponentBanditData }> {
  const { steps, envs, learningRate, ...learning } = bandit;
  const policy = makeBanditPolicy(name, rng.split('policy'));
  const env = makeVec(OPPONENT_BANDIT, { numEnvs: envs });
  const agent = new Ppo({
    ...learning,
    policy,
    env,
    rng: rng.split('agent'),
    learningRate: cosineSchedule(learningRate),
    // In a bandit nothing is but the shape of one density, and the value of one observation.
    shapeRate: 1,
    valueHidden: [16],
    klCoefficient: 0,
  });
  for await (const { step, episodes, entropy } of agent.train({ steps, rng: rng.split('training') })) {
    const reward = episodes.reduce((sum, episode) => sum + episode.return, 0) / episodes.length;
    report((0.95 * step) / steps, { step, reward, entropy });
  }
  const { left, right } = bankMasses(policy);
  const metrics = { minimaxValue: Math.min(left, right), left, right };
  savePolicy(join(directory, 'policy.json'), policy, { ...metrics });
  const density = drawnDensity(policy);
  agent.dispose();
  policy.dispose();
  env.close();
  return { metrics, data: { density } };
}
