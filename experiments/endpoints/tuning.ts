import { existsSync, readFileSync } from 'node:fs';
import type { SearchSpace } from '../harness/tuning/searchSpace.ts';
import type { Tuned } from '../harness/tuning/tunedSchema.ts';
import type { Objective, Tuning } from '../harness/tuning/tuning.ts';
import type { TrialsFile } from '../harness/tuning/tuningSection.ts';
import { type HeadingPolicy, headingPolicies } from '../lake/headings/headingPolicies.ts';
import { searchSpaces as ofLake } from '../lake/tuning.ts';
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

/** The best settings of `oxbow tune endpoints`. */
export function readTuned(): Tuned {
  return read<{ tuned: Tuned }>('tuned.json')!.tuned;
}

/** All trials of the search; undefined before there was one. */
export function readTrials(): TrialsFile | undefined {
  return read<TrialsFile>('trials.json');
}

/** A file beside this one. */
function read<T>(name: string): T | undefined {
  const url = new URL(name, import.meta.url);
  return existsSync(url) ? (JSON.parse(readFileSync(url, 'utf8')) as T) : undefined;
}
