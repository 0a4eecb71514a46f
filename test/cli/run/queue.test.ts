import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serialize } from 'node:v8';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { packFolders, unpackFolders } from '../../../cli/run/queue.ts';
import { temporaryFolder } from '../fixture/files.ts';

const folder = temporaryFolder('queue');
const to = (name: string) => ({ directory: join(folder, name, 'job'), logs: join(folder, name, 'logs') });

test('folders of a job come back as they were, without what was begun and not ended', async () => {
  const { directory, logs } = to('from');
  mkdirSync(join(directory, 'snapshots'), { recursive: true });
  const files = { 'result.json': '{}', 'policy.json': 'ä', 'snapshots/step-1.json': '1', 'empty.bin': '' };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
  writeFileSync(join(directory, 'policy.json.1234.tmp'), 'part');
  await unpackFolders(await packFolders({ directory, logs }), to('back'));
  const back = to('back').directory;
  for (const [name, content] of Object.entries(files)) expect(readFileSync(join(back, name), 'utf8')).toBe(content);
  expect(readdirSync(back).sort()).toEqual(['empty.bin', 'policy.json', 'result.json', 'snapshots']);
  expect(existsSync(to('back').logs)).toBe(false);
});

test.each(['../outside', '/outside', 'a/../../outside', ''])('nothing is written as %s', async (path) => {
  const packed = gzipSync(serialize([['directory', path, Buffer.from('x')]]));
  await expect(unpackFolders(packed, to('nowhere'))).rejects.toThrow(`got a file directory/${path}`);
  expect(existsSync(join(folder, 'nowhere'))).toBe(false);
});
