import { readFileSync } from 'node:fs';
import type { Settings } from '../harness/tuning/searchSpace.ts';
import type { Tuned } from '../harness/tuning/tunedSchema.ts';
import type { TrialsFile } from '../harness/tuning/tuningSection.ts';

/** What cloning takes for a policy on an environment. */
export interface CloningSettings {
  readonly learningRate: number;
  /** Updates. */
  readonly steps: number;
  readonly policy: Settings;
}

/** What PPO takes for a policy on an environment. */
export interface PpoSettings {
  readonly learningRate: number;
  readonly batchSize: number;
  readonly epochs: number;
  readonly gamma: number;
  readonly entropyCoefficient: number;
  readonly policy: Settings;
}

/** The best settings of `oxbow tune lake`. */
export function readTuned(): Tuned {
  return read<{ tuned: Tuned }>('tuned.json').tuned;
}

/** The studies whose settings were searched for, each with its trials in a file. */
export const tunedStudies = ['ppo', 'cloning'] as const;
export type TunedStudy = (typeof tunedStudies)[number];

/** All trials of a study. */
export function readTrials(study: TunedStudy): TrialsFile {
  return read<TrialsFile>(`${study}Trials.json`);
}

/** A file beside this one. */
function read<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8')) as T;
}
