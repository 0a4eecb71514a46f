import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { isLostLock, lockFolder } from '../../../cli/run/lock.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oxbow-lock-'));
  file = join(folder, '.lock');
});

/** Writes a lock as another process would, which has its own number and start. */
async function lockOf(change: (holder: Record<string, unknown>) => object): Promise<void> {
  const lock = await lockFolder(folder);
  const text = readFileSync(file, 'utf8');
  lock.release();
  writeFileSync(file, JSON.stringify(change(JSON.parse(text))));
}

describe('the lock of a folder', () => {
  test('one at a time has it, and gives it back', async () => {
    const lock = await lockFolder(folder);
    expect(lock.holds).toBe(true);
    const line = `${folder} is in use by another command, expected one at a time`;
    await expect(lockFolder(folder)).rejects.toThrow(line);
    lock.release();
    expect([lock.holds, readdirSync(folder)]).toEqual([false, []]);
    (await lockFolder(folder)).release();
  });

  test.skipIf(process.platform === 'win32')(
    'is held by a process that stands still, and not by one that has ended',
    async () => {
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
      const { pid } = child;
      const stat = () => readFileSync(`/proc/${pid}/stat`, 'utf8');
      await vi.waitFor(stat);
      const started =
        process.platform === 'linux'
          ? stat()
              .slice(stat().lastIndexOf(')') + 2)
              .split(' ')[19]
          : 'running';
      await lockOf((holder) => ({ ...holder, pid, started }));
      child.kill('SIGSTOP');
      await expect(lockFolder(folder)).rejects.toThrow('is in use by another command');
      child.kill('SIGKILL');
      await once(child, 'exit');
      writeFileSync(join(folder, 'summary.json.1234.tmp'), 'part');
      const lock = await lockFolder(folder);
      expect(readdirSync(folder)).toEqual(['.lock']);
      lock.release();
    },
  );

  test.runIf(process.platform === 'linux')(
    'is not held by another process that has the number of one that has ended',
    async () => {
      await lockOf((holder) => ({ ...holder, started: '1' }));
      (await lockFolder(folder)).release();
    },
  );

  test('of another machine is held while it is renewed', async () => {
    await lockOf((holder) => ({ ...holder, place: 'elsewhere' }));
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const renewing = setInterval(() => utimesSync(file, new Date(), new Date()), 100);
    await expect(lockFolder(folder)).rejects.toThrow('is in use by another command');
    clearInterval(renewing);
    expect(said.mock.calls).toEqual([
      [expect.stringMatching(/ is in use on another machine, or was: waiting 5 s [^\n]*\n$/)],
    ]);
    said.mockRestore();
    const long = new Date(Date.now() - 60_000);
    utimesSync(file, long, long);
    (await lockFolder(folder)).release();
    expect(readdirSync(folder)).toEqual([]);
  }, 30_000);

  test.each(['', 'no JSON', '{"id":1}'])(
    'that says nothing ("%s") is waited for as one of another machine',
    async (text) => {
      writeFileSync(file, text);
      const long = new Date(Date.now() - 60_000);
      utimesSync(file, long, long);
      (await lockFolder(folder)).release();
    },
  );

  test('that is lost is told, and the lock of the next stays', async () => {
    const lost = vi.fn();
    const lock = await lockFolder(folder, lost);
    writeFileSync(file, '{"id":"next"}');
    expect(lock.holds).toBe(false);
    await vi.waitFor(() => expect(lost).toHaveBeenCalledOnce(), 5000);
    expect(isLostLock(lost.mock.calls[0]![0])).toBe(true);
    lock.release();
    expect(readFileSync(file, 'utf8')).toBe('{"id":"next"}');
  });

  test('is lost with its folder, which is not made again', async () => {
    const lost = vi.fn();
    const lock = await lockFolder(folder, lost);
    renameSync(folder, `${folder}-away`);
    expect(lock.holds).toBe(false);
    await vi.waitFor(() => expect(lost).toHaveBeenCalledOnce(), 5000);
    expect(existsSync(folder)).toBe(false);
  });

  test('of many processes that find one left behind, one has it', () => {
    writeFileSync(file, '{}');
    const long = new Date(Date.now() - 60_000);
    utimesSync(file, long, long);
    const source = `import { lockFolder } from ${JSON.stringify(new URL('../../../cli/run/lock.ts', import.meta.url).href)};
      const take = () => lockFolder(${JSON.stringify(folder)}).then(() => 1, () => 0);
      console.log((await Promise.all([take(), take(), take(), take()])).reduce((a, b) => a + b));`;
    const { stdout } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', source], {
      encoding: 'utf8',
    });
    expect(stdout.trim()).toBe('1');
  });
});
