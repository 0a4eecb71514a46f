import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import type { MakeOptions } from '../../envs/index.ts';
import { makeFolder, writeWholeFile } from '../../src/files.ts';
import { checkWritable } from '../experiment/checkedJson.ts';
import { readableConfig } from '../experiment/config.ts';
import { InputError } from '../experiment/errors.ts';
import type { Experiment, Job, Outcome, Registry, Table } from '../experiment/experiment.ts';
import { firstLine, formatReturn, plural, printable, trueMinus } from '../experiment/text.ts';
import { loadExperiment } from '../run/loadExperiment.ts';
import { terminalWidth } from '../terminal/wrapText.ts';
import type { Ends } from '../train/outcomes.ts';
import { allowCode, type CodeFlags, integerOption, withCodeOptions } from './run.ts';

interface EvalFlags extends CodeFlags {
  episodes: string;
  greedy?: boolean;
  env?: string;
  seed: string;
  json?: string;
  record?: string;
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
export function evalCommand(registry: Registry): Command {
  return withCodeOptions(new Command('eval'))
    .description(
      "run episodes with a run's trained policies; of a training that goes on or was stopped, with its last ones",
    )
    .argument('<dir>', 'a run directory')
    .option('--episodes <n>', 'episodes of each policy', '100')
    .option('--greedy', 'take greedy actions in place of sampled ones')
    .option('--env <id>', 'another environment than that of the training')
    .option('--seed <n>', 'seed of the episodes, the same for all policies', '0')
    .option('--json <file>', 'write the returns, lengths and outcomes of all episodes to a file')
    .option('--record <dir>', 'write a page into this folder for each policy, which plays one more episode of it')
    .action(async (path: string, flags: EvalFlags) => {
      const evaluations = await evaluateRun(path, flags, registry);
      const { writeJson } = await import('../experiment/checkedJson.ts');
      if (flags.json !== undefined) {
        try {
          writeJson(flags.json, evaluations);
        } catch (error) {
          throw new InputError(`--json: cannot write ${flags.json}: ${(error as Error).message}`);
        }
      }
    });
}

async function evaluateRun(path: string, flags: EvalFlags, registry: Registry): Promise<Evaluation[]> {
  const episodes = integerOption('--episodes', flags.episodes, 1);
  const seed = integerOption('--seed', flags.seed, 0);
  if (flags.record !== undefined) checkWritable('--record', 'folder', flags.record);
  if (flags.json !== undefined) checkWritable('--json', 'file', flags.json);
  const [
    { loadPolicy, Rng, selectBackend, selectEngine },
    { isRegistered },
    { loadEnv, makeVec },
    { allowedOptions, programOf, refusedModule },
    { endsOf },
    { isEnv, loadNamedEnv },
    { measurePolicy },
    { RunDirectory },
    tables,
  ] = await Promise.all([
    import('../../src/index.ts'),
    import('../../src/policies/registry.ts'),
    import('../../envs/index.ts'),
    import('../train/allowedCode.ts'),
    import('../train/outcomes.ts'),
    import('../train/loadNamedEnv.ts'),
    import('../train/measurePolicy.ts'),
    import('../run/runDirectory.ts'),
    import('../report/table.ts'),
  ]);
  const directory = RunDirectory.open(path);
  const { experiment: name, config } = directory.run;
  const { engine, env: options } = config as { engine?: Parameters<typeof selectEngine>[0]; env?: MakeOptions };
  const { python, ...code } = await allowCode(flags);
  // An environment of Gymnasium that the command line names may run in the usual Python.
  const named = flags.env === undefined ? undefined : programOf(flags.env, {});
  const allowed = { ...code, python: python ?? named };
  const experiment = await loadExperiment(registry, name, config, allowed);
  const say = (line: string) => process.stderr.write(`${printable(line)}\n`);
  const readable = readableConfig(experiment, config, join(path, 'config.json'), say);
  const jobs = experiment.jobs(readable).filter((job) => existsSync(join(directory.jobPath(job), 'policy.json')));
  if (jobs.length === 0) throw new InputError(`${path} has no trained policy yet, expected one in the folder of a job`);
  const refused = refusedModule(config, allowed);
  if (refused !== undefined) {
    const isKnown = async (job: Job) => isRegistered(job.policy) && (await isEnv(flags.env ?? job.env));
    if ((await Promise.all(jobs.map(isKnown))).includes(false)) throw new InputError(`${path}: ${refused}`);
  }
  if (flags.env !== undefined) await loadNamedEnv('--env', flags.env);
  await selectBackend();
  await selectEngine(engine);
  const evaluations: Evaluation[] = [];
  const pages = new Map<string, string>();
  const missing = new Set<string>();
  for (const job of jobs) {
    const id = flags.env ?? job.env;
    try {
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
        const { recordEpisode } = await import('../train/measurePolicy.ts');
        const about = { greedy: flags.greedy === true, title: `${job.policy}, ${id}, seed ${job.seed}` };
        const rng = new Rng(seed).split('record');
        const recording = recordEpisode({ ...about, policy, env: id, options: own, rng });
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
    } catch (error) {
      throw new InputError(`${job.id}: ${firstLine((error as Error).message)}`);
    }
  }
  const actions = flags.greedy ? 'greedy' : 'sampled';
  const title = `${plural(episodes, 'episode')}, ${actions} actions`;
  process.stdout.write(`${tables.textTable(await jobTable(title, evaluations), terminalWidth())}\n`);
  if (new Set(evaluations.map(({ seed }) => seed)).size > 1) {
    for (const table of await policyTables(jobs, evaluations, experiment)) {
      process.stdout.write(`\n${tables.textTable(table, terminalWidth())}\n`);
    }
  }
  if (flags.record !== undefined) writePages(flags.record, pages);
  for (const line of missing) process.stdout.write(`robots are drawn in the plane; ${line}\n`);
  return evaluations;
}

function writePages(folder: string, pages: ReadonlyMap<string, string>): void {
  try {
    makeFolder(folder);
    for (const [job, page] of pages) {
      const file = join(folder, `${job.replaceAll('/', '-')}.html`);
      writeWholeFile(file, page);
      process.stdout.write(`${file}\n`);
    }
  } catch (error) {
    throw new InputError(`--record: cannot write into ${folder}: ${(error as Error).message}`);
  }
}

/** A row a job: the spread is that of its episodes. */
async function jobTable(title: string, evaluations: readonly Evaluation[]): Promise<Table> {
  const { describeShares, sharesOf } = await import('../train/outcomes.ts');
  const outcomes = evaluations.map(({ returns, counts }) =>
    describeShares(sharesOf({ episodes: returns.length, counts })),
  );
  const isSaid = outcomes.some((text) => text !== '–');
  const columns = ['job', 'trained steps', 'return', 'deviation', 'lowest', 'highest', 'steps of an episode'];
  return {
    title,
    columns: [...columns, ...(isSaid ? ['outcomes'] : [])],
    rows: evaluations.map(({ job, step, returns, lengths }, i) => [
      job,
      step === null ? '–' : String(step),
      ...[mean(returns), deviation(returns), Math.min(...returns), Math.max(...returns), mean(lengths)].map((value) =>
        trueMinus(formatReturn(value)),
      ),
      ...(isSaid ? [outcomes[i]!] : []),
    ]),
  };
}

/** A row a policy: the interval is over the seeds. A table for each study, environment and condition of the jobs. */
async function policyTables(
  jobs: readonly Job[],
  evaluations: readonly Evaluation[],
  {
    conditionLabel = (condition) => condition,
    policyLabel = (policy) => policy,
  }: Pick<Experiment, 'conditionLabel' | 'policyLabel'>,
): Promise<Table[]> {
  const [{ groupBy, summarize }, { metricTable }, { sharesOf, withOutcomes }] = await Promise.all([
    import('../experiment/summarize.ts'),
    import('../report/table.ts'),
    import('../train/outcomes.ts'),
  ]);
  const outcomes = evaluations.map(({ returns, lengths, counts }, i): Outcome => {
    const shares = sharesOf({ episodes: returns.length, counts });
    const metrics = { return: mean(returns), length: mean(lengths), ...shares };
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

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values: readonly number[]): number {
  const center = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - center) ** 2)));
}
