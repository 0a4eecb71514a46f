import { nodeModule } from './nodeModule.ts';

/** Bytes read at a time. */
const CHUNK = 2 ** 18;

/** The lines of a text file, of which a few are in memory at a time. @throws if it cannot be read */
export function* textLines(path: string): Generator<string, void, void> {
  const { closeSync, openSync, readSync } = nodeModule('node:fs');
  const file = openSync(path, 'r');
  try {
    const bytes = new Uint8Array(CHUNK);
    const decoder = new TextDecoder('utf-8', { fatal: true });
    let begun = '';
    for (;;) {
      const count = readSync(file, bytes);
      const lines = (begun + decoder.decode(bytes.subarray(0, count), { stream: count > 0 })).split('\n');
      begun = lines.pop()!;
      for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line;
      if (count === 0) break;
    }
    if (begun !== '') yield begun;
  } finally {
    closeSync(file);
  }
}

/** A number as text that reads as the same number: −0 has its sign. */
export function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}
