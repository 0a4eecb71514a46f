import { distance as editDistance } from 'fastest-levenshtein';

/**
 * How many letters differ, in upper or lower case; two that changed places are one. A name without a namespace is compared with what stands behind that of the choice:
 * `Hopper-v5` is `mujoco/Hopper-v5`.
 */
export function lettersApart(name: string, choice: string): number {
  const end = name.includes('/') ? choice : choice.slice(choice.lastIndexOf('/') + 1);
  const [typed, meant] = [name.toLowerCase(), end.toLowerCase()];
  const swaps = Array.from(typed.slice(1), (letter, i) => typed.slice(0, i) + letter + typed[i] + typed.slice(i + 2));
  return Math.min(editDistance(typed, meant), ...swaps.map((swapped) => 1 + editDistance(swapped, meant)));
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
