/** Columns of text where there is no terminal, as in a log. */
const USUAL = 80;
/** In fewer columns nothing can be read. */
const LEAST = 40;

/** How many columns of text fit where one prints to: `COLUMNS`, those of the terminal, else 80. At least 40. */
export function terminalWidth(stream: { readonly columns?: number } = process.stdout): number {
  return Math.max(LEAST, Number(process.env.COLUMNS) || stream.columns || USUAL);
}
