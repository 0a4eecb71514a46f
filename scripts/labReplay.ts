/** Trains what the lab opens with, and writes `web/lab/replay.json`, or the file that is named. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../e2e/project.ts';
import { makeReplay } from '../web/lab/makeReplay.ts';

const path = process.argv[2] ?? join(root, 'web/lab/replay.json');
writeFileSync(path, `${JSON.stringify(await makeReplay())}\n`);
process.stdout.write(`${path}\n`);
