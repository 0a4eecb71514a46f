const LABELS: Readonly<Record<string, string>> = {
  gaussian: 'Gaussian',
  realnvp: 'RealNVP',
  spline: 'spline flow',
  'autoregressive-spline': 'autoregressive spline',
};

/** A policy's name in a sentence. */
export function productLabel(policy: string): string {
  return LABELS[policy] ?? policy.replace(/^mixture-/, 'mixture of ');
}
