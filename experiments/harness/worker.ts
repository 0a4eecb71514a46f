import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { Rng } from '../../src/random.ts';
import type { CommonConfig, Job, JobContext, MetricsRow } from './experiment.ts';
import type { Registry } from './registry.ts';
import { writeJson } from './writeFile.ts';

/** What the pool gives every worker. */
export interface WorkerData {
  readonly registryUrl: string;
  readonly experiment: string;
  readonly config: CommonConfig;
  /** One Int32; not 0 when the run is being stopped. */
  readonly stop: SharedArrayBuffer;
}

export interface Task {
  readonly job: Job;
  readonly directory: string;
}

/** Sent while a job runs. */
export interface Progress {
  readonly job: string;
  readonly fraction: number;
}

/** How a job ended. A stopped job leaves nothing that counts. */
export type Ending = { readonly status: 'finished'; readonly seconds: number } | { readonly status: 'stopped' };

/** Milliseconds between two messages of one job. */
const MESSAGE_INTERVAL = 100;

class Stopped extends Error {}

/** Does one job and writes its folder, `result.json` last: a folder that has it is complete. */
export default async function work({ job, directory }: Task): Promise<Ending> {
  const { registryUrl, experiment: name, config, stop } = workerData as WorkerData;
  const { registry } = (await import(registryUrl)) as { registry: Registry };
  const experiment = await registry.experiments[name]!();
  const flag = new Int32Array(stop);
  const start = performance.now();
  const rows: MetricsRow[] = [];
  let sent = Number.NEGATIVE_INFINITY;
  const context: JobContext = {
    rng: new Rng(job.seed),
    directory,
    get stopping() {
      return Atomics.load(flag, 0) !== 0;
    },
    report(fraction, row) {
      if (context.stopping) throw new Stopped();
      if (row !== undefined) {
        requireFinite(row);
        rows.push({ ...row });
      }
      const now = performance.now();
      if (now - sent < MESSAGE_INTERVAL) return;
      sent = now;
      parentPort!.postMessage({ job: job.id, fraction } satisfies Progress);
    },
  };
  try {
    if (context.stopping) return { status: 'stopped' };
    mkdirSync(directory, { recursive: true });
    const result = await experiment.runJob(job, config, context);
    requireFinite(result.metrics);
    writeJson(join(directory, 'metrics.json'), rows);
    writeJson(join(directory, 'result.json'), result);
    return { status: 'finished', seconds: (performance.now() - start) / 1000 };
  } catch (error) {
    if (error instanceof Stopped) return { status: 'stopped' };
    throw error;
  }
}

function requireFinite(row: MetricsRow): void {
  for (const [name, value] of Object.entries(row)) {
    if (typeof value === 'number' && !Number.isFinite(value)) {
      const at = typeof row.step === 'number' ? ` at step ${row.step}` : '';
      throw new Error(`${name} is ${value}${at}, expected a finite number`);
    }
  }
}
