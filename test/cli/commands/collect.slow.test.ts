import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { collectDataset } from '../../../cli/commands/collectDataset.ts';
import { lockFolder } from '../../../cli/run/lock.ts';
import { DatasetWriter, openDataset, spaceToJson } from '../../../datasets/index.ts';
import { make, makeVec } from '../../../envs/index.ts';
import { loadPolicy, makePolicy, Rng, savePolicy } from '../../../src/index.ts';
import { temporaryFolder } from '../fixture/files.ts';
import { jobsHere } from '../fixture/jobsHere.ts';
import { oxbow, refusal } from '../fixture/oxbow.ts';

const folder = temporaryFolder('collect');
const file = join(folder, 'policy.json');
const at = (name: string) => join(folder, name);
const collect = (name: string, ...argv: string[]) =>
  oxbow('collect', 'Pendulum-v1', '--episodes', '3', '--envs', '2', ...argv, '--out', at(name));

beforeAll(() => {
  const { observationSpace, actionSpace } = make('Pendulum-v1');
  savePolicy(file, makePolicy('gaussian', { observationSpace, actionSpace, hidden: [4], rng: new Rng(0) }));
});

test('what a dataset says of itself stays in its line', async () => {
  const said = 'x\nhash  0000\r\u001b[2J';
  const { observationSpace, actionSpace } = make('Pendulum-v1');
  const writer = new DatasetWriter(
    at('said'),
    {
      environment: { id: said, options: {} },
      observationSpace: spaceToJson(observationSpace),
      actionSpace: spaceToJson(actionSpace),
      dtypes: { observations: 'float32', actions: 'float32', rewards: 'float64' },
      infos: [said],
      policies: [{ name: said, file: said }],
      provenance: { command: said },
    },
    1,
  );
  writer.append({
    ...{ observations: new Float32Array(6), actions: new Float32Array(1), rewards: new Float64Array(1) },
    ...{ terminations: Uint8Array.of(1), truncations: Uint8Array.of(0), infos: { [said]: new Float64Array(2) } },
  });
  const hash = writer.finish();
  const { stdout } = await oxbow('dataset', 'show', at('said'));
  expect(stdout.match(/^hash .*$/gm)).toEqual([`hash          ${hash}`]);
  expect(stdout).toContain('made by       x\\x0ahash  0000\\x0d\\x1b[2J\n');
  expect(stdout.trimEnd().split('\n')).toHaveLength(11);
});

describe('oxbow collect', () => {
  test('of the same settings gives the same bytes wherever they lie, and prints their hash', async () => {
    const [one, other] = [await collect('one'), await collect('other')];
    expect([one.code, other.code, one.stderr]).toEqual([0, 0, '']);
    const hashIn = (text: string) => /^hash +([0-9a-f]{64})$/m.exec(text)![1];
    expect(hashIn(other.stdout)).toBe(hashIn(one.stdout));
    for (const name of readdirSync(at('one'))) {
      expect(readFileSync(join(at('other'), name)).equals(readFileSync(join(at('one'), name)))).toBe(true);
    }
    const seeded = await collect('seeded', '--seed', '1');
    expect(hashIn(seeded.stdout)).not.toBe(hashIn(one.stdout));
    expect(await oxbow('dataset', 'check', at('one'))).toMatchObject({
      code: 0,
      stdout: `${at('one')}: whole, 3 episodes with 600 steps in all, hash ${hashIn(one.stdout)}\n`,
    });
    expect((await oxbow('dataset', 'show', at('one'))).stdout).toBe(one.stdout);
  });

  test('shares episodes among policies, and says who acted', async () => {
    const argv = ['--policy', 'random', '--policy', file, '--shares', '2,1', '--noise', '0.1', '--set', 'env.g=9'];
    const { code, stdout } = await collect('mixture', ...argv, '--infos', 'speed');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^policy 0 +random: 2 episodes, return mean −/m);
    expect(stdout).toMatch(/^policy 1 +gaussian, .*policy.json: 1 episode, return mean −/m);
    const dataset = await openDataset(at('mixture'));
    expect([...dataset.storedEpisodes()].map(({ policy }) => policy)).toEqual([0, 0, 1]);
    expect(dataset.about).toMatchObject({
      environment: { id: 'Pendulum-v1', options: { g: 9 } },
      infos: ['speed'],
      policies: [{ name: 'random' }, { name: 'gaussian', file, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }],
      provenance: {
        noise: 0.1,
        seed: 0,
        envs: 2,
        command: expect.stringMatching(/^oxbow collect Pendulum-v1 .*speed$/),
      },
    });
  });

  test('acts as it is told, and says so where that is neither sampled nor greedy', async () => {
    const provenance = async (name: string, ...argv: string[]) => {
      expect((await collect(name, '--policy', file, ...argv)).stderr).not.toContain('oxbow:');
      return (await openDataset(at(name))).about.provenance;
    };
    const mode = await provenance('mode', '--acting', 'mode');
    expect(mode).toMatchObject({ greedy: true });
    expect(mode).not.toHaveProperty('acting');
    expect(await provenance('held', '--hold', '4')).toMatchObject({
      greedy: false,
      acting: { rule: 'sample', temperature: 1, candidates: 32, hold: 4 },
    });
    const actions = async (name: string) => [...(await openDataset(at(name))).storedEpisodes()][0]!.actions;
    await provenance('greedy', '--greedy');
    expect(await actions('mode')).toEqual(await actions('greedy'));
    expect(await actions('held')).not.toEqual(await actions('greedy'));
    const several = await refusal(
      'collect',
      'Pendulum-v1',
      '--policy',
      file,
      '--episodes',
      '1',
      '--hold',
      '1,2',
      '--out',
      at('x'),
    );
    expect(several).toBe('oxbow: --acting: got 2 ways to act, expected one\n');
    const { observationSpace, actionSpace } = make('Pendulum-v1');
    const implicit = makePolicy('implicit', { observationSpace, actionSpace, hidden: [4], rng: new Rng(0) });
    savePolicy(join(folder, 'implicit.json'), implicit);
    const own = ['--policy', join(folder, 'implicit.json'), '--episodes', '1', '--out', at('x')];
    expect(await refusal('collect', 'Pendulum-v1', ...own, '--acting', 'densest')).toMatch(
      /^oxbow: collect: acting\.rule: policy: got ImplicitPolicy, which has samples and no density, [^\n]*\n$/,
    );
    expect(existsSync(at('x'))).toBe(false);
  });

  test('that is stopped keeps what is whole, and goes on to the same dataset', async () => {
    const settings = {
      environment: { id: 'Pendulum-v1', options: {} },
      policies: [
        { policy: 'random', about: { name: 'random' } },
        { policy: 'random', about: { name: 'random' } },
      ] as const,
      counts: [3, 2],
      seed: 0,
      greedy: false,
      noise: 0,
      infos: [],
      provenance: {},
    };
    const run = async (name: string, stopAfter: number) => {
      const env = makeVec('Pendulum-v1', { numEnvs: 2 });
      const controller = new AbortController();
      const onProgress = ({ episodes }: { episodes: number }) => {
        if (episodes === stopAfter) controller.abort();
      };
      return collectDataset(at(name), env, settings, { signal: controller.signal, onProgress });
    };
    const whole = await run('whole', -1);
    expect(await run('stopped', 1)).toMatchObject({ episodes: 1, hash: null });
    expect(await openDataset(at('stopped'), { unfinished: true })).toMatchObject({ numEpisodes: 1, finished: false });
    expect((await oxbow('dataset', 'show', at('stopped'))).stdout).toContain('(oxbow, not finished)');
    // In the middle of the second policy's.
    expect(await run('stopped', 4)).toMatchObject({ episodes: 4, hash: null });
    expect(await run('stopped', -1)).toEqual(whole);
    expect(await run('kept', 2)).toMatchObject({ hash: null });
    // Whoever collects may be writing the next file.
    const lock = await lockFolder(at('kept'));
    const line = await refusal('dataset', 'finish', at('kept'));
    expect(line).toMatch(/kept is in use by another command, expected one at a time\n$/);
    lock.release();
    const finished = await oxbow('dataset', 'finish', at('kept'));
    expect(finished).toMatchObject({ code: 0, stdout: expect.stringMatching(/kept: finished, hash [0-9a-f]{64}\n$/) });
    expect((await openDataset(at('kept'))).numEpisodes).toBe(2);
  });

  test('plays the demonstrators of a lake, by the banks as they are to be shared', async () => {
    const lake = ['collect', 'LakeStride-v0', '--episodes', '10', '--infos', 'windingAngle'];
    const own = ['--set', 'demonstrators.upperShare=0.3', '--set', 'env.upperBonus=0.5'];
    const mixed = ['--policy', 'demonstrators', '--policy', 'random', '--shares', '4,1', ...own, '--out', at('lake')];
    const { code, stderr, stdout } = await oxbow(...lake, ...mixed);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^policy 0 +demonstrators: 8 episodes, /m);
    const dataset = await openDataset(at('lake'));
    expect(dataset.about).toMatchObject({
      environment: { id: 'LakeStride-v0', options: { upperBonus: 0.5 } },
      policies: [
        { name: 'demonstrators', options: { upperShare: 0.3, noise: 0.1, path: 'shortest', failures: false } },
        { name: 'random' },
      ],
    });
    const demonstrated = [...dataset.storedEpisodes()].filter(({ policy }) => policy === 0);
    const upper = demonstrated.filter(({ infos }) => infos!.windingAngle!.at(-1)! < 0);
    expect([demonstrated.length, upper.length]).toEqual([8, 2]);
    for (const { rewards } of demonstrated) {
      const bonus = Array.from(rewards).reduce((sum, reward) => sum + reward, 0) - (1 - 0.02 * rewards.length);
      expect(bonus).toBeCloseTo(upper.some((each) => each.rewards === rewards) ? 0.5 : 0, 12);
    }
  });

  test('plays the snapshots of trainings: all of them, or those of a step', async () => {
    jobsHere();
    const run = at('run@1');
    const set = ['agent.horizon=16', 'agent.batchSize=16', 'policy.hidden=4', 'agent.valueHidden=4'];
    const sizes = ['evaluationEpisodes=1', 'logInterval=100', ...set].flatMap((each) => ['--set', each]);
    const argv = '--agent ppo --steps 128 --envs 1 --seeds 2 --snapshots 3 --workers 1'.split(' ');
    const trained = await oxbow('train', 'Pendulum-v1', ...argv, '--engine', 'eager', ...sizes, '--out', run);
    expect([trained.code, trained.stderr]).toEqual([0, '']);
    // Behind each third of 128, as far as reports of 16 steps go.
    const job = join(run, 'jobs/ppo/Pendulum-v1/gaussian/seed-0');
    expect(readdirSync(join(job, 'snapshots')).sort()).toEqual(['step-128.json', 'step-48.json', 'step-96.json']);
    const { about, policy } = loadPolicy(join(job, 'snapshots/step-128.json'));
    const last = loadPolicy(join(job, 'policy.json')).policy;
    expect(about).toMatchObject({ env: 'Pendulum-v1', step: 128 });
    expect(policy.stateDict()).toEqual(last.stateDict());
    expect(await oxbow('verify', run, '--workers', '1')).toMatchObject({ code: 0 });

    const replay = await collect('replay', '--policy', 'random', '--policy', `${run}@all`, '--episodes', '12');
    expect([replay.code, replay.stderr]).toEqual([0, '']);
    const { policies } = (await openDataset(at('replay'))).about;
    expect(policies.map(({ name, step, episodes }) => [name, step, episodes])).toEqual([
      ['random', undefined, 6],
      ...[0, 1].flatMap(() => [48, 96, 128].map((step) => ['gaussian', step, 1])),
    ]);
    // A run is the one that there is, also where its name has an @; a step is that of each of its trainings.
    await collect('expert', '--policy', run);
    await collect('medium', '--policy', `${run}@96`);
    const namesOf = async (name: string) =>
      (await openDataset(at(name))).about.policies.map(({ file }) => String(file));
    expect(await namesOf('expert')).toEqual([0, 1].map((seed) => expect.stringContaining(`seed-${seed}/policy.json`)));
    expect(await namesOf('medium')).toEqual([0, 1].map(() => expect.stringMatching(/snapshots.step-96\.json$/)));
    expect((await collect('refused', '--policy', `${run}@5`)).stderr).toMatch(
      /^oxbow: --policy: .*run@1 has no snapshot of step 5, expected all, or one of 48, 96, 128\n$/,
    );
  });

  test('whose folder is taken away ends at once, in the middle of an episode', async () => {
    const append = vi.spyOn(DatasetWriter.prototype, 'append');
    const collecting = collect('long', '--set', 'env.maxEpisodeSteps=4000000');
    await vi.waitUntil(() => existsSync(join(at('long'), '.lock')), 5000);
    rmSync(at('long'), { recursive: true });
    expect(await collecting).toMatchObject({ code: 1, stderr: expect.stringMatching(/the directory was removed/) });
    expect(append).not.toHaveBeenCalled();
    expect(readdirSync(folder)).not.toContain('long');
  });

  test('refuses in one line, before any work', async () => {
    writeFileSync(at('broken.json'), '{}');
    const cases: [string[], RegExp][] = [
      [['--policy', at('none')], /--policy: got .*none, expected random/],
      [['--policy', 'demonstrators'], /--policy: got demonstrators for Pendulum-v1, which has none/],
      [['--set', 'demonstrators.noise=1'], /--set: got options of demonstrators/],
      [['--policy', at('broken.json')], /--policy: .*broken.json is no saved policy/],
      [['--policy', folder], /holds no run/],
      [['--shares', '1,2'], /--shares: got 1,2/],
      [['--shares', '0'], /--shares: got 0/],
      [['--noise', '-1'], /--noise: got -1/],
      [['--seed', 'x'], /--seed: got x/],
      [['--infos', 'speed,'], /--infos: got speed,/],
      [['--set', 'g=9'], /--set: got g=9/],
      [['--set', 'env.h=9'], /--set env.h: /],
    ];
    const refused = (name: string, env: string, ...argv: string[]) =>
      refusal('collect', env, '--episodes', '1', ...argv, '--out', at(name));
    for (const [argv, line] of cases) expect(await refused('refused', 'Pendulum-v1', ...argv)).toMatch(line);
    expect(await refused('refused', 'CartPole-v1', '--policy', file)).toMatch(
      /^oxbow: collectEpisodes: wanted an environment with 3 observations and a Box of 1 actions/,
    );
    expect(readdirSync(folder)).not.toContain('refused');
    expect(await refused('policy.json', 'Pendulum-v1')).toMatch(/^oxbow: --out: cannot write into /);
    await collect('finished');
    expect(await refused('finished', 'Pendulum-v1')).toMatch(/: holds a finished dataset, expected a new folder\n$/);
  });
});
