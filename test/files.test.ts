import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { checkWritable, makeFolder } from '../cli/experiment/checkedJson.ts';
import { removeTemporaries, writeWholeFile } from '../src/files.ts';

const isWindows = process.platform === 'win32';
const isRoot = process.getuid?.() === 0;

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oxbow-files-'));
  file = join(folder, 'file');
});
const check = (path: string) => checkWritable('--out', 'file', path);
const read = (path: string) => readFileSync(path, 'utf8');

describe('writeWholeFile', () => {
  it('writes text, bytes and parts, and replaces what was there', () => {
    for (const [content, text] of [
      ['∂y/∂x\n', '∂y/∂x\n'],
      [[Uint8Array.of(104, 105)], 'hi'],
      [[Uint8Array.of(104), Uint8Array.of(), Uint8Array.of(105)], 'hi'],
      ['', ''],
    ] as const) {
      writeWholeFile(file, content);
      expect(read(file)).toBe(text);
    }
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('leaves the old file and nothing else if something fails before it takes its name', () => {
    writeWholeFile(file, 'old');
    const parts = function* () {
      yield Uint8Array.of(1);
      const [temporary] = readdirSync(folder).filter((name) => name !== 'file');
      expect([read(file), statSync(join(folder, temporary!)).size]).toEqual(['old', 1]);
      throw new Error('no more');
    };
    expect(() => writeWholeFile(file, parts())).toThrow('no more');
    expect(read(file)).toBe('old');
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it.skipIf(isWindows)('keeps the permissions of a file', () => {
    for (const mode of [0o600, 0o640, 0o755]) {
      writeFileSync(file, 'old');
      chmodSync(file, mode);
      writeWholeFile(file, 'new');
      expect(statSync(file).mode & 0o7777).toBe(mode);
    }
  });

  it.skipIf(isWindows || isRoot)('refuses a file that may not be written', () => {
    writeFileSync(file, 'old');
    chmodSync(file, 0o444);
    expect(() => writeWholeFile(file, 'new')).toThrow(/^EACCES/);
    expect(read(file)).toBe('old');
  });

  it.skipIf(isWindows)('writes what a link leads to, and the link stays', () => {
    mkdirSync(join(folder, 'deep'));
    writeFileSync(join(folder, 'deep', 'target'), 'old');
    symlinkSync('target', join(folder, 'deep', 'link'));
    symlinkSync('deep/link', file);
    // A folder's link, from which `..` leads elsewhere than its name says.
    symlinkSync('deep', join(folder, 'short'));
    symlinkSync('../beside', join(folder, 'deep', 'up'));
    writeFileSync(join(folder, 'beside'), 'old');
    writeWholeFile(file, 'new');
    writeWholeFile(join(folder, 'short', 'up'), 'beside');
    expect([file, join(folder, 'deep', 'link')].map((path) => readlinkSync(path))).toEqual(['deep/link', 'target']);
    expect(['deep/target', 'beside'].map((name) => read(join(folder, name)))).toEqual(['new', 'beside']);
    expect(lstatSync(join(folder, 'deep', 'target')).isFile()).toBe(true);
  });

  it.skipIf(isWindows)('refuses links in a circle and directories, and says so before', () => {
    symlinkSync('b', join(folder, 'a'));
    symlinkSync('a', join(folder, 'b'));
    mkdirSync(join(folder, 'directory'));
    symlinkSync('directory', join(folder, 'link'));
    const before = readdirSync(folder);
    for (const [name, code] of [
      ['a', 'ELOOP'],
      ['directory', 'EISDIR'],
      ['link', 'EISDIR'],
      ['new/', 'EISDIR'],
      ['missing/new', 'ENOENT'],
      ['x'.repeat(256), 'ENAMETOOLONG'],
    ] as const) {
      const path = `${folder}/${name}`;
      for (const act of [() => writeWholeFile(path, 'x'), () => check(path)]) {
        expect(act).toThrow(new RegExp(`(^|: )${code}: `));
        if (code === 'EISDIR') expect(act).toThrow(`directory, open '${path}'`);
      }
    }
    expect(readdirSync(folder)).toEqual(before);
  });

  it.skipIf(isWindows)('takes names as long as names can be', () => {
    for (const name of ['x'.repeat(255), 'é'.repeat(127), '😀'.repeat(63)]) {
      writeWholeFile(join(folder, name), 'whole');
      expect(read(join(folder, name))).toBe('whole');
    }
    expect(readdirSync(folder)).toHaveLength(3);
  });

  it.skipIf(isWindows)('writes into a FIFO, however slowly it is read', async () => {
    const fifo = join(folder, 'fifo');
    spawnSync('mkfifo', [fifo]);
    check(fifo);
    const reader = spawn('sh', ['-c', 'exec 3< "$0"; sleep 0.2; wc -c <&3', fifo]);
    let said = '';
    reader.stdout.on('data', (data) => {
      said += data;
    });
    // More than a pipe holds.
    writeWholeFile(fifo, 'x'.repeat(300_000));
    await new Promise((resolve) => reader.once('close', resolve));
    expect(said.trim()).toBe('300000');
    expect(lstatSync(fifo).isFIFO()).toBe(true);
  });

  it.skipIf(isWindows)('writes into a device, and it stays one', ({ skip }) => {
    const device = join(folder, 'full');
    if (spawnSync('mknod', [device, 'c', '1', '7']).status !== 0) skip();
    check(device);
    expect(() => writeWholeFile(device, 'x')).toThrow(/^ENOSPC: /);
    expect(lstatSync(device).isCharacterDevice()).toBe(true);
    expect(readdirSync(folder)).toEqual(['full']);
  });

  it.skipIf(isWindows).each([
    ['a file', '> "$2"'],
    ['a pipe that is read slowly', '| (sleep 0.5; cat > "$2")'],
  ])('writes into standard output between what else is written there: %s', (_, to) => {
    const program = `
      import { checkWritable } from ${JSON.stringify(join(import.meta.dirname, '../cli/experiment/checkedJson.ts'))};
      import { writeWholeFile } from ${JSON.stringify(join(import.meta.dirname, '../src/files.ts'))};
      process.stdout.write('one, ');
      checkWritable('--json', 'file', '/dev/stdout');
      writeWholeFile('/dev/stdout', 'x'.repeat(300000));
      process.stdout.write(', three');`;
    const argv = ['-c', `"$0" --import tsx --input-type=module -e "$1" ${to}`, process.execPath, program, file];
    const { status, stderr } = spawnSync('sh', argv, { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    expect(read(file)).toBe(`one, ${'x'.repeat(300_000)}, three`);
  });
});

describe('makeFolder', () => {
  it('makes what is missing, and says what is the outermost', () => {
    const deep = join(folder, 'a', 'b', 'c');
    expect(makeFolder(deep)).toBe(join(folder, 'a'));
    expect(makeFolder(deep)).toBeUndefined();
    expect(makeFolder(join(folder, 'a', 'd'))).toBe(join(folder, 'a', 'd'));
    expect(statSync(deep).isDirectory()).toBe(true);
  });

  it('makes none if one cannot be', () => {
    expect(() => makeFolder(join(folder, 'a', 'b', 'x'.repeat(256)))).toThrow(/^ENAMETOOLONG/);
    expect(readdirSync(folder)).toEqual([]);
    writeFileSync(file, '');
    expect(() => makeFolder(join(file, 'below'))).toThrow();
  });

  it.runIf(existsSync('/proc/self'))('fails at once where nothing can be made', () => {
    expect(() => makeFolder('/proc/oxbow/a')).toThrow(/^ENOENT/);
    expect(() => check('/proc/oxbow')).toThrow(/: ENOENT/);
  });
});

describe('removeTemporaries', () => {
  it('removes what a writer that was killed has left', () => {
    writeWholeFile(file, 'old');
    writeFileSync(join(folder, 'file.12345678.tmp'), 'ne');
    expect(readdirSync(folder)).toHaveLength(2);
    removeTemporaries(folder);
    expect(readdirSync(folder)).toEqual(['file']);
  });
});
