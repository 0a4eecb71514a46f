import { readFileSync } from 'node:fs';
import type { Settings } from '../harness/tuning/searchSpace.ts';
import type { Tuned } from '../harness/tuning/tunedSchema.ts';
import type { TrialsFile } from '../harness/tuning/tuningSection.ts';
import type { StudyName } from './studies/studyCodes.ts';

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

/** What PPO on the soft return takes for a policy over headings. */
export interface SoftLakeSettings {
  /** The first of a cosine. */
  readonly learningRate: number;
  readonly batchSize: number;
  /** Passes over a rollout. */
  readonly epochs: number;
  readonly lambda: number;
  /** τ falls from this one in equal ratios, … */
  readonly firstTemperature: number;
  /** … over this share of the training. */
  readonly falling: number;
  readonly policy: Settings;
}

/** What cloning takes for one of the other ways of being multimodal. */
export interface WaySettings {
  /** The first of a cosine. */
  readonly learningRate: number;
  readonly policy: Settings;
}

/** The best settings of `oxbow tune lake`. */
export function readTuned(): Tuned {
  return read<{ tuned: Tuned }>('tuned.json').tuned;
}

/** The studies whose settings were searched for, each with the file of its trials. */
const TRIALS = {
  ppo: 'ppoTrials.json',
  cloning: 'cloningTrials.json',
  soft: 'softTrials.json',
  'other-ways': 'otherWaysTrials.json',
} satisfies Partial<Record<StudyName, string>>;
export type TunedStudy = keyof typeof TRIALS;
export const tunedStudies = Object.keys(TRIALS) as TunedStudy[];

/** All trials of a study. */
export function readTrials(study: TunedStudy): TrialsFile {
  return read<TrialsFile>(TRIALS[study]);
}

/** A file beside this one. */
function read<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8')) as T;
}
