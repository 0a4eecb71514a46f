/** A number of things in words: `1 job`, `2 jobs`, `3 worker processes`, `8 studies`. */
export function plural(count: number, noun: string): string {
  if (count === 1) return `1 ${noun}`;
  if (/[^aeiou]y$/.test(noun)) return `${count} ${noun.slice(0, -1)}ies`;
  return `${count} ${noun}${noun.endsWith('s') ? 'es' : 's'}`;
}

/**
 * The numbers of a text with the sign − in place of a hyphen: `-190.6 [-195, -187]` is `−190.6 [−195, −187]`. What rounding has left no digit of has
 * no sign: `-0.00` is `0.00`.
 */
export function trueMinus(text: string): string {
  return text.replace(/(?<![\p{L}\p{N}.)\]-])-(\.?\d[\d.,]*|Infinity)/gu, (_, digits: string) =>
    /[1-9I]/.test(digits) ? `−${digits}` : digits,
  );
}

/** A return, or how long an episode was, with three digits at least: `0.88`, `-4.02`, `-190.6`. */
export function formatReturn(value: number): string {
  return value.toFixed(Math.abs(value) < 9.995 ? 2 : 1);
}

/** How many of all jobs have finished, as a clause: `0 of 1 job has finished`. @param had whether that was before */
export function finishedJobs(finished: number, all: number, had = false): string {
  return `${finished} of ${plural(all, 'job')} ${had ? 'had' : all === 1 ? 'has' : 'have'} finished`;
}

/**
 * A text as a terminal may show it: control characters, with which escape sequences begin, and marks that turn the direction of writing
 * become `\x1b`, `\u202e`. Ends of lines stay.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, (character) => {
    if (character === '\n') return character;
    const code = character.charCodeAt(0).toString(16);
    return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code.padStart(4, '0')}`;
  });
}

/** The first line of a text: of an error's message, which may have more. */
export function firstLine(text: string): string {
  return text.split('\n', 1)[0]!;
}

/** A text as a shell takes it for one word, whatever is in it. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
