import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, test, vi } from 'vitest';
import { evaluate } from '../../../agents/index.ts';
import { formatReturn, trueMinus } from '../../../cli/experiment/text.ts';
import { loadPolicies } from '../../../cli/index.ts';
import { trainJob } from '../../../cli/train/runTraining.ts';
import type { TrainConfig } from '../../../cli/train/trainConfig.ts';
import { trainExperiment } from '../../../cli/train/trainExperiment.ts';
import { PendulumEnv, register } from '../../../envs/index.ts';
import { engineLoader } from '../../../src/engine/runtime/engine.ts';
import { loadPolicy, Rng } from '../../../src/index.ts';
import { jobsHere } from '../fixture/jobsHere.ts';
import { oxbow } from '../fixture/oxbow.ts';

const seesaw = fileURLToPath(new URL('../fixture/seesaw.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'oxbow-train-'));
const set = (...settings: string[]) => settings.flatMap((setting) => ['--set', setting]);

/** A training of a second. */
const SMALL = [
  ...['--steps', '1024', '--envs', '2', '--workers', '2'],
  ...set('agent.horizon=128', 'policy.hidden=8', 'evaluationEpisodes=4', 'checkpointInterval=0', 'logInterval=0'),
];
const SEESAW = ['train', 'Seesaw-v0', '--agent', 'ppo', '--load', seesaw, ...SMALL];
const readJson = (...path: string[]) => JSON.parse(readFileSync(join(...path), 'utf8'));

test('a job opens the environments of its evaluation once, for sampled and for greedy actions', async () => {
  let [opened, closed] = [0, 0];
  class Opened extends PendulumEnv {
    override close(): void {
      closed++;
      super.close();
    }
  }
  register({
    id: 'Opened-v0',
    entryPoint: () => {
      opened++;
      return new Opened();
    },
    maxEpisodeSteps: 5,
  });
  const experiment = trainExperiment({ studies: ['ppo'], policies: ['gaussian'], environments: ['Opened-v0'] });
  const settings = { steps: 20, envs: 2, evaluationEpisodes: 3, agent: { horizon: 10, batchSize: 10 } };
  const config = experiment.schema.parse(settings) as TrainConfig;
  const rng = new Rng(0);
  const directory = mkdtempSync(join(folder, 'job-'));
  const context = { rng, directory, logs: directory, settings: '', report() {}, say() {} };
  const { metrics } = await trainJob(experiment.jobs(config)[0]!, config, context);
  expect([opened, closed]).toEqual([2 + 3, 2 + 3]);
  const { policy } = loadPolicy(join(directory, 'policy.json'));
  for (const [greedy, name] of [
    [false, 'return'],
    [true, 'greedyReturn'],
  ] as const) {
    const alone = evaluate({ policy, env: 'Opened-v0', episodes: 3, greedy, rng: rng.split('evaluation') });
    expect(metrics[name]).toBe(alone.meanReturn);
  }
});

describe('oxbow train', () => {
  it.each([
    ['train', []],
    ['train', ['--policy', 'gaussian,mixture']],
    ['tune train', ['--policy', 'gaussian,mixture', '--trials', '1', '--seeds', '1']],
  ])('%s %j: actions without bounds are not squashed, by themselves', async (command, argv) => {
    jobsHere();
    const out = join(folder, 'endless', command, String(argv.length));
    const small = ['agent.learningStarts=8', 'agent.batchSize=4', 'agent.criticHidden=4', 'policy.hidden=4'];
    const options = set('env.bound=null', 'evaluationEpisodes=1', ...small);
    const endless = [
      ...command.split(' '),
      'Seesaw-v0',
      '--agent',
      'sac',
      '--load',
      seesaw,
      '--steps',
      '16',
      ...options,
    ];
    const { code, stderr } = await oxbow(...endless, ...argv, '--out', out);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(readJson(out, 'config.json').config.policy).toMatchObject({ squash: 'rescale', scale: 'state' });
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toMatch(/(^|[^\d])1 episode (of each|with)/);
    const asked = await oxbow(...endless, ...argv, ...set('policy.squash=tanh'), '--out', join(out, 'asked'));
    expect(asked.stderr).toMatch(/^oxbow: [^\n]*squash "tanh": got [^\n]*, expected finite bounds[^\n]*\n$/);
    expect(asked.code).toBe(2);
  });

  it("trains a user's policies on a user's environment, and the run can be resumed, evaluated, loaded and reported", async () => {
    const out = join(folder, 'seesaw');
    // Tables side by side, as in a wide terminal.
    vi.stubEnv('COLUMNS', '200');
    const file = join(folder, 'config.json');
    writeFileSync(file, JSON.stringify({ agent: { gamma: 0.9, horizon: 64 }, env: { maxEpisodeSteps: 20 } }));
    const argv = [...SEESAW, '--policy', 'gaussian,plank', '--seeds', '2', '--config', file, '--out', out];
    const trained = await oxbow(...argv);
    expect(trained.stderr).toBe('');
    expect(trained.code).toBe(0);
    expect(trained.stdout).toMatch(
      /^ppo, Seesaw-v0\npolicy +seeds +return, sampled +return, greedy +steps of an episode +outcomes$/m,
    );
    expect(trained.stdout).toMatch(/^plank .* timeout 100 %$/m);
    const { results, fingerprint } = readJson(out, 'summary.json');
    expect(results.map(({ policy, metric }: Record<string, string>) => `${policy} ${metric}`)).toEqual(
      ['gaussian', 'plank'].flatMap((policy) =>
        ['return', 'greedyReturn', 'length', 'outcome/timeout'].map((metric) => `${policy} ${metric}`),
      ),
    );
    const { config } = readJson(out, 'config.json');
    expect(config).toMatchObject({
      load: [seesaw],
      steps: 1024,
      envs: 2,
      agent: { horizon: 128, gamma: 0.9, clip: 0.2 },
    });
    const report = readFileSync(join(out, 'report.html'), 'utf8');
    for (const title of ['Learning curves', 'How episodes ended']) expect(report).toContain(title);

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
    const curves = readFileSync(join(kept, 'report.html'), 'utf8');
    for (const text of ['Evaluations during the training', 'Best and last evaluation']) expect(curves).toContain(text);

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
    const unseen = await oxbow('eval', out, '--episodes', '1', '--record', pages);
    expect(unseen.stderr).toMatch(
      /^oxbow: ppo\/Seesaw-v0\/gaussian\/seed-0: RecordTrajectory: frames need an env with render[^\n]*\n$/,
    );
    expect(existsSync(pages)).toBe(false);
    // Said at once, and not after a thousand million episodes.
    const occupied = join(out, 'run.json');
    for (const option of ['--record', '--json']) {
      const below = await oxbow('eval', out, '--episodes', '1000000000', option, join(occupied, 'pages'));
      expect(below.stderr).toMatch(new RegExp(`^oxbow: ${option}: cannot write (into )?${occupied}[^\\n]*\\n$`));
      expect(below.code).toBe(2);
    }
    const recorded = await oxbow('eval', out, '--episodes', '1', '--env', 'SoftBandit-v0', '--record', pages);
    expect(recorded.stdout).toContain(join(pages, 'ppo-Seesaw-v0-plank-seed-1.html'));
    expect(readdirSync(pages)).toHaveLength(4);
    const page = readFileSync(join(pages, 'ppo-Seesaw-v0-gaussian-seed-0.html'), 'utf8');
    expect(page).toContain('<h1>gaussian, SoftBandit-v0, seed 0</h1>');
    expect(page).toMatch(/"rewards":\[-?\d/);

    const json = join(folder, 'eval.json');
    const evaluated = await oxbow('eval', out, '--episodes', '101', '--greedy', '--json', json);
    expect(evaluated.code).toBe(0);
    expect(evaluated.stdout).toMatch(/^ppo\/Seesaw-v0\/gaussian\/seed-0 +1024 +−\d+\.\d/m);
    const [first] = readJson(json);
    expect(first.returns).toHaveLength(101);
    expect(first.lengths).toEqual(first.returns.map(() => 20));
    const [mean] = [first.returns.reduce((a: number, b: number) => a + b) / 101];
    expect(evaluated.stdout).toContain(`  ${trueMinus(formatReturn(mean))}  `);
    // How they ended is counted, and said in percents.
    const bandit = await oxbow('eval', out, '--episodes', '200', '--env', 'SoftBandit-v0', '--json', json);
    const { outcomes, counts } = readJson(json)[0];
    expect(outcomes).toHaveLength(200);
    const count = (word: string) => outcomes.filter((outcome: string) => outcome === word).length;
    expect(counts.outcome).toEqual({ left: count('left'), right: count('right'), water: count('water') });

    expect(bandit.stdout).toMatch(
      /^ppo\/Seesaw-v0\/gaussian\/seed-0 .* left \d[\d.]* %, right \d[\d.]* %, water \d[\d.]* %$/m,
    );
    expect(bandit.stdout).toMatch(/^Interquartile mean.*\npolicy .* outcomes$/m);
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

    expect((await loadPolicies(out)).map(({ job: { policy, seed } }) => [policy, seed])).toEqual([
      ['gaussian', 0],
      ['gaussian', 1],
      ['plank', 0],
      ['plank', 1],
    ]);
    const again = await oxbow('report', out);
    expect(again.code).toBe(0);

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

  it('keeps the engine that it was begun with, whatever is installed later', async () => {
    jobsHere();
    const [plain, native] = [join(folder, 'plain'), join(folder, 'native')];
    const engineOf = (out: string) => [readJson(out, 'config.json').config.engine, readJson(out, 'config.json').engine];
    const argv = [
      'train',
      'Pendulum-v1',
      '--agent',
      'ppo',
      ...SMALL,
      '--steps',
      '256',
      '--set',
      'env.maxEpisodeSteps=20',
    ];
    const job = (out: string) => join(out, 'jobs', 'ppo', 'Pendulum-v1', 'gaussian', 'seed-0', 'result.json');
    const missing = () =>
      vi.spyOn(engineLoader, 'node').mockImplementation(() => {
        throw new Error('not installed');
      });
    vi.stubEnv('OXBOW_ENGINE', '');
    const uninstalled = missing();
    const first = await oxbow(...argv, '--out', plain);
    expect(first.stdout).toContain('engine: wasm (onnxruntime-node: not installed); for the native engine:');
    expect(engineOf(plain)).toEqual(['wasm', 'wasm']);
    uninstalled.mockRestore();
    const before = readFileSync(job(plain), 'utf8');
    for (const again of [
      ['resume', plain],
      [...argv, '--out', plain],
      [...argv, '--engine', 'auto', '--out', plain],
    ]) {
      rmSync(job(plain));
      const { code, stdout, stderr } = await oxbow(...again);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/^train: .*; engine wasm$/m);
      expect(readFileSync(job(plain), 'utf8')).toBe(before);
    }
    expect((await oxbow(...argv, '--engine', 'eager', '--out', plain)).stderr).toContain(
      'another engine (wasm, not eager)',
    );

    expect((await oxbow(...argv, '--out', native)).stdout).toMatch(/^engine: auto \(wasm for small/m);
    expect(engineOf(native)).toEqual(['auto', 'auto']);
    missing();
    for (const again of [
      ['resume', native],
      [...argv, '--out', native],
    ]) {
      const { code, stderr } = await oxbow(...again);
      expect(code).toBe(2);
      expect(stderr).toMatch(
        /^oxbow: \S+native was begun with the engine auto, got engine: wasm \(onnxruntime-node: not installed\); [^\n]*npm install[^\n]*\n$/,
      );
    }
    vi.restoreAllMocks();
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

  it.each<[string, string[], string | RegExp]>([
    [
      'environment',
      ['Pendulm-v1'],
      /train: got Pendulm-v1, expected one of Acrobot-v1, .* \(did you mean Pendulum-v1\?\); one of your own needs --load <file>/,
    ],
    [
      'environment, with a policy',
      ['Pendulm-v1', '--policy', 'gaussian'],
      /train: got Pendulm-v1, expected one of Acrobot-v1, .* \(did you mean Pendulum-v1\?\)/,
    ],
    [
      'agent of discrete actions',
      ['Pendulum-v1', '--agent', 'dqn'],
      '--agent: got dqn, which needs discrete actions; those of Pendulum-v1 are Box(-2, 2, [1], float32)',
    ],
    [
      'agent of continuous actions',
      ['CartPole-v1', '--agent', 'sac'],
      '--agent: got sac, which needs continuous actions; those of CartPole-v1 are Discrete(2)',
    ],
    ['agent', ['Pendulum-v1', '--agent', 'pp'], '--agent: got pp, expected one of'],
    ['policy', ['Pendulum-v1', '--policy', 'splin'], '--policy: got splin, expected one of gaussian,'],
    [
      'policy twice',
      ['Pendulum-v1', '--policy', 'gaussian,gaussian'],
      '--policy: got ["gaussian","gaussian"], expected each at most once',
    ],
    [
      'setting',
      ['Pendulum-v1', '--set', 'agent.gama=1'],
      '--set agent.gama: unknown setting of train, expected one of',
    ],
    [
      'rate',
      ['Pendulum-v1', '--set', 'agent.clip=no'],
      '--set agent.clip: got "no", expected a number ≥ 0, or {"linear":',
    ],
    ['bound', ['Pendulum-v1', '--set', 'agent.gamma=2'], '--set agent.gamma: got 2, expected a number ≤ 1'],
    ['envs', ['Pendulum-v1', '--envs', '0'], '--envs: got 0, expected an integer > 0'],
    [
      'best without evaluations',
      ['Pendulum-v1', '--keep', 'best'],
      'keep: got "best" without evaluations, expected evaluateEvery > 0 beside it',
    ],
    ['evaluations', ['Pendulum-v1', '--evaluate-every', '-1'], '--evaluate-every: got -1, expected an integer ≥ 0'],
    ['return to stop at', ['Pendulum-v1', '--stop-at-return', 'x'], '--stop-at-return: got "x", expected a number'],
    ['too many envs', ['Pendulum-v1', '--envs', '10001'], '--envs: got 10001, expected an integer ≤ 10000'],
    ['option of a policy', ['Pendulum-v1', '--set', 'policy.bins=3'], '--set policy.bins: unknown setting of train'],
    [
      'option of an environment',
      ['Pendulum-v1', '--set', 'env.gg=3'],
      '--set env.gg: unknown option of Pendulum-v1, expected one of g, maxEpisodeSteps, disableEnvChecker, frameStack, workers, workerTimeout (did you mean g?)',
    ],
    [
      'option of an environment, with a policy',
      ['Pendulum-v1', '--policy', 'gaussian', '--set', 'env.gg=3'],
      '--set env.gg: unknown option of Pendulum-v1, expected one of g, maxEpisodeSteps,',
    ],
    [
      'value of an option of an environment',
      ['Lake-v0', '--set', 'env.stride=-1'],
      '--set env.stride: got -1, expected a number ≥ 0.001: length of a step',
    ],
    [
      'setting of an agent',
      ['Pendulum-v1', '--set', 'gamma=0.9'],
      /--set gamma: unknown .* \(did you mean agent\.gamma\?\)/,
    ],
    [
      'temperature',
      ['Pendulum-v1', '--agent', 'sac', '--set', 'agent.temperature=atuo'],
      '--set agent.temperature: got "atuo", expected "auto", or a number ≥ 0, or {"linear": [first, last]}: α, the weight',
    ],
    ['module', ['Pendulum-v1', '--load', 'none.ts'], "--load: got none.ts, expected a module's file; there is none"],
    ['minibatch', ['Pendulum-v1', '--set', 'agent.batchSize=9999'], 'Ppo: batchSize: got 9999, expected at most'],
    [
      'observation',
      ['Seesaw-v0', '--set', 'env.fault=outside'],
      'Seesaw-v0: step() gave an observation outside observationSpace',
    ],
    [
      'reward',
      ['Seesaw-v0', '--set', 'env.fault=NaN reward'],
      'Seesaw-v0: step 1: step() must give a finite number as reward, got NaN',
    ],
    ['run to resume', ['resume'], `${join(folder, 'none')} holds no run`],
    ['run to evaluate', ['eval'], `${join(folder, 'none')} holds no run`],
  ])('bad input, %s: one line, code 2, nothing written', async (_, argv, message) => {
    const out = join(folder, 'none');
    const train = [
      'train',
      ...argv,
      ...(argv.includes('--agent') ? [] : ['--agent', 'ppo']),
      '--load',
      seesaw,
      '--out',
      out,
    ];
    const { code, stdout, stderr } = await oxbow(...(['resume', 'eval'].includes(argv[0]!) ? [argv[0]!, out] : train));
    expect(stderr).toMatch(/^oxbow: /);
    if (typeof message === 'string') expect(stderr).toContain(`oxbow: ${message}`);
    else expect(stderr).toMatch(message);
    expect(stderr.trimEnd()).not.toContain('\n');
    expect(stdout).toBe('');
    expect(code).toBe(2);
    expect(existsSync(out)).toBe(false);
  });
});

describe('oxbow list', () => {
  it('names what the other commands take', async () => {
    vi.stubEnv('COLUMNS', '300');
    const all = await oxbow('list', '--load', seesaw);
    for (const name of ['Pendulum-v1', 'Seesaw-v0', 'ppo: ', 'spline: ', 'plank: ', 'drift: '])
      expect(all.stdout).toContain(name);
    expect((await oxbow('list', 'envs')).stdout).toMatch(/^CartPole-v1 +Box.* +Discrete.* +500$/m);
    expect((await oxbow('list', 'agents')).stdout).toMatch(/^ +ppo: proximal/m);
    expect((await oxbow('list', 'agents', 'ppo')).stdout).toMatch(
      /^batchSize +integer > 0 +64 +steps +size of a minibatch/m,
    );
    expect((await oxbow('list', 'agents', 'sac')).stdout).toMatch(
      /^temperature +auto \| number, or {"linear": \[first, last\]} +auto/m,
    );
    expect((await oxbow('list', 'policies', 'spline')).stdout).toMatch(
      /^bins +integer ≥ 2 +8 +bins +bins of each spline$/m,
    );
    const policies = (await oxbow('list', 'policies')).stdout.trimEnd().split('\n');
    expect(policies).toContain('  spline: neural spline flow: rational-quadratic couplings');
    expect(policies.every((line) => /^Policies |^ {2}[\w-]+: /.test(line))).toBe(true);
    expect((await oxbow('list', 'envs', 'LakeStride-v0')).stdout).toMatch(
      /^stride +number ≥ 0\.001, ≤ 4 +1\.3 +length of a step/m,
    );
    expect((await oxbow('list', 'envs', 'Acrobot-v1')).stdout).toBe('Acrobot-v1 has no options.\n');
    expect((await oxbow('list', 'envs', 'Lake-v1')).stderr).toMatch(
      /^oxbow: list envs: got Lake-v1, expected one of .*Lake-v0/,
    );
    expect((await oxbow('list', 'settings', 'drift')).stdout).toMatch(/^noise\.scale/m);
    expect((await oxbow('list', 'settings')).stdout).toMatch(/^logInterval +integer ≥ 0 +1000/m);
    expect((await oxbow('list', 'agents', 'pp')).stderr).toBe(
      'oxbow: list agents: got pp, expected one of reinforce, a2c, ppo, fpo, sac, tqc, crossq, soft-q-learning, td3, dqn, qr-dqn, behavior-cloning, td3-bc, iql, nf-rlbc, fql (did you mean ppo?)\n',
    );
  });
});
