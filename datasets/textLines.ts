import { nodeModule } from './nodeModule.ts';

/** Bytes read at a time. */
const CHUNK = 2 ** 18;

/** The most characters of a text in Node. */
const LONGEST = 2 ** 29 - 24;

/** The lines of a text file in UTF-8, of which a few are in memory at a time. @throws if it cannot be read, or is none */
export function* textLines(path: string): Generator<string, void, void> {
  const { closeSync, openSync, readSync } = nodeModule('node:fs');
  const file = openSync(path, 'r');
  try {
    const bytes = new Uint8Array(CHUNK);
    const decoder = new TextDecoder('utf-8', { fatal: true });
    const textOf = (read: Uint8Array, isLast: boolean) => {
      try {
        return decoder.decode(read, { stream: !isLast });
      } catch {
        throw new Error(`${path}: is no text in UTF-8`);
      }
    };
    // The parts of a line that has not ended. Each is looked at once: a line may be as long as all of a file.
    let begun: string[] = [];
    let length = 0;
    for (;;) {
      const count = readSync(file, bytes);
      const [more, ...lines] = textOf(bytes.subarray(0, count), count === 0).split('\n') as [string, ...string[]];
      begun.push(more);
      length += more.length;
      if (length > LONGEST) throw new Error(`${path}: has a line of more than ${LONGEST} characters`);
      for (const line of lines) {
        yield withoutReturn(begun.join(''));
        begun = [line];
        length = line.length;
      }
      if (count === 0) break;
    }
    const last = begun.join('');
    if (last !== '') yield withoutReturn(last);
  } finally {
    closeSync(file);
  }
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

/** A number as text that reads as the same number: −0 has its sign. */
export function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}
