/** The first line of a text: of an error's message, which may have more. */
export function firstLine(text: string): string {
  return text.split('\n', 1)[0]!;
}
