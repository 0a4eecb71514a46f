import { join } from 'node:path';
import { z } from 'zod';
import { readCheckedJson, writeCheckedJson } from '../../cli/experiment/checkedJson.ts';
import { groupBy } from '../../cli/experiment/collections.ts';
import type { Job, Table } from '../../cli/experiment/experiment.ts';
import { compile, type Flow, type Rng } from '../../src/index.ts';

const FILE = 'speed.json';
const BATCHES = [1, 256] as const;
const speedSchema = z.strictObject({ dim: z.number(), microseconds: z.record(z.string(), z.number()) });
/** Milliseconds that each batch size is timed for. */
const SPENT = 1000;

/** Notes how long samples with their log-probabilities take, by batch size: the least of many times, in microseconds. */
export function writeSpeed(logs: string, flow: Flow, rng: Rng): void {
  const times = BATCHES.map((batch) => {
    const draw = compile(
      (_: Record<never, never>, noise) => {
        const { sample, logProb } = flow.given().sampleWithLogProb(noise, [batch]);
        return { sample, logProb };
      },
      { name: 'distill/sample', state: [flow] },
    );
    const onArrays = draw.onArrays({});
    onArrays({}, rng);
    let least = Number.POSITIVE_INFINITY;
    const end = performance.now() + SPENT;
    const repeats = Math.ceil(256 / batch);
    while (performance.now() < end) {
      const start = performance.now();
      for (let i = 0; i < repeats; i++) onArrays({}, rng);
      least = Math.min(least, (performance.now() - start) / repeats);
    }
    draw.dispose();
    return [batch, 1000 * least];
  });
  writeCheckedJson(join(logs, FILE), { dim: flow.dim, microseconds: Object.fromEntries(times) });
}

/**
 * What one sample and 256 together take, over the seeds the least.
 * @throws InputError that names the file if one is damaged
 */
export function speedTable(jobs: readonly { readonly job: Job; readonly logs: string }[]): Table[] {
  const rows = [...groupBy(jobs, ({ job: { env, policy } }) => JSON.stringify([env, policy])).values()].flatMap(
    (group) => {
      const speeds = group.flatMap(({ logs }) => {
        const speed = readCheckedJson(join(logs, FILE), speedSchema, 'delete it: it holds times alone');
        return speed === undefined ? [] : [speed];
      });
      if (speeds.length === 0) return [];
      const { env, policy } = group[0]!.job;
      const least = BATCHES.map((batch) => Math.min(...speeds.map(({ microseconds }) => microseconds[batch]!)));
      return [[env, policy, String(speeds[0]!.dim), ...least.map((time) => time.toFixed(1))]];
    },
  );
  if (rows.length === 0) return [];
  return [
    {
      title: 'Sampling on this machine, log-probabilities included',
      columns: ['density', 'flow', 'numbers', 'one sample, µs', '256 samples, µs'],
      rows,
    },
  ];
}
