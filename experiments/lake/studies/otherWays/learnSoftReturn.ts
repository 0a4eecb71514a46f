import { type Agent, Ppo, Sac, SoftQLearning } from '../../../../agents/index.ts';
import type { JobContext } from '../../../../cli/experiment/experiment.ts';
import { geometricSchedule, type Policy } from '../../../../src/index.ts';
import type { LakeConfig } from '../../config.ts';
import { makeLakes, type WayName } from './ways.ts';

/** The temperature begins here, and has fallen to its last value after this share of the training. */
const FIRST_TEMPERATURE = 0.5;
const ANNEALED = 0.7;
const GAMMA = 0.98;

/**
 * The soft return Σ γᵗ (r − τ log π), by the agent that a way's policy can learn from: SAC through reparameterized samples, PPO where they
 * are not, soft Q-learning where there is no density. Of hidden noise the entropy is that given the noise.
 */
export async function learnSoftReturn(
  policy: Policy,
  { way, settings, context }: { way: WayName; settings: LakeConfig['otherWays']['soft']; context: JobContext },
): Promise<void> {
  const { temperature: last, ppoSteps } = settings;
  const { rng, report } = context;
  const env = makeLakes(16, { way, condition: 'soft' });
  const isOnPolicy = way === 'autoregressive';
  const steps = isOnPolicy ? ppoSteps : settings.steps;
  const falling = geometricSchedule(FIRST_TEMPERATURE, last);
  const temperature = (share: number) => falling(share / ANNEALED);
  const common = { policy, env, rng: rng.split('agent'), gamma: GAMMA, temperature };
  const replaying = {
    ...common,
    learningRate: 1e-3,
    batchSize: 64,
    bufferSize: 20_000,
    criticHidden: [64, 64],
    tau: 0.02,
    // Few random walks get home.
    learningStarts: Math.floor((3 * steps) / 8),
    updatesPerStep: 0.2,
    reportEvery: Math.ceil(steps / 20),
  };
  const agent: Agent = isOnPolicy
    ? new Ppo({ ...common, horizon: 64, epochs: 6, batchSize: 256, learningRate: 1e-3, klCoefficient: 0 })
    : way === 'energy'
      ? new SoftQLearning({ ...replaying, samplerStates: 32 })
      : new Sac(replaying);
  for await (const { step, episodes } of agent.train({ steps, rng: rng.split('training') })) {
    const home = episodes.filter(({ info }) => info.outcome === 'home').length;
    report((0.8 * step) / steps, { step, homeRate: episodes.length === 0 ? null : home / episodes.length });
  }
  agent.dispose();
  env.close();
}
