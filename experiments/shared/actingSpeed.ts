import { join } from 'node:path';
import { z } from 'zod';
import { readCheckedJson, writeCheckedJson } from '../../cli/experiment/checkedJson.ts';
import { groupBy } from '../../cli/experiment/collections.ts';
import type { Job, Table } from '../../cli/experiment/experiment.ts';
import { makeFolder } from '../../src/files.ts';
import { Actor, type Policy, type Rng } from '../../src/index.ts';

const FILE = 'acting.json';
const BATCHES = [1, 256] as const;
const speedSchema = z.strictObject({ microseconds: z.record(z.string(), z.number()) });
/** Milliseconds that each batch size is timed for. */
const SPENT = 150;

/** Notes how long a policy takes to act, by batch size: the least of many times, in microseconds. It is no result, since no two runs have it alike. */
export function writeActingSpeed(
  logs: string,
  { policy, greedy, rng }: { readonly policy: Policy; readonly greedy: boolean; readonly rng: Rng },
): void {
  const times = BATCHES.map((batch) => {
    const actor = new Actor(policy, { rng, batch, greedy });
    const observations = new Float32Array(batch * policy.observationDim);
    actor.act(observations);
    let least = Number.POSITIVE_INFINITY;
    const end = performance.now() + SPENT;
    const repeats = Math.ceil(64 / batch);
    while (performance.now() < end) {
      const start = performance.now();
      for (let i = 0; i < repeats; i++) actor.act(observations);
      least = Math.min(least, (performance.now() - start) / repeats);
    }
    actor.dispose();
    return [batch, 1000 * least];
  });
  makeFolder(logs);
  writeCheckedJson(join(logs, FILE), { microseconds: Object.fromEntries(times) });
}

/**
 * What one action and 256 together take, over the seeds the least.
 * @param column what sets groups of jobs apart beside their policies, the group of a job, and how a policy reads, which is as it is unless given
 * @throws InputError that names the file if one is damaged
 */
export function actingTable(
  jobs: readonly { readonly job: Job; readonly logs: string }[],
  {
    column,
    label,
    policyLabel = (policy) => policy,
  }: {
    readonly column: string;
    readonly label: (job: Job) => string;
    readonly policyLabel?: (policy: string) => string;
  },
): Table[] {
  const rows = [...groupBy(jobs, ({ job }) => JSON.stringify([label(job), job.policy])).values()].flatMap((group) => {
    const speeds = group.flatMap(({ logs }) => {
      const speed = readCheckedJson(join(logs, FILE), speedSchema, 'delete it: it holds times alone');
      return speed === undefined ? [] : [speed];
    });
    if (speeds.length === 0) return [];
    const { job } = group[0]!;
    const least = BATCHES.map((batch) => Math.min(...speeds.map(({ microseconds }) => microseconds[batch]!)));
    return [[label(job), policyLabel(job.policy), ...least.map((time) => time.toFixed(1))]];
  });
  if (rows.length === 0) return [];
  return [
    {
      title: 'Time to act on this machine',
      columns: [column, 'policy', 'one action, µs', '256 actions, µs'],
      rows,
    },
  ];
}
