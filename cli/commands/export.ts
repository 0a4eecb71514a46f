import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { type MakeOptions, makeVec } from '../../envs/index.ts';
import { writeWholeFile } from '../../src/files.ts';
import { loadPolicy, selectBackend } from '../../src/index.ts';
import { expectedOneOf } from '../../src/options/describe.ts';
import type { Acting } from '../../src/policies/acting.ts';
import { checkWritable, writeNamed } from '../experiment/checkedJson.ts';
import { InputError, orInputError } from '../experiment/errors.ts';
import { printable } from '../experiment/text.ts';
import { type Played, policyPage } from '../report/policyPage.ts';
import { EXIT } from '../run/environment.ts';
import { readableJobs } from '../run/loadExperiment.ts';
import { RunDirectory } from '../run/runDirectory.ts';
import { loadNamedEnv } from '../train/loadNamedEnv.ts';
import { isOnnx, loadFile } from './actingPolicies.ts';
import { type ActingFlags, actingWays } from './eval.ts';
import type { CommandContext } from './options.ts';
import type { Texts } from './run.ts';

/** The options that name a policy, and say where and how it acts. */
export interface SourceFlags extends Texts<'env' | 'job' | 'onnxOptions'>, ActingFlags {}

interface ExportFlags extends SourceFlags, Texts<'html' | 'onnx'> {}

/** A policy's file, where it was trained, and how it acts. */
interface Source {
  readonly file: string;
  readonly env: string | undefined;
  readonly envOptions: MakeOptions | undefined;
  readonly acting: Acting;
}

/** `oxbow export <what>`: a trained policy as a page of one file, or as ONNX. */
export async function exportPolicy(context: CommandContext, path: string, flags: ExportFlags): Promise<number> {
  const { html, onnx } = flags;
  if (html === undefined && onnx === undefined) throw new InputError('export: expected --html <file> or --onnx <file>');
  for (const [option, file] of Object.entries({ '--html': html, '--onnx': onnx })) {
    if (file !== undefined) checkWritable(option, 'file', file);
  }
  if (html !== undefined && onnx !== undefined && sameFile(html, onnx)) {
    throw new InputError(`--onnx: got ${onnx}, which is the page, expected another file`);
  }
  const source = await sourceOf('export', context, path, flags);
  for (const [option, file] of Object.entries({ '--html': html, '--onnx': onnx })) {
    if (file === undefined || !sameFile(file, source.file)) continue;
    throw new InputError(`${option}: got ${file}, which is the policy, expected another file`);
  }
  const played = await loadSource('export', source, flags);
  const { policy, acting } = played;
  const write = (option: string, file: string, content: string | Iterable<Uint8Array>) => {
    writeNamed(option, file, () => writeWholeFile(file, content));
    // Behind the content it would be a part of it.
    if (file !== '/dev/stdout') process.stdout.write(`Written: ${printable(file)}\n`);
  };
  try {
    if (html !== undefined) write('--html', html, await orInputError(() => policyPage('--html', played)));
    if (onnx !== undefined) {
      const { model } = await orInputError(() => policy.toOnnx(undefined, { acting }));
      write('--onnx', onnx, [model]);
    }
  } finally {
    policy.dispose();
  }
  return EXIT.ok;
}

/**
 * The policy of a source, which the caller disposes of, as a page plays it.
 * @param command begins the errors
 */
export async function loadSource(command: string, source: Source, flags: SourceFlags): Promise<Played> {
  const { file, acting } = source;
  await selectBackend();
  const { policy, about } = isOnnx(file)
    ? await onnxIn(command, file, flags)
    : await orInputError(() => loadPolicy(file));
  const trainedIn = source.env ?? (typeof about.env === 'string' ? about.env : undefined);
  const env = flags.env ?? trainedIn;
  const given = env === trainedIn ? (source.envOptions ?? (about.envOptions as MakeOptions | undefined)) : {};
  const name = isOnnx(file) ? basename(file) : (policy.config?.name ?? 'a policy');
  return { policy, env, envOptions: given ?? {}, acting, title: `${name}, ${env}` };
}

/** The policy of an ONNX file, with the spaces of the environment that `--env` names. */
async function onnxIn(command: string, file: string, { env, onnxOptions }: SourceFlags) {
  if (env === undefined) throw new InputError(`--env: got none for ${file}, expected the environment to act in`);
  await loadNamedEnv('--env', env);
  const vectorEnv = makeVec(env, { numEnvs: 1 });
  try {
    const { policy } = loadFile(command, file, { vectorEnv, onnx: onnxOptions }, '--onnx-options');
    return { policy, about: { env } as Record<string, unknown> };
  } finally {
    vectorEnv.close();
  }
}

/** Whether two paths name one file, also by a link. */
function sameFile(a: string, b: string): boolean {
  const [one, other] = [a, b].map((path) => (existsSync(path) ? realpathSync(path) : resolve(path)));
  return one === other;
}

/**
 * The file of a policy, or that of the only job of a run, or of the one that `--job` names.
 * @param command begins the errors
 */
export async function sourceOf(
  command: string,
  { registry }: CommandContext,
  path: string,
  flags: SourceFlags,
): Promise<Source> {
  const { job: wanted } = flags;
  const [acting, ...others] = actingWays(flags);
  if (others.length > 0) throw new InputError(`${command}: got ${others.length + 1} ways to act, expected one`);
  if (!existsSync(path))
    throw new InputError(`${command}: ${path} is not there, expected a saved policy or a run directory`);
  const isFolder = statSync(path).isDirectory();
  if (flags.onnxOptions !== undefined && (isFolder || !isOnnx(path))) {
    throw new InputError(`--onnx-options: got it for ${path}, expected a file .onnx`);
  }
  if (!isFolder) {
    if (wanted !== undefined) throw new InputError(`--job: got ${wanted} beside a file, expected a run directory`);
    return { file: path, env: undefined, envOptions: undefined, acting };
  }
  const directory = RunDirectory.open(path);
  const { jobs: all } = await readableJobs(directory, { registry });
  const jobs = all.filter((job) => existsSync(join(directory.jobPath(job), 'policy.json')));
  if (jobs.length === 0) throw new InputError(`${path} has no trained policy yet, expected one in the folder of a job`);
  const ids = jobs.map(({ id }) => id);
  if (wanted === undefined && jobs.length > 1) {
    throw new InputError(`--job: ${path} has ${jobs.length} policies, expected one of ${ids.join(', ')}`);
  }
  const job = wanted === undefined ? jobs[0] : jobs.find(({ id }) => id === wanted);
  if (job === undefined) throw new InputError(`--job: got ${wanted}, ${expectedOneOf(wanted!, ids)}`);
  const { env: options } = directory.run.config as { env?: MakeOptions };
  return { file: join(directory.jobPath(job), 'policy.json'), env: job.env, envOptions: options, acting };
}
