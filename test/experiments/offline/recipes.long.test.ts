import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ContentHash, openDataset } from '../../../datasets/index.ts';
import { type PlayableRecipe, playRecipe } from '../../../experiments/offline/playRecipe.ts';
import {
  listedDatasets,
  normalizedScore,
  type Part,
  type Recipe,
  recipeNamed,
  recipes,
} from '../../../experiments/offline/recipes.ts';
import { selectBackend, selectEngine } from '../../../src/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'oxbow-recipes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

await selectBackend();
await selectEngine('wasm');

async function played(
  recipe: Recipe,
  ...progress: Parameters<typeof playRecipe> extends [Recipe, (infer P)?] ? [P?] : []
) {
  const { dispose, ...rest } = (await playRecipe(recipe, ...progress)) as PlayableRecipe;
  const episodes = [...rest.episodes()];
  dispose();
  return { ...rest, played: episodes, hash: ContentHash.of(episodes) };
}

describe('the list', () => {
  test('has every kind of data for Pendulum, the lakes and the robots, and knows what it lists', () => {
    expect(recipes.size).toBe(5 + 6 * 5 + 3 * 4);
    for (const { task, parts } of recipes.values()) {
      expect(task.reference.expert).toBeGreaterThan(task.reference.random);
      if (parts.some(({ actor }) => actor.by === 'training')) expect(task.training).toBeDefined();
    }
    for (const name of Object.keys(listedDatasets())) expect(recipes.has(name)).toBe(true);
  });

  test('normalizes returns: random is 0, the expert 1', () => {
    const { task } = recipeNamed('hopper-medium');
    const { random, expert } = task.reference;
    expect(normalizedScore(task, random)).toBe(0);
    expect(normalizedScore(task, expert)).toBe(1);
    expect(normalizedScore(task, (random + expert) / 2)).toBeCloseTo(0.5, 12);
    expect(recipeNamed('lake-stride-uneven').task.reference.expert).toBeCloseTo(0.93 + 0.5, 12);
  });
});

describe('walks round a lake', () => {
  test('are what was listed, to the bit, and each names who walked', async () => {
    const { hash, played: walks, about, numEpisodes } = await played(recipeNamed('lake-stride-two-experts'));
    expect(hash).toBe(listedDatasets()['lake-stride-two-experts']!.hash);
    expect(walks).toHaveLength(numEpisodes);
    expect(about.policies).toEqual([
      { name: 'demonstrator', upperShare: 1, noise: 0.1, episodes: 500 },
      { name: 'demonstrator', upperShare: 0, noise: 0.1, episodes: 500 },
    ]);
    // Upwards first of the one, downwards of the other.
    for (const { actions, policy } of walks) expect(Math.sign(actions[1]!)).toBe(policy === 0 ? 1 : -1);
  });
});

describe('data of a training', () => {
  const { task } = recipeNamed('pendulum-medium');
  const small = (parts: readonly Part[], reference = { random: -1e5, expert: 0 }): Recipe => ({
    ...{ name: 'small', kind: 'medium', parts },
    task: {
      ...task,
      reference,
      training: { ...task.training!, steps: 900, evaluateEvery: 300, agentOptions: { reportEvery: 300 } },
    },
  });
  const part = (at: 'end' | 'medium' | 'to-medium', episodes = 4): Part => ({
    actor: { by: 'training', seed: 3, at },
    episodes,
  });

  test('is refused where a training comes to no medium policy', async () => {
    await expect(playRecipe(small([part('medium')], { random: 0, expert: 1 }))).rejects.toThrow(
      'pendulum: sac with seed 3 has come to no medium policy in 900 steps',
    );
  });

  test('a training that was stopped goes on to the same episodes', async () => {
    const recipe = small([part('end')]);
    const checkpoints = join(folder, 'training');
    const controller = new AbortController();
    const stopped = await playRecipe(recipe, {
      signal: controller.signal,
      checkpoints,
      onProgress: () => controller.abort(),
    });
    expect(stopped).toBeUndefined();
    expect(existsSync(join(checkpoints, 'sac-seed-3'))).toBe(true);
    const lines: string[] = [];
    const rest = await played(recipe, { checkpoints, onProgress: (line) => void lines.push(line) });
    expect(lines).toHaveLength(2);
    expect(rest.hash).toBe((await played(recipe)).hash);
  });
});

describe('npm run dataset', () => {
  const make = (...argv: string[]) => {
    const program = join(import.meta.dirname, '../../../experiments/offline/makeDataset.ts');
    const { status, stdout, stderr } = spawnSync('npx', ['tsx', program, ...argv], { encoding: 'utf8' });
    return { code: status, stdout, stderr };
  };

  test('writes what the recipe says, and says how it came to be', async () => {
    const out = join(folder, 'expert');
    const { code, stdout, stderr } = make('lake-stride-expert', out);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('made by       npm run dataset -- lake-stride-expert');
    expect(stdout).toContain(listedDatasets()['lake-stride-expert']!.hash);
    const { about, numEpisodes } = await openDataset(out);
    expect(numEpisodes).toBe(1000);
    expect(about.provenance).toMatchObject({ recipe: 'lake-stride-expert' });
    const again = make('lake-stride-expert', out);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('is there already, expected a new name');
  });

  test('goes on with no training of others that leads out of its folder', () => {
    const [out, secret] = [join(folder, 'medium'), join(folder, 'secret')];
    writeFileSync(secret, 'theirs');
    mkdirSync(`${out}.training`);
    symlinkSync(secret, join(`${out}.training`, 'sac-seed-0'));
    const { code, stderr } = make('pendulum-medium', out);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/^dataset: .*sac-seed-0 is a link or no file, [^\n]*\n$/),
    ]);
    expect([existsSync(out), readFileSync(secret, 'utf8')]).toEqual([false, 'theirs']);
  });

  test('refuses a recipe that it does not know, and names one that is near', () => {
    const out = join(folder, 'none');
    const { code, stderr } = make('pendulum-medum', out);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^dataset: got pendulum-medum, .*pendulum-medium.*\n$/);
    expect(existsSync(out)).toBe(false);
    expect(make().stdout).toMatch(/^lake-uneven: Lake-v0 upperBonus=0\.5, 1500 episodes$/m);
  });

  test('makes walks of a maze by seed and number, and says which', async () => {
    const out = join(folder, 'maze');
    const { code, stdout } = make('pointmaze-medium-stitch', out, '--seed', '3', '--episodes', '4');
    expect(code).toBe(0);
    expect(stdout).toContain('made by       npm run dataset -- pointmaze-medium-stitch --seed 3 --episodes 4');
    const { numEpisodes, numSteps, about } = await openDataset(out);
    expect([numEpisodes, numSteps, about.provenance.seed]).toEqual([4, 800, 3]);
  });

  test.each([
    [['pointmaze-medium-stitch', 'none', '--episodes', '0'], '--episodes: got 0, expected an integer ≥ 1'],
    [
      ['lake-stride-expert', 'none', '--seed', '1'],
      '--seed: got one for lake-stride-expert, expected a recipe of a maze',
    ],
    [['lake-stride-expert', 'none', '--sed', '1'], "Unknown option '--sed'"],
  ])('refuses %o', (argv, problem) => {
    const { code, stderr } = make(...argv);
    expect(code).toBe(2);
    expect(stderr).toContain(`dataset: ${problem}`);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
