import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The paths of all files below a folder, as it sees them, in order. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort();
}
