import type { DensityPolicyName, HeadingPolicy } from '../../agents/lake.ts';
import { mapValues } from '../../cli/experiment/collections.ts';
import type { SearchSpace, SearchSpaces, Tuning } from '../../cli/experiment/searchSpace.ts';
import type { WayName } from './studies/otherWays/ways.ts';

/** What only some policy classes have. */
const OWN: Record<DensityPolicyName, SearchSpace> = {
  gaussian: {},
  'gaussian-full': {},
  'mixture-2': { hiddenGain: { choice: [0.5, 1, 1.5] } },
  mixture: { hiddenGain: { choice: [0.5, 1, 1.5] }, components: { choice: [3, 4, 6, 8] } },
  realnvp: { layers: { choice: [2, 4, 6, 8] } },
  spline: { layers: { choice: [2, 4] }, bins: { choice: [6, 8, 12, 16] }, bound: { uniform: [2, 6] } },
  nice: { layers: { choice: [2, 4, 6, 8] } },
};

const ACTIVATION: SearchSpace = { activation: { choice: ['tanh', 'relu'] } };
const CLONED_SCALE: SearchSpace = { initialScale: { logUniform: [0.1, 1] } };

/** What every policy class is searched in. */
const COMMON: Record<'cloning' | 'ppo', SearchSpace & { policy: SearchSpace }> = {
  cloning: {
    policy: { ...ACTIVATION, ...CLONED_SCALE },
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

/** A step of flow matching is one pass of a plain network at one point of a path: it takes more of them, each for less. */
const FLOW_MATCHING: SearchSpace = {
  ...COMMON.cloning,
  steps: { choice: [2500, 5000, 10_000] },
  policy: ACTIVATION,
};

/** On headings: a flow has a flat base there, a mixture and a Gaussian are flat at first where their scale is large. */
const SCALE: SearchSpace = { initialScale: { logUniform: [1, 3] } };
const OWN_OF_HEADINGS: Record<HeadingPolicy, SearchSpace> = {
  gaussian: SCALE,
  'mixture-2': { ...SCALE, hiddenGain: { choice: [0.5, 1, 1.5] } },
  mixture: { ...SCALE, hiddenGain: { choice: [0.5, 1, 1.5] }, components: { choice: [3, 4, 6, 8] } },
  spline: { layers: { choice: [1, 2, 3] }, bins: { choice: [6, 8, 12, 16] } },
};

/** PPO on the soft return; the temperature falls from the first one. */
const SOFT: SearchSpace & { policy: SearchSpace } = {
  policy: ACTIVATION,
  learningRate: { logUniform: [5e-4, 5e-3] },
  batchSize: { choice: [128, 256, 512] },
  epochs: { choice: [3, 6, 10] },
  lambda: { choice: [0.8, 0.9, 0.95] },
  firstTemperature: { choice: [0.1, 0.3, 1] },
  falling: { choice: [0.5, 0.7, 0.9] },
};

/** The other ways, where they are cloned; bins begin flat. */
const OWN_OF_WAYS: Record<Exclude<WayName, 'energy'>, SearchSpace> = {
  gaussian: CLONED_SCALE,
  'episode-noise': CLONED_SCALE,
  'mixture-2': { ...CLONED_SCALE, hiddenGain: { choice: [0.5, 1, 1.5] } },
  'relaxed-mixture': {
    ...CLONED_SCALE,
    hiddenGain: { choice: [0.5, 1, 1.5] },
    components: { choice: [2, 4, 6] },
    temperature: { logUniform: [0.03, 0.3] },
  },
  autoregressive: { bins: { choice: [12, 16, 24, 32, 48] } },
  spline: { ...CLONED_SCALE, ...OWN.spline },
  'step-noise': CLONED_SCALE,
};
const WAYS: SearchSpace & { policy: SearchSpace } = {
  policy: ACTIVATION,
  learningRate: { logUniform: [1e-3, 3e-2] },
};

/** What is searched, the same for every policy class but for the options that only some have. */
export const searchSpaces = {
  cloning: { ...eachPolicy(COMMON.cloning, OWN), 'flow-matching': FLOW_MATCHING },
  ppo: eachPolicy(COMMON.ppo, OWN),
  soft: eachPolicy(SOFT, OWN_OF_HEADINGS),
  'other-ways': eachPolicy(WAYS, OWN_OF_WAYS),
} satisfies SearchSpaces;

function eachPolicy(common: SearchSpace & { policy: SearchSpace }, own: Readonly<Record<string, SearchSpace>>) {
  return mapValues(own, (options) => ({ ...common, policy: { ...common.policy, ...options } }));
}

/** How the lake's settings are searched for. */
export const tuning: Tuning = {
  spaces: searchSpaces,
  // Where a Gaussian is furthest from the soft optimum; and the likelihood.
  conditions: { soft: 'stride-1.3-tau-0.02', 'other-ways': 'cloned' },
  objectives: {
    cloning: {
      metric: 'validationLoss',
      goal: 'minimize',
      over: 'mean',
      label: 'held-out loss, nats',
      near: 0.02,
      otherwise: { metric: 'matchingLoss', label: 'held-out matching loss, squared error', near: 0.005 },
    },
    ppo: { metric: 'return', goal: 'maximize', over: 'worst', label: 'return', near: 0.05 },
    soft: { metric: 'kl', goal: 'minimize', over: 'worst', label: 'KL at the start, nats', near: 0.1 },
    'other-ways': { metric: 'loss', goal: 'minimize', over: 'mean', label: 'held-out −log p, nats a step', near: 0.05 },
  },
};
