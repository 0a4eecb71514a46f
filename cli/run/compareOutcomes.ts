import type { Outcome } from '../experiment/experiment.ts';
import { trueMinus } from '../experiment/trueMinus.ts';

/** What differs between two outcomes of one job, in words; undefined if their bytes are the same. */
export function compareOutcomes(stored: Outcome, anew: Outcome): string | undefined {
  if (stored.fingerprint === anew.fingerprint) return undefined;
  const names = Object.keys({ ...stored.result.metrics, ...anew.result.metrics }).filter(
    (name) => stored.result.metrics[name] !== anew.result.metrics[name],
  );
  const shown = names.map((name) => `${name} ${stored.result.metrics[name]}, now ${anew.result.metrics[name]}`);
  return `other bytes (${trueMinus(shown.join('; ')) || 'the metrics agree, its files do not'})`;
}
