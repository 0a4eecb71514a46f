/** What others have written, as one line: cut to a length, ends of lines as spaces. */
export function oneLine(text: string, longest = 500): string {
  const line = text.replace(/[\s\u2028\u2029]+/g, ' ');
  return line.length > longest ? `${line.slice(0, longest - 1).replace(/[\ud800-\udbff]$/, '')}…` : line;
}
