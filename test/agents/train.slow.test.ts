import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, expectTypeOf, test, vi } from 'vitest';
import { train, trainStream } from '../../agents/index.ts';
import { trainJob } from '../../cli/train/runTraining.ts';
import type { TrainConfig } from '../../cli/train/trainConfig.ts';
import { trainExperiment } from '../../cli/train/trainExperiment.ts';
import { Box, make, makeVec, PendulumEnv } from '../../envs/index.ts';
import { fingerprint, loadPolicy, makePolicy, type Policy, Rng } from '../../src/index.ts';
import { RecordingEnv } from './support.ts';

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

const parameters = (policy: Policy) => fingerprint(policy.stateDict());

describe('train', () => {
  test('verbose prints a line a report', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    const settings = {
      env: 'SoftBandit-v0',
      agent: 'ppo',
      steps: 512,
      agentOptions: { horizon: 256, batchSize: 64 },
    } as const;
    const { policy } = await train({ ...settings, numEnvs: 1, verbose: true });
    policy.dispose();
    const lines = log.mock.calls.flat();
    log.mockClear();
    (await train({ ...settings, numEnvs: 1 })).policy.dispose();
    expect(log).not.toHaveBeenCalled();
    log.mockRestore();
    expect(lines).toEqual(
      [256, 512].map((step) => expect.stringMatching(`^step ${step}: return -?\\d+\\.\\d, the mean of \\d+ episodes$`)),
    );
    await expect(train({ ...settings, verbose: 1 as never })).rejects.toThrow(
      'train: verbose: got 1, expected a boolean',
    );
  });

  test.each([
    ['ppo', 'Pendulum-v1', 'spline', 3, { steps: 5000 }],
    ['sac', 'Pendulum-v1', 'gaussian', 0, { steps: 300, agent: { learningStarts: 100, batchSize: 16 } }],
    ['sac', 'SoftBandit-v0', 'gaussian', 1, { steps: 250, policy: { initialScale: 0.5 }, agent: { reportEvery: 50 } }],
    ['dqn', 'CartPole-v1', undefined, 2, { steps: 600, env: { maxEpisodeSteps: 30 }, envs: 2 }],
  ] as const)(
    'by %s on %s gives what oxbow train does, parameter by parameter',
    async (agent, env, name, seed, own) => {
      const {
        steps,
        envs: numEnvs,
        env: envOptions,
        policy: policyOptions,
        agent: agentOptions,
      } = own as unknown as {
        steps: number;
        envs?: number;
        env?: object;
        policy?: object;
        agent?: object;
      };
      const { policy, ...result } = await train({
        env,
        agent,
        policy: name,
        steps,
        seed,
        numEnvs,
        envOptions: envOptions as never,
        policyOptions: policyOptions as never,
        agentOptions: agentOptions as never,
      });
      const wanted = await policyOfCommand(agent, env, name ?? 'q-network', seed, own);
      expect(policy.config).toEqual(wanted.config);
      expect(parameters(policy)).toBe(parameters(wanted));
      expect(result).toMatchObject({ env, finished: true });
      expect(result.steps).toBeGreaterThanOrEqual(steps);
    },
  );

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
    for (const [wrong, message] of [
      [{ env: make('Pendulum-v1') }, /^train: evaluateEvery: evaluations open environments of their own, expected/],
      [
        { env: 'Pendulum-v1', evaluateEvery: 0 },
        /^train: keep: got "best" without evaluations, expected evaluateEvery > 0/,
      ],
    ] as const) {
      await expect(train({ agent: 'ppo', ...evaluation, ...wrong })).rejects.toThrow(message);
    }
  });

  test('takes the preset of an environment that is named, in steps and environments too', async () => {
    const stop = new AbortController();
    const { steps, finished } = await train({
      env: 'Pendulum-v1',
      agent: 'ppo',
      onReport: () => stop.abort(),
      signal: stop.signal,
    });
    expect([steps, finished]).toEqual([4 * 1024, false]);
  });

  test('where actions have no bounds, what suits the agent does not bound them', async () => {
    const endless = () => new RecordingEnv(new Box({ low: -Infinity, high: Infinity, shape: [2] }));
    const settings = { env: endless, steps: 120, agentOptions: { batchSize: 8 } } as const;
    for (const agent of ['sac', 'td3', 'tqc'] as const) {
      const { policy } = await train({ ...settings, agent, policyOptions: { hidden: [4] } });
      expect(policy.config!.options).toMatchObject({ squash: 'rescale', activation: 'relu' });
      policy.dispose();
    }
    const wrong = train({ ...settings, agent: 'sac', policyOptions: { squash: 'tanh' } });
    await expect(wrong).rejects.toThrow(/^makePolicy\('gaussian'\): squash "tanh": got .*, expected finite bounds/);
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
  test.each([
    [{ agent: 'pbo' }, /^train: agent: got "pbo", expected one of .* \(did you mean ppo\?\)$/],
    [{ env: 'Pendulm-v1' }, /^makeVec: no environment is registered as "Pendulm-v1"; did you mean Pendulum-v1\?$/],
    [{ policy: 'splin' }, /^makePolicy\('splin'\): unknown policy, .*did you mean spline/],
    [
      { agent: 'dqn' },
      'train: agent: got dqn, which needs discrete actions; those of Pendulum-v1 are Box(-2, 2, [1], float32)',
    ],
    [{ agentOptions: { horzon: 1 } }, /^train: agentOptions: horzon: unknown option, .*did you mean horizon/],
    [{ agentOptions: { horizon: 0 } }, /^train: agentOptions: horizon: got 0, expected an integer > 0/],
    [{ policyOptions: { bins: 8 } }, /^train: policyOptions: bins: unknown option/],
    [{ steps: 0 }, /^train: steps: got 0, expected an integer > 0/],
    [{ step: 1 }, /^train: step: unknown option, .*did you mean steps/],
    [{ seed: null }, /^train: seed: got null, expected a number or a text$/],
    [
      { env: {} },
      /^train: env: got .*, expected the id of an environment, a function that makes one, or environments$/,
    ],
    [{ env: make('Pendulum-v1'), numEnvs: 2 }, /^train: numEnvs: got 2 for one that there is/],
    [{ env: () => make('Pendulum-v1'), numEnvs: 1e9 }, /^train: numEnvs: got 1000000000, expected an integer ≤ 100000/],
    [{ env: make('Pendulum-v1'), envOptions: {} }, /^train: envOptions: these are for an environment that is named/],
    [{ policy, policyOptions: {} }, /^train: policyOptions: these are for a policy that is named/],
    [{ policy, env: 'CartPole-v1' }, /^Ppo: wanted an environment with 3 observations/],
    [{ onReport: 1 }, 'train: onReport: got 1, expected a function'],
  ])('refuses %o in one line, and leaves nothing', async (wrong, message) => {
    const before = tf.memory().numTensors;
    const settings = { env: 'Pendulum-v1', agent: 'ppo', steps: 64, ...wrong } as never;
    await expect(train(settings)).rejects.toThrow(typeof message === 'string' ? new Error(message) : message);
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
    for await (const { step } of trainStream({
      env: 'Pendulum-v1',
      agent: 'ppo',
      policy,
      agentOptions: { horizon: 16 },
    })) {
      if (step >= 64) break;
    }
    expect(tf.memory().numTensors).toBe(before);
    for await (const _ of trainStream({ env: 'Pendulum-v1', agent: 'ppo', agentOptions: { horizon: 16 } })) break;
    expect(tf.memory().numTensors).toBe(before);
    expect(policy.actor({ rng: new Rng(1) }).act([1, 0, 0]).action).toHaveLength(1);
  });
});
