import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadEnv, type MakeOptions, makeVec } from '../../envs/index.ts';
import { writeWholeFile } from '../../src/files.ts';
import { loadPolicy, Rng, selectBackend, selectEngine } from '../../src/index.ts';
import { isRegistered } from '../../src/policies/registry.ts';
import { checkWritable, writeJson, writeNamed } from '../experiment/checkedJson.ts';
import { InputError, orInputError } from '../experiment/errors.ts';
import type { AnyExperiment, Job, Outcome, Table } from '../experiment/experiment.ts';
import { groupBy, summarize } from '../experiment/summarize.ts';
import { formatReturn, plural, printable, trueMinus } from '../experiment/text.ts';
import { metricTable, textTable } from '../report/table.ts';
import { EXIT } from '../run/environment.ts';
import { readableJobs } from '../run/loadExperiment.ts';
import { RunDirectory } from '../run/runDirectory.ts';
import { terminalWidth } from '../terminal/wrapText.ts';
import { allowedOptions, programOf, refusedModule } from '../train/allowedCode.ts';
import { isEnv, loadNamedEnv } from '../train/loadNamedEnv.ts';
import { measurePolicy, recordEpisode } from '../train/measurePolicy.ts';
import { describeShares, type Ends, endsOf, sharesOf, spreadOf, withOutcomes } from '../train/outcomes.ts';
import type { CommandContext } from './options.ts';
import { allowCode, type CodeFlags, integerOption, type Texts } from './run.ts';

interface EvalFlags extends Omit<CodeFlags, 'env'>, Texts<'env' | 'json' | 'record'> {
  readonly episodes: string;
  readonly seed: string;
  readonly greedy?: boolean;
}

/** The episodes of one job's policy. */
interface Evaluation extends Ends {
  readonly job: string;
  readonly seed: number;
  readonly policy: string;
  readonly env: string;
  /** The environment steps that the policy was trained for, if the training says so. */
  readonly step: number | null;
  readonly returns: readonly number[];
  readonly lengths: readonly number[];
}

/** `oxbow eval <dir>`: how the trained policies of a run act. */
export async function evaluateRun({ registry }: CommandContext, path: string, flags: EvalFlags): Promise<number> {
  const episodes = integerOption('--episodes', flags.episodes, 1);
  const seed = integerOption('--seed', flags.seed, 0);
  if (flags.record !== undefined) checkWritable('--record', 'folder', flags.record);
  if (flags.json !== undefined) checkWritable('--json', 'file', flags.json);
  const directory = RunDirectory.open(path);
  const { config } = directory.run;
  const { env: options } = config as { env?: MakeOptions };
  const { python, ...code } = await allowCode(flags);
  // An environment of Gymnasium that the command line names may run in the usual Python.
  const named = flags.env === undefined ? undefined : programOf(flags.env, {});
  const allowed = { ...code, python: python ?? named };
  const say = (line: string) => process.stderr.write(`${printable(line)}\n`);
  const { experiment, jobs: all } = await readableJobs(directory, { registry, allowed }, say);
  const jobs = all.filter((job) => existsSync(join(directory.jobPath(job), 'policy.json')));
  if (jobs.length === 0) throw new InputError(`${path} has no trained policy yet, expected one in the folder of a job`);
  const refused = refusedModule(config, allowed);
  if (refused !== undefined) {
    const isKnown = async (job: Job) => isRegistered(job.policy) && (await isEnv(flags.env ?? job.env));
    if ((await Promise.all(jobs.map(isKnown))).includes(false)) throw new InputError(`${path}: ${refused}`);
  }
  if (flags.env !== undefined) await loadNamedEnv('--env', flags.env);
  await selectBackend();
  await selectEngine();
  const evaluations: Evaluation[] = [];
  const pages = new Map<string, string>();
  const missing = new Set<string>();
  for (const job of jobs) {
    const id = flags.env ?? job.env;
    await orInputError(async () => {
      await loadEnv(id);
      const { policy, about } = loadPolicy(join(directory.jobPath(job), 'policy.json'));
      // Of a training all jobs have the same; of an experiment each may have its own.
      const given = options ?? (about.envOptions as MakeOptions | undefined) ?? {};
      const own = allowedOptions(id, id === job.env ? given : {}, allowed);
      const reports = await measurePolicy({
        policy,
        makeEnvs: (numEnvs) => makeVec(id, { ...own, numEnvs }),
        episodes,
        greedy: flags.greedy === true,
        rng: new Rng(seed).split('eval'),
      });
      if (flags.record !== undefined) {
        const acting = { policy, id, options: own, greedy: flags.greedy === true, rng: new Rng(seed).split('record') };
        const recording = recordEpisode(acting, `${job.policy}, ${id}, seed ${job.seed}`);
        pages.set(job.id, recording.page);
        if (recording.missing !== undefined) missing.add(recording.missing);
      }
      policy.dispose();
      evaluations.push({
        job: job.id,
        seed: job.seed,
        policy: job.policy,
        env: id,
        step: typeof about.step === 'number' ? about.step : null,
        returns: reports.map((report) => report.return),
        lengths: reports.map(({ length }) => length),
        ...endsOf(reports),
      });
    }, `${job.id}: `);
  }
  const actions = flags.greedy ? 'greedy' : 'sampled';
  const title = `${plural(episodes, 'episode')}, ${actions} actions`;
  process.stdout.write(`${textTable(jobTable(title, evaluations), terminalWidth())}\n`);
  if (new Set(evaluations.map(({ seed }) => seed)).size > 1) {
    for (const table of policyTables(jobs, evaluations, experiment)) {
      process.stdout.write(`\n${textTable(table, terminalWidth())}\n`);
    }
  }
  const { record, json } = flags;
  if (record !== undefined) {
    writeNamed('--record', `into ${record}`, () => {
      mkdirSync(record, { recursive: true });
      for (const [job, page] of pages) {
        const file = join(record, `${job.replaceAll('/', '-')}.html`);
        writeWholeFile(file, page);
        process.stdout.write(`${file}\n`);
      }
    });
  }
  for (const line of missing) process.stdout.write(`robots are drawn in the plane; ${line}\n`);
  if (json !== undefined) writeNamed('--json', json, () => writeJson(json, evaluations));
  return EXIT.ok;
}

/** A row a job: the spread is that of its episodes. */
function jobTable(title: string, evaluations: readonly Evaluation[]): Table {
  const outcomes = evaluations.map(({ returns, counts }) =>
    describeShares(sharesOf({ episodes: returns.length, counts })),
  );
  const isSaid = outcomes.some((text) => text !== '–');
  const columns = ['job', 'trained steps', 'return', 'deviation', 'lowest', 'highest', 'steps of an episode'];
  return {
    title,
    columns: [...columns, ...(isSaid ? ['outcomes'] : [])],
    rows: evaluations.map(({ job, step, returns, lengths }, i) => {
      const { mean, deviation, lowest, highest } = spreadOf(returns);
      const numbers = [mean, deviation, lowest, highest, spreadOf(lengths).mean];
      return [
        job,
        step === null ? '–' : String(step),
        ...numbers.map((value) => trueMinus(formatReturn(value))),
        ...(isSaid ? [outcomes[i]!] : []),
      ];
    }),
  };
}

/** A row a policy: the interval is over the seeds. A table for each study, environment and condition of the jobs. */
function policyTables(
  jobs: readonly Job[],
  evaluations: readonly Evaluation[],
  { conditionLabel, policyLabel }: AnyExperiment,
): Table[] {
  const outcomes = evaluations.map(({ returns, lengths, counts }, i): Outcome => {
    const shares = sharesOf({ episodes: returns.length, counts });
    const metrics = { return: spreadOf(returns).mean, length: spreadOf(lengths).mean, ...shares };
    return { job: jobs[i]!, result: { metrics }, rows: [], directory: '', fingerprint: '' };
  });
  const seeds = [...new Set(jobs.map(({ seed }) => seed))];
  const groups = groupBy(summarize(jobs, outcomes, seeds), ({ study, env, condition }) =>
    [study, env, ...(condition === undefined ? [] : [conditionLabel(condition)])].join(', '),
  );
  return [...groups].map(([group, own]) => {
    const rows = own.map((row) => ({ ...row, policy: policyLabel(row.policy) }));
    const title = ['Interquartile mean over the seeds', ...(groups.size > 1 ? [group] : [])].join(', ');
    const table = metricTable(title, rows, [
      { metric: 'return', label: 'return', format: formatReturn },
      { metric: 'length', label: 'steps of an episode', format: formatReturn },
    ]);
    return withOutcomes(table, rows);
  });
}
