/** `npm run docs:figures`: draws the figures of the docs, on light and on dark, and the picture of a link; with names, only those. */
import { join } from 'node:path';
import { writeWholeFile } from '../../src/files.ts';
import { selectBackend, selectEngine } from '../../src/index.ts';
import { expectedOneOf } from '../../src/options/describe.ts';
import { figures, filesOf } from './figures.ts';
import { coloured, pictureOf } from './picture.ts';
import * as preview from './preview.ts';

const PREVIEW = 'preview';
const names = [...Object.keys(figures), PREVIEW];
const asked = process.argv.slice(2);
const unknown = asked.find((name) => !names.includes(name));
if (unknown !== undefined) {
  process.stderr.write(`docs:figures: got ${unknown}, ${expectedOneOf(unknown, names)}\n`);
  process.exit(1);
}
await selectBackend('cpu');
await selectEngine('wasm');
for (const name of asked.length > 0 ? asked : names) {
  const files: Record<string, string | Uint8Array[]> =
    name === PREVIEW
      ? { 'preview.png': [await pictureOf(coloured(await preview.draw(), 'light'), preview.size)] }
      : await filesOf(name);
  for (const [file, content] of Object.entries(files)) {
    writeWholeFile(join(import.meta.dirname, '..', file), content);
    process.stdout.write(`docs/${file}\n`);
  }
}
