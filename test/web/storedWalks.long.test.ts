import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import type { WalkMetrics } from '../../common/lake.ts';

const root = resolve(import.meta.dirname, '../..');

test('the stored walks of the start page are those that their command makes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'oxbow-walks-'));
  const made = join(folder, 'walks.json');
  execFileSync(process.execPath, ['--import', 'tsx', 'scripts/storedWalks.ts', made], { cwd: root });
  // Not by expect: it would print both files.
  expect(readFileSync(made).equals(readFileSync(join(root, 'web/lab/storedWalks.json')))).toBe(true);
  rmSync(folder, { recursive: true });
}, 180_000);

test('they tell the story: both learn, and in the end the Gaussian drowns and the flow does not', () => {
  const { policies } = JSON.parse(readFileSync(join(root, 'web/lab/storedWalks.json'), 'utf8'));
  const [gaussian, spline] = policies.map(({ frames }: { frames: { metrics: WalkMetrics }[] }) => frames);
  for (const frames of [gaussian, spline]) {
    expect(frames[0].metrics.homeRate).toBe(0);
    expect(frames.at(-1).metrics.homeRate).toBeGreaterThan(0.5);
  }
  expect(gaussian).toHaveLength(spline.length);
  expect(gaussian.at(-1).metrics.drownRate).toBeGreaterThan(0.3);
  expect(spline.at(-1).metrics.drownRate).toBeLessThan(0.05);
});
