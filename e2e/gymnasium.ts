/** Environments of Gymnasium: `check:gymnasium`. With `--all`, those of all packages; other arguments go to vitest. */
import { spawnSync } from 'node:child_process';

const args = process.argv.slice(2);
const others = args.filter((arg) => arg !== '--all');
const named = others[0] !== undefined && !others[0].startsWith('-') ? others : ['gymnasium', ...others];
const { status } = spawnSync('vitest', ['run', '--config', 'e2e/vitest.config.ts', ...named], {
  env: { ...process.env, ...(args.includes('--all') && { OXBOW_ALL: '1' }) },
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
