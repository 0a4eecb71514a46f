import { expect, test } from 'vitest';
import {
  A2c,
  type Agent,
  CrossQ,
  Dqn,
  Ppo,
  QrDqn,
  Reinforce,
  Sac,
  SoftQLearning,
  Td3,
  Tqc,
  type TrainReport,
} from '../../agents/index.ts';
import { TransformObservation } from '../../envs/index.ts';
import { makePolicy, Rng } from '../../src/index.ts';
import { box, discrete, RecordingEnv } from './support.ts';

const { observationSpace } = new RecordingEnv(box);
const replay = { batchSize: 4, learningStarts: 10, updateEvery: 1, updatesPerStep: 1, reportEvery: 12 };
const critics = { ...replay, criticHidden: [3] };
const learners: [Learner: { readonly name: string }, policy: string, options: object][] = [
  [Sac, 'gaussian', critics],
  [Tqc, 'gaussian', { ...critics, quantiles: 4 }],
  [CrossQ, 'gaussian', { ...critics, policyDelay: 1 }],
  [Td3, 'gaussian', { ...critics, policyDelay: 1 }],
  [SoftQLearning, 'gaussian', critics],
  [Dqn, 'q-network', replay],
  [QrDqn, 'quantile-network', replay],
  [Ppo, 'gaussian', { horizon: 6, batchSize: 3, epochs: 1 }],
  [A2c, 'gaussian', { reportEvery: 1 }],
  [Reinforce, 'gaussian', { episodesPerEnv: 2 }],
];

test.each(learners)('all networks of %o see what the policy sees', async (Learner, name, options) => {
  const Made = Learner as new (options: object) => Agent;
  const [mean, variance] = [
    [0.5, -1],
    [0.25, 4],
  ];
  const seen = (observation: Float32Array) =>
    observation.map((o, i) => (o - mean[i]!) / Math.sqrt(variance[i]! + 1e-8));
  const figures = async (normalizeObservations: boolean) => {
    const actionSpace = name === 'gaussian' ? box : discrete;
    const squashed = name === 'gaussian' && { squash: 'tanh', scale: 'state' };
    const policy = makePolicy(name, {
      observationSpace,
      rng: new Rng('policy'),
      actionSpace,
      hidden: [4],
      ...squashed,
      normalizeObservations,
    });
    // So many that new ones change nothing.
    policy.normalizer?.setMoments({ mean, variance, count: 1e9 });
    const bare = new RecordingEnv(actionSpace);
    const env = normalizeObservations ? bare : new TransformObservation(bare, seen);
    const agent = new Made({ policy, env, rng: new Rng('agent'), ...options });
    const reports: TrainReport[] = [];
    for await (const report of agent.train({ steps: 12, rng: new Rng('training') })) reports.push(report);
    agent.dispose();
    expect(reports.at(-1)!.updates).toBeGreaterThan(0);
    return reports.map((report) => Object.entries(report).filter(([, value]) => typeof value === 'number'));
  };
  // What normalizes is as good as an environment that does it.
  const [got, wanted] = [await figures(true), await figures(false)];
  expect(got).toEqual(wanted.map((report) => report.map(([figure, value]) => [figure, expect.closeTo(value, 4)])));
});
