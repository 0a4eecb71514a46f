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
