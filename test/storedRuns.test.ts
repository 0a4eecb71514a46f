import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withFingerprint } from '../scripts/withFingerprint.ts';

const docs = resolve(import.meta.dirname, '../docs');
const read = (path: string): string => readFileSync(join(docs, path), 'utf8');
const stored = readdirSync(join(docs, 'results')).filter((name) =>
  existsSync(join(docs, 'results', name, 'report.html')),
);
const pages = [...readdirSync(docs), ...readdirSync(join(docs, 'results')).map((name) => `results/${name}`)];
const links = pages
  .filter((name) => name.endsWith('.md'))
  .flatMap((name) => [...read(name).matchAll(/\]\((?:\.\.\/)?(results\/[\w-]+\/report\.html)\)/g)])
  .map(([, link]) => link);

test('runs are stored', () => {
  expect(stored).toEqual(expect.arrayContaining(['lake', 'products']));
});

describe.each(stored)('the stored run %s', (name) => {
  const { experiment, fingerprint, partial } = JSON.parse(read(`results/${name}/summary.json`)) as {
    readonly experiment: string;
    readonly fingerprint?: string;
    readonly partial?: boolean;
  };

  test('is whole, and report and page of fingerprints name its fingerprint', () => {
    expect(partial).toBeUndefined();
    expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(read(`results/${name}/report.html`)).toContain(fingerprint);
    expect(read('experiments.md')).toContain(fingerprint);
  });

  test('is shown: a page leads to its report, and none says that its experiment was not run', () => {
    expect(links).toContain(`results/${name}/report.html`);
    const [, row] = new RegExp(`^\\| \`${experiment}\` \\|(.*)$`, 'm').exec(read('experiments.md'))!;
    expect(row).not.toContain('not run');
  });

  test('names no path of the machine that it ran on', () => {
    expect(read(`results/${name}/report.html`)).not.toMatch(/\/(?:tmp|home|root|Users)\//);
  });
});

describe('the table of fingerprints', () => {
  const table = (...rows: string[]) =>
    ['Before.', '', '| command | fingerprint |', '| --- | --- |', ...rows, '', 'After.', ''].join('\n');
  const [first, second] = ['| `oxbow run a` | `11` |', '| `oxbow run a --full` | `22` |'];

  test('has one row for each command: the new one in place of its last', () => {
    const renewed = withFingerprint(table(first!, second!), { command: 'oxbow run a', fingerprint: '33' });
    expect(renewed).toBe(table('| `oxbow run a` | `33` |', second!));
  });

  test('another command comes last, whatever characters it has', () => {
    const renewed = withFingerprint(table(first!, second!), { command: "oxbow run b --set x='$&'", fingerprint: '33' });
    expect(renewed).toBe(table(first!, second!, "| `oxbow run b --set x='$&'` | `33` |"));
  });

  test('a page without it is refused', () => {
    expect(() => withFingerprint('Nothing.', { command: 'oxbow run a', fingerprint: '33' })).toThrow('no table');
  });
});
