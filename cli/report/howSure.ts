import { type Conclusion, DECIDING_SEEDS } from '../experiment/conclusion.ts';
import { plural } from '../experiment/plural.ts';

/** How far a run's numbers are to be trusted, and what became of its predictions, in a few sentences. */
export function howSure(seeds: number, conclusions: Readonly<Record<string, Conclusion>>): string {
  const numbers =
    seeds === 1
      ? 'One seed was run: numbers have no interval, and one seed decides nothing.'
      : `Numbers are interquartile means over ${seeds} seeds, in brackets their 95 % intervals.` +
        (seeds < DECIDING_SEEDS ? ` ${seeds} seeds are a rough guide, ten decide.` : '');
  const verdicts = Object.values(conclusions).map(({ verdict }) => verdict);
  return verdicts.length === 0 ? numbers : `${numbers} ${predictions(verdicts)}`;
}

function predictions(verdicts: readonly string[]): string {
  const counts = new Map<string, number>();
  const clauses = { held: 0, of: 0 };
  for (const verdict of verdicts) {
    const [, held, of] = /^(\d+) of (\d+) clauses/.exec(verdict) ?? [];
    if (held === undefined) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
    else {
      clauses.held += Number(held);
      clauses.of += Number(of);
    }
  }
  const parts = [
    ...[...counts].map(([verdict, count]) => `${verdict} (${count})`),
    ...(clauses.of === 0 ? [] : [`of ${plural(clauses.of, 'clause')} ${clauses.held} hold`]),
  ];
  return `Predictions, older than the runs: ${parts.join(', ')}.`;
}
