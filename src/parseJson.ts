/** How deep JSON may be nested that is read: what works through it goes as deep, and a stack ends somewhere. */
const MOST_LEVELS = 500;

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
/** Brackets and braces differ in this bit alone. */
const BRACE = 0x20;
const [OPENING, CLOSING] = [0x5b | BRACE, 0x5d | BRACE];

/**
 * `JSON.parse` for a text that others may have written.
 * @throws one line, if it is no JSON, or nested deeper than 500 levels
 */
export function parseJson(text: string): unknown {
  checkLevels(text);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error((error as Error).message.replaceAll(/\p{Cc}+/gu, ' '));
  }
}

/** That {@link parseJson} will take a text of JSON. @throws one line, if it is nested too deep */
export function checkLevels(text: string): void {
  let levels = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if ((code | BRACE) === CLOSING) levels--;
    else if ((code | BRACE) === OPENING && ++levels > MOST_LEVELS) {
      throw new Error(`JSON nested deeper than ${MOST_LEVELS} levels`);
    }
  }
}

/** Where the quotation mark stands that ends the string that begins there; the end of the text if none does. */
function endOfString(text: string, begin: number): number {
  for (let at = text.indexOf('"', begin + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let before = at;
    while (text.charCodeAt(before - 1) === BACKSLASH) before--;
    if ((at - before) % 2 === 0) return at;
  }
  return text.length;
}
