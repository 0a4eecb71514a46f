import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { type MakeOptions, makeVec } from '../../envs/index.ts';
import { writeWholeFile } from '../../src/files.ts';
import { loadPolicy, selectBackend } from '../../src/index.ts';
import { expectedOneOf } from '../../src/options/describe.ts';
import { checkWritable, writeNamed } from '../experiment/checkedJson.ts';
import { InputError, orInputError } from '../experiment/errors.ts';
import { printable } from '../experiment/text.ts';
import { policyPage } from '../report/policyPage.ts';
import { EXIT } from '../run/environment.ts';
import { readableJobs } from '../run/loadExperiment.ts';
import { RunDirectory } from '../run/runDirectory.ts';
import { loadNamedEnv } from '../train/loadNamedEnv.ts';
import { isOnnx, loadFile } from './actingPolicies.ts';
import { type ActingFlags, actingWays } from './eval.ts';
import type { CommandContext } from './options.ts';
import type { Texts } from './run.ts';

interface ExportFlags extends Texts<'env' | 'job' | 'html' | 'onnx' | 'onnxOptions'>, ActingFlags {}

/** What is exported: a policy's file, and where it acts. */
interface Source {
  readonly file: string;
  readonly env: string | undefined;
  readonly envOptions: MakeOptions | undefined;
}

/** `oxbow export <what>`: a trained policy as a page of one file, or as ONNX. */
export async function exportPolicy(context: CommandContext, path: string, flags: ExportFlags): Promise<number> {
  const { html, onnx } = flags;
  if (html === undefined && onnx === undefined) throw new InputError('export: expected --html <file> or --onnx <file>');
  const [acting, ...others] = actingWays(flags);
  if (others.length > 0) throw new InputError(`export: got ${others.length + 1} ways to act, expected one`);
  for (const [option, file] of Object.entries({ '--html': html, '--onnx': onnx })) {
    if (file !== undefined) checkWritable(option, 'file', file);
  }
  if (html !== undefined && onnx !== undefined && sameFile(html, onnx)) {
    throw new InputError(`--onnx: got ${onnx}, which is the page, expected another file`);
  }
  const source = await sourceOf(context, path, flags);
  if (flags.onnxOptions !== undefined && !isOnnx(source.file)) {
    throw new InputError(`--onnx-options: got it for ${path}, expected a file .onnx`);
  }
  for (const [option, file] of Object.entries({ '--html': html, '--onnx': onnx })) {
    if (file === undefined || !sameFile(file, source.file)) continue;
    throw new InputError(`${option}: got ${file}, which is the policy, expected another file`);
  }
  await selectBackend();
  const { policy, about } = isOnnx(source.file)
    ? await onnxIn(source.file, flags)
    : await orInputError(() => loadPolicy(source.file));
  const trainedIn = source.env ?? (typeof about.env === 'string' ? about.env : undefined);
  const env = flags.env ?? trainedIn;
  const given = env === trainedIn ? (source.envOptions ?? (about.envOptions as MakeOptions | undefined)) : {};
  const write = (option: string, file: string, content: string | Iterable<Uint8Array>) => {
    writeNamed(option, file, () => writeWholeFile(file, content));
    // Behind the content it would be a part of it.
    if (file !== '/dev/stdout') process.stdout.write(`Written: ${printable(file)}\n`);
  };
  try {
    if (html !== undefined) {
      if (env === undefined) throw new InputError('--env: expected the id of an environment: the file names none');
      const name = isOnnx(source.file) ? basename(source.file) : (policy.config?.name ?? 'a policy');
      const title = `${name}, ${env}`;
      const page = await orInputError(() =>
        policyPage({ policy, env, envOptions: given ?? {}, acting: acting!, title }),
      );
      write('--html', html, page);
    }
    if (onnx !== undefined) {
      const { model } = await orInputError(() => policy.toOnnx(undefined, { acting: acting! }));
      write('--onnx', onnx, [model]);
    }
  } finally {
    policy.dispose();
  }
  return EXIT.ok;
}

/** The policy of an ONNX file, with the spaces of the environment that `--env` names. */
async function onnxIn(file: string, { env, onnxOptions }: ExportFlags) {
  if (env === undefined) throw new InputError(`--env: got none for ${file}, expected the environment to act in`);
  await loadNamedEnv('--env', env);
  const vectorEnv = makeVec(env, { numEnvs: 1 });
  try {
    const { policy } = loadFile('export', file, { vectorEnv, onnx: onnxOptions }, '--onnx-options');
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

/** The file of a policy, or that of the only job of a run, or of the one that `--job` names. */
async function sourceOf({ registry }: CommandContext, path: string, { job: wanted }: ExportFlags): Promise<Source> {
  if (!existsSync(path))
    throw new InputError(`export: ${path} is not there, expected a saved policy or a run directory`);
  if (!statSync(path).isDirectory()) {
    if (wanted !== undefined) throw new InputError(`--job: got ${wanted} beside a file, expected a run directory`);
    return { file: path, env: undefined, envOptions: undefined };
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
  return { file: join(directory.jobPath(job), 'policy.json'), env: job.env, envOptions: options };
}
