import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { formatReturn, trueMinus } from '../../../cli/experiment/text.ts';
import { loadPolicies } from '../../../cli/index.ts';
import { readJson, set, temporaryFolder } from '../fixture/files.ts';
import { jobsHere } from '../fixture/jobsHere.ts';
import { oxbow, refusal } from '../fixture/oxbow.ts';

const seesaw = fileURLToPath(new URL('../fixture/seesaw.ts', import.meta.url));
const folder = temporaryFolder('train');

/** A training of a second. */
const SMALL = [
  ...['--steps', '1024', '--envs', '2', '--workers', '2'],
  ...set('agent.horizon=128', 'policy.hidden=8', 'evaluationEpisodes=4', 'checkpointInterval=0', 'logInterval=0'),
];
const SEESAW = ['train', 'Seesaw-v0', '--agent', 'ppo', '--load', seesaw, ...SMALL];

describe('oxbow train', () => {
  it.each([
    ['train', []],
    ['tune train', ['--policy', 'gaussian,mixture', '--trials', '1', '--seeds', '1']],
  ])('%s %j: actions without bounds are not squashed, by themselves', async (command, argv) => {
    jobsHere();
    const out = join(folder, 'endless', command, String(argv.length));
    const small = ['agent.learningStarts=8', 'agent.batchSize=4', 'agent.criticHidden=4', 'policy.hidden=4'];
    const options = set('env.bound=null', 'evaluationEpisodes=1', ...small);
    const endless = [
      ...command.split(' '),
      ...'Seesaw-v0 --agent sac --steps 16 --load'.split(' '),
      seesaw,
      ...options,
    ];
    const { code, stderr } = await oxbow(...endless, ...argv, '--out', out);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(readJson(out, 'config.json').config.policy).toMatchObject({ squash: 'rescale', scale: 'state' });
    const asked = await refusal(...endless, ...argv, ...set('policy.squash=tanh'), '--out', join(out, 'asked'));
    expect(asked).toMatch(/squash "tanh": got [^\n]*, expected finite bounds/);
  });

  it("trains a user's policies on a user's environment, and the run can be resumed, evaluated, loaded and reported", async () => {
    const out = join(folder, 'seesaw');
    const file = join(folder, 'config.json');
    writeFileSync(file, JSON.stringify({ agent: { gamma: 0.9, horizon: 64 }, env: { maxEpisodeSteps: 20 } }));
    const argv = [...SEESAW, '--policy', 'gaussian,plank', '--seeds', '2', '--config', file, '--out', out];
    const trained = await oxbow(...argv);
    expect(trained.stderr).toBe('');
    expect(trained.code).toBe(0);
    const { results, fingerprint } = readJson(out, 'summary.json');
    expect(results.map(({ policy, metric }: Record<string, string>) => `${policy} ${metric}`)).toEqual(
      ['gaussian', 'plank'].flatMap((policy) =>
        ['return', 'greedyReturn', 'length', 'negentropy', 'largestNegentropy', 'outcome/timeout'].map(
          (metric) => `${policy} ${metric}`,
        ),
      ),
    );
    expect(trained.stdout).toMatch(/^policy .* negentropy, nats/m);
    const report = readFileSync(join(out, 'report.html'), 'utf8');
    expect(report).toContain('How far from a Gaussian');
    expect(report).toContain('about 0, it is a Gaussian; with 0.1 nats and more it uses its shape.');
    const { config } = readJson(out, 'config.json');
    expect(config).toMatchObject({
      load: [seesaw],
      steps: 1024,
      envs: 2,
      agent: { horizon: 128, gamma: 0.9, clip: 0.2 },
    });
    // What jobs in processes of their own have done, those in this one do as well.
    jobsHere();
    const kept = join(folder, 'kept');
    const evaluations = ['--evaluate-every', '512', '--keep', 'best', '--set', 'evaluateEpisodes=2'];
    expect((await oxbow(...SEESAW, ...evaluations, '--out', kept)).code).toBe(0);
    const { results: measured } = readJson(kept, 'summary.json');
    const of = (name: string) => measured.find(({ metric }: Record<string, string>) => metric === name).iqm;
    expect([512, 1024]).toContain(of('bestStep'));
    expect(of('bestReturn')).toBeGreaterThanOrEqual(of('lastReturn'));
    const single = await oxbow('eval', kept, '--episodes', '1');
    expect(single.stdout).toMatch(/^1 episode, sampled actions$/m);
    expect(single.stdout).toMatch(new RegExp(`^ppo/Seesaw-v0/gaussian/seed-0 +${of('bestStep')} `, 'm'));
    // The user's environment in threads, which the module is loaded in, too.
    const threaded = join(folder, 'threaded');
    const options = ['--policy', 'plank', '--seeds', '1', '--config', file, ...set('env.workers=2')];
    const { stderr } = await oxbow(...SEESAW, ...options, '--out', threaded);
    expect(stderr).toBe('');
    const ofFirstSeed = (path: string) =>
      readJson(path, 'summary.json')
        .results.filter(({ policy }: Record<string, string>) => policy === 'plank')
        .map(({ metric, perSeed }: { metric: string; perSeed: number[] }) => [metric, perSeed[0]]);
    expect(ofFirstSeed(threaded)).toEqual(ofFirstSeed(out));

    // A seed whose end is lost goes on from its checkpoint, and the run is what it was.
    const job = join(out, 'jobs', 'ppo', 'Seesaw-v0', 'plank', 'seed-1');
    const before = readFileSync(join(job, 'result.json'), 'utf8');
    rmSync(join(job, 'result.json'));
    const resumed = await oxbow('resume', out, '--load', seesaw);
    expect(resumed.code).toBe(0);
    expect(resumed.stdout).toContain('3 of 4 jobs have finished before');
    expect(resumed.stdout).toContain('ppo/Seesaw-v0/plank/seed-1: goes on from step 1,024');
    expect(readFileSync(join(job, 'result.json'), 'utf8')).toBe(before);
    expect(readJson(out, 'summary.json').fingerprint).toBe(fingerprint);

    const pages = join(folder, 'pages', 'of plank');
    const unseen = await refusal('eval', out, '--episodes', '1', '--record', pages);
    expect(unseen).toContain('oxbow: ppo/Seesaw-v0/gaussian/seed-0: RecordTrajectory: frames need an env with render');
    expect(existsSync(pages)).toBe(false);
    // Said at once, and not after a thousand million episodes.
    const occupied = join(out, 'run.json');
    for (const option of ['--record', '--json']) {
      const below = await refusal('eval', out, '--episodes', '1000000000', option, join(occupied, 'pages'));
      expect(below).toMatch(new RegExp(`^oxbow: ${option}: cannot write (into )?${occupied}`));
    }
    const recorded = await oxbow('eval', out, '--episodes', '1', '--env', 'SoftBandit-v0', '--record', pages);
    expect(recorded.stdout).toContain(join(pages, 'ppo-Seesaw-v0-plank-seed-1.html'));
    const picture = join(folder, 'episode.png');
    expect(await refusal('eval', out, '--episodes', '1', '--record', picture)).toContain(
      `oxbow: --record: got ${picture} for 4 policies, expected a folder`,
    );
    expect(readdirSync(pages)).toHaveLength(4);
    const page = readFileSync(join(pages, 'ppo-Seesaw-v0-gaussian-seed-0.html'), 'utf8');
    expect(page).toContain('<h1>gaussian, SoftBandit-v0, seed 0</h1>');
    expect(page).toMatch(/"rewards":\[-?\d/);

    const json = join(folder, 'eval.json');
    const evaluated = await oxbow('eval', out, '--episodes', '11', '--greedy', '--json', json);
    expect(evaluated.code).toBe(0);
    expect(evaluated.stdout).toMatch(/^ppo\/Seesaw-v0\/gaussian\/seed-0 +1024 +−\d+\.\d/m);
    const [first] = readJson(json);
    expect(first.returns).toHaveLength(11);
    expect(first.lengths).toEqual(first.returns.map(() => 20));
    const [mean] = [first.returns.reduce((a: number, b: number) => a + b) / 11];
    expect(evaluated.stdout).toContain(`  ${trueMinus(formatReturn(mean))}  `);
    await oxbow('eval', out, '--episodes', '40', '--env', 'SoftBandit-v0', '--json', json);
    const { outcomes, counts } = readJson(json)[0];
    expect(outcomes).toHaveLength(40);
    const count = (word: string) => outcomes.filter((outcome: string) => outcome === word).length;
    expect(counts.outcome).toEqual({ left: count('left'), right: count('right'), water: count('water') });

    // A command of its own, whom a signal reaches while it measures what would take days.
    const cli = ['--import', 'tsx', 'experiments/cli.ts', 'eval', out, '--load', seesaw, '--episodes', '1000000000'];
    const env = { ...process.env, SEESAW_SIGNAL: 'SIGTERM' };
    const stopped = spawnSync(process.execPath, cli, {
      env,
      encoding: 'utf8',
      timeout: 120_000,
      killSignal: 'SIGKILL',
    });
    expect([stopped.status, stopped.stdout, stopped.stderr]).toEqual([130, '', '']);
    expect((await oxbow('eval', out, '--env', 'Pendulum-v1')).stderr).toMatch(
      /^oxbow: ppo\/Seesaw-v0\/gaussian\/seed-0: evaluate: wanted an environment with 1 observations[^\n]*\n$/,
    );

    expect((await loadPolicies(out)).map(({ job: { policy, seed } }) => `${policy} ${seed}`)).toEqual([
      'gaussian 0',
      'gaussian 1',
      'plank 0',
      'plank 1',
    ]);
    expect((await oxbow('report', out)).code).toBe(0);

    writeFileSync(join(job, 'checkpoint'), 'edited');
    const edited = await oxbow('resume', out, '--load', seesaw);
    expect(edited.code).toBe(2);
    expect(edited.stderr).toMatch(/^oxbow: [^\n]*checkpoint is damaged or was edited[^\n]*\n$/);
    rmSync(join(job, 'result.json'));
    const refused = await oxbow('resume', out, '--load', seesaw);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(
      /^oxbow: job ppo\/Seesaw-v0\/plank\/seed-1 failed: [^\n]*checkpoint is no checkpoint of oxbow; delete it [^\n]*\n$/,
    );
    expect(readJson(out, 'summary.json')).toMatchObject({ partial: true, finished: 3 });
  });

  it('keeps the engine that it was begun with; native and wasm leave the same bytes', async () => {
    jobsHere();
    const engineOf = (out: string) => [readJson(out, 'config.json').config.engine, readJson(out, 'config.json').engine];
    const small = [...SMALL, '--steps', '256', ...set('env.maxEpisodeSteps=20')];
    const argv = ['train', 'Pendulum-v1', '--agent', 'ppo', ...small];
    const pathOf = (out: string) => join(out, 'jobs', 'ppo', 'Pendulum-v1', 'gaussian', 'seed-0', 'result.json');
    const summaryOf = (out: string) => {
      const { engine: _, ...summary } = readJson(out, 'summary.json');
      return summary;
    };
    vi.stubEnv('OXBOW_ENGINE', '');
    const [auto, wasm] = [join(folder, 'auto'), join(folder, 'wasm')];
    expect((await oxbow(...argv, '--out', auto)).stdout).toMatch(/^engine: native \(\w+\)$/m);
    expect(engineOf(auto)).toEqual(['auto', 'auto']);
    expect((await oxbow(...argv, '--engine', 'wasm', '--out', wasm)).stdout).toMatch(/^train: .*; engine wasm$/m);
    expect(engineOf(wasm)).toEqual(['wasm', 'wasm']);
    expect(summaryOf(wasm)).toEqual(summaryOf(auto));
    const before = readFileSync(pathOf(wasm), 'utf8');
    for (const again of [
      ['resume', wasm],
      [...argv, '--out', wasm],
      [...argv, '--engine', 'auto', '--out', wasm],
    ]) {
      rmSync(pathOf(wasm));
      const { code, stdout, stderr } = await oxbow(...again);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/^train: .*; engine wasm$/m);
      expect(readFileSync(pathOf(wasm), 'utf8')).toBe(before);
    }
    expect((await oxbow(...argv, '--engine', 'eager', '--out', wasm)).stderr).toContain(
      'another engine (wasm, not eager)',
    );
    const gone =
      'got "onnxruntime-node", expected one of auto, native, native-fma, wasm, eager; onnxruntime-node is gone: auto';
    expect((await oxbow(...argv, '--engine', 'onnxruntime-node')).stderr).toContain(`oxbow: --engine: ${gone}`);
    vi.stubEnv('OXBOW_ENGINE', 'onnxruntime-node');
    expect((await oxbow(...argv)).stderr).toContain(`oxbow: OXBOW_ENGINE: ${gone}`);
  });

  it('says in one line what went wrong on the way, and keeps the rest', async () => {
    jobsHere();
    const out = join(folder, 'nan');
    const nan = await oxbow(...SEESAW, ...set('env.fault=NaN reward later'), '--out', out);
    expect(nan.stderr).toBe(
      'oxbow: job ppo/Seesaw-v0/gaussian/seed-0 failed: SyncVectorEnv: env 0 (Seesaw-v0), step 101: step() must give a finite number as reward, got NaN; see run.json\n',
    );
    expect(nan.code).toBe(1);
    const rate = 'agent.learningRate={"linear":[1e-4,1e30]}';
    const diverged = await oxbow(...SEESAW, ...set(rate), '--out', join(folder, 'diverged'));
    expect(diverged.stderr).toMatch(
      /^oxbow: job [^\n]+ failed: Ppo: \w+ is (NaN|Infinity) at step 512; [^\n]+; the last good checkpoint is [^\n]+, of step 256; see/,
    );
    expect(diverged.code).toBe(1);
    const forgetful = await oxbow(...SEESAW, ...set('env.fault=no state'), '--out', join(folder, 'forgetful'));
    expect(forgetful.stderr).toBe(
      'oxbow: no checkpoints, a run that is stopped begins its unfinished jobs again: Seesaw: a plank has no memory\n',
    );
    expect(forgetful.stdout).not.toContain('no checkpoints');
    expect(forgetful.code).toBe(0);
  });

  it.each<[string, string[], string]>([
    ['environment', ['Pendulm-v1'], 'train: got Pendulm-v1'],
    ['agent of discrete actions', ['Pendulum-v1', '--agent', 'dqn'], '--agent: got dqn, which needs discrete actions'],
    ['agent of continuous actions', ['CartPole-v1', '--agent', 'sac'], '--agent: got sac, which needs continuous'],
    ['agent', ['Pendulum-v1', '--agent', 'pp'], '--agent: got pp, expected one of'],
    ['policy', ['Pendulum-v1', '--policy', 'splin'], '--policy: got splin, expected one of gaussian,'],
    ['policy twice', ['Pendulum-v1', '--policy', 'gaussian,gaussian'], '--policy: got ["gaussian","gaussian"]'],
    ['setting', ['Pendulum-v1', '--set', 'agent.gama=1'], '--set agent.gama: unknown setting of train'],
    ['rate', ['Pendulum-v1', '--set', 'agent.clip=no'], '--set agent.clip: got "no"'],
    ['envs', ['Pendulum-v1', '--envs', '10001'], '--envs: got 10001'],
    ['best without evaluations', ['Pendulum-v1', '--keep', 'best'], 'keep: got "best" without evaluations'],
    ['option of a policy', ['Pendulum-v1', '--set', 'policy.bins=3'], '--set policy.bins: unknown setting'],
    ['option of an environment', ['Pendulum-v1', '--set', 'env.gg=3'], '--set env.gg: unknown option of Pendulum-v1'],
    ['its value', ['Lake-v0', '--set', 'env.stride=-1'], '--set env.stride: got -1'],
    ['module', ['Pendulum-v1', '--load', 'none.ts'], '--load: got none.ts'],
    ['minibatch', ['Pendulum-v1', '--set', 'agent.batchSize=9999'], 'Ppo: batchSize: got 9999'],
    ['observation', ['Seesaw-v0', '--set', 'env.fault=outside'], 'Seesaw-v0: step() gave an observation outside'],
    ['reward', ['Seesaw-v0', '--set', 'env.fault=NaN reward'], 'Seesaw-v0: step 1: step() must give a finite number'],
    ['run to resume', ['resume'], `${join(folder, 'none')} holds no run`],
    ['run to evaluate', ['eval'], `${join(folder, 'none')} holds no run`],
  ])('bad input, %s: one line, code 2, nothing written', async (_, argv, message) => {
    const out = join(folder, 'none');
    const agent = argv.includes('--agent') ? [] : ['--agent', 'ppo'];
    const train = ['train', ...argv, ...agent, '--load', seesaw, '--out', out];
    const line = await refusal(...(['resume', 'eval'].includes(argv[0]!) ? [argv[0]!, out] : train));
    expect(line).toContain(`oxbow: ${message}`);
    expect(existsSync(out)).toBe(false);
  });
});
