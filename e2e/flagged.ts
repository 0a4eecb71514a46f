/**
 * `check:gymnasium` and `check:mujoco`: with `--all` environments of all packages, with `--golden` writes anew what the tests hold; another name
 * takes the place of the check's own, other arguments go to vitest.
 */
import { spawnSync } from 'node:child_process';

const FLAGS: Readonly<Record<string, string>> = { '--all': 'OXBOW_ALL', '--golden': 'OXBOW_GOLDEN' };
const [check, ...args] = process.argv.slice(2);
const others = args.filter((arg) => !(arg in FLAGS));
const named = others[0] !== undefined && !others[0].startsWith('-') ? others : [check!, ...others];
const asked = Object.fromEntries(args.filter((arg) => arg in FLAGS).map((arg) => [FLAGS[arg]!, '1']));
const { status } = spawnSync('vitest', ['run', '--config', 'e2e/vitest.config.ts', ...named], {
  env: { ...process.env, ...asked },
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
