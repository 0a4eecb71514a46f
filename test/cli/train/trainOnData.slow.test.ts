import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { train } from '../../../agents/index.ts';
import { evaluateTrained } from '../../../cli/train/evaluateTrained.ts';
import { DatasetWriter, spaceToJson } from '../../../datasets/index.ts';
import { make } from '../../../envs/index.ts';
import { BestOfPolicy, loadPolicy, Rng } from '../../../src/index.ts';
import { set, temporaryFolder } from '../fixture/files.ts';
import { jobsHere } from '../fixture/jobsHere.ts';
import { oxbow, refusal } from '../fixture/oxbow.ts';

const folder = temporaryFolder('data');
const data = join(folder, 'data');
const SMALL = [
  ...['--steps', '60', '--workers', '1', '--engine', 'wasm'],
  ...set('policy.hidden=4', 'agent.batchSize=8', 'agent.reportEvery=20', 'evaluationEpisodes=2', 'logInterval=0'),
  ...set('agent.criticHidden=4'),
];

beforeAll(() => write(data, 3));

/** Episodes of random numbers. */
function write(path: string, episodes: number, env = 'Pendulum-v1'): void {
  const { observationSpace, actionSpace } = make('Pendulum-v1');
  const writer = new DatasetWriter(
    path,
    {
      environment: { id: env, options: {} },
      observationSpace: spaceToJson(observationSpace as never),
      actionSpace: spaceToJson(actionSpace as never),
      dtypes: { observations: 'float32', actions: 'float32', rewards: 'float32' },
      infos: [],
      policies: [],
      provenance: {},
    },
    episodes,
  );
  const rng = new Rng('data');
  for (let i = 0; i < episodes; i++) {
    writer.append({
      observations: rng.fillNormal(new Float32Array(3 * 21)),
      actions: rng.fillUniform(new Float32Array(20)),
      rewards: rng.fillNormal(new Float32Array(20)),
      terminations: new Uint8Array(20),
      truncations: Uint8Array.from({ length: 20 }, (_, t) => Number(t === 19)),
    });
  }
  writer.finish();
}

describe('oxbow train --dataset', () => {
  beforeEach(jobsHere);

  it('trains, goes online, and eval plays what it has learned; train does the same', async () => {
    const run = join(folder, 'run');
    const online = ['--online-steps', '20', ...set('agent.learningStarts=5')];
    const argv = ['train', 'Pendulum-v1', '--agent', 'iql', '--dataset', data, ...SMALL, ...online];
    const trained = await oxbow(...argv, '--out', run);
    expect([trained.code, trained.stderr]).toEqual([0, '']);
    const job = join(run, 'jobs/iql/Pendulum-v1/gaussian/seed-0');
    expect(readdirSync(job)).toContain('policy.json');
    const evaluated = await oxbow('eval', run, '--episodes', '2');
    expect(evaluated).toMatchObject({ code: 0, stderr: '' });
    expect(evaluated.stdout).toMatch(/gaussian/);

    const { policy, steps, updates } = await train({
      ...{ env: 'Pendulum-v1', agent: 'iql', dataset: data, steps: 60, seed: 0 },
      agentOptions: { batchSize: 8, reportEvery: 20, criticHidden: [4], onlineSteps: 20, learningStarts: 5 },
      policyOptions: { hidden: [4] },
    });
    expect([steps, updates]).toEqual([60, 55]);
    const saved = JSON.parse(readFileSync(join(job, 'policy.json'), 'utf8')) as { variables: Record<string, unknown> };
    expect(saved.variables).toEqual(JSON.parse(JSON.stringify(policy.stateDict())));
    policy.dispose();
  });

  it('acts by the best of its samples where it is asked to, also when it is loaded', async () => {
    const run = join(folder, 'best');
    const best = ['--policy', 'flow-matching', ...set('agent.beta=0', 'agent.bestOf=5')];
    const evaluations = ['--evaluate-every', '20'];
    const argv = ['train', 'Pendulum-v1', '--agent', 'iql', '--dataset', data, ...SMALL, ...best, ...evaluations];
    const trained = await oxbow(...argv, '--keep', 'best', '--out', run);
    expect([trained.code, trained.stderr]).toEqual([0, '']);
    const file = join(run, 'jobs/iql/Pendulum-v1/flow-matching/seed-0/policy.json');
    const { policy, about } = loadPolicy(file);
    expect(policy).toMatchObject({ constructor: BestOfPolicy, samples: 5 });
    // The evaluation at the end of the training, once more by the policy of the file.
    const settings = { env: {}, evaluationEpisodes: 2 };
    const again = await evaluateTrained(policy, 'Pendulum-v1', settings, new Rng(0).split('evaluation'));
    expect([again.sampled.return, again.greedy.return]).toEqual([about.return, about.greedyReturn]);
    policy.dispose();
    const one = await oxbow('eval', run, '--episodes', '2');
    expect(one).toMatchObject({ code: 0, stderr: '' });
    expect((await oxbow('eval', run, '--episodes', '2')).stdout).toBe(one.stdout);
    expect(await oxbow('verify', run)).toMatchObject({ code: 0 });
    const refused = await refusal(...argv, ...set('agent.bestOf=0'), '--out', join(folder, 'none'));
    expect(refused).toMatch(/agent\.bestOf: got 0, expected/);
  });

  it('says where the episodes were played, if that was another environment', async () => {
    for (const [env, said] of [
      ['gymnasium:Pendulum-v1', false],
      ['gymnasium:other_module:OtherPendulum-v1', true],
    ] as const) {
      const path = join(folder, env.replaceAll(':', '-'));
      write(path, 2, env);
      const argv = ['train', 'Pendulum-v1', '--agent', 'iql', '--dataset', path, '--out', `${path}-run`];
      const { code, stderr } = await oxbow(...argv, ...SMALL);
      expect(code).toBe(0);
      const line = `oxbow: ${path} was played in ${env}, and the policy will be evaluated in Pendulum-v1\n`;
      expect(stderr.includes(line)).toBe(said);
    }
  });

  it('is of one dataset: another one at its path is refused, by more seeds and by a job', async () => {
    const [path, run] = [join(folder, 'moved'), join(folder, 'of-one')];
    cpSync(data, path, { recursive: true });
    const argv = ['train', 'Pendulum-v1', '--agent', 'behavior-cloning', '--dataset', path, '--out', run];
    const small = ['--steps', '30', '--workers', '1', '--engine', 'wasm'];
    small.push(...set('policy.hidden=4', 'evaluationEpisodes=1'));
    expect((await oxbow(...argv, ...small)).code).toBe(0);
    rmSync(path, { recursive: true });
    write(path, 2);
    const more = await refusal(...argv, ...small, '--seeds', '2');
    expect(more).toMatch(/^oxbow: --out: .* another config \(datasetHash\), /);
    for (const command of ['resume', 'verify']) {
      const line = await refusal(command, run);
      expect(line).toMatch(/^oxbow: --dataset: .*moved: holds other episodes, .* expected those /);
    }
  });

  it.each([
    [['--agent', 'iql'], /got iql, which learns from data/],
    [['--agent', 'sac', '--dataset', data], /got sac beside a dataset/],
    [['--agent', 'iql', '--dataset', join(folder, 'none')], /--dataset: .*none: there is no such file or folder/],
    [['--agent', 'iql', '--dataset', folder], /--dataset: .*: is no dataset/],
    [['--agent', 'iql', '--dataset', data, '--online-steps', 'x'], /agent\.onlineSteps: got/],
  ])('%j is refused in one line, and nothing is written', async (argv, message) => {
    const run = join(folder, 'refused');
    expect(await refusal('train', 'Pendulum-v1', ...argv, '--out', run)).toMatch(message);
    expect(existsSync(run)).toBe(false);
  });
});
