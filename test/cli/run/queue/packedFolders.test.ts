import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { packFolders, packingLimits, unpackFolders } from '../../../../cli/run/queue/packedFolders.ts';

let folder: string;
let folders: { directory: string; logs: string };
let to: { directory: string; logs: string };
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oxbow-packed-'));
  folders = { directory: join(folder, 'a'), logs: join(folder, 'b') };
  to = { directory: join(folder, 'c'), logs: join(folder, 'd') };
});

/** Packed by hand: a table of contents and bytes. */
function pack(table: unknown, bytes: string, length = Buffer.byteLength(JSON.stringify(table))): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32LE(length);
  return gzipSync(Buffer.concat([head, Buffer.from(JSON.stringify(table)), Buffer.from(bytes)]));
}

describe('packed folders', () => {
  it('are unpacked as they were, but for what was being written', async () => {
    mkdirSync(join(folders.directory, 'deep', 'er'), { recursive: true });
    const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i % 251);
    writeFileSync(join(folders.directory, 'deep', 'er', 'numbers.bin'), bytes);
    writeFileSync(join(folders.directory, 'empty'), '');
    writeFileSync(join(folders.directory, 'half.tmp'), 'half');
    const packed = await packFolders(folders);
    await unpackFolders(packed, to);
    expect(readdirSync(to.directory, { recursive: true }).sort()).toEqual(
      ['deep', 'deep/er', 'deep/er/numbers.bin', 'empty'].map((path) => join(path)),
    );
    expect(new Uint8Array(readFileSync(join(to.directory, 'deep', 'er', 'numbers.bin')))).toEqual(bytes);
    expect(existsSync(to.logs)).toBe(false);
    expect(gunzipSync(packed).subarray(4).toString()).toContain('{"directory":{"');
  });

  it.each([
    '../out',
    'a/../../out',
    '/etc/out',
    '.hidden',
    'a//b',
    'a/',
    '',
    'a\\b',
    'a\u0000b',
    'C:out',
    'x'.repeat(201),
    Array.from({ length: 17 }, () => 'a').join('/'),
  ])('with a path like %j are refused, and nothing is written', async (path) => {
    const packed = pack({ directory: { good: 1, [path]: 1 } }, 'ab');
    await expect(unpackFolders(packed, to)).rejects.toThrow(/^holds '.*', expected files by names of letters/s);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('with a file that is a folder, too, are refused, and nothing is written', async () => {
    const packed = pack({ directory: { a: 1, 'a/b': 1 } }, 'xy');
    await expect(unpackFolders(packed, to)).rejects.toThrow('holds directory/a as a file and as a folder');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('that are larger than allowed are neither packed nor unpacked', async () => {
    mkdirSync(folders.directory);
    writeFileSync(join(folders.directory, 'zeros'), new Uint8Array(8_000_000));
    const packed = await packFolders(folders);
    expect(packed.length).toBeLessThan(20_000);
    const limits = { packed: 2 ** 20, files: 2 ** 21 };
    await expect(packFolders(folders, limits)).rejects.toThrow(
      /^has files of 8 MiB, more than the 2 MiB that a queue takes$/,
    );
    await expect(packFolders(folders, { ...packingLimits, packed: 1000 })).rejects.toThrow(
      /^has files of, packed, 0\.0\d+ MiB, more than the 0\.001 MiB that a queue takes$/,
    );
    await expect(unpackFolders(packed, to, undefined, { packed: 1000, files: 2 ** 30 })).rejects.toThrow(
      /^has 0\.0\d+ MiB, more than the 0\.001 MiB that a queue takes$/,
    );
    // Decompression ends at the limit, and at what is allowed to a table of contents.
    await expect(unpackFolders(packed, to, undefined, limits)).rejects.toThrow(
      /^has, unpacked, more than the 2 MiB that a queue takes$/,
    );
    expect(existsSync(to.directory)).toBe(false);
  });

  it.each([
    ['no archive', Buffer.from('nothing')],
    ['an empty one', gzipSync('')],
    ['a table longer than all of it', pack({}, '', 2 ** 31)],
    ['a table that is cut off', pack({ directory: { a: 1 } }, 'x', 5)],
    ['fewer bytes than it says', pack({ directory: { a: 2 ** 40 } }, 'x')],
    ['more bytes than it says', pack({ directory: { a: 1 } }, 'xy')],
    ['a size below 0', pack({ directory: { a: -1, b: 2 } }, 'x')],
    ['no sizes', pack({ directory: ['a'] }, 'x')],
  ])('that hold %s are one line', async (_, packed) => {
    await expect(unpackFolders(packed, to)).rejects.toThrow(
      /^(cannot be unpacked: .*|has a table of contents that does not fit)$/,
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it('leave folders alone that nobody asks for', async () => {
    await unpackFolders(pack({ directory: { a: 1 }, other: { b: 1 } }, 'xy'), to);
    expect(readdirSync(folder)).toEqual(['c']);
    expect(readFileSync(join(to.directory, 'a'), 'utf8')).toBe('x');
  });
});
