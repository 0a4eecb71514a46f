/** The programs of `examples/` are short, and the page shows them as they are. `examples.slow.test.ts` runs them. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const examples = join(root, 'examples');
const page = join(root, 'docs/examples.md');
const programs = (readdirSync(examples, { recursive: true }) as string[]).filter((file) => file.endsWith('.ts'));

test.each(programs)('%s can be read at a glance, and begins with what it shows', (file) => {
  const lines = readFileSync(join(examples, file), 'utf8').trimEnd().split('\n');
  expect(lines.length).toBeGreaterThanOrEqual(15);
  expect(lines.length).toBeLessThanOrEqual(60);
  expect(lines[0]).toBe('/**');
  expect(lines.slice(0, 10).join(' ')).toMatch(/ Run `npx /);
});

// UPDATE_DOCS=1 writes the blocks anew.
test('the page shows every program as it is', () => {
  const text = readFileSync(page, 'utf8');
  const shown: string[] = [];
  const updated = text.replaceAll(/(?<=^`examples\/(\S+)`:\n\n```\w+\n).*?(?=```$)/gms, (_, file: string) => {
    shown.push(file);
    return readFileSync(join(examples, file), 'utf8');
  });
  expect(shown.sort()).toEqual([...programs, 'browser/index.html', 'browser/train.html'].sort());
  if (process.env.UPDATE_DOCS) writeFileSync(page, updated);
  else expect(text).toBe(updated);
});
