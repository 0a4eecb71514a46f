/** The programs of `examples/` are short, begin with what they show, and are listed. `examples.slow.test.ts` runs them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const examples = resolve(import.meta.dirname, '../examples');
const programs = (readdirSync(examples, { recursive: true }) as string[]).filter((file) => file.endsWith('.ts'));

test.each(programs)('%s can be read at a glance, and begins with what it shows', (file) => {
  const lines = readFileSync(join(examples, file), 'utf8').trimEnd().split('\n');
  expect(lines.length).toBeGreaterThanOrEqual(15);
  expect(lines.length).toBeLessThanOrEqual(60);
  expect(lines[0]).toBe('/**');
  expect(lines.slice(0, 10).join(' ')).toMatch(/ Run `npx /);
  expect(readFileSync(join(examples, 'README.md'), 'utf8')).toContain(`](${file})`);
});
