/** The choice that `name` is most likely a misspelling of, if any is near: at most a third of its letters differ. */
export function nearest(name: string, choices: readonly string[]): string | undefined {
  const near = choices
    .map((choice) => ({ choice, distance: editDistance(name.toLowerCase(), choice.toLowerCase()) }))
    .filter(({ choice, distance }) => distance <= Math.max(1, Math.ceil(Math.max(name.length, choice.length) / 3)))
    .sort((a, b) => a.distance - b.distance);
  return near[0]?.choice;
}

/** `expected one of a, b` with the nearest one suggested. */
export function expectedOneOf(name: string, choices: readonly string[]): string {
  const suggestion = nearest(name, choices);
  return `expected one of ${choices.join(', ')}${suggestion === undefined ? '' : ` (did you mean ${suggestion}?)`}`;
}

/** Levenshtein's distance: the fewest insertions, deletions and substitutions that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
