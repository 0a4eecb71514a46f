import { join } from 'node:path';
import { Ppo } from '../../agents/index.ts';
import type { JobContext, JobResult } from '../../cli/experiment/experiment.ts';
import { withInterval } from '../../cli/experiment/summarize.ts';
import { policyNames } from '../../common/lake.ts';
import { makeVec, opponentBanks } from '../../envs/index.ts';
import { cosineSchedule, type Policy, portableMath, savePolicy } from '../../src/index.ts';
import { gridJobs, seedsFigure } from '../shared/study.ts';
import {
  type BanditPolicy,
  banditPolicies,
  drawnDensity,
  logProbsOnBandit,
  makeBanditPolicy,
  normalCdf,
} from './bandit.ts';
import type { LakeConfig } from './config.ts';
import { classAnswer, classRows } from './labels.ts';
import { type LakeJob, type LakeStudy, tableOf } from './study.ts';

const OPPONENT_BANDIT = 'OpponentBandit-v0';

/** What a job keeps for the figures. */
interface OpponentBanditData {
  /** π at `DRAWN_ACTIONS`. */
  readonly density: readonly number[];
}

/**
 * PPO against the opponent that blocks the bank used more. The opponent answers within some ten episodes, so that a policy that leans
 * to one bank is paid for the other: what is learned is the policy's part of a zero-sum game.
 */
async function playOpponent(
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

/** Seconds of a job with the usual settings. */
const SECONDS: Record<BanditPolicy, number> = { gaussian: 0.6, 'mixture-2': 0.6, mixture: 0.7, spline: 2.3 };

/** Probabilities, to three digits. */
const value = (mass: number): string => mass.toFixed(3);

/** E4: a bank is blocked by an opponent who learns which one is used more. */
export const opponent: LakeStudy = {
  name: 'opponent',
  title: 'An opponent',
  question: 'What is a policy worth where the blocked bank is the worse one for it?',
  prediction: 'A policy with two even modes is worth ½ against every opponent, a Gaussian at most 0.242.',
  endpoint: 'the minimax value, at best ½ (chosen before the run)',

  jobs: (config) =>
    gridJobs<LakeJob>(config, {
      study: 'opponent',
      environments: [OPPONENT_BANDIT],
      policies: banditPolicies,
      weight: ({ policy }) => (SECONDS[policy as BanditPolicy] * config.opponent.bandit.steps) / 40_960,
    }),

  runJob: ({ policy }, config, context) => playOpponent({ policy: policy as BanditPolicy }, config, context),

  tables: (rows) =>
    tableOf('Against an opponent, in one number', rows, [
      { metric: 'minimaxValue', label: 'minimax value', format: value },
      { metric: 'left', label: 'left bank', format: value },
      { metric: 'right', label: 'right bank', format: value },
    ]),

  answer: ({ rows }) =>
    classAnswer(classRows(rows, { metric: 'minimaxValue' }), {
      format: value,
      caption: 'minimax value; the best is 0.5',
      most: 0.5,
      told: (gaussian, other, label) =>
        `Against an opponent who blocks the bank used more, a Gaussian is worth ${withInterval(gaussian, value)} (no Gaussian is worth more than ` +
        `${value(bestMinimaxGaussian().value)}), a ${label} ${withInterval(other, value)}; the best of all policies is worth 0.5.`,
    }),

  section: ({ rows }) => {
    const best = bestMinimaxGaussian();
    return {
      paragraphs: [
        'Two banks, from 0.5 to 1.5 and its mirror image; landing on one that is not blocked pays 1, all else nothing. An opponent blocks the bank used more, by a ' +
          'moving average of the last episodes. A policy’s minimax value is the lesser of the probabilities of its banks, by quadrature of its density. The best ' +
          `of all policies is worth 0.5; the best Gaussian, N(0, ${best.deviation.toFixed(3)}²), ${value(best.value)}.`,
      ],
      figures: [
        seedsFigure(
          'opponent-bandit-value',
          'Minimax value',
          rows.filter(({ metric }) => metric === 'minimaxValue'),
          { x: 'minimax value', domain: [0, 0.55], policies: policyNames },
        ),
      ],
    };
  },
};

/** The number of cells of each bank. */
const CELLS = 2000;

/** The probabilities of the two banks of OpponentBandit-v0, by the midpoint rule. The lesser is the policy's minimax value. */
export function bankMasses(policy: Policy): { left: number; right: number } {
  const { nearest, farthest } = opponentBanks;
  const width = (farthest - nearest) / CELLS;
  const right = Float64Array.from({ length: CELLS }, (_, i) => nearest + (i + 0.5) * width);
  const mass = (actions: Float64Array) =>
    Array.from(logProbsOnBandit(policy, actions)).reduce((sum, logProb) => sum + portableMath.exp(logProb) * width, 0);
  return { left: mass(right.map((action) => -action)), right: mass(right) };
}

const { nearest, farthest } = opponentBanks;

/** The mass that N(0, σ²) has on either bank of OpponentBandit-v0: Φ(farthest / σ) − Φ(nearest / σ). */
export function gaussianBankMass(deviation: number): number {
  return normalCdf(farthest / deviation) - normalCdf(nearest / deviation);
}

/**
 * The Gaussian with the greatest minimax value. Its mean is 0, since one that leaves 0 takes from the bank that it leaves. Its mass on
 * a bank is greatest where farthest · φ(farthest / σ) = nearest · φ(nearest / σ), that is
 * σ² = (farthest² − nearest²) / (2 ln(farthest / nearest)), here 1 / ln 3.
 */
export function bestMinimaxGaussian(): { deviation: number; value: number } {
  const deviation = Math.sqrt((farthest ** 2 - nearest ** 2) / (2 * portableMath.log(farthest / nearest)));
  return { deviation, value: gaussianBankMass(deviation) };
}
