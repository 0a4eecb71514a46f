/** A number of things in words: `1 job`, `2 jobs`, `3 worker processes`, `8 studies`. */
export function plural(count: number, noun: string): string {
  if (count === 1) return `1 ${noun}`;
  if (/[^aeiou]y$/.test(noun)) return `${count} ${noun.slice(0, -1)}ies`;
  return `${count} ${noun}${noun.endsWith('s') ? 'es' : 's'}`;
}
