import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../../src/files.ts';
import { type Policy, savePolicy } from '../../src/index.ts';

/** The folder of a job's snapshots, policies of its training as it went on, in the job's own. */
const FOLDER = 'snapshots';
const NAME = /^step-(\d+)\.json$/;

/**
 * Whether a snapshot is due at a report: the first one at or behind each of so many equal parts of a training.
 * @param count how many parts; undefined for no snapshots
 * @param before the step of the report before
 */
export function isSnapshotDue(
  { count, steps }: { readonly count: number | undefined; readonly steps: number },
  before: number,
  step: number,
): boolean {
  if (count === undefined) return false;
  const part = (at: number) => Math.floor((at * count) / steps);
  return part(step) > part(before);
}

/** Saves the policy of a training as it is at a step. @throws as `savePolicy` does */
export function saveSnapshot(job: string, policy: Policy, env: string, step: number): void {
  makeFolder(join(job, FOLDER));
  savePolicy(snapshotFile(job, step), policy, { env, step });
}

export function snapshotFile(job: string, step: number): string {
  return join(job, FOLDER, `step-${step}.json`);
}

/** The steps of the snapshots in a job's folder, in order. */
export function snapshotSteps(job: string): number[] {
  const folder = join(job, FOLDER);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .flatMap((name) => NAME.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}
