import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDataset } from '../../datasets/index.ts';
import { make, makeVec } from '../../envs/index.ts';
import { collectDataset } from '../../experiments/training/collectDataset.ts';
import { makePolicy, Rng, savePolicy } from '../../src/index.ts';
import { oxbow } from './fixture/oxbow.ts';

const folder = mkdtempSync(join(tmpdir(), 'oxbow-collect-'));
const file = join(folder, 'policy.json');
const at = (name: string) => join(folder, name);
const collect = (name: string, ...argv: string[]) =>
  oxbow('collect', 'Pendulum-v1', '--episodes', '3', '--envs', '2', ...argv, '--out', at(name));

beforeAll(() => {
  const { observationSpace, actionSpace } = make('Pendulum-v1');
  savePolicy(file, makePolicy('gaussian', { observationSpace, actionSpace, hidden: [4], rng: new Rng(0) }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

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
      stdout: `${at('one')}: 3 episodes of 600 steps are whole, hash ${hashIn(one.stdout)}\n`,
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
    const finished = await oxbow('dataset', 'finish', at('kept'));
    expect(finished).toMatchObject({ code: 0, stdout: expect.stringMatching(/kept: finished, hash [0-9a-f]{64}\n$/) });
    expect((await openDataset(at('kept'))).numEpisodes).toBe(2);
  });

  test('refuses in one line, before any work', async () => {
    writeFileSync(at('broken.json'), '{}');
    const cases: [string[], RegExp][] = [
      [['--policy', at('none')], /^oxbow: --policy: got .*none, expected random, a file of a saved policy or a run/],
      [['--policy', at('broken.json')], /^oxbow: --policy: .*broken.json is no saved policy/],
      [['--policy', folder], /^oxbow: .* holds no run, expected /],
      [['--shares', '1,2'], /^oxbow: --shares: got 1,2, expected a number > 0 for each of the 1 --policy options/],
      [['--noise', '-1'], /^oxbow: --noise: got -1, expected a number ≥ 0/],
      [['--seed', 'x'], /^oxbow: --seed: got x, expected an integer ≥ 0/],
      [['--set', 'g=9'], /^oxbow: --set: got g=9, expected env.key=value/],
      [['--set', 'env.h=9'], /^oxbow: --set env.h: /],
    ];
    for (const [argv, line] of cases) {
      const { code, stderr } = await collect('refused', ...argv);
      expect([code, stderr]).toEqual([2, expect.stringMatching(line)]);
      expect(stderr.trim()).not.toContain('\n');
    }
    expect(readdirSync(folder)).not.toContain('refused');
    const wrongPolicy = ['--policy', file, '--episodes', '1', '--out', at('wrong')];
    expect((await oxbow('collect', 'CartPole-v1', ...wrongPolicy)).stderr).toMatch(
      /^oxbow: collectEpisodes: wanted an environment with 3 observations and a Box of 1 actions/,
    );
    expect(readdirSync(folder)).not.toContain('wrong');
    expect((await oxbow('collect', 'Pendulum-v1', '--episodes', '1', '--out', file)).stderr).toMatch(
      /^oxbow: --out: cannot write into /,
    );
    await collect('finished');
    expect(await collect('finished')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^oxbow: .*finished: holds a finished dataset, expected a new folder\n$/),
    });
    expect(await oxbow('dataset', 'show', at('none'))).toMatchObject({
      code: 2,
      stderr: `oxbow: ${at('none')}: there is no such file or folder\n`,
    });
  });
});
