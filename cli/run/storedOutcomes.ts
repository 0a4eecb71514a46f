import type { Job, Outcome } from '../experiment/experiment.ts';
import type { AnyExperiment } from '../experiment/registry.ts';
import type { RunDirectory } from './runDirectory.ts';

/**
 * The jobs of a stored run that are to be done, as far as its outcomes say, and those outcomes.
 * @throws InputError if one of them is damaged
 */
export function storedOutcomes(
  experiment: AnyExperiment,
  directory: RunDirectory,
): { readonly jobs: readonly Job[]; readonly outcomes: readonly Outcome[] } {
  const { config } = directory.run;
  const all = experiment.jobs(config);
  const found = all.flatMap((job) => directory.outcome(job) ?? []);
  if (experiment.due === undefined) return { jobs: all, outcomes: found };
  const jobs = experiment.due(found, config);
  const ids = new Set(jobs.map(({ id }) => id));
  return { jobs, outcomes: found.filter(({ job }) => ids.has(job.id)) };
}
