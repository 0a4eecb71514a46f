const LABELS: Readonly<Record<string, string>> = {
  gaussian: 'Gaussian',
  'gaussian-full': 'Gaussian, full covariance',
  'mixture-2': 'mixture of 2',
  mixture: 'mixture',
  realnvp: 'RealNVP',
  spline: 'spline flow',
  nice: 'NICE',
};

/** A policy's name in a sentence; as it is, where it has no other. */
export function policyLabel(policy: string): string {
  return LABELS[policy] ?? policy;
}
