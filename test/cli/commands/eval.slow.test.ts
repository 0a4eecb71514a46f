import { join } from 'node:path';
import { expect, test } from 'vitest';
import { make } from '../../../envs/index.ts';
import { makePolicy, Rng, savePolicy } from '../../../src/index.ts';
import { forge, temporaryFolder } from '../fixture/files.ts';
import { jobsHere } from '../fixture/jobsHere.ts';
import { oxbow, refusal } from '../fixture/oxbow.ts';

const folder = temporaryFolder('eval');

test('a run of another oxbow, whose settings are not all known, can be evaluated, and is refused by what uses them', async () => {
  jobsHere();
  const out = join(folder, 'run');
  const small = '--policies left,still --seeds 2 --steps 1 --workers 1'.split(' ');
  expect((await oxbow('run', 'drift', ...small, '--out', out)).code).toBe(0);
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

  const file = join(out, 'config.json');
  forge(file, ({ config, ...run }) => ({
    ...run,
    config: { ...config, noise: { ...config.noise, colour: 'red', '\u001b[31m': 1 } },
  }));
  const evaluated = await oxbow('eval', out, '--env', 'SoftBandit-v0', '--episodes', '2');
  expect([evaluated.code, evaluated.stderr]).toEqual([
    0,
    `${file}: another oxbow made the run, whose noise.colour, noise.\\x1b[31m this one has not: left out\n`,
  ]);
  expect(evaluated.stdout).toContain('wide/Line-v0/still/seed-1');
  for (const command of ['report', 'verify']) {
    expect(await refusal(command, out)).toMatch(
      /^oxbow: [^\n]*config\.json: noise\.colour: unknown setting of drift, [^\n]*: another oxbow made the run; read it with that one, or make it again\n$/,
    );
  }
});
