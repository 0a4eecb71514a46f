import { z } from 'zod';
import { sha256 } from '../checkedJson.ts';
import type { CommonConfig, Job } from '../experiment.ts';

/** The queue of all runs: a worker takes jobs of any. */
export const QUEUE = 'oxbow';

/** Seconds that what workers have stored in Redis is kept if nobody fetches it. */
export const KEPT = 7 * 24 * 3600;

const names = z.array(z.string());

/** What a worker has to know of a job to do it anywhere. */
export const queuedJobSchema = z.strictObject({
  version: z.string(),
  engine: z.string(),
  backend: z.string(),
  experiment: z.string(),
  config: z.custom<CommonConfig>(
    (value) =>
      z
        .looseObject({ seeds: z.array(z.number()), studies: names, policies: names, environments: names })
        .safeParse(value).success,
    'the settings of a run',
  ),
  settings: z.string(),
  job: z.custom<Job>((value) => z.looseObject({ id: z.string() }).safeParse(value).success, 'a job'),
});

export type QueuedJob = z.infer<typeof queuedJobSchema>;

/** How far a job is, as its worker says it. */
export interface QueuedProgress {
  readonly fraction: number;
  readonly state?: string | undefined;
  /** Lines that the job has printed. */
  readonly lines: readonly string[];
  /** Why workers would not take it, by worker. */
  readonly refusals: Readonly<Record<string, string>>;
}

/** How a worker says that a run was stopped before its job had finished. */
export const CANCELLED = 'cancelled';

/** The name of a job in the queue: the same for the same settings, so that a run that goes on finds what it has queued. */
export function queueId(job: Job, settings: string): string {
  return sha256(`${settings} ${job.id}`).slice(0, 32);
}

/** Where in Redis lies what belongs to a queued job. */
export const keysOf = (id: string) => ({
  /** The packed folders of a job that has finished. */
  result: `oxbow:result:${id}`,
  /** The packed folders of a job on its way, from which another worker goes on. */
  checkpoint: `oxbow:checkpoint:${id}`,
  /** Is there when the job is to stop. */
  cancel: `oxbow:cancel:${id}`,
});
