import { closeSync, fsyncSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { isAbsolute, join, sep } from 'node:path';
import { z } from 'zod';
import { fingerprint } from '../../src/fingerprint.ts';
import { readCheckedJson, sha256, writeCheckedJson, writeJson } from '../experiment/checkedJson.ts';
import { InputError } from '../experiment/errors.ts';
import type { Job, JobResult, MetricsRow, Outcome } from '../experiment/experiment.ts';

/** The file of a job's rows. */
const ROWS = 'metrics.json';

const resultSchema = z.strictObject({
  /** The job's id, and the key of the settings it was done with: its folder cannot be taken for another's. */
  job: z.string(),
  settings: z.string(),
  metrics: z.record(z.string(), z.number().nullable()),
  data: z.unknown().optional(),
  /** SHA-256 of every other file of the folder. */
  files: z.looseObject({ [ROWS]: z.string() }).catchall(z.string()),
});

/**
 * Completes the folder of a job: its rows, and last of all `result.json`, without which the job has not finished. All that the job
 * has left is on the disk before: who finds `result.json` after a power cut finds every file that it names.
 */
export function writeJobFolder(
  directory: string,
  { job, settings, result, rows }: { job: Job; settings: string; result: JobResult; rows: readonly MetricsRow[] },
): void {
  writeJson(join(directory, ROWS), rows);
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(directory, name)).isFile())
    .map((name) => [name.split(sep).join('/'), sha256(readFileSync(join(directory, name)))]);
  for (const [name] of files) {
    const file = openSync(join(directory, name!), 'r+');
    fsyncSync(file);
    closeSync(file);
  }
  const { metrics, data } = result;
  writeCheckedJson(join(directory, 'result.json'), {
    job: job.id,
    settings,
    metrics,
    ...(data !== undefined && { data }),
    files: Object.fromEntries(files),
  } satisfies z.infer<typeof resultSchema>);
}

/**
 * The outcome of a job if it has finished.
 * @throws InputError that names the file if one is damaged, missing or of another job
 */
export function readJobFolder<J extends Job>(directory: string, job: J, settings: string): Outcome<J> | undefined {
  const advice = `delete the folder ${directory} and run the command again: the job is then done again`;
  const path = join(directory, 'result.json');
  const found = readCheckedJson(path, resultSchema, advice);
  if (found === undefined) return undefined;
  if (found.job !== job.id) throw new InputError(`${path} is of job ${found.job}; ${advice}`);
  if (found.settings !== settings) throw new InputError(`${path} was made with other settings; ${advice}`);
  const outside = Object.keys(found.files).find((name) => !isInside(name));
  if (outside !== undefined) throw new InputError(`${path} names ${outside}, expected files of its own folder`);
  for (const [name, sum] of Object.entries(found.files)) {
    const file = join(directory, name);
    let content: Uint8Array;
    try {
      content = readFileSync(file);
    } catch (error) {
      throw new InputError(`cannot read ${file}: ${(error as Error).message}; ${advice}`);
    }
    if (sha256(content) !== sum) {
      throw new InputError(`${file} is damaged or was edited: its checksum does not fit; ${advice}`);
    }
  }
  const rows = readRows(join(directory, ROWS), advice);
  const { metrics, data, files } = found;
  const result = { metrics, ...(data !== undefined && { data }) };
  return { job, result, rows, directory, fingerprint: fingerprint({ result, files }) };
}

/** Whether a name from a file leads to one below the folder that holds it. */
function isInside(name: string): boolean {
  return name.split(/[\\/]/).every((part) => !['', '.', '..'].includes(part)) && !isAbsolute(name);
}

const rowsSchema = z.array(z.record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.null()])));

function readRows(path: string, advice: string): MetricsRow[] {
  try {
    return rowsSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    throw new InputError(`${path} holds no rows of metrics; ${advice}`);
  }
}

/**
 * Whether a text is names of letters, digits, `.`, `_` and `-`, joined by `/`, as the id of a job is. None leads out of the folder that it
 * is below, and it is a path on every system.
 */
export function isPlainPath(text: string): boolean {
  return text.split('/').every((part) => /^[\w-][\w.-]*$/.test(part));
}
