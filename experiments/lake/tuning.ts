import type { SearchSpace } from '../harness/tuning/searchSpace.ts';
import type { SearchSpaces } from '../harness/tuning/tunedSchema.ts';
import type { Tuning } from '../harness/tuning/tuning.ts';
import type { PolicyName } from './lakePolicies.ts';

/** What every policy class is searched in, … */
const COMMON: SearchSpace = {
  activation: { choice: ['tanh', 'relu'] },
  initialScale: { logUniform: [0.1, 1] },
};

/** … and what only some have. */
const OWN: Record<PolicyName, SearchSpace> = {
  gaussian: {},
  'gaussian-full': {},
  'mixture-2': { hiddenGain: { choice: [0.5, 1, 1.5] } },
  mixture: { hiddenGain: { choice: [0.5, 1, 1.5] }, components: { choice: [3, 4, 6, 8] } },
  realnvp: { layers: { choice: [2, 4, 6, 8] } },
  spline: { layers: { choice: [2, 4] }, bins: { choice: [6, 8, 12, 16] }, bound: { uniform: [2, 6] } },
};

const LEARNING: Record<'cloning' | 'ppo', SearchSpace> = {
  cloning: {
    learningRate: { logUniform: [5e-4, 1e-2] },
    steps: { choice: [1000, 2000, 3000] },
  },
  ppo: {
    learningRate: { logUniform: [1e-4, 2e-3] },
    batchSize: { choice: [256, 512] },
    epochs: { choice: [5, 10] },
    gamma: { choice: [0.99, 0.995, 0.999] },
    entropyCoefficient: { choice: [0, 0.003, 0.01, 0.03] },
  },
};

/** What is searched, the same for every policy class but for the options that only some have. */
export const searchSpaces = Object.fromEntries(
  Object.entries(LEARNING).map(([study, learning]) => [
    study,
    Object.fromEntries(
      Object.entries(OWN).map(([policy, own]) => [policy, { ...learning, policy: { ...COMMON, ...own } }]),
    ),
  ]),
) satisfies SearchSpaces;

/** How the lake's settings are searched for. */
export const tuning: Tuning = {
  spaces: searchSpaces,
  objectives: {
    cloning: { metric: 'validationLoss', goal: 'minimize', label: 'held-out loss, nats', near: 0.02 },
    ppo: { metric: 'return', goal: 'maximize', label: 'return', near: 0.05 },
  },
};
