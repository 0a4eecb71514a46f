export const question =
  'Which classes of policies keep 2ᵏ ways open, where k lakes are walked at once: is a number of components needed that grows with the ways?';

/** Fixed on 2026-11-27, before any run, and not changed since. */
export const prediction =
  'Gaussian ≥ 1 − 0.65ᵏ; mixture of 2ᵏ′ components fails where k > k′ (≥ 20 %); RealNVP, spline, autoregressive spline and flow matching ≤ 5 %·k with the ' +
  'same settings at every k (share of walks that drown in any lake)';
