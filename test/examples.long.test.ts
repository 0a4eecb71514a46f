/** The programs of `examples/` run and print what they say. The one for browsers is run by `npm run check:page`. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const examples = join(root, 'examples');

let folder: string;
beforeAll(() => {
  mkdirSync(join(root, 'runs'), { recursive: true });
  folder = mkdtempSync(join(root, 'runs/examples-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a program prints, run as its users run it. */
function run(name: string): string {
  const args = ['--import', 'tsx', join(examples, `${name}.ts`)];
  return execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
}

/** What a pattern's numbers in the output of a program lie between, the first ones. */
const CHECKS: Record<string, readonly [pattern: RegExp, ...bounds: [least: number, most: number][]][]> = {
  ppoPendulum: [
    [/^step \d+: return (\S+)$/gm, [-2000, -900]],
    [/^greedy: return (\S+)$/gm, [-300, 0]],
  ],
  ppoTMaze: [
    [/^without a memory: return (\S+)$/gm, [1.3, 2.7]],
    [/^with a memory: return (\S+)$/gm, [3.9, 4]],
    [/^turns: (\d),\d$/gm, [0, 0]],
    [/^turns: \d,(\d)$/gm, [2, 2]],
    [/^one has forgotten: \d,(\d)$/gm, [2, 2]],
  ],
  sacTwoGoals: [
    [/^gaussian: a mode at (\S+) with/gm, [-9, 9]],
    [/^spline: a mode at (-\S+) with/gm, [-1.5, -0.5]],
    [/^spline: a mode at ([^-]\S*) with/gm, [0.5, 1.5]],
    [/^spline: (\d+) left/gm, [301, 1000]],
    [/^spline: \d+ left, (\d+) right/gm, [301, 1000]],
  ],
  cloneFromJson: [
    [/^gaussian: .* walks home, (\d+) drowned$/gm, [300, 1e4]],
    [/^spline: .* walks home, (\d+) drowned$/gm, [0, 200]],
  ],
  cloneChunks: [
    [/^chunks of \d, gaussian: (\d+) drowned$/gm, [100, 600], [900, 1000]],
    [/^chunks of 1, (?:mixture|spline): (\d+) drowned$/gm, [0, 100], [0, 100]],
    [/^chunks of 8, mixture: (\d+) drowned$/gm, [0, 50]],
    [/^chunks of 8, spline: (\d+) drowned$/gm, [50, 350]],
  ],
  cloneFromEpisodes: [[/: return (\S+)$/gm, [-300, 0], [-300, 0]]],
  ownEnvironment: [[/: (\d+) % land softly$/gm, [0, 40], [90, 100]]],
  ownRobot: [
    [/^before: (\S+) m$/gm, [-9, 0.5]],
    [/^after: (\S+) m$/gm, [1.2, 9]],
  ],
  ownPolicy: [[/return (\S+), /g, [-2000, -900]]],
  fitDensity: [
    [/, a Gaussian (\S+)$/gm, [1.83, 1.93]],
    [/^step 2000: (\S+) nats/gm, [0.93, 1.1]],
  ],
  compileTfjs: [
    [/^step 1000: (\S+) nats$/gm, [-0.95, -0.85]],
    [/^noise: (\S+)$/gm, [0.05, 0.15]],
  ],
};

const programs = readdirSync(examples).flatMap((file) => (file.endsWith('.ts') ? [file.slice(0, -3)] : []));

test.each(programs)('%s runs, and prints what it says', (name) => {
  const printed = run(name);
  for (const [pattern, ...bounds] of CHECKS[name]!) {
    const found = [...printed.matchAll(pattern)].map((match) => Number(match[1]));
    bounds.forEach((bound, i) => {
      expect(found[i], `${pattern} of ${name}`).toBeGreaterThanOrEqual(bound[0]);
      expect(found[i], `${pattern} of ${name}`).toBeLessThanOrEqual(bound[1]);
    });
  }
});
