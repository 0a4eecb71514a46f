/** Robots beside Gymnasium's: `check:mujoco`. With `--golden` writes anew what the tests hold; other arguments go to vitest. */
import { spawnSync } from 'node:child_process';

const args = process.argv.slice(2);
const others = args.filter((arg) => arg !== '--golden');
const { status } = spawnSync('vitest', ['run', '--config', 'e2e/vitest.config.ts', 'mujoco', ...others], {
  env: { ...process.env, ...(args.includes('--golden') && { OXBOW_GOLDEN: '1' }) },
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
