import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Job, Table } from '../harness/experiment.ts';
import { groupBy } from '../harness/groupBy.ts';
import { quantile } from '../harness/statistics/orderStatistics.ts';
import { writeJson } from '../harness/writeFile.ts';

const FILE = 'speed.json';

/** Notes how fast a training was, or the last part of one that was stopped. */
export function writeSpeed(logs: string, speed: { steps: number; seconds: number }): void {
  writeJson(join(logs, FILE), speed);
}

/** Environment steps a second of trainings, updates included: the median over the seeds. */
export function speedTable(jobs: readonly { readonly job: Job; readonly logs: string }[]): Table[] {
  const rows = [
    ...groupBy(jobs, ({ job: { study, env, policy } }) => JSON.stringify([env, study, policy])).values(),
  ].flatMap((group) => {
    const speeds = group.flatMap(({ logs }) => {
      const path = join(logs, FILE);
      if (!existsSync(path)) return [];
      const { steps, seconds } = JSON.parse(readFileSync(path, 'utf8')) as { steps: number; seconds: number };
      return [steps / seconds];
    });
    const { env, study, policy } = group[0]!.job;
    return speeds.length === 0
      ? []
      : [[env, study, policy, String(Math.round(quantile(Float64Array.from(speeds).sort(), 0.5)))]];
  });
  if (rows.length === 0) return [];
  return [{ title: 'Speed on this machine', columns: ['environment', 'agent', 'policy', 'steps a second'], rows }];
}
