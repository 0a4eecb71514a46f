import { show } from '../options/describe.ts';
import { checkArgument } from '../options/parse.ts';
import { portableMath } from '../portableMath.ts';

/** A rate as a function of the share of the training that is done, 0 to 1. Its value goes into a compiled step as an input. */
export type Schedule = (share: number) => number;

/** From `initial` in a straight line to `final` (0). @throws if one is not finite; when called, if the share is no number */
export function linearSchedule(initial: number, final = 0): Schedule {
  checkEnds('linearSchedule', initial, final);
  return (share) => initial + (final - initial) * within('linearSchedule', share);
}

/**
 * From `initial` to `final` in equal ratios: initial^(1 − s) final^s; for temperatures.
 * @throws if one is not finite and positive; when called, if the share is no number
 */
export function geometricSchedule(initial: number, final: number): Schedule {
  checkEnds('geometricSchedule', initial, final);
  if (!(initial > 0 && final > 0)) {
    throw new Error(`geometricSchedule: got ${initial} and ${final}, expected positive numbers`);
  }
  const [from, to] = [portableMath.log(initial), portableMath.log(final)];
  return (share) => {
    const done = within('geometricSchedule', share);
    return done === 1 ? final : portableMath.exp(from + (to - from) * done);
  };
}

/**
 * Half a cosine from `initial` down to `final` (0): final + ½ (initial − final)(1 + cos πs).
 *
 * Loshchilov & Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", arXiv:1608.03983.
 * @throws if one is not finite; when called, if the share is no number
 */
export function cosineSchedule(initial: number, final = 0): Schedule {
  checkEnds('cosineSchedule', initial, final);
  return (share) => final + 0.5 * (initial - final) * (1 + portableMath.cos(Math.PI * within('cosineSchedule', share)));
}

function checkEnds(owner: string, initial: number, final: number): void {
  for (const [name, value] of Object.entries({ initial, final })) {
    if (!Number.isFinite(value)) throw new Error(`${owner}: ${name}: got ${show(value)}, expected a finite number`);
  }
}

/** The share, from 0 to 1. */
function within(owner: string, share: number): number {
  checkArgument(owner, 'share', share, Number);
  return Math.min(Math.max(share, 0), 1);
}
