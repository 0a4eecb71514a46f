import { existsSync } from 'node:fs';
import { loadEnv } from '../../envs/core/registry.ts';
import { Rng } from '../../src/random.ts';
import type { CommonConfig, Job, JobContext, MetricsRow, Registry } from '../experiment/experiment.ts';
import type { AllowedCode } from '../train/allowedCode.ts';
import { writeJobFolder } from './jobFolder.ts';
import { loadExperiment } from './loadExperiment.ts';

/** What every job of a run is given. */
export interface WorkerData {
  readonly registryUrl: string;
  readonly experiment: string;
  readonly config: CommonConfig;
  /** Which code of others the command was allowed to run; the settings allow nothing. */
  readonly allowed: AllowedCode;
  /** Which settings the results are said to be of. */
  readonly settings: string;
}

export interface Task extends WorkerData {
  readonly job: Job;
  readonly directory: string;
  readonly logs: string;
}

/** What a job says while it is done. */
export type Said = { readonly fraction: number; readonly state?: string } | { readonly line: string };

/** Milliseconds between two messages of one job. */
const MESSAGE_INTERVAL = 100;

/** Does one job in this process and writes its folder. Returns the seconds. */
export async function performJob(
  { registryUrl, experiment: name, config, allowed, settings, job, directory, logs }: Task,
  send: (said: Said) => void,
): Promise<number> {
  const { registry } = (await import(registryUrl)) as { registry: Registry };
  if (allowed.load.length > 0) await (await import('../train/loadNamedEnv.ts')).loadModules(allowed.load);
  const experiment = await loadExperiment(registry, name, config, allowed);
  const start = performance.now();
  const rows: MetricsRow[] = [];
  let sent = Number.NEGATIVE_INFINITY;
  const context: JobContext = {
    rng: new Rng(job.seed),
    directory,
    logs,
    settings,
    report(fraction, row, state) {
      if (row !== undefined) {
        requireFinite(row);
        rows.push({ ...row });
      }
      const now = performance.now();
      if (state === undefined && now - sent < MESSAGE_INTERVAL) return;
      sent = now;
      send({ fraction, ...(state !== undefined && { state }) });
    },
    say: (line) => send({ line }),
  };
  // The experiment has imported the environments, if it has some.
  await loadEnv(job.env);
  // Whoever takes the run's folder away would find another one in its place.
  if (!existsSync(directory)) throw new Error(`${directory} was removed`);
  const result = await experiment.runJob(job, config, context);
  requireFinite(result.metrics);
  writeJobFolder(directory, { job, settings, result, rows });
  return (performance.now() - start) / 1000;
}

function requireFinite(row: MetricsRow): void {
  for (const [name, value] of Object.entries(row)) {
    if (typeof value === 'number' && !Number.isFinite(value)) {
      const at = typeof row.step === 'number' ? ` at step ${row.step}` : '';
      throw new Error(`${name} is ${value}${at}, expected a finite number`);
    }
  }
}
