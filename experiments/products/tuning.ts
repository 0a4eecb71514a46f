import { mapValues } from '../../cli/experiment/collections.ts';
import type { SearchSpace, Tuning } from '../../cli/experiment/searchSpace.ts';
import { tuningFiles } from '../shared/tuningFiles.ts';
import { conditionOf } from './conditions.ts';
import type { ProductPolicy } from './productPolicies.ts';

/** What cloning takes for a policy, whatever the number of lakes. */
export interface CloningSettings {
  readonly learningRate: number;
  /** Updates. */
  readonly steps: number;
  readonly policy: Readonly<Record<string, string | number>>;
}

const SCALE: SearchSpace = { initialScale: { logUniform: [0.1, 1] } };
const MIXTURE: SearchSpace = {
  ...SCALE,
  hiddenGain: { choice: [0.5, 1, 1.5] },
  spread: { choice: [0, 0.5, 0.9] },
};
const SPLINE: SearchSpace = { ...SCALE, bins: { choice: [6, 8, 12, 16] }, bound: { uniform: [2, 6] } };

/** What only some policy classes have; the mean of the data has no scale. */
const OWN: Record<ProductPolicy, SearchSpace> = {
  gaussian: SCALE,
  'mixture-2': MIXTURE,
  'mixture-4': MIXTURE,
  'mixture-8': MIXTURE,
  'mixture-16': MIXTURE,
  realnvp: { ...SCALE, layers: { choice: [2, 4, 6, 8] } },
  spline: { ...SPLINE, layers: { choice: [2, 4] } },
  'autoregressive-spline': { ...SPLINE, layers: { choice: [1, 2] } },
  regression: {},
};

/** The space in which E1 searches; there are up to four times as many walks, hence longer trainings. */
const COMMON: SearchSpace = {
  learningRate: { logUniform: [5e-4, 1e-2] },
  steps: { choice: [1500, 3000, 6000] },
};

const spaces = {
  products: mapValues(
    OWN,
    (own): SearchSpace => ({
      ...COMMON,
      policy: { activation: { choice: ['tanh', 'relu'] }, ...own },
    }),
  ),
};

/** Settings are searched on one lake and on three, with equal budgets, and serve for any number of them. */
export const tuning: Tuning = {
  spaces,
  conditions: { products: [conditionOf(1), conditionOf(3)] },
  objectives: {
    products: {
      metric: 'lossOfALake',
      goal: 'minimize',
      over: 'mean',
      label: 'held-out −log π, nats a step and lake',
      near: 0.02,
    },
  },
};

export const { readTuned, readTrials } = tuningFiles(import.meta.url);
