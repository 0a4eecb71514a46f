/** The programs of `examples/` run and print what they say. The one for browsers is run by `npm run check:page`. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadPolicy } from '../src/index.ts';

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

/** The numbers that a pattern's only group matches, in order. */
function numbers(printed: string, pattern: RegExp): number[] {
  return [...printed.matchAll(pattern)].map((match) => Number(match[1]));
}

const CHECKS: Record<string, (printed: string) => void> = {
  ppoPendulum(printed) {
    const returns = numbers(printed, /^step \d+: return (\S+)$/gm);
    expect(returns).toHaveLength(25);
    expect(returns[0]).toBeLessThan(-900);
    expect(numbers(printed, /^greedy: return (\S+)$/gm)[0]).toBeGreaterThan(-300);
    expect(loadPolicy(join(folder, 'pendulum.json')).about).toEqual({ env: 'Pendulum-v1' });
  },
  sacTwoGoals(printed) {
    const modesOf = (name: string) => numbers(printed, new RegExp(`^${name}: a mode at (\\S+) with`, 'gm'));
    expect(modesOf('gaussian')).toHaveLength(1);
    const [left, right, ...others] = modesOf('spline').sort((a, b) => a - b);
    expect(others).toEqual([]);
    expect(left).toBeCloseTo(-1, 0);
    expect(right).toBeCloseTo(1, 0);
    const [, ...landed] = /^spline: (\d+) left, (\d+) right, (\d+) in the water$/m.exec(printed)!;
    const [onLeft, onRight, inWater] = landed.map(Number);
    expect(Math.min(onLeft!, onRight!)).toBeGreaterThan(300);
    expect(inWater).toBeLessThan(100);
  },
  cloneFromJson(printed) {
    const drowned = (name: string) =>
      numbers(printed, new RegExp(`^${name}: .* walks home, (\\d+) drowned$`, 'gm'))[0]!;
    expect(drowned('gaussian')).toBeGreaterThan(300);
    expect(drowned('spline')).toBeLessThan(200);
  },
  cloneFromEpisodes(printed) {
    const [played, cloned] = numbers(printed, /: return (\S+)$/gm);
    expect(played).toBeGreaterThan(-300);
    expect(cloned).toBeGreaterThan(-300);
  },
  ownEnvironment(printed) {
    expect(printed).toMatch(/^advice of checkEnv: none$/m);
    const [before, after] = numbers(printed, /: (\d+) % land softly$/gm);
    expect(before).toBeLessThan(40);
    expect(after).toBeGreaterThan(90);
  },
  ownRobot(printed) {
    expect(numbers(printed, /^before: (\S+) m$/gm)[0]).toBeLessThan(0.5);
    expect(numbers(printed, /^after: (\S+) m$/gm)[0]).toBeGreaterThan(1.2);
  },
  ownPolicy(printed) {
    const returns = numbers(printed, /return (\S+), /g);
    expect(returns[0]).toBeLessThan(-900);
    expect(returns.at(-1)).toBeGreaterThan(-350);
  },
  fitDensity(printed) {
    expect(numbers(printed, /, a Gaussian (\S+)$/gm)[0]).toBeCloseTo(1.88, 1);
    const last = numbers(printed, /^step 2000: (\S+) nats/gm)[0]!;
    expect(last).toBeGreaterThan(0.93);
    expect(last).toBeLessThan(1.1);
    expect(printed.match(/·/g)!.length).toBeGreaterThan(200);
  },
  compileTfjs(printed) {
    expect(numbers(printed, /^step 1000: (\S+) nats$/gm)[0]).toBeCloseTo(-0.9, 1);
    expect(numbers(printed, /^noise: (\S+)$/gm)[0]).toBeCloseTo(0.1, 1);
    expect(numbers(printed, /^sin\(1\): (\S+)$/gm)[0]).toBeCloseTo(Math.sin(1), 1);
    const [compiled, plain] = numbers(printed, /^a step: (\S+) ms/gm);
    expect(compiled).toBeLessThan(plain!);
  },
};

const programs = readdirSync(examples).flatMap((file) => (file.endsWith('.ts') ? [file.slice(0, -3)] : []));

test.each(programs)('%s prints what it says', (name) => CHECKS[name]!(run(name)));
