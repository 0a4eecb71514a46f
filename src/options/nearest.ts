/** The longest names that are compared: whoever wrote one may have written megabytes. */
const LONGEST_NAME = 64;
/** How many characters an error shows of a name or a value. */
export const MOST_SHOWN = 80;

/**
 * How many letters differ, in upper or lower case; two that changed places are one (optimal string alignment). A name without a namespace is
 * compared with what stands behind that of the choice: `Hopper-v5` is `mujoco/Hopper-v5`. Infinity where one is longer than 64 letters.
 */
export function lettersApart(name: string, choice: string): number {
  if (name.length > LONGEST_NAME || choice.length > LONGEST_NAME) return Infinity;
  const end = name.includes('/') ? choice : choice.slice(choice.lastIndexOf('/') + 1);
  return alignmentDistance(name.toLowerCase(), end.toLowerCase());
}

/** Letters to add, leave out, replace or swap with the next, each letter being touched once. */
function alignmentDistance(a: string, b: string): number {
  let [before, above] = [[] as number[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = Number(a[i - 1] !== b[j - 1]);
      row[j] = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + cost);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) row[j] = Math.min(row[j]!, before[j - 2]! + 1);
    }
    [before, above] = [above, row];
  }
  return above[b.length]!;
}

/** The choice that `name` is most likely a misspelling of, if any is near: at most a third of its letters differ. */
export function nearest(name: string, choices: readonly string[]): string | undefined {
  const near = choices
    .map((choice) => ({ choice, distance: lettersApart(name, choice) }))
    .filter(({ choice, distance }) => distance <= Math.max(1, Math.ceil(Math.max(name.length, choice.length) / 3)))
    .sort((a, b) => a.distance - b.distance);
  return near[0]?.choice;
}

/**
 * `expected one of a, b` with a suggestion.
 * @param shown how the choices read
 * @param suggestion the nearest one unless given
 */
export function expectedOneOf(
  name: string,
  choices: readonly string[],
  {
    shown = choices,
    suggestion = nearest(name, choices),
  }: { readonly shown?: readonly string[]; readonly suggestion?: string | undefined } = {},
): string {
  if (choices.length === 0) return 'expected none';
  return `expected one of ${shown.join(', ')}${suggestion === undefined ? '' : ` (did you mean ${suggestion}?)`}`;
}

/** A text as an error quotes it, cut where it is long. */
export function shortened(text: string): string {
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN - 3)}...` : text;
}
