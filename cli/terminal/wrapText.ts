/**
 * The lines of a text, none longer than `width` if it can be helped. A line ends at a space: not at one that does not break, beside a sign, or
 * within brackets, so that `τ = 0.1` and the interval of `2.0 % [1.7, 2.3]` stay in one piece. What is longer than a line by itself, a path or a name, is cut behind a
 * comma, a slash or a space, else anywhere but in a number.
 */
export function wrapText(text: string, width: number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const lines: string[] = [];
    for (const word of wordsOf(paragraph)) {
      const line = lines.at(-1);
      if (line !== undefined && `${line} ${word}`.length <= width) lines[lines.length - 1] = `${line} ${word}`;
      else lines.push(...pieces(word, width));
    }
    return lines;
  });
}

/** What stands between spaces; a bracket with all that is in it counts as a part of its word, and so do both sides of `τ = 0.1`. */
function wordsOf(text: string): string[] {
  return text.match(/(?:\[[^\]]*\]| [=<>≤≥±+] |[^ ])+/g) ?? [''];
}

/** A word in pieces that fit, each as long as may be. */
function pieces(word: string, width: number): string[] {
  const found: string[] = [];
  let rest = word;
  while (rest.length > width) {
    const at = cutOf(rest, width);
    found.push(rest.slice(0, at).trimEnd());
    rest = rest.slice(at);
  }
  return rest === '' && found.length > 0 ? found : [...found, rest];
}

/** Where a word that is too long is cut; behind its first number, if that alone is too long. */
function cutOf(word: string, width: number): number {
  const numbers = [...word.matchAll(NUMBER)].map(({ 0: { length }, index }) => [index, index + length] as const);
  const isWhole = (at: number) => numbers.every(([start, end]) => at <= start || at >= end);
  const places = Array.from({ length: width }, (_, i) => width - i).filter(isWhole);
  return places.find((at) => /[,/ ]/.test(word[at - 1]!)) ?? places[0] ?? numbers[0]![1];
}

/** With its sign, thousands, decimals, exponent and per cent. */
const NUMBER = /(?:(?<![\p{L}\d])[−+-])?\d+(?:,\d{3}(?!\d))*(?:\.\d+)?(?:e[−+-]?\d+)?%?/giu;

/** Columns of text where there is no terminal, as in a log. */
const USUAL = 80;
/** In fewer columns nothing can be read. */
const LEAST = 40;

/** How many columns of text fit where one prints to: `COLUMNS`, those of the terminal, else 80. At least 40. */
export function terminalWidth(stream: { readonly columns?: number } = process.stdout): number {
  return Math.max(LEAST, Number(process.env.COLUMNS) || stream.columns || USUAL);
}
