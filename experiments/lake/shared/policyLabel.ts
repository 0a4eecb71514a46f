import type { PolicyName } from '../../../agents/lake.ts';

const LABELS: Readonly<Record<string, string>> = {
  gaussian: 'Gaussian',
  'gaussian-full': 'full covariance',
  'mixture-2': 'mixture of 2',
  mixture: 'mixture',
  realnvp: 'RealNVP',
  spline: 'spline flow',
  nice: 'NICE',
  'flow-matching': 'flow matching',
  'episode-noise': 'noise once a walk',
  'step-noise': 'noise each step',
  'relaxed-mixture': 'relaxed mixture',
  autoregressive: 'autoregressive bins',
  energy: 'energy',
};

/** Classes that may have several modes, those first that speak for the others: flows, then mixtures. */
export const SEVERAL_MODES: readonly PolicyName[] = ['spline', 'mixture', 'mixture-2', 'realnvp'];

/** A policy's name in a sentence; as it is, where it has no other. */
export function policyLabel(policy: string): string {
  return LABELS[policy] ?? policy;
}
