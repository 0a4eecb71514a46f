import { existsSync, mkdirSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { loadEnv, type MakeOptions, makeVec } from '../../envs/index.ts';
import { writeWholeFile } from '../../src/files.ts';
import { loadPolicy, type Policy, Rng, selectBackend, selectEngine } from '../../src/index.ts';
import { expectedOneOf } from '../../src/options/describe.ts';
import { type Acting, actingRules } from '../../src/policies/acting.ts';
import { isRegistered } from '../../src/policies/registry.ts';
import { checkWritable, writeJson, writeNamed } from '../experiment/checkedJson.ts';
import { InputError, orInputError } from '../experiment/errors.ts';
import type { AnyExperiment, Job, Outcome, Table } from '../experiment/experiment.ts';
import { groupBy, summarize } from '../experiment/summarize.ts';
import { formatReturn, plural, printable, trueMinus } from '../experiment/text.ts';
import { animatedPng, checkPictures } from '../report/animatedPng.ts';
import { metricTable, textTable } from '../report/table.ts';
import { EXIT } from '../run/environment.ts';
import { readableJobs } from '../run/loadExperiment.ts';
import { RunDirectory } from '../run/runDirectory.ts';
import { terminalWidth } from '../terminal/wrapText.ts';
import { type AllowedCode, allowedOptions, programOf, refusedModule } from '../train/allowedCode.ts';
import { isEnv, loadNamedEnv } from '../train/loadNamedEnv.ts';
import { actionTime, measurePolicy, pageOf, recordEpisode } from '../train/measurePolicy.ts';
import { describeShares, type Ends, endsOf, sharesOf, spreadOf, withOutcomes } from '../train/outcomes.ts';
import { isOnnx, loadFile } from './actingPolicies.ts';
import type { CommandContext } from './options.ts';
import { allowCode, type CodeFlags, integerOption, numberOption, type Texts } from './run.ts';

/** The options that say how a policy acts. */
export interface ActingFlags extends Texts<'acting' | 'temperature' | 'hold' | 'candidates'> {
  readonly greedy?: boolean;
}

interface EvalFlags extends Omit<CodeFlags, 'env'>, Texts<'env' | 'json' | 'record' | 'onnx'>, ActingFlags {
  readonly episodes: string;
  readonly seed: string;
}

/** The episodes of one job's policy. */
interface Evaluation extends Ends {
  /** Of a file its name. */
  readonly job: string;
  /** Of the training; null of a file. */
  readonly seed: number | null;
  readonly policy: string;
  readonly env: string;
  /** How its actions were chosen. */
  readonly acting: Acting;
  /** The environment steps that the policy was trained for, if the training says so. */
  readonly step: number | null;
  readonly returns: readonly number[];
  readonly lengths: readonly number[];
}

/** A policy that is evaluated. */
interface Subject {
  readonly job: string;
  readonly seed: number | null;
  readonly policy: string;
  readonly env: string;
  /** @param id of the environment that it acts in */
  load(id: string): { readonly policy: Policy; readonly options: MakeOptions; readonly step: number | null };
}

/** What is evaluated, and which code of others may run. Jobs and their experiment are those of a run. */
interface Evaluated {
  readonly subjects: readonly Subject[];
  readonly allowed: AllowedCode;
  readonly jobs: readonly Job[];
  readonly experiment?: AnyExperiment;
}

/** The code that the command line allows. */
async function allowedBy(flags: EvalFlags): Promise<AllowedCode> {
  const { python, ...code } = await allowCode(flags);
  // An environment of Gymnasium that the command line names may run in the usual Python.
  const named = flags.env === undefined ? undefined : programOf(flags.env, {});
  return { ...code, python: python ?? named };
}

/** The policy of a file. */
async function fileIn(_: CommandContext, path: string, flags: EvalFlags): Promise<Evaluated> {
  const { env } = flags;
  if (env === undefined) throw new InputError(`--env: got none for ${path}, expected the environment to act in`);
  if (flags.onnx !== undefined && !isOnnx(path))
    throw new InputError(`--onnx: got it for ${path}, expected a file .onnx`);
  const allowed = await allowedBy(flags);
  const load = (id: string) => {
    // Its spaces alone.
    const vectorEnv = makeVec(id, { ...allowedOptions(id, {}, allowed), numEnvs: 1 });
    try {
      const { policy } = loadFile('eval', path, { vectorEnv, onnx: flags.onnx });
      return { policy, options: {}, step: null };
    } finally {
      vectorEnv.close();
    }
  };
  return { subjects: [{ job: path, seed: null, policy: basename(path), env, load }], allowed, jobs: [] };
}

/** The trained policies of a run. */
async function runIn({ registry }: CommandContext, path: string, flags: EvalFlags): Promise<Evaluated> {
  if (flags.onnx !== undefined) throw new InputError('--onnx: got it for a run, expected a file .onnx');
  const directory = RunDirectory.open(path);
  const { config } = directory.run;
  const { env: options } = config as { env?: MakeOptions };
  const allowed = await allowedBy(flags);
  const say = (line: string) => process.stderr.write(`${printable(line)}\n`);
  const { experiment, jobs: all } = await readableJobs(directory, { registry, allowed }, say);
  const jobs = all.filter((job) => existsSync(join(directory.jobPath(job), 'policy.json')));
  if (jobs.length === 0) throw new InputError(`${path} has no trained policy yet, expected one in the folder of a job`);
  const refused = refusedModule(config, allowed);
  if (refused !== undefined) {
    const isKnown = async (job: Job) => isRegistered(job.policy) && (await isEnv(flags.env ?? job.env));
    if ((await Promise.all(jobs.map(isKnown))).includes(false)) throw new InputError(`${path}: ${refused}`);
  }
  const subjects = jobs.map(
    (job): Subject => ({
      job: job.id,
      seed: job.seed,
      policy: job.policy,
      env: job.env,
      load(id) {
        const { policy, about } = loadPolicy(join(directory.jobPath(job), 'policy.json'));
        // Of a training all jobs have the same; of an experiment each may have its own.
        const given = options ?? (about.envOptions as MakeOptions | undefined) ?? {};
        const step = typeof about.step === 'number' ? about.step : null;
        return { policy, options: id === job.env ? given : {}, step };
      },
    }),
  );
  return { subjects, allowed, jobs, experiment };
}

/** `oxbow eval <dir>`: how the trained policies of a run act, or the policy of a file. */
export async function evaluateRun(context: CommandContext, path: string, flags: EvalFlags): Promise<number> {
  const episodes = integerOption('--episodes', flags.episodes, 1);
  const seed = integerOption('--seed', flags.seed, 0);
  const ways = actingWays(flags);
  if (flags.record !== undefined && ways.length > 1) {
    throw new InputError(`--record: got ${ways.length} ways to act, expected one`);
  }
  const isPicture = /\.png$/i.test(flags.record ?? '');
  if (OTHER_MEDIA.test(flags.record ?? '')) {
    throw new InputError(`--record: got ${flags.record}, expected a folder, or a file .png`);
  }
  if (flags.record !== undefined) checkWritable('--record', isPicture ? 'file' : 'folder', flags.record);
  if (isPicture) checkPictures('--record');
  if (flags.json !== undefined) checkWritable('--json', 'file', flags.json);
  // A name with an ending that is not there is that of a file: what reads it says so.
  const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() ?? extname(path) !== '';
  const evaluated = await (isFile ? fileIn : runIn)(context, path, flags);
  const { subjects, allowed, jobs, experiment } = evaluated;
  if (flags.env !== undefined) await loadNamedEnv('--env', flags.env);
  await selectBackend();
  await selectEngine();
  const evaluations: Evaluation[] = [];
  const times: number[] = [];
  if (isPicture && subjects.length > 1) {
    throw new InputError(`--record: got ${flags.record} for ${subjects.length} policies, expected a folder`);
  }
  const pages = new Map<string, string>();
  const missing = new Set<string>();
  for (const subject of subjects) {
    const { job, seed: ofTraining, policy: name } = subject;
    const id = flags.env ?? subject.env;
    await orInputError(async () => {
      await loadEnv(id);
      const { policy, options, step } = subject.load(id);
      const own = allowedOptions(id, options, allowed);
      for (const acting of ways) {
        const reports = await measurePolicy({
          policy,
          makeEnvs: (numEnvs) => makeVec(id, { ...own, numEnvs }),
          episodes,
          acting,
          rng: new Rng(seed).split('eval'),
        });
        evaluations.push({
          job,
          seed: ofTraining,
          policy: name,
          env: id,
          acting,
          step,
          returns: reports.map((report) => report.return),
          lengths: reports.map(({ length }) => length),
          ...endsOf(reports),
        });
        if (ways.length > 1) times.push(actionTime(policy, acting));
      }
      if (flags.record !== undefined) {
        const recorded = { policy, id, options: own, acting: ways[0]!, rng: new Rng(seed).split('record') };
        const trajectory = recordEpisode(recorded);
        if (isPicture) await writePicture(flags.record, trajectory);
        else {
          const title = [name, id, ...(ofTraining === null ? [] : [`seed ${ofTraining}`])].join(', ');
          const { page, missing: part } = pageOf(trajectory, title);
          pages.set(job, page);
          if (part !== undefined) missing.add(part);
        }
      }
      policy.dispose();
    }, `${job}: `);
  }
  const actions = ways.length > 1 ? 'actions chosen in several ways' : wayText(ways[0]!, ' actions');
  const title = `${plural(episodes, 'episode')}, ${actions}`;
  process.stdout.write(`${textTable(jobTable(title, evaluations, times), terminalWidth())}\n`);
  if (experiment !== undefined && new Set(evaluations.map((each) => each.seed)).size > 1) {
    for (const table of policyTables(jobs, evaluations, times, experiment)) {
      process.stdout.write(`\n${textTable(table, terminalWidth())}\n`);
    }
  }
  const { record, json } = flags;
  if (record !== undefined && !isPicture) {
    writeNamed('--record', `into ${record}`, () => {
      mkdirSync(record, { recursive: true });
      for (const [job, page] of pages) {
        const file = join(record, `${job.replaceAll(/[\\/]/g, '-')}.html`);
        writeWholeFile(file, page);
        process.stdout.write(`${file}\n`);
      }
    });
  }
  for (const line of missing) process.stdout.write(`robots are drawn in the plane; ${line}\n`);
  if (json !== undefined) writeNamed('--json', json, () => writeJson(json, evaluations));
  return EXIT.ok;
}

/** Names of files that are not written: as a folder's they would surprise. */
const OTHER_MEDIA = /\.(apng|avi|gif|html?|jpe?g|mkv|mov|mp4|svg|webm|webp)$/i;

/** Pixels of a picture's width, and drawings a second and in all, at most: a longer episode is shown in larger steps. */
const [WIDTH, PACE, MOST_FRAMES] = [480, 25, 500];

/** Writes an episode as an animated PNG. */
async function writePicture(file: string, { frames }: { readonly frames: readonly string[] }): Promise<void> {
  const every = Math.ceil(frames.length / MOST_FRAMES);
  const shown = frames.filter((_, i) => i % every === 0 || i === frames.length - 1);
  const picture = await animatedPng(shown, { framesPerSecond: PACE, width: WIDTH });
  writeNamed('--record', file, () => writeWholeFile(file, [picture]));
  process.stdout.write(`${file}\n`);
}

/**
 * The ways to act that options name: each of the rules, samples at each of the temperatures with noise that is held for each of the numbers of
 * steps.
 * @throws InputError for one that is none, and for an option of samples without them
 */
export function actingWays(flags: ActingFlags): readonly [Acting, ...Acting[]] {
  const { greedy = false, acting, temperature = '1', hold = '1', candidates: most = '32' } = flags;
  if (greedy && acting !== undefined) throw new InputError('--greedy: got it beside --acting, expected one of them');
  const words = (acting ?? (greedy ? 'mode' : 'sample')).split(',').map((word) => word.trim());
  const rules = words.map((word) => {
    const rule = actingRules.find((each) => each === word);
    if (rule === undefined) throw new InputError(`--acting: got ${word || '""'}, ${expectedOneOf(word, actingRules)}`);
    return rule;
  });
  for (const name of ['temperature', 'hold'] as const) {
    if (flags[name] === undefined || rules.includes('sample')) continue;
    throw new InputError(`--${name}: got ${flags[name]} without samples, expected sample in --acting`);
  }
  const isTemperature = (t: number) => t > 0 && t < Number.POSITIVE_INFINITY;
  const temperatures = temperature
    .split(',')
    .map((text) => numberOption('--temperature', text, 'a number > 0', isTemperature));
  const holds = hold.split(',').map((text) => integerOption('--hold', text, 1));
  const candidates = integerOption('--candidates', most, 1);
  const ways = rules.flatMap((rule): Acting[] =>
    rule === 'sample'
      ? temperatures.flatMap((each) => holds.map((steps) => ({ rule, temperature: each, candidates, hold: steps })))
      : [{ rule, temperature: 1, candidates, hold: 1 }],
  );
  return ways as [Acting, ...Acting[]];
}

/** @param noun what is chosen, behind the word for the rule */
function wayText({ rule, temperature, candidates, hold }: Acting, noun = ''): string {
  const word = { sample: 'sampled', mode: 'greedy', densest: 'densest' }[rule];
  const details = [
    temperature !== 1 && `T ${temperature}`,
    (rule !== 'sample' || temperature !== 1) && candidates !== 32 && plural(candidates, 'candidate'),
    hold !== 1 && `hold ${hold}`,
  ];
  return [`${word}${noun}`, ...details.filter((detail) => detail !== false)].join(', ');
}

/** Milliseconds, with three digits. */
const formatTime = (milliseconds: number): string => String(Number(milliseconds.toPrecision(3)));

/**
 * A row a job, or several for its ways to act: the spread is that of its episodes.
 * @param times milliseconds that an action takes; none where there is one way
 */
function jobTable(title: string, evaluations: readonly Evaluation[], times: readonly number[]): Table {
  const outcomes = evaluations.map(({ returns, counts }) =>
    describeShares(sharesOf({ episodes: returns.length, counts })),
  );
  const isSaid = outcomes.some((text) => text !== '–');
  const ofWays = times.length > 0;
  // A wide table is cut after columns, and each piece begins with the first.
  const first = ofWays ? ['job', 'return', 'ms an action'] : ['job', 'trained steps', 'return'];
  const columns = [...first, 'deviation', 'lowest', 'highest', 'steps of an episode'];
  return {
    title,
    columns: [...columns, ...(isSaid ? ['outcomes'] : [])],
    rows: evaluations.map(({ job, acting, step, returns, lengths }, i) => {
      const { mean, deviation, lowest, highest } = spreadOf(returns);
      const text = (value: number) => trueMinus(formatReturn(value));
      return [
        ...(ofWays
          ? [`${job}, ${wayText(acting)}`, text(mean), formatTime(times[i]!)]
          : [job, step === null ? '–' : String(step), text(mean)]),
        ...[deviation, lowest, highest, spreadOf(lengths).mean].map(text),
        ...(isSaid ? [outcomes[i]!] : []),
      ];
    }),
  };
}

/** A row a policy and a way to act: the interval is over the seeds. A table for each study, environment and condition of the jobs. */
function policyTables(
  jobs: readonly Job[],
  evaluations: readonly Evaluation[],
  times: readonly number[],
  { conditionLabel, policyLabel }: AnyExperiment,
): Table[] {
  const ways = evaluations.length / jobs.length;
  const seeds = [...new Set(jobs.map(({ seed }) => seed))];
  const summary = Array.from({ length: ways }, (_, way) => {
    const outcomes = jobs.map((job, i): Outcome => {
      const { returns, lengths, counts } = evaluations[i * ways + way]!;
      const shares = sharesOf({ episodes: returns.length, counts });
      const time = times[i * ways + way];
      const metrics = {
        return: spreadOf(returns).mean,
        length: spreadOf(lengths).mean,
        ...(time !== undefined && { time }),
        ...shares,
      };
      return { job, result: { metrics }, rows: [], directory: '', fingerprint: '' };
    });
    const suffix = ways > 1 ? `, ${wayText(evaluations[way]!.acting)}` : '';
    return summarize(jobs, outcomes, seeds).map((row) => ({ ...row, label: `${policyLabel(row.policy)}${suffix}` }));
  }).flat();
  const groups = groupBy(summary, ({ study, env, condition }) =>
    [study, env, ...(condition === undefined ? [] : [conditionLabel(condition)])].join(', '),
  );
  return [...groups].map(([group, own]) => {
    // The ways of one policy beside each other.
    const rows = [...groupBy(own, ({ policy }) => policy).values()]
      .flat()
      .map(({ label, ...row }) => ({ ...row, policy: label }));
    const title = ['Interquartile mean over the seeds', ...(groups.size > 1 ? [group] : [])].join(', ');
    const table = metricTable(title, rows, [
      { metric: 'return', label: 'return', format: formatReturn },
      ...(ways > 1 ? [{ metric: 'time', label: 'ms an action', format: formatTime }] : []),
      { metric: 'length', label: 'steps of an episode', format: formatReturn },
    ]);
    return withOutcomes(table, rows);
  });
}
