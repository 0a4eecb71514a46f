import { plural } from './plural.ts';

/** How many of all jobs have finished, as a clause: `0 of 1 job has finished`. @param had whether that was before */
export function finishedJobs(finished: number, all: number, had = false): string {
  return `${finished} of ${plural(all, 'job')} ${had ? 'had' : all === 1 ? 'has' : 'have'} finished`;
}
