const said = new Set<string>();

/** Tells the user one line that is no error, by `console.warn`; the same line once in a process. */
export function note(line: string): void {
  if (said.has(line)) return;
  said.add(line);
  console.warn(line);
}
