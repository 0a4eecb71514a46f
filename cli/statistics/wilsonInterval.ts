import { checkArgument } from '../../src/options/parse.ts';

/**
 * Wilson's score interval of a proportion, p̂ = successes / trials:
 * (p̂ + z²/2n ± z √(p̂(1 − p̂)/n + z²/4n²)) / (1 + z²/n). It stays inside [0, 1] and is honest at 0 and n successes
 * (Wilson 1927; Newcombe 1998, method 3).
 *
 * @param z the normal quantile; the default covers 95 %.
 * @throws unless 0 ≤ successes ≤ trials, trials ≥ 1 and z > 0, all finite.
 */
export function wilsonInterval(
  successes: number,
  trials: number,
  z = 1.959963984540054,
): { low: number; high: number } {
  checkArgument('wilsonInterval', 'successes', successes, Number);
  checkArgument('wilsonInterval', 'trials', trials, Number);
  if (!(z > 0 && Number.isFinite(z))) throw new Error(`wilsonInterval: wanted a finite z > 0, got ${z}`);
  if (!(trials >= 1 && Number.isFinite(trials) && successes >= 0 && successes <= trials)) {
    throw new Error(
      `wilsonInterval: needs 0 ≤ successes ≤ trials and trials ≥ 1, both finite, got ${successes} of ${trials}`,
    );
  }
  const p = successes / trials;
  const z2 = (z * z) / trials;
  const centre = p + z2 / 2;
  const half = z * Math.sqrt((p * (1 - p)) / trials + (z2 / trials) * 0.25);
  return { low: Math.max(0, (centre - half) / (1 + z2)), high: Math.min(1, (centre + half) / (1 + z2)) };
}
