/**
 * Trains the policies that the start page shows and stores how they walk meanwhile: `tsx scripts/storedWalks.ts [FILE]`, by default
 * `web/lab/storedWalks.json`.
 */

import stringify from 'json-stringify-pretty-compact';
import { writeWholeFile } from '../src/files.ts';
import { selectBackend, selectEngine } from '../src/index.ts';
import { recordWalks } from '../web/lab/recordWalks.ts';

const path = process.argv[2] ?? 'web/lab/storedWalks.json';
await selectBackend('cpu');
await selectEngine('wasm');
writeWholeFile(path, `${stringify(await recordWalks(), { maxLength: 4000 })}\n`);
process.stdout.write(`${path}\n`);
