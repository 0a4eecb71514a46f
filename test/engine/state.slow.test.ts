import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

/** In a process alone, since resident memory is that of all threads of a process. */
const PROGRAM = `
  import { trainWithNoise } from '${new URL('./worker.ts', import.meta.url).href}';
  trainWithNoise(1, 3000);
  const before = process.memoryUsage().rss;
  trainWithNoise(1, 10_000);
  console.log(process.memoryUsage().rss - before);
`;

test('memory of the process is flat over 10,000 updates', () => {
  const options = ['--import', 'tsx', '--input-type=module', '--eval', PROGRAM];
  expect(Number(execFileSync(process.execPath, options, { encoding: 'utf8' }))).toBeLessThan(48e6);
});
