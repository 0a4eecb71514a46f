/**
 * Datasets: 10⁶ steps written and read, in oxbow's format and in Minari's, beside PyPI's `minari` and `h5py`, in processor time and in memory:
 * `npm run bench:datasets -- <python with minari>`. Each measurement has a process of its own, in turns, with one thread.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DatasetAbout, DatasetWriter, openDataset, type StoredEpisode, spaceToJson } from '../datasets/index.ts';
import { writeMinari } from '../datasets/minari/writeMinari.ts';
import { Box } from '../envs/index.ts';
import { median } from './timing.ts';

const [EPISODES, STEPS, ROUNDS] = [5000, 200, 3];
const [observationSpace, actionSpace] = [17, 6].map((n) => new Box({ low: -Infinity, high: Infinity, shape: [n] })) as [
  Box,
  Box,
];

/** The sizes of HalfCheetah's; the same arrays each time, so that only writing is measured. */
function episode(): StoredEpisode {
  const truncations = new Uint8Array(STEPS);
  truncations[STEPS - 1] = 1;
  return {
    observations: Float32Array.from({ length: (STEPS + 1) * 17 }, (_, i) => i / 7),
    actions: Float32Array.from({ length: STEPS * 6 }, (_, i) => i / 9),
    rewards: Float64Array.from({ length: STEPS }, (_, i) => i / 3),
    terminations: new Uint8Array(STEPS),
    truncations,
  };
}

const about: DatasetAbout = {
  environment: { id: 'mujoco/HalfCheetah-v5', options: {} },
  observationSpace: spaceToJson(observationSpace),
  actionSpace: spaceToJson(actionSpace),
  dtypes: { observations: 'float32', actions: 'float32', rewards: 'float64' },
  infos: [],
  policies: [],
  provenance: {},
};

const WORK: Readonly<Record<string, (path: string) => void | Promise<void>>> = {
  'write oxbow': (path) => {
    const writer = new DatasetWriter(path, about, EPISODES);
    const one = episode();
    for (let i = 0; i < EPISODES; i++) writer.append(one);
    writer.finish();
  },
  'write minari': (path) => {
    const one = episode();
    function* storedEpisodes() {
      for (let i = 0; i < EPISODES; i++) yield one;
    }
    return writeMinari({ about, path, observationSpace, actionSpace, storedEpisodes } as never, path);
  },
  read: async (path) => {
    let steps = 0;
    for (const { rewards } of (await openDataset(path)).storedEpisodes()) steps += rewards.length;
    if (steps !== EPISODES * STEPS) throw new Error(`read ${steps} steps`);
  },
};

interface Measured {
  readonly seconds: number;
  /** The most memory that the process had, MB, and what it had before the work. */
  readonly peak: number;
  readonly before: number;
}

/** One measurement in this process, as JSON. */
async function measure(work: string, path: string): Promise<void> {
  // The package of HDF5 is loaded before.
  if (path.endsWith('-v0')) await (await import('../datasets/minari/hdf5.ts')).loadHdf5();
  const before = process.resourceUsage().maxRSS / 1024;
  const begin = process.cpuUsage();
  await WORK[work]!(path);
  const { user, system } = process.cpuUsage(begin);
  const measured: Measured = { seconds: (user + system) / 1e6, peak: process.resourceUsage().maxRSS / 1024, before };
  process.stdout.write(JSON.stringify(measured));
}

function compare(python: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'oxbow-bench-'));
  const at = (name: string) => join(folder, name);
  const env = { ...process.env, OMP_NUM_THREADS: '1' };
  const ours = (work: string, path: string) =>
    execFileSync(process.execPath, ['--import', 'tsx', import.meta.filename, work, path], { encoding: 'utf8', env });
  const theirs = (work: string, path: string) =>
    execFileSync(python, ['bench/peers/datasets_twin.py', work, path], { encoding: 'utf8', env });
  const runs: [string, () => string][] = [
    ["oxbow's format, written", () => ours('write oxbow', at('own'))],
    ["oxbow's format, read", () => ours('read', at('own'))],
    ["Minari's format, written by oxbow", () => ours('write minari', at('ours-v0'))],
    ["Minari's format, read by oxbow", () => ours('read', at('ours-v0'))],
    ["Minari's format, written by minari", () => theirs('write', at('theirs-v0'))],
    ["Minari's format, read by minari", () => theirs('read', at('theirs-v0'))],
    ['the same columns, written by h5py', () => theirs('write-h5py', at('h5py.hdf5'))],
    ['the same columns, read by h5py', () => theirs('read-h5py', at('h5py.hdf5'))],
  ];
  const found = new Map<string, Measured[]>(runs.map(([name]) => [name, []]));
  try {
    for (let round = 0; round < ROUNDS; round++) {
      for (const name of ['own', 'ours-v0', 'theirs-v0', 'h5py.hdf5'])
        rmSync(at(name), { recursive: true, force: true });
      for (const [name, run] of runs) found.get(name)!.push(JSON.parse(run()));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  for (const [name, all] of found) {
    const of = (value: (measured: Measured) => number) => median(all.map(value));
    const seconds = of((measured) => measured.seconds).toFixed(2);
    const memory = of((measured) => measured.peak).toFixed(0);
    const more = of(({ peak, before }) => peak - before).toFixed(0);
    process.stdout.write(
      `${name.padEnd(36)} ${seconds} s of a processor, at most ${memory} MB, ${more} MB more than before\n`,
    );
  }
}

const [first, path] = process.argv.slice(2);
if (first === undefined) throw new Error('expected a Python that has minari: npm run bench:datasets -- python3');
if (path === undefined) compare(first);
else await measure(first, path);
