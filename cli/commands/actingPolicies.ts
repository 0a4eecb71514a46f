import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { EpisodePlayer } from '../../agents/core/episodes.ts';
import { LakeDemonstrators, type LakeDemonstratorsOptions, type VectorEnv } from '../../envs/index.ts';
import { lakeDemonstratorOptions } from '../../envs/lake/demonstrations.ts';
import { type AnyLakeId, allLakeGrains } from '../../envs/lake/lakeGrains.ts';
import { loadPolicy, type Policy, policyFromOnnx } from '../../src/index.ts';
import { describeIssue, nearest, show } from '../../src/options/describe.ts';
import { sha256 } from '../experiment/checkedJson.ts';
import { isObject, readJsonFile } from '../experiment/config.ts';
import { InputError } from '../experiment/errors.ts';
import type { Registry } from '../experiment/experiment.ts';
import { firstLine } from '../experiment/text.ts';
import { readableJobs } from '../run/loadExperiment.ts';
import { RunDirectory } from '../run/runDirectory.ts';
import { type AllowedCode, refusedModule } from '../train/allowedCode.ts';
import { snapshotFile, snapshotSteps } from '../train/checkpointFile.ts';
import { POLICY } from '../train/runTraining.ts';

/** A policy that acts, and what a dataset says of it. */
export interface ActingPolicy {
  readonly policy: EpisodePlayer;
  readonly about: {
    readonly name: string;
    /** As the command line names it. */
    readonly file?: string;
    /** Of the file. */
    readonly sha256?: string;
    /** The step of its training, if it is a snapshot of it. */
    readonly step?: number;
    /** Of demonstrators, and of an ONNX file. */
    readonly options?: Readonly<Record<string, unknown>>;
  };
}

/** Where policies act. */
interface ActingIn {
  readonly registry: Registry;
  readonly allowed: AllowedCode;
  readonly env: string;
  readonly envOptions: Readonly<Record<string, unknown>>;
  /** Options of demonstrators, as the command line gives them. */
  readonly demonstrators: Readonly<Record<string, unknown>>;
  readonly files: FilesIn;
}

/** Where policies of files act. */
export interface FilesIn {
  /** Its spaces are those of an ONNX file's policy. */
  readonly vectorEnv: VectorEnv;
  /** Of an ONNX file's policy: the file of its options, as the command line names it. */
  readonly onnx?: string | undefined;
}

/** Whether a file is one of ONNX, by its name. */
export const isOnnx = (file: string): boolean => /\.onnx$/i.test(file);

/** What is no path of a file. */
const WORDS = ['random', 'demonstrators'];
/** Of a run: the snapshots of its trainings, all of them or those of a step. */
const SNAPSHOTS = /^(.+)@(all|\d+)$/;

/**
 * The policies of a word: `random`, `demonstrators`, a file of a saved policy or of ONNX, a run directory, whose jobs' policies it is, or `RUN@STEP` and
 * `RUN@all`, the snapshots of its trainings.
 * @throws InputError, one line that begins with the label
 */
export async function actingPolicies(label: string, name: string, given: ActingIn): Promise<readonly ActingPolicy[]> {
  const { files } = given;
  if (name === 'random') return [{ policy: 'random', about: { name } }];
  if (name === 'demonstrators') return [demonstratorsIn(label, given)];
  if (existsSync(name)) {
    if (!statSync(name).isDirectory()) return [loadFile(label, name, files)];
    const all = (await jobFolders(label, name, given)).map((folder) => join(folder, POLICY));
    const found = all.filter((file) => existsSync(file));
    if (found.length === 0) throw new InputError(`${label}: ${name} has no trained policy yet`);
    return found.map((file) => loadFile(label, file, files));
  }
  const [, run, at] = SNAPSHOTS.exec(name) ?? [];
  if (run !== undefined && existsSync(run) && statSync(run).isDirectory()) {
    return snapshotsOf(label, { run, at: at! }, await jobFolders(label, run, given), files);
  }
  const suggestion = nearest(name, WORDS);
  throw new InputError(
    `${label}: got ${name}, expected random, demonstrators, a file of a saved policy or .onnx, a run directory, or one with the snapshots of its trainings: run@step, run@all` +
      (suggestion === undefined ? '' : ` (did you mean ${suggestion}?)`),
  );
}

/** The folders of a run's jobs, of those that there are. */
async function jobFolders(label: string, name: string, known: ActingIn): Promise<string[]> {
  const directory = RunDirectory.open(name);
  const refused = refusedModule(directory.run.config, known.allowed);
  if (refused !== undefined) throw new InputError(`${label}: ${name}: ${refused}`);
  const { jobs } = await readableJobs(directory, known);
  return jobs.map((job) => directory.jobPath(job));
}

function snapshotsOf(
  label: string,
  { run, at }: { readonly run: string; readonly at: string },
  folders: readonly string[],
  files: FilesIn,
): ActingPolicy[] {
  const all = folders.flatMap((folder) => snapshotSteps(folder).map((step) => ({ folder, step })));
  if (all.length === 0) {
    throw new InputError(`${label}: ${run} has no snapshots of its trainings, expected a run with --snapshots`);
  }
  const found = at === 'all' ? all : all.filter(({ step }) => step === Number(at));
  if (found.length === 0) {
    const steps = [...new Set(all.map(({ step }) => step))].sort((a, b) => a - b);
    throw new InputError(`${label}: ${run} has no snapshot of step ${at}, expected all, or one of ${steps.join(', ')}`);
  }
  return found.map(({ folder, step }) => {
    const { policy, about } = loadFile(label, snapshotFile(folder, step), files);
    return { policy, about: { ...about, step } };
  });
}

function demonstratorsIn(label: string, { env, envOptions, demonstrators }: ActingIn): ActingPolicy {
  if (!Object.hasOwn(allLakeGrains, env)) {
    const lakes = Object.keys(allLakeGrains).join(', ');
    throw new InputError(`${label}: got demonstrators for ${env}, which has none, expected one of ${lakes}`);
  }
  const { data: options, error } = lakeDemonstratorOptions.safeParse(demonstrators);
  const issue = error?.issues[0];
  if (issue !== undefined) {
    const path = [...issue.path, ...(issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [])];
    const problem = describeIssue(lakeDemonstratorOptions, issue, demonstrators, 'option of demonstrators');
    throw new InputError(`${['--set demonstrators', ...path].join('.')}: ${problem}`);
  }
  const { action } = envOptions as Pick<LakeDemonstratorsOptions, 'action'>;
  const policy = new LakeDemonstrators({ envId: env as AnyLakeId, ...(action && { action }), ...options });
  return { policy, about: { name: 'demonstrators', options: policy.options } };
}

/**
 * The policy of a file, saved or of ONNX.
 * @param onnxLabel the option that names the file of options
 * @throws InputError, one line that begins with the label
 */
export function loadFile(
  label: string,
  file: string,
  files: FilesIn,
  onnxLabel = '--onnx',
): ActingPolicy & { readonly policy: Policy } {
  const onnx = isOnnx(file);
  const options = onnx && files.onnx !== undefined ? onnxOptions(onnxLabel, files.onnx) : {};
  try {
    const policy = onnx ? policyFromOnnx(file, { ...options, env: files.vectorEnv }) : loadPolicy(file).policy;
    const name = policy.config?.name ?? policy.constructor.name;
    const sum = sha256(readFileSync(file));
    const given = onnx && files.onnx !== undefined ? { options } : {};
    return { policy, about: { name, file, sha256: sum, ...given } };
  } catch (error) {
    throw new InputError(`${label}: ${firstLine((error as Error).message)}`);
  }
}

/** The options of an ONNX file. Spaces are the environment's. @throws InputError, if it cannot be read, or holds something else */
function onnxOptions(label: string, file: string): Readonly<Record<string, unknown>> {
  const options = readJsonFile(label, file);
  if (!isObject(options)) throw new InputError(`${label}: ${file} holds ${show(options)}, expected an object`);
  const space = ['env', 'observationSpace', 'actionSpace'].find((name) => name in options);
  if (space !== undefined) {
    throw new InputError(`${label}: ${file} has ${space}, expected none: the environment has the spaces`);
  }
  return options;
}
