import { readFileSync } from 'node:fs';
import { type PolicySettings, type PpoSettings, SOFT_LAKE, type SoftPpoSettings } from '../../../../agents/lake.ts';
import type { SoftSacSettings } from '../../headings/softSacTraining.ts';

/** Settings for E0 and E2 anew: those of each algorithm and temperature were searched by themselves, with as many trials for each class. */
const { tuned } = JSON.parse(readFileSync(new URL('../../anewSettings.json', import.meta.url), 'utf8')) as {
  readonly tuned: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
};

/** What PPO on the stride lake takes for a policy. */
export function arrivalSettings(policy: string): PpoSettings {
  return tuned.arrival![SOFT_LAKE]![policy] as PpoSettings;
}

/** A search for a soft optimum: by an algorithm at a temperature. */
export interface RegretCondition {
  readonly key: string;
  readonly learner: 'PPO' | 'SAC';
  readonly temperature: number;
}

/** What an algorithm takes for a policy over headings. */
export function regretSettings({ learner, temperature }: RegretCondition, policy: string) {
  const study = `soft-${learner.toLowerCase()}-${temperature}`;
  return tuned[study]![SOFT_LAKE]![policy] as (SoftPpoSettings | SoftSacSettings) & {
    readonly policy: PolicySettings;
  };
}
