import { readFileSync } from 'node:fs';
import type { Settings } from '../harness/tuning/searchSpace.ts';
import type { Tuned } from '../harness/tuning/tunedSchema.ts';

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

/** The best settings of `oxbow tune lake`, from `tuned.json` beside this file. */
export function readTuned(): Tuned {
  return (JSON.parse(readFileSync(new URL('./tuned.json', import.meta.url), 'utf8')) as { tuned: Tuned }).tuned;
}
