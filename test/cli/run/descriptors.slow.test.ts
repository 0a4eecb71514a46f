import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe.skipIf(process.platform === 'win32')('where few files can be open', () => {
  it('says how many, and a worker that cannot be started is an error of its job', () => {
    const script = 'ulimit -n 500; exec "$0" --import tsx test/cli/fixture/fewDescriptors.ts';
    const { stdout, stderr } = spawnSync('bash', ['-c', script, process.execPath], {
      cwd: root,
      encoding: 'utf8',
      timeout: 60_000,
    });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      problem:
        'there is room for 1 more open files, expected 3 or more: raise the limit of open files, as by `ulimit -n 4096`',
      code: 'EMFILE',
      after: null,
    });
  });
});
