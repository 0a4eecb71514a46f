import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JobContext, MetricsRow } from '../../../cli/experiment/experiment.ts';
import { readCheckpoint, writeCheckpoint } from '../../../cli/train/checkpointFile.ts';
import { trainJob } from '../../../cli/train/runTraining.ts';
import type { TrainConfig } from '../../../cli/train/trainConfig.ts';
import { trainExperiment } from '../../../cli/train/trainExperiment.ts';
import { Rng } from '../../../src/random.ts';
import { readEvents } from '../../support/readEvents.ts';
import { temporaryFolder } from '../fixture/files.ts';

const base = temporaryFolder('train-job');

/** A job of a training, and its settings. */
async function training(agent: string, env: string, policy: string, settings: object) {
  const experiment = await trainExperiment({ studies: [agent], policies: [policy], environments: [env] });
  const config = experiment.schema.parse({
    env: { maxEpisodeSteps: 30 },
    evaluationEpisodes: 3,
    logInterval: 100,
    checkpointInterval: 0,
    ...settings,
    policy: { hidden: [8] },
  }) as TrainConfig;
  return { job: experiment.jobs(config)[0]!, config };
}

const settings = {
  steps: 1000,
  envs: 2,
  agent: { horizon: 64, batchSize: 64, epochs: 2, learningRate: { linear: [1e-3, 1e-4] }, valueHidden: [8] },
};
const ppo = await training('ppo', 'Pendulum-v1', 'gaussian', settings);
const { job } = ppo;

interface Done {
  readonly rows: readonly MetricsRow[];
  readonly said: readonly string[];
  readonly metrics: Record<string, number | null> | undefined;
}

/** Does the job as a worker does, in one of its folders; a `cut` is a number of reports after which it is stopped as by a kill. */
async function work(
  name: string,
  { cut = Infinity, settings = 'these', of = ppo }: { cut?: number; settings?: string; of?: typeof ppo } = {},
): Promise<Done> {
  const [directory, logs] = [join(base, name), join(base, 'logs', name)];
  mkdirSync(directory, { recursive: true });
  const rows: MetricsRow[] = [];
  const said: string[] = [];
  let left = cut;
  const stopped = new Error('stopped');
  const context: JobContext = {
    rng: new Rng(0),
    directory,
    logs,
    settings,
    report: (_, row) => {
      if (row !== undefined) rows.push(row);
      if (left-- <= 0) throw stopped;
    },
    say: (line) => said.push(line),
  };
  try {
    return { rows, said, metrics: (await trainJob(of.job, of.config, context)).metrics };
  } catch (error) {
    if (error !== stopped) throw error;
    return { rows, said, metrics: undefined };
  }
}

const results = (name: string) => ['checkpoint', 'policy.json'].map((file) => readFileSync(join(base, name, file)));
const logs = (name: string) =>
  ['progress.jsonl', 'progress.csv'].map((file) => readFileSync(join(base, 'logs', name, file), 'utf8'));
const events = (name: string) =>
  readEvents(readFileSync(join(base, 'logs', name, 'events.out.tfevents.0.oxbow'))).map(({ step, scalars }) => {
    const { 'time/stepsPerSecond': _, ...others } = scalars;
    return { step, ...others };
  });

const unbroken = await work('unbroken');

describe('a training', () => {
  it('leaves a checkpoint, a policy and logs', () => {
    expect(unbroken.rows.map(({ step }) => step)).toEqual([128, 256, 384, 512, 640, 768, 896, 1024]);
    expect(unbroken.said).toEqual([]);
    const metrics = ['return', 'greedyReturn', 'length', 'negentropy', 'largestNegentropy', 'outcome/timeout'];
    expect(Object.keys(unbroken.metrics!)).toEqual(metrics);
    expect(unbroken.metrics!.length).toBe(30);
    const [jsonl, csv] = logs('unbroken');
    expect(jsonl).toBe(unbroken.rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    expect(csv!.split('\n')[0]).toBe(Object.keys(unbroken.rows[0]!).join(','));
    expect(csv!.split('\n')).toHaveLength(10);
    expect(events('unbroken').slice(1)).toEqual(
      unbroken.rows.map(({ step, ...row }) => ({
        step,
        ...Object.fromEntries(
          Object.entries(row)
            .filter(([, value]) => value !== null)
            .map(([name, value]) => [
              name === 'outcome/timeout'
                ? name
                : `${/^(episodes|return|length)$/.test(name) ? 'episode' : 'train'}/${name}`,
              Math.fround(value as number),
            ]),
        ),
      })),
    );
  });

  it.each([0, 4])('stopped after %i reports ends as if it had not been', async (cut) => {
    const name = `cut-${cut}`;
    expect((await work(name, { cut })).metrics).toBeUndefined();
    const { said, ...rest } = await work(name);
    expect(said).toEqual(cut === 0 ? [] : [`goes on from step ${128 * cut}`]);
    expect(rest).toEqual({ rows: unbroken.rows, metrics: unbroken.metrics });
    expect(results(name)).toEqual(results('unbroken'));
    expect(logs(name)).toEqual(logs('unbroken'));
    expect(events(name)).toEqual(events('unbroken'));
  });

  it('of an agent with a replay buffer that was stopped ends as if it had not been', async () => {
    const agent = { bufferSize: 300, learningStarts: 50, batchSize: 16, reportEvery: 100, criticHidden: [8] };
    const of = await training('sac', 'Pendulum-v1', 'spline', { steps: 500, envs: 1, logInterval: 0, agent });
    const whole = await work('sac', { of });
    expect((await work('sac-cut', { of, cut: 3 })).metrics).toBeUndefined();
    const { said, ...rest } = await work('sac-cut', { of });
    expect(said).toHaveLength(1);
    expect(rest).toEqual({ rows: whole.rows, metrics: whole.metrics });
    expect(results('sac-cut')).toEqual(results('sac'));
    expect(logs('sac-cut')).toEqual(logs('sac'));
  });

  it('is the same with evaluations, keeps the best policy, and is resumed with them', async () => {
    const agent = { horizon: 64, batchSize: 64, epochs: 2, learningRate: 0.1, valueHidden: [8] };
    const settings = { steps: 1000, envs: 2, agent, logInterval: 200 };
    const bare = await work('bare', { of: await training('ppo', 'Pendulum-v1', 'gaussian', settings) });
    const evaluation = { evaluateEvery: 150, evaluateEpisodes: 3 };
    const last = await work('last', {
      of: await training('ppo', 'Pendulum-v1', 'gaussian', { ...settings, ...evaluation }),
    });
    const of = await training('ppo', 'Pendulum-v1', 'gaussian', { ...settings, ...evaluation, keep: 'best' });
    const best = await work('best', { of });
    const policy = (name: string) => JSON.parse(readFileSync(join(base, name, 'policy.json'), 'utf8'));

    // Evaluations change nothing, and each has its row.
    expect(policy('last').variables).toEqual(policy('bare').variables);
    expect(last.metrics).toMatchObject(bare.metrics!);
    const evaluated = last.rows.filter(({ evaluationReturn }) => evaluationReturn !== undefined);
    expect(evaluated.map(({ step }) => step)).toEqual([256, 384, 512, 640, 768, 1024]);
    expect(evaluated[0]).toMatchObject({ evaluationLength: 30, 'evaluationOutcome/timeout': 1, 'outcome/timeout': 1 });
    const tags = events('last').find(({ step }) => step === 256)!;
    expect(tags).toMatchObject({ 'evaluation/length': 30, 'evaluationOutcome/timeout': 1 });

    // The best is what is kept, measured and said.
    const returns = evaluated.map(({ evaluationReturn }) => evaluationReturn as number);
    const bestReturn = Math.max(...returns);
    const bestStep = evaluated[returns.indexOf(bestReturn)]!.step;
    expect(bestStep).toBeLessThan(1024);
    expect(best.rows).toEqual(last.rows);
    expect(best.metrics).toMatchObject({ bestReturn, bestStep, lastReturn: returns.at(-1) });
    expect(policy('best').about).toMatchObject({ step: bestStep, return: best.metrics!.return });
    expect(policy('best').variables).not.toEqual(policy('last').variables);
    expect(best.metrics!.return).not.toBe(last.metrics!.return);

    // Killed between two evaluations, and again on its way. Until it ends, there is the best policy so far.
    for (const cut of [3, 6]) {
      const name = `best-cut-${cut}`;
      await work(name, { of, cut });
      const before = evaluated.filter(({ step }) => (step as number) <= 128 * (cut - 1));
      if (cut === 6) {
        const soFar = before.toSorted((a, b) => (b.evaluationReturn as number) - (a.evaluationReturn as number))[0]!;
        expect(policy(name).about.step).toBe(soFar.step);
      }
      await work(name, { of, cut: 2 });
      const { said: _, ...rest } = await work(name, { of });
      expect(rest).toEqual({ rows: best.rows, metrics: best.metrics });
      expect(results(name)).toEqual(results('best'));
      expect(logs(name)).toEqual(logs('best'));
      expect(events(name)).toEqual(events('best'));
    }
  });

  it('leaves snapshots of its course, the same ones where it was killed on its way, and learns the same', async () => {
    const { agent } = ppo.config;
    const of = await training('ppo', 'Pendulum-v1', 'gaussian', { ...settings, agent, snapshots: 4 });
    const snapshots = (name: string) => {
      const folder = join(base, name, 'snapshots');
      return readdirSync(folder).map((file): [string, string] => [file, readFileSync(join(folder, file), 'utf8')]);
    };
    const { said } = await work('snapshots', { of });
    expect(said).toEqual([]);
    // Reports come every 128 steps.
    const steps = [256, 512, 768, 1024];
    expect(
      snapshots('snapshots')
        .map(([name]) => name)
        .sort(),
    ).toEqual(steps.map((step) => `step-${step}.json`).sort());
    expect(results('snapshots')).toEqual(results('unbroken'));
    expect(new Set(snapshots('snapshots').map(([, text]) => JSON.stringify(JSON.parse(text).variables))).size).toBe(4);
    await work('snapshots-cut', { of, cut: 3 });
    await work('snapshots-cut', { of });
    expect(snapshots('snapshots-cut')).toEqual(snapshots('snapshots'));
  });

  it('ends at a return, and stays ended', async () => {
    const settings = { steps: 1000, envs: 2, agent: ppo.config.agent, evaluateEvery: 100, stopAtReturn: -1e6 };
    const of = await training('ppo', 'Pendulum-v1', 'gaussian', settings);
    const { rows, metrics } = await work('stop', { of });
    expect(rows.map(({ step }) => step)).toEqual([128]);
    expect(metrics).toMatchObject({ steps: 128, bestStep: 128 });
    const before = results('stop');
    const { said, metrics: again } = await work('stop', { of });
    expect([said, again]).toEqual([['goes on from step 128'], metrics]);
    expect(results('stop')).toEqual(before);
  });

  it('refuses a checkpoint that is not of it, and changes nothing', async () => {
    const path = join(base, 'bad', 'checkpoint');
    await work('bad', { cut: 3 });
    const good = readCheckpoint(path) as Record<string, unknown> & { agent: { parts: object } };
    const refused = async (state: unknown, message: string, settings = 'these') => {
      writeCheckpoint(path, state);
      const before = readFileSync(path);
      await expect(work('bad', { settings })).rejects.toThrow(message);
      await expect(work('bad', { settings })).rejects.toMatchObject({ name: 'InputError' });
      expect(readFileSync(path)).toEqual(before);
    };
    await refused({ ...good, job: 'ppo/x' }, `${path} is of job ppo/x; delete it and run the command again: ${job.id}`);
    await refused(good, 'was made with other settings', 'others');
    await refused({ some: 'thing' }, 'is no checkpoint of a training');
    await refused({ ...good, agent: { ...good.agent, agent: 'Sac' } }, 'the state is of a Sac, expected one of a Ppo');
    const { valueOptimizer: _, ...parts } = good.agent.parts as Record<string, unknown>;
    await refused(
      { ...good, agent: { ...good.agent, parts } },
      "the agent has a part 'valueOptimizer', the state has none",
    );
    writeFileSync(path, readFileSync(path).subarray(0, 1000));
    await expect(work('bad')).rejects.toThrow('is damaged or was edited');
  });
});
