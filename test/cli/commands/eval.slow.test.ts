import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { writeCheckedJson } from '../../../cli/experiment/checkedJson.ts';
import { formatReturn, trueMinus } from '../../../cli/experiment/text.ts';
import { make } from '../../../envs/index.ts';
import { makePolicy, Rng, savePolicy } from '../../../src/index.ts';
import { jobsHere } from '../fixture/jobsHere.ts';
import { oxbow } from '../fixture/oxbow.ts';

const folder = mkdtempSync(join(tmpdir(), 'oxbow-eval-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('oxbow eval has a table over the seeds for each study', async () => {
  jobsHere();
  const out = join(folder, 'run');
  const argv = [
    'run',
    'drift',
    '--policies',
    'left,still',
    '--seeds',
    '2',
    '--steps',
    '1',
    '--workers',
    '1',
    '--out',
    out,
  ];
  expect((await oxbow(...argv)).code).toBe(0);
  const { observationSpace, actionSpace } = make('SoftBandit-v0');
  for (const study of ['plain', 'wide']) {
    for (const name of ['left', 'still']) {
      for (const seed of [0, 1]) {
        const rng = new Rng(`${study} ${name} ${seed}`);
        const policy = makePolicy('gaussian', { observationSpace, actionSpace, hidden: [4], rng });
        savePolicy(join(out, 'jobs', study, 'Line-v0', name, `seed-${seed}`, 'policy.json'), policy);
      }
    }
  }
  // Tables side by side, as in a wide terminal.
  vi.stubEnv('COLUMNS', '200');
  const json = join(folder, 'eval.json');
  const { code, stdout, stderr } = await oxbow(
    ...['eval', out, '--env', 'SoftBandit-v0', '--episodes', '20', '--json', json],
  );
  expect([code, stderr]).toEqual([0, '']);
  const evaluations = JSON.parse(readFileSync(json, 'utf8')) as { job: string; returns: number[] }[];
  const [, ...tables] = stdout.trim().split('\n\n');
  expect(tables).toHaveLength(2);
  for (const [i, study] of ['plain', 'wide'].entries()) {
    const [title, , , ...rows] = tables[i]!.split('\n');
    expect(title).toBe(`Interquartile mean over the seeds, ${study}, Line-v0`);
    const means = ['left', 'still'].map((name) => {
      const own = evaluations.filter(({ job }) => job.startsWith(`${study}/Line-v0/${name}/`));
      const returns = own.flatMap(({ returns }) => returns);
      return returns.reduce((sum, value) => sum + value, 0) / returns.length;
    });
    // Of two seeds the interquartile mean is the mean.
    expect(rows.map((row) => row.split(/ +/).slice(0, 3))).toEqual([
      ['left', '2', trueMinus(formatReturn(means[0]!))],
      ['still', '2', trueMinus(formatReturn(means[1]!))],
    ]);
  }
});

test('a run of another oxbow, whose settings are not all known, can be evaluated, and is refused by what uses them', async () => {
  const file = join(folder, 'run/config.json');
  const { sha256: _, ...run } = JSON.parse(readFileSync(file, 'utf8'));
  writeCheckedJson(file, {
    ...run,
    config: { ...run.config, noise: { ...run.config.noise, colour: 'red', '\u001b[31m': 1 } },
  });
  const evaluated = await oxbow('eval', join(folder, 'run'), '--env', 'SoftBandit-v0', '--episodes', '2');
  expect([evaluated.code, evaluated.stderr]).toEqual([
    0,
    `${file}: another oxbow made the run, whose noise.colour, noise.\\x1b[31m this one has not: left out\n`,
  ]);
  expect(evaluated.stdout).toContain('wide/Line-v0/still/seed-1');
  for (const command of ['report', 'verify']) {
    const { code, stderr } = await oxbow(command, join(folder, 'run'));
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^oxbow: [^\n]*config\.json: noise\.colour: unknown setting of drift, [^\n]*: another oxbow made the run; read it with that one, or make it again\n$/,
    );
  }
});
