import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { trainingLines } from '../../web/.vitepress/markdown.ts';

const page = (...blocks: string[]) => blocks.map((code) => `Text.\n\n\`\`\`ts\n${code}\n\`\`\`\n`).join('\n');

test('the paragraph that trains, with the imports that it uses, and no others', () => {
  const code = `import { evaluate, train } from 'oxbow/agents';
import { make } from 'oxbow/envs';

const { policy } = await train({ env: 'Pendulum-v1' });
evaluate({ policy });

const env = make('Pendulum-v1');`;
  expect(trainingLines(page('const trained = 0;', code, 'train({});'))).toBe(
    `import { evaluate, train } from 'oxbow/agents';
const { policy } = await train({ env: 'Pendulum-v1' });
evaluate({ policy });`,
  );
});

test('imports and calls that stand together are the same', () => {
  const code = `import { train } from 'oxbow/agents';\nawait train({});`;
  expect(trainingLines(page(code))).toBe(code);
});

test('a page without such a block is refused', () => {
  expect(() => trainingLines(page('const constrain = train;'))).toThrow('a ```ts block that calls train(, got none');
});

test('the README has few of them, each as it stands there', () => {
  const readme = readFileSync(resolve(import.meta.dirname, '../../README.md'), 'utf8');
  const lines = trainingLines(readme).split('\n');
  expect(lines[0]).toMatch(/^import .*\btrain\b.* from 'oxbow\/agents';$/);
  expect(lines.length).toBeLessThanOrEqual(8);
  for (const line of lines) expect(readme.split('\n')).toContain(line);
});
