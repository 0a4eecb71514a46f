import { existsSync, readFileSync } from 'node:fs';
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

test('several ways to act are compared beside each other, with what an action costs; results say the rule', async () => {
  jobsHere();
  const out = join(folder, 'ways');
  const small = '--policies left,still --seeds 2 --steps 1 --study plain --workers 1'.split(' ');
  expect((await oxbow('run', 'drift', ...small, '--out', out)).code).toBe(0);
  const { observationSpace, actionSpace } = make('SoftBandit-v0');
  for (const [name, kind] of [
    ['left', 'spline'],
    ['still', 'implicit'],
  ] as const) {
    for (const seed of [0, 1]) {
      const policy = makePolicy(kind, { observationSpace, actionSpace, hidden: [4], rng: new Rng(seed) });
      savePolicy(join(out, 'jobs', 'plain', 'Line-v0', name, `seed-${seed}`, 'policy.json'), policy);
    }
  }
  const json = join(folder, 'ways.json');
  const about = ['--env', 'SoftBandit-v0', '--episodes', '3', '--json', json];
  const results = () => JSON.parse(readFileSync(json, 'utf8'));

  const held = await oxbow('eval', out, ...about, '--acting', 'sample,mode', '--hold', '1,4', '--candidates', '8');
  expect(held.stderr).toBe('');
  expect(held.stdout).toMatch(/^3 episodes, actions chosen in several ways\njob +return +ms an action/);
  for (const way of ['sampled', 'sampled, hold 4', 'greedy, 8 candidates']) {
    // The first column is wrapped.
    const numbers = '−?\\d[\\d.]* +\\d[\\d.]* +\\d[\\d.]* +−?\\d[\\d.]*';
    expect(held.stdout).toMatch(new RegExp(`^plain/Line-v0/left/seed-1, +${numbers}\\n${way}$`, 'm'));
    expect(held.stdout).toMatch(new RegExp(`^left, ${way} +2 +−?\\d`, 'm'));
  }
  expect(results()).toHaveLength(12);
  const usual = { rule: 'sample', temperature: 1, candidates: 8, hold: 1 };
  expect(
    results()
      .map(({ acting }: { acting: object }) => acting)
      .slice(0, 3),
  ).toEqual([usual, { ...usual, hold: 4 }, { ...usual, rule: 'mode' }]);
  // One step an episode: noise that is held is drawn in each, by streams of rows.
  const [sampled, , mode] = results();
  await oxbow('eval', out, ...about);
  expect(results()[0].returns).toEqual(sampled.returns);
  await oxbow('eval', out, ...about, '--greedy', '--candidates', '8');
  expect(results()[0]).toEqual(mode);

  expect(await refusal('eval', out, ...about, '--acting', 'densest')).toMatch(
    /^oxbow: plain\/Line-v0\/still\/seed-0: Actor: acting.rule: policy: got ImplicitPolicy, which has samples and no density, [^\n]*\n$/,
  );
  const pages = join(folder, 'pages');
  for (const [options, message] of [
    [['--acting', 'densist'], '--acting: got densist, expected one of sample, mode, densest (did you mean densest?)'],
    [['--acting', 'mode', '--hold', '3'], '--hold: got 3 without samples, expected sample in --acting'],
    [['--greedy', '--temperature', '0.5'], '--temperature: got 0.5 without samples, expected sample in --acting'],
    [['--greedy', '--acting', 'mode'], '--greedy: got it beside --acting, expected one of them'],
    [['--temperature', '0.5,0'], '--temperature: got 0, expected a number > 0'],
    [['--hold', '1.5'], '--hold: got 1.5, expected an integer ≥ 1'],
    [['--candidates', '0'], '--candidates: got 0, expected an integer ≥ 1'],
    [['--hold', '1,2', '--record', pages], '--record: got 2 ways to act, expected one'],
    [['--record', `${pages}.GIF`], `--record: got ${pages}.GIF, expected a folder, or a file .png`],
  ] as const) {
    expect(await refusal('eval', out, ...options)).toBe(`oxbow: ${message}\n`);
  }
  expect(existsSync(pages)).toBe(false);
  const picture = join(folder, 'PICTURE.PNG');
  expect(await refusal('eval', out, ...about, '--record', picture)).toBe(
    `oxbow: --record: got ${picture} for 4 policies, expected a folder\n`,
  );
});
