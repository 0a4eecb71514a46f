import {
  FlowPolicy,
  FullCovarianceGaussianPolicy,
  GaussianPolicy,
  MixturePolicy,
  neuralSplineFlow,
  type Policy,
  type Rng,
  realNvp,
} from '../../src/index.ts';

export const policyNames = ['gaussian', 'gaussian-full', 'mixture', 'realnvp', 'spline'] as const;
export type PolicyName = (typeof policyNames)[number];

/** The lake's position, and a velocity. */
const DIMS = { observationDim: 2, actionDim: 2 };
const FLOW = { dim: DIMS.actionDim, contextDim: DIMS.observationDim };

/**
 * The policies that are compared, with numbers of parameters within ±10 % of each other: about 18,000. A flow spreads them over
 * four small networks, one a layer; the others have one wide one.
 *
 * @param scale whether the diagonal Gaussian's σ is a function of the state (cloning) or free (PPO's usual choice)
 */
export function makeLakePolicy(name: PolicyName, { rng, scale }: { rng: Rng; scale: 'state' | 'free' }): Policy {
  const wide = (width: number) => ({ ...DIMS, hidden: [width, width], rng });
  switch (name) {
    case 'gaussian':
      return new GaussianPolicy({ ...wide(130), scale });
    case 'gaussian-full':
      return new FullCovarianceGaussianPolicy(wide(130));
    case 'mixture':
      return new MixturePolicy({ ...wide(128), components: 2 });
    case 'realnvp':
      return new FlowPolicy({ flow: realNvp({ ...FLOW, layers: 4, hidden: [64, 64], rng }) });
    case 'spline':
      return new FlowPolicy({
        flow: neuralSplineFlow({ ...FLOW, layers: 4, hidden: [54, 54], bins: 8, bound: 4, rng }),
      });
  }
}
