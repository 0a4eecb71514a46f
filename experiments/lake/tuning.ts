import type { SearchSpace } from '../harness/tuning/searchSpace.ts';
import type { SearchSpaces } from '../harness/tuning/tunedSchema.ts';
import type { Tuning } from '../harness/tuning/tuning.ts';
import type { PolicyName } from './lakePolicies.ts';

/** What only some policy classes have. */
const OWN: Record<PolicyName, SearchSpace> = {
  gaussian: {},
  'gaussian-full': {},
  'mixture-2': { hiddenGain: { choice: [0.5, 1, 1.5] } },
  mixture: { hiddenGain: { choice: [0.5, 1, 1.5] }, components: { choice: [3, 4, 6, 8] } },
  realnvp: { layers: { choice: [2, 4, 6, 8] } },
  spline: { layers: { choice: [2, 4] }, bins: { choice: [6, 8, 12, 16] }, bound: { uniform: [2, 6] } },
  nice: { layers: { choice: [2, 4, 6, 8] } },
};

const ACTIVATION: SearchSpace = { activation: { choice: ['tanh', 'relu'] } };

/** What every policy class is searched in. */
const COMMON: Record<'cloning' | 'ppo', SearchSpace & { policy: SearchSpace }> = {
  cloning: {
    policy: { ...ACTIVATION, initialScale: { logUniform: [0.1, 1] } },
    learningRate: { logUniform: [5e-4, 1e-2] },
    steps: { choice: [1000, 2000, 3000] },
  },
  // Home is far and nothing else is rewarded: a policy that begins with small steps never gets there, and learns to stand still.
  ppo: {
    policy: { activation: { choice: ['tanh'] }, initialScale: { logUniform: [0.9, 2.5] } },
    learningRate: { logUniform: [2.5e-4, 6e-4] },
    batchSize: { choice: [128, 256] },
    epochs: { choice: [6, 8, 10] },
    gamma: { choice: [0.995, 0.999] },
    entropyCoefficient: { choice: [0.005, 0.01, 0.02] },
  },
};

/** What is searched, the same for every policy class but for the options that only some have. */
export const searchSpaces = Object.fromEntries(
  Object.entries(COMMON).map(([study, common]) => [
    study,
    Object.fromEntries(
      Object.entries(OWN).map(([policy, own]) => [policy, { ...common, policy: { ...common.policy, ...own } }]),
    ),
  ]),
) satisfies SearchSpaces;

/** How the lake's settings are searched for. */
export const tuning: Tuning = {
  spaces: searchSpaces,
  objectives: {
    cloning: { metric: 'validationLoss', goal: 'minimize', over: 'mean', label: 'held-out loss, nats', near: 0.02 },
    ppo: { metric: 'return', goal: 'maximize', over: 'worst', label: 'return', near: 0.05 },
  },
};
