import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type LoadedPolicy, loadPolicy } from '../../src/index.ts';
import { checkArgument, checkOptions } from '../../src/options/parse.ts';
import type { Job, Registry } from '../experiment/experiment.ts';
import { readableJobs, registry as trainingsOnly } from './loadExperiment.ts';
import { RunDirectory } from './runDirectory.ts';

/** A trained policy of a run: the job that trained it, and what the job measured. */
export interface TrainedPolicy extends LoadedPolicy {
  readonly job: Job;
  readonly metrics: Readonly<Record<string, number | null>>;
}

/** Options of {@link loadPolicies}. */
interface LoadPoliciesOptions {
  /** The experiments that the run may be of; by default there are none but trainings. */
  readonly registry?: Registry;
  /** Which jobs' policies; all by default. */
  readonly filter?: (job: Job) => boolean;
}

/**
 * The trained policies of a run directory, in the order of its jobs. Jobs that have not finished have none. All files are data:
 * nothing in them is run, and a module that the run loaded is not imported. Who needs a policy that it registers imports it before.
 *
 * @example
 * const splines = await loadPolicies('runs/first', { filter: ({ policy }) => policy === 'spline' });
 * @throws if the directory holds no run, one of its files is damaged, or a policy is not registered
 */
export async function loadPolicies(directory: string, options: LoadPoliciesOptions = {}): Promise<TrainedPolicy[]> {
  checkArgument('loadPolicies', 'directory', directory, String);
  const { registry = trainingsOnly, filter = () => true } = checkOptions('loadPolicies', options, {
    registry: [Object, undefined],
    filter: [Function, undefined],
  });
  const run = RunDirectory.open(directory);
  const { jobs } = await readableJobs(run, { registry });
  return jobs.filter(filter).flatMap((job) => {
    const outcome = run.outcome(job);
    const file = join(run.jobPath(job), 'policy.json');
    if (outcome === undefined || !existsSync(file)) return [];
    return { job, metrics: outcome.result.metrics, ...loadPolicy(file) };
  });
}
