import { mapValues } from '../../cli/experiment/collections.ts';
import type { SearchSpace, Settings, Tuning } from '../../cli/experiment/searchSpace.ts';
import { tuningFiles } from '../shared/tuningFiles.ts';
import { type Method, methods } from './methods.ts';

/** What a method takes on an environment, whatever the kind of its data. */
export interface LearningSettings {
  readonly learningRate: number;
  /** Updates. */
  readonly steps: number;
  /** Options of the policy. */
  readonly policy: Settings;
  /** Options of the agent; none of cloning. */
  readonly agent?: Settings;
}

const SCALE: SearchSpace = { initialScale: { logUniform: [0.1, 1] } };

/** By the name of a policy. Those of fixed width have nothing of their own. */
const OF_POLICY: Readonly<Record<string, SearchSpace>> = {
  gaussian: SCALE,
  mixture: { ...SCALE, hiddenGain: { choice: [0.5, 1, 1.5] }, spread: { choice: [0, 0.5, 0.9] } },
  realnvp: { ...SCALE, layers: { choice: [2, 4, 6] } },
  spline: {
    ...SCALE,
    bins: { choice: [6, 8, 12, 16] },
    bound: { uniform: [2, 6] },
    layers: { choice: [2, 4] },
  },
};

/** By the name of an agent: what it weighs values by, which is what decides. */
const OF_AGENT: Readonly<Record<Method['agent'], SearchSpace | undefined>> = {
  cloning: undefined,
  // On the side of the values, where the others have theirs on that of the data: the same range of value against data.
  'td3-bc': { alpha: { logUniform: [0.1, 100] } },
  iql: { beta: { logUniform: [1, 30] }, expectile: { choice: [0.7, 0.8, 0.9] } },
  fql: { alpha: { logUniform: [0.01, 10] } },
  'nf-rlbc': { alpha: { logUniform: [0.01, 10] } },
  'best-of': { expectile: { choice: [0.7, 0.8, 0.9] } },
};

const spaces = mapValues(methods as Record<string, Record<string, Method>>, (own) =>
  mapValues(own, ({ agent, policy, options }): SearchSpace => {
    const ofAgent = OF_AGENT[agent];
    const isFixed = options.scale === 'fixed';
    return {
      learningRate: { logUniform: agent === 'cloning' ? [5e-4, 1e-2] : [3e-4, 3e-3] },
      steps: { choice: agent === 'cloning' ? [1500, 3000, 6000] : [2500, 5000] },
      policy: { activation: { choice: ['tanh', 'relu'] }, ...(isFixed ? {} : OF_POLICY[policy]) },
      ...(ofAgent && { agent: ofAgent }),
    };
  }),
);

/**
 * With equal budgets for every method, on each environment. Cloning is judged by what it can be judged by without an environment, the loss of held-out
 * episodes; what is best for one class says nothing of another, whose loss may be of another kind. Agents that know rewards are judged by their
 * scores, over all kinds of data that good and bad episodes make.
 */
export const tuning: Tuning = {
  spaces,
  conditions: { cloning: 'two-experts', offline: ['mixed', 'uneven', 'medium'] },
  objectives: {
    cloning: {
      metric: 'heldOutLoss',
      goal: 'minimize',
      over: 'mean',
      label: '−log π of held-out episodes, nats a step',
      near: 0.02,
      otherwise: { metric: 'heldOutMatching', label: 'matching loss of held-out episodes, squared error', near: 0.005 },
    },
    offline: {
      metric: 'score',
      goal: 'maximize',
      over: 'mean',
      label: 'normalized score, by samples or greedy actions, whichever is higher',
      near: 0.05,
    },
  },
};

export const { readTuned, readTrials } = tuningFiles(import.meta.url);
