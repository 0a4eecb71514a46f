import { portableMath } from '../../../src/portableMath.ts';

/** The entropy of the choice between two banks, −p ln p − (1 − p) ln(1 − p), nats: 0 for one bank only, ln 2 for both alike. */
export function modeEntropy(upperShare: number): number {
  return [upperShare, 1 - upperShare].reduce((sum, p) => (p > 0 ? sum - p * portableMath.log(p) : sum), 0);
}
