import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { actingAgents, builtinAgents } from '../../../agents/registry.ts';
import { tryOut } from '../../../cli/train/makeTraining.ts';
import { drawSettings } from '../../../cli/tuning/searchSpace.ts';
import { trainTuningExperiment } from '../../../cli/tuning/tuneTraining.ts';
import { defaultSpace, type TrainTuningConfig, trialConfig } from '../../../cli/tuning/tuningConfig.ts';
import { Rng, selectBackend, selectEngine } from '../../../src/index.ts';
import { temporaryFolder } from '../fixture/files.ts';
import { jobsHere } from '../fixture/jobsHere.ts';
import { oxbow, refusal } from '../fixture/oxbow.ts';

const folder = temporaryFolder('tune-train');
const readJson = (...path: string[]) => JSON.parse(readFileSync(join(folder, ...path), 'utf8'));

describe('oxbow tune train', () => {
  beforeEach(jobsHere);

  test('finds the better of two rates by halving; stopped and resumed, or done anew, it finds the same; training with what it found is the trial', async () => {
    const space = join(folder, 'space.json');
    writeFileSync(space, JSON.stringify({ agent: { learningRate: { choice: [1e-6, { linear: [3e-3, 0] }] } } }));
    const small = ['--steps', '6144', '--set', 'evaluationEpisodes=8'];
    const out = join(folder, 'search');
    const argv = [
      ...['tune', 'train', 'CartPole-v1', '--agent', 'ppo', ...small, '--trials', '2', '--space', space],
      ...['--halving', '2', '--set', 'rungs=2', '--set', 'agent.gamma=0.97', '--workers', '2', '--out', out],
    ];
    const searched = await oxbow(...argv, '--seeds', '1');
    expect(searched.stderr).toBe('');
    expect(searched.code).toBe(0);
    expect(searched.stdout).toContain('rung-2: goes on from step 3,072');

    const { config, policies } = readJson('search', 'trials.json');
    expect(config.seeds).toEqual([1000]);
    const [first, last] = policies[0].rungs;
    expect([first.steps, last.steps]).toEqual([3072, 6144]);
    expect(first.trials).toHaveLength(3);
    expect(last.trials).toHaveLength(2);
    const isGood = ({ settings }: { settings: { agent?: { learningRate?: unknown } } }) =>
      typeof settings.agent?.learningRate === 'object';
    const [good, used] = last.trials;
    expect(isGood(good)).toBe(true);
    expect(used.settings).toEqual({});
    // The rate of the preset is 1e-3: either may be better after so few steps, and what was found is the better one.
    const tuned = readJson('search', 'tuned.json');
    expect(good.scores[0]).toBeGreaterThan(first.trials.find((trial: typeof good) => !isGood(trial)).scores[0]);
    const best = good.scores[0] >= used.scores[0] ? good : used;
    expect(tuned.agent).toMatchObject({ gamma: 0.97, horizon: 32, ...best.settings.agent });

    // What was lost, of both rounds, is done again, and the search is what it was.
    const { fingerprint } = readJson('search', 'summary.json');
    const ofGood = join(out, 'jobs', 'ppo', 'CartPole-v1', 'categorical', `trial-${good.trial}`, 'seed-1000');
    const before = readFileSync(join(ofGood, 'rung-2', 'result.json'), 'utf8');
    rmSync(join(ofGood, 'rung-1', 'result.json'));
    rmSync(join(ofGood, 'rung-2'), { recursive: true });
    rmSync(join(out, 'tuned.json'));
    const resumed = await oxbow('resume', out);
    expect(resumed.code).toBe(0);
    expect(resumed.stdout).toContain('2 of 3 jobs have finished before');
    expect(readFileSync(join(ofGood, 'rung-2', 'result.json'), 'utf8')).toBe(before);
    expect(readJson('search', 'summary.json').fingerprint).toBe(fingerprint);
    expect(readJson('search', 'tuned.json')).toEqual(tuned);

    // Where no earlier round is at hand, a trial is trained from its beginning, to the same bytes.
    const job = `ppo/CartPole-v1/categorical/trial-${good.trial}/seed-1000/rung-2`;
    expect((await oxbow('verify', out, '--job', job)).stdout).toContain('1 of 1 job gave the same bytes again');
    const shown = (await oxbow('report', out)).stdout;
    expect(shown).toContain(`Fingerprint: ${fingerprint}`);
    expect(shown).toContain(`train CartPole-v1 --agent ppo --policy categorical --config ${join(out, 'tuned.json')}\n`);

    const trained = await oxbow(
      ...['train', 'CartPole-v1', '--agent', 'ppo', '--config', join(out, 'tuned.json'), '--seeds', '1000,'],
      ...['--set', 'evaluationEpisodes=8', '--out', join(folder, 'trained')],
    );
    expect(trained.code).toBe(0);
    const { results } = readJson('trained', 'summary.json');
    expect(results.find(({ metric }: { metric: string }) => metric === 'return').perSeed).toEqual(best.scores);
  });

  test('settings that do not fit together have no score, and the search goes on', async () => {
    const space = join(folder, 'misfits.json');
    writeFileSync(space, JSON.stringify({ agent: { batchSize: { choice: [100_000] } } }));
    const found = await oxbow(
      ...['tune', 'train', 'SoftBandit-v0', '--agent', 'ppo', '--trials', '1', '--space', space, '--seeds', '1'],
      ...['--steps', '256', '--set', 'agent.horizon=128', '--set', 'evaluationEpisodes=4'],
      ...['--out', join(folder, 'misfits')],
    );
    expect(found.code).toBe(0);
    expect(found.stdout).toContain('trial-1/seed-1000/rung-1: no score: Ppo: batchSize');
    const [rung] = readJson('misfits', 'trials.json').policies[0].rungs;
    expect(rung.trials.map(({ scores }: { scores: unknown[] }) => scores)).toEqual([[null], [expect.any(Number)]]);
  });

  test.each([
    [['--agent', 'ppoo'], '--agent: got ppoo'],
    [['--agent', 'ppo', '--trials', '0'], '--trials: got 0'],
    [['--agent', 'ppo', '--search', 'randon'], '--search: got "randon"'],
    [['--agent', 'iql'], '--agent: got iql, which learns from data'],
    [['--agent', 'ppo', '--space', join(folder, 'none.json')], '--space: cannot read'],
  ])('%j is refused in one line', async (argv, message) => {
    const line = await refusal('tune', 'train', 'Pendulum-v1', ...argv, '--out', join(folder, 'refused'));
    expect(line).toContain(message);
  });
});

test.each(actingAgents)('%s can be made with settings of its space', async (agent) => {
  await selectBackend();
  await selectEngine('wasm');
  const { actions, usualPolicy, settings: options } = builtinAgents[agent];
  const small = 'criticHidden' in options.shape ? { criticHidden: [8] } : {};
  const [env, policy] =
    actions === 'box' ? ['Pendulum-v1', usualPolicy ?? 'gaussian'] : ['CartPole-v1', usualPolicy ?? 'categorical'];
  const choice = { studies: [agent], policies: [policy], environments: [env] };
  for (const envs of [1, 8]) {
    const config = trainTuningExperiment(choice).schema.parse({
      envs,
      agent: small,
      policy: { hidden: [8] },
    }) as unknown as TrainTuningConfig;
    for (const settings of drawSettings(defaultSpace(agent, envs), 4, new Rng(envs), 'random')) {
      tryOut({ study: agent, env, policy }, trialConfig(config, policy, settings));
    }
  }
});
