import { join } from 'node:path';
import { z } from 'zod';
import { readCheckedJson, writeCheckedJson } from '../experiment/checkedJson.ts';
import type { Job, Table } from '../experiment/experiment.ts';
import { groupBy } from '../experiment/groupBy.ts';
import { quantile } from '../statistics/orderStatistics.ts';

const FILE = 'speed.json';
const speedSchema = z.strictObject({ steps: z.number(), seconds: z.number() });

/** Notes how fast a training was, or the last part of one that was stopped. */
export function writeSpeed(logs: string, speed: { steps: number; seconds: number }): void {
  writeCheckedJson(join(logs, FILE), speed);
}

/**
 * Environment steps a second of trainings, updates included: the median over the seeds.
 * @throws InputError that names the file if one is damaged
 */
export function speedTable(jobs: readonly { readonly job: Job; readonly logs: string }[]): Table[] {
  const rows = [
    ...groupBy(jobs, ({ job: { study, env, policy } }) => JSON.stringify([env, study, policy])).values(),
  ].flatMap((group) => {
    const speeds = group.flatMap(({ logs }) => {
      const speed = readCheckedJson(join(logs, FILE), speedSchema, 'delete it: it holds times alone');
      return speed === undefined ? [] : [speed.steps / speed.seconds];
    });
    const { env, study, policy } = group[0]!.job;
    return speeds.length === 0
      ? []
      : [[env, study, policy, String(Math.round(quantile(Float64Array.from(speeds).sort(), 0.5)))]];
  });
  if (rows.length === 0) return [];
  return [{ title: 'Speed on this machine', columns: ['environment', 'agent', 'policy', 'steps a second'], rows }];
}
