import { portableMath } from '../../portableMath.ts';

/** A rate as a function of the share of the training that is done, 0 to 1. Its value goes into a compiled step as an input. */
export type Schedule = (share: number) => number;

/** From `initial` in a straight line to `final` (0). */
export function linearSchedule(initial: number, final = 0): Schedule {
  return (share) => initial + (final - initial) * Math.min(Math.max(share, 0), 1);
}

/** From `initial` to `final` in equal ratios: initial^(1 − s) final^s; for temperatures. Both are positive. */
export function geometricSchedule(initial: number, final: number): Schedule {
  const [from, to] = [portableMath.log(initial), portableMath.log(final)];
  return (share) => {
    const done = Math.min(Math.max(share, 0), 1);
    return done === 1 ? final : portableMath.exp(from + (to - from) * done);
  };
}

/**
 * Half a cosine from `initial` down to `final` (0): final + ½ (initial − final)(1 + cos πs).
 *
 * Loshchilov & Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", arXiv:1608.03983.
 */
export function cosineSchedule(initial: number, final = 0): Schedule {
  return (share) => final + 0.5 * (initial - final) * (1 + portableMath.cos(Math.PI * Math.min(Math.max(share, 0), 1)));
}
