import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, expectTypeOf, test, vi } from 'vitest';
import { train, trainStream } from '../../agents/index.ts';
import { trainJob } from '../../cli/train/runTraining.ts';
import type { TrainConfig } from '../../cli/train/trainConfig.ts';
import { trainExperiment } from '../../cli/train/trainExperiment.ts';
import { make, makeVec, PendulumEnv } from '../../envs/index.ts';
import { fingerprint, loadPolicy, makePolicy, type Policy, Rng } from '../../src/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'oxbow-train-function-'));

/** The policy that a job of `oxbow train` leaves. */
async function policyOfCommand(agent: string, env: string, policy: string, seed: number, settings: object) {
  const experiment = trainExperiment({ studies: [agent], policies: [policy], environments: [env] });
  const config = experiment.schema.parse({ ...settings, evaluationEpisodes: 1, seeds: [seed] }) as TrainConfig;
  const job = experiment.jobs(config)[0]!;
  const directory = join(folder, job.id);
  mkdirSync(directory, { recursive: true });
  const context = { directory, logs: join(folder, 'logs', job.id), settings: '', report() {}, say() {} };
  await trainJob(job, config, { ...context, rng: new Rng(seed) });
  return loadPolicy(join(directory, 'policy.json')).policy;
}

function pendulumPolicy(): Policy {
  const { observationSpace, actionSpace } = make('Pendulum-v1');
  return makePolicy('gaussian', { observationSpace, actionSpace, rng: new Rng(0) });
}

interface Settings {
  steps: number;
  envs?: number;
  env?: object;
  policy?: object;
  agent?: object;
}

const parameters = (policy: Policy) => fingerprint(policy.stateDict());

describe('train', () => {
  test('verbose prints a line a report: the step, of how many, the mean return, and the time that is left', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      const agentOptions = { horizon: 128 };
      const settings = { env: 'SoftBandit-v0', agent: 'ppo', steps: 512, agentOptions, verbose: true } as const;
      // A second a report.
      const onReport = () => void vi.advanceTimersByTime(1000);
      (await train({ ...settings, onReport })).policy.dispose();
      const lines = log.mock.calls.map(([line]) => line as string);
      expect(lines.map((line) => line.replace(/-?\d+\.\d/, 'R'))).toEqual([
        'step 128 of 512: return R, the mean of 128 episodes',
        'step 256 of 512: return R, the mean of 128 episodes; 2 s left',
        'step 384 of 512: return R, the mean of 128 episodes; 1 s left',
        'step 512 of 512: return R, the mean of 128 episodes',
      ]);
    } finally {
      vi.useRealTimers();
      log.mockRestore();
    }
  });

  test.each<[string, string, string | undefined, number, Settings]>([
    ['ppo', 'Pendulum-v1', 'spline', 3, { steps: 4200 }],
    ['sac', 'SoftBandit-v0', 'gaussian', 1, { steps: 250, policy: { initialScale: 0.5 }, agent: { reportEvery: 50 } }],
    ['dqn', 'CartPole-v1', undefined, 2, { steps: 600, env: { maxEpisodeSteps: 30 }, envs: 2 }],
  ])('by %s on %s gives what oxbow train does, parameter by parameter', async (agent, env, name, seed, own) => {
    const { steps, envs: numEnvs, env: envOptions, policy: policyOptions, agent: agentOptions } = own;
    const settings = { env, agent, policy: name, steps, seed, numEnvs, envOptions, policyOptions, agentOptions };
    const { policy, ...result } = await train(settings as never);
    const wanted = await policyOfCommand(agent, env, name ?? 'q-network', seed, own);
    expect(policy.config).toEqual(wanted.config);
    expect(parameters(policy)).toBe(parameters(wanted));
    expect(result).toMatchObject({ env, finished: true });
    expect(result.steps).toBeGreaterThanOrEqual(steps);
  });

  test('evaluates on its way as oxbow train does, keeps the best, and ends at a return', async () => {
    const evaluation = { evaluateEvery: 1000, evaluateEpisodes: 5, keep: 'best' } as const;
    const agentOptions = { horizon: 256, learningRate: 0.3 };
    const about = {
      env: 'Pendulum-v1',
      agent: 'ppo',
      steps: 4096,
      numEnvs: 1,
      envOptions: { maxEpisodeSteps: 50 },
    } as const;
    const steps: number[] = [];
    const { policy, best } = await train({
      ...about,
      ...{ agentOptions, ...evaluation },
      onReport: ({ evaluation }) => evaluation && steps.push(evaluation.step),
    });
    expect(steps).toEqual([1024, 2048, 3072, 4096]);
    expect(best!.step).toBeLessThan(4096);
    const own = { steps: 4096, envs: 1, env: about.envOptions, agent: agentOptions, ...evaluation };
    const wanted = await policyOfCommand('ppo', 'Pendulum-v1', 'gaussian', 0, own);
    expect(parameters(policy)).toBe(parameters(wanted));

    const reached = await train({ ...about, ...evaluation, agentOptions, stopAtReturn: best!.return });
    expect(reached).toMatchObject({ steps: best!.step, finished: true, best });
    await expect(train({ agent: 'ppo', ...evaluation, env: make('Pendulum-v1') })).rejects.toThrow(
      /^train: evaluateEvery:/,
    );
    const never = { ...about, ...evaluation, evaluateEvery: 0 };
    await expect(train(never)).rejects.toThrow(/^train: keep: got "best" without evaluations/);
  });

  test('takes a function, an environment or several, and a policy, and closes only what it has opened', async () => {
    let open = 0;
    class Counted extends PendulumEnv {
      constructor() {
        super();
        open++;
      }
      override close() {
        open--;
      }
    }
    const settings = { agent: 'ppo', steps: 128, agentOptions: { horizon: 64 } } as const;
    const { policy, env } = await train({ ...settings, env: () => new Counted(), numEnvs: 2 });
    expect([open, env]).toEqual([0, undefined]);
    const given = new Counted();
    const { policy: same } = await train({ ...settings, env: given, policy });
    expect([open, same]).toEqual([1, policy]);
    const many = makeVec('Pendulum-v1', { numEnvs: 2, autoresetMode: 'sameStep', maxEpisodeSteps: 20 });
    const { episodes, meanReturn, meanLength } = await train({ ...settings, env: many, steps: 256 });
    expect([episodes, meanLength]).toEqual([12, 20]);
    expect(meanReturn).toBeLessThan(0);
  });

  test('leaves nothing but the policy, nor that if it ends by an error', async () => {
    const settings = { env: 'Pendulum-v1', agent: 'sac', steps: 120 } as const;
    const before = tf.memory().numTensors;
    const { policy } = await train({ ...settings, agentOptions: { learningStarts: 100, batchSize: 8 } });
    policy.dispose();
    expect(tf.memory().numTensors).toBe(before);
    const stopped = train({
      ...settings,
      agentOptions: { reportEvery: 10 },
      onReport: ({ step }) => {
        if (step >= 50) throw new Error('enough');
      },
    });
    await expect(stopped).rejects.toThrow('enough');
    expect(tf.memory().numTensors).toBe(before);
  });

  test('is typed by the names', () => {
    type Settings = Parameters<typeof train<'ppo', 'spline'>>[0];
    expectTypeOf<NonNullable<Settings['agentOptions']>>().toHaveProperty('horizon');
    expectTypeOf<NonNullable<Settings['policyOptions']>>().toHaveProperty('bins');
    const task = { env: 'Pendulum-v1', agent: 'ppo' } as const;
    const policy = makePolicy('categorical', { env: make('CartPole-v1'), rng: new Rng(0) });
    policy.dispose();
    const calls = {
      // @ts-expect-error PPO has no replay buffer.
      agent: () => train({ ...task, agentOptions: { bufferSize: 1 } }),
      // @ts-expect-error There is no policy of this name.
      name: () => train({ ...task, policy: 'splin' }),
      // @ts-expect-error A spline has bins.
      option: () => train({ ...task, policy: 'spline', policyOptions: { bin: 8 } }),
      // @ts-expect-error No policy has this option.
      unnamed: () => train({ ...task, policyOptions: { hiden: [8] } }),
      // @ts-expect-error These are for a policy that is named.
      given: () => train({ ...task, policy, policyOptions: { hidden: [8] } }),
      registered: () => train({ ...task, policy: 'laplace' as string, policyOptions: { wide: true } }),
      default: () => train({ ...task, policyOptions: { hidden: [8] } }),
    };
    expect(Object.values(calls)).toHaveLength(7);
    type Acted<F extends () => Promise<{ policy: Policy }>> = ReturnType<Awaited<ReturnType<F>>['policy']['act']>;
    const trained = {
      box: () => train({ ...task, policy: 'spline', policyOptions: { bins: 8 } }),
      discrete: () => train({ ...task, policy: 'categorical' }),
      given: () => train({ ...task, policy }),
    };
    expectTypeOf<Acted<typeof trained.box>>().toEqualTypeOf<Float32Array>();
    expectTypeOf<Acted<typeof trained.discrete>>().toEqualTypeOf<number>();
    expectTypeOf<Acted<typeof trained.given>>().toEqualTypeOf<number>();
    expectTypeOf<Acted<typeof calls.default>>().toEqualTypeOf<Float32Array | number>();
  });

  const policy = pendulumPolicy();
  test.each<[object, RegExp]>([
    [{ agent: 'pbo' }, /^train: agent: got "pbo", .*mean ppo/],
    [{ env: 'Pendulm-v1' }, /^makeVec: .*mean Pendulum-v1/],
    [{ policy: 'splin' }, /^makePolicy\('splin'\): .*mean spline/],
    [{ agent: 'dqn' }, /^train: agent: got dqn, which needs discrete actions/],
    [{ agentOptions: { horzon: 1 } }, /^train: agentOptions: horzon: unknown option, .*mean horizon/],
    [{ seed: null }, /^train: seed: got null/],
    [{ env: make('Pendulum-v1'), numEnvs: 2 }, /^train: numEnvs: got 2 for one that there is/],
    [{ env: () => make('Pendulum-v1'), numEnvs: 1e9 }, /^train: numEnvs: got 1000000000/],
    [{ env: make('Pendulum-v1'), envOptions: {} }, /^train: envOptions: /],
    [{ policy, policyOptions: {} }, /^train: policyOptions: /],
    [{ policy, env: 'CartPole-v1' }, /^Ppo: wanted an environment with 3 observations/],
    [{ onReport: 1 }, /^train: onReport: got 1/],
  ])('refuses case %#, and leaves nothing', async (wrong, message) => {
    const before = tf.memory().numTensors;
    const settings = { env: 'Pendulum-v1', agent: 'ppo', steps: 64, ...wrong } as never;
    await expect(train(settings)).rejects.toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('trainStream', () => {
  test('gives the reports, and what train returns', async () => {
    const settings = {
      env: 'Pendulum-v1',
      agent: 'ppo',
      steps: 256,
      numEnvs: 1,
      agentOptions: { horizon: 64 },
    } as const;
    const seen: number[] = [];
    const { policy, ...result } = await train({ ...settings, onReport: ({ step }) => void seen.push(step) });
    expect(seen).toEqual([64, 128, 192, 256]);
    const reports = trainStream(settings);
    const steps: number[] = [];
    let next = await reports.next();
    for (; !next.done; next = await reports.next()) {
      expectTypeOf(next.value).toHaveProperty('approxKl');
      steps.push(next.value.step);
    }
    expect(steps).toEqual(seen);
    const { policy: streamed, ...same } = next.value;
    expect([same, parameters(streamed)]).toEqual([result, parameters(policy)]);
  });

  test('ends when its loop is left, and keeps the policy that it was given', async () => {
    const policy = pendulumPolicy();
    const before = tf.memory().numTensors;
    const settings = { env: 'Pendulum-v1', agent: 'ppo', agentOptions: { horizon: 16 } } as const;
    for await (const { step } of trainStream({ ...settings, policy })) if (step >= 64) break;
    expect(tf.memory().numTensors).toBe(before);
    for await (const _ of trainStream(settings)) break;
    expect(tf.memory().numTensors).toBe(before);
    expect(policy.actor({ rng: new Rng(1) }).act([1, 0, 0]).action).toHaveLength(1);
  });
});
