import { existsSync, readFileSync } from 'node:fs';
import type { Tuned } from '../../cli/experiment/searchSpace.ts';
import type { TrialsFile } from '../../cli/tuning/trials.ts';

/**
 * What `oxbow tune` has found for an experiment, kept beside its sources.
 * @param beside the address of a module in the folder of `tuned.json` and `trials.json`
 */
export function tuningFiles(beside: string) {
  const read = <T>(name: string): T | undefined => {
    const url = new URL(name, beside);
    return existsSync(url) ? (JSON.parse(readFileSync(url, 'utf8')) as T) : undefined;
  };
  return {
    /** The best settings. */
    readTuned: (): Tuned => read<{ tuned: Tuned }>('tuned.json')!.tuned,
    /** All trials of the search; undefined before there was one. */
    readTrials: (): TrialsFile | undefined => read<TrialsFile>('trials.json'),
  };
}
