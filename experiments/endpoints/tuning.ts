import { type HeadingPolicy, headingPolicies } from '../../agents/lake.ts';
import type { Objective, SearchSpace, Tuning } from '../../cli/experiment/searchSpace.ts';
import { searchSpaces as ofLake } from '../lake/tuning.ts';
import { tuningFiles } from '../shared/tuningFiles.ts';
import { softStudies } from './softStudies.ts';

type Space = SearchSpace & { readonly policy: SearchSpace };

/** As E2 searches by PPO, but for the mixture's number of components: it is a mixture of six. */
function byPpo(policy: HeadingPolicy): Space {
  const { policy: own, ...common } = ofLake.soft[policy] as Space;
  const { components: _, ...options } = own;
  return { ...common, policy: options };
}

/** The same policies; what SAC has in common with PPO, in the same ranges. */
function bySac(policy: HeadingPolicy): Space {
  const { policy: own, learningRate, firstTemperature, falling } = byPpo(policy);
  return { policy: own, learningRate, firstTemperature, falling, tau: { choice: [0.005, 0.01, 0.02] } } as Space;
}

const each = (space: (policy: HeadingPolicy) => Space) =>
  Object.fromEntries(headingPolicies.map((policy) => [policy, space(policy)]));

const regret: Objective = {
  metric: 'softRegret',
  goal: 'minimize',
  over: 'mean',
  label: 'soft regret, reward a walk',
  near: 0.005,
};

/** Every class has as many trials in each study; a trial counts by its mean over the seeds, since the worst of few is a lottery. */
export const tuning: Tuning = {
  spaces: {
    arrival: ofLake.ppo,
    ...Object.fromEntries(softStudies.map(({ name, learner }) => [name, each(learner === 'PPO' ? byPpo : bySac)])),
  },
  objectives: {
    arrival: { metric: 'return', goal: 'maximize', over: 'mean', label: 'return', near: 0.05 },
    ...Object.fromEntries(softStudies.map(({ name }) => [name, regret])),
  },
};

export const { readTuned, readTrials } = tuningFiles(import.meta.url);
