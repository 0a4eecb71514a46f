/** Trains what the lab opens with, and writes `web/lab/replay.json`, or the file that is named. */
import { writeFileSync } from 'node:fs';
import { makeReplay } from './makeReplay.ts';

const path = process.argv[2] ?? 'web/lab/replay.json';
writeFileSync(path, `${JSON.stringify(await makeReplay())}\n`);
process.stdout.write(`${path}\n`);
