import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { stateToJson } from '../../agents/index.ts';
import { checkConfig } from '../../cli/experiment/config.ts';
import { loadPolicies } from '../../cli/index.ts';
import { loadExperiment } from '../../cli/run/loadExperiment.ts';
import { RunDirectory } from '../../cli/run/runDirectory.ts';
import { readCheckpoint, writeCheckpoint } from '../../cli/train/checkpointFile.ts';
import { TrainingLog } from '../../cli/train/trainingLog.ts';
import { ContentHash, openDataset } from '../../datasets/index.ts';
import { registry } from '../../experiments/registry.ts';
import {
  fingerprint,
  loadModule,
  loadPolicy,
  makePolicy,
  neuralSplineFlow,
  Rng,
  saveModule,
  savePolicy,
} from '../../src/index.ts';
import { startOxbow } from '../oxbowProcess.ts';
import type { FaultContext } from './faultCase.ts';
import { filesBelow } from './filesBelow.ts';
import { untimedEvents } from './untimedEvents.ts';

/** Some files, and what one reads from them, as a text that tells all of it. */
interface Subject {
  readonly folder: string;
  read(): Promise<string>;
  /** How an error names a file, if not by its own name. */
  readonly named?: string;
}

/** Seconds that no reading takes. */
const LONG = 20;

/**
 * One bit of each file of a training, of a dataset, and of a policy, a module and a checkpoint by themselves, is flipped, again and again. Whoever
 * reads them gets one line that names the file, or what the undamaged files give: never something else, an error that is no line of
 * ours, or nothing for long.
 */
export async function flippedBits({ folder, short, rng, record }: FaultContext): Promise<void> {
  const subjects = await makeSubjects(join(folder, 'flipped'));
  const files = subjects.flatMap((subject) => filesBelow(subject.folder).map((file) => ({ subject, file })));
  const flips = Math.ceil((short ? 100 : 1000) / files.length);
  for (const { subject, file } of files) {
    const path = join(subject.folder, file);
    const whole = readFileSync(path);
    const expected = await subject.read();
    const counts = { refused: 0, harmless: 0 };
    const problems: string[] = [];
    for (let i = 0; i < flips; i++) {
      // A run that was read may have written it anew.
      const damaged = Buffer.from(whole);
      const at = rng.integer(0, whole.length);
      const bit = rng.integer(0, 8);
      damaged[at]! ^= 1 << bit;
      writeFileSync(path, damaged);
      const problem = await tried(subject, file, expected, counts);
      if (problem !== undefined) problems.push(`bit ${bit} of byte ${at}: ${problem}`);
    }
    writeFileSync(path, whole);
    const fault = `flipped bits, ${flips} of ${basename(subject.folder)}/${file}: ${counts.refused} refused, ${counts.harmless} harmless`;
    record({ fault, coreDumps: 0, stackTraces: 0, orphans: 0, lost: 0, problems });
  }
}

/** What is not as it should be. */
async function tried(
  { read, named }: Subject,
  file: string,
  expected: string,
  counts: { refused: number; harmless: number },
): Promise<string | undefined> {
  const begun = performance.now();
  let problem: string | undefined;
  try {
    if ((await read()) === expected) counts.harmless++;
    else problem = 'other values were read, without a word';
  } catch (error) {
    const { name, message } = error as Error;
    const isLine = ['Error', 'InputError'].includes(name) && !message.includes('\n');
    if (isLine && message.includes(named ?? basename(file))) counts.refused++;
    else problem = `${name}: ${message}`;
  }
  const seconds = (performance.now() - begun) / 1000;
  return problem ?? (seconds > LONG ? `took ${seconds.toFixed(0)} s` : undefined);
}

async function makeSubjects(folder: string): Promise<Subject[]> {
  const names = ['run', 'logs', 'dataset', 'policy', 'module', 'checkpoint'];
  const [run, logs, data, policies, modules, checkpoints] = names.map((name) => join(folder, name)) as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  for (const each of [policies, modules, checkpoints]) mkdirSync(each, { recursive: true });
  const settings = [
    'agent.horizon=32',
    'policy.hidden=8',
    'evaluationEpisodes=2',
    'logInterval=0',
    'env.maxEpisodeSteps=20',
  ];
  const argv = ['train', 'Pendulum-v1', '--agent', 'ppo', '--policy', 'spline', '--steps', '128', '--workers', '1'];
  const ended = await startOxbow(folder, [...argv, ...settings.flatMap((one) => ['--set', one]), '--out', run]).ended;
  if (ended.code !== 0) throw new Error(`the training failed: ${ended.stderr}`);
  const [job] = filesBelow(run).filter((name) => name.endsWith('checkpoint'));
  const rows = (readCheckpoint(join(run, job!)) as { rows: { step: number }[] }).rows;
  const logFolder = join(run, 'logs', ...job!.split('/').slice(1, -1));
  cpSync(logFolder, logs, { recursive: true });

  const collect = ['collect', 'Pendulum-v1', '--episodes', '3', '--set', 'env.maxEpisodeSteps=20', '--out', data];
  const collected = await startOxbow(folder, collect).ended;
  if (collected.code !== 0) throw new Error(`the collecting failed: ${collected.stderr}`);

  const box = { low: [-1, -1], high: [1, 1], shape: [2] };
  const policy = makePolicy('spline', { observationSpace: box, actionSpace: box, hidden: [4], rng: new Rng(0) });
  savePolicy(join(policies, 'policy.json'), policy, { score: 0.5 });
  const flow = () => neuralSplineFlow({ dim: 2, hidden: [4], rng: new Rng(0) });
  await saveModule(flow(), join(modules, 'flow.json'), { layers: 2 });
  const state = { weights: Float32Array.of(1, Number.NaN), list: [1, null, 'text', -0], rng: new Rng(0).state() };
  writeCheckpoint(join(checkpoints, 'state'), state);
  return [
    { folder: run, read: () => readRun(run) },
    { folder: logs, read: async () => goOn(logs, rows) },
    {
      folder: data,
      read: async () => {
        const dataset = await openDataset(data);
        const hash = ContentHash.of(dataset.storedEpisodes());
        return fingerprint({ about: dataset.about, steps: dataset.numSteps, hash });
      },
    },
    {
      folder: policies,
      read: async () => {
        const loaded = loadPolicy(join(policies, 'policy.json'));
        const { config } = loaded.policy;
        const read = fingerprint({ config: config!, about: loaded.about, state: loaded.policy.stateDict() });
        loaded.policy.dispose();
        return read;
      },
    },
    {
      folder: modules,
      named: 'flow.json',
      read: async () => {
        let config = {};
        const loaded = await loadModule(join(modules, 'flow.json'), (found) => {
          config = found;
          return flow();
        });
        const read = fingerprint({ config, state: loaded.stateDict() });
        loaded.dispose();
        return read;
      },
    },
    { folder: checkpoints, read: async () => stateToJson(readCheckpoint(join(checkpoints, 'state'))) },
  ];
}

/** All that commands read of a run: settings, outcomes, sessions, speeds and policies. */
async function readRun(path: string): Promise<string> {
  const directory = RunDirectory.open(path);
  const { experiment: name, config } = directory.run;
  const experiment = await loadExperiment(registry, name, config);
  checkConfig(experiment, config, join(path, 'config.json'));
  const jobs = experiment.jobs(config);
  const outcomes = jobs.map((job) => directory.outcome(job));
  const clocked = experiment.clocked?.(
    jobs.map((job) => ({ job, logs: directory.logPath(job) })),
    config,
  );
  const policies = (await loadPolicies(path, { registry })).map(({ policy, ...about }) => {
    const state = policy.stateDict();
    policy.dispose();
    return { ...about, state };
  });
  return fingerprint({ run: directory.run, jobs, outcomes, clocked, policies });
}

/** What a training that goes on makes of its logs. */
function goOn(folder: string, rows: readonly { step: number }[]): string {
  new TrainingLog(folder, rows).close();
  const contents = filesBelow(folder)
    .filter((name) => name !== 'speed.json')
    .map((name) => join(folder, name))
    .map((path) => (path.includes('tfevents') ? untimedEvents(path) : readFileSync(path, 'utf8')));
  return JSON.stringify(contents);
}
