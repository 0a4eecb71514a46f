import { readFileSync } from 'node:fs';
import type { Tuned } from '../../cli/experiment/searchSpace.ts';
import type { TrialsFile } from '../../cli/tuning/trials.ts';
import type { StudyName } from './study/studyCodes.ts';

/** The best settings of `oxbow tune lake`. */
export function readTuned(): Tuned {
  return read<{ tuned: Tuned }>('tuned.json').tuned;
}

/** The studies whose settings were searched for, each with the files of its searches. */
const TRIALS = {
  ppo: ['ppoTrials.json'],
  cloning: ['cloningTrials.json', 'robotCloningTrials.json'],
  soft: ['softTrials.json'],
  'other-ways': ['otherWaysTrials.json'],
} satisfies Partial<Record<StudyName, string[]>>;
export type TunedStudy = keyof typeof TRIALS;
export const tunedStudies = Object.keys(TRIALS) as TunedStudy[];

/** All trials of a study, search by search. */
export function readTrials(study: TunedStudy): TrialsFile[] {
  return TRIALS[study].map((name) => read<TrialsFile>(name));
}

/** A file beside this one. */
function read<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8')) as T;
}
