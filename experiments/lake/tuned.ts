import { readFileSync } from 'node:fs';
import {
  type DensityPolicyName,
  type HeadingPolicy,
  type PpoSettings,
  SOFT_LAKE,
  type SoftPpoSettings,
} from '../../agents/lake.ts';
import type { Tuned } from '../../cli/experiment/searchSpace.ts';
import type { TrialsFile } from '../../cli/tuning/trials.ts';
import type { StudyName } from './study/studyCodes.ts';

/** The best settings of `oxbow tune lake`. */
export function readTuned(): Tuned {
  return read<{ tuned: Tuned }>('../../agents/lakeSettings.json').tuned;
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

/** PPO's question, whether a policy commits to one bank, is asked on the fine lake. */
export const PPO_LAKE = 'Lake-v0';

/** The settings that were found for a policy. */
export function ppoSettings(tuned: Tuned, policy: DensityPolicyName, env: string = PPO_LAKE): PpoSettings {
  return tuned.ppo![env]![policy] as unknown as PpoSettings;
}

/** The settings that were found for a policy over headings, with which it is trained for every task and study. */
export function softPpoSettings(tuned: Tuned, policy: HeadingPolicy): SoftPpoSettings {
  return tuned.soft![SOFT_LAKE]![policy] as unknown as SoftPpoSettings;
}

/** Seconds of a training on the soft return, on a quiet core. */
export function softPpoSeconds({ epochs }: SoftPpoSettings, steps: number): number {
  return 0.5 + 4.2e-6 * epochs * steps;
}

/** A file beside this one. */
function read<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8')) as T;
}
