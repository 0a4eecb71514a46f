/**
 * Datasets: 10⁶ steps written and read, in oxbow's format and in Minari's, beside PyPI's `minari`, in processor time:
 * `npm run bench:datasets -- <python with minari>`. Each measurement has a process of its own, in turns, with one thread.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DatasetAbout, DatasetWriter, openDataset, type StoredEpisode, spaceToJson } from '../datasets/index.ts';
import { writeMinari } from '../datasets/minari/writeMinari.ts';
import { Box } from '../envs/index.ts';
import { inTurns } from './timing.ts';

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

/** One measurement in this process: seconds of a processor. */
async function measure(work: string, path: string): Promise<void> {
  // The package of HDF5 is loaded before.
  if (path.endsWith('-v0')) await (await import('../datasets/minari/hdf5.ts')).loadHdf5();
  const begin = process.cpuUsage();
  await WORK[work]!(path);
  const { user, system } = process.cpuUsage(begin);
  process.stdout.write(String((user + system) / 1e6));
}

async function compare(python: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'oxbow-bench-'));
  const env = { ...process.env, OMP_NUM_THREADS: '1' };
  const side = (command: string, program: readonly string[], work: string, name: string) => () => {
    const path = join(folder, name);
    if (work.startsWith('write')) rmSync(path, { recursive: true, force: true });
    return Number(execFileSync(command, [...program, work, path], { encoding: 'utf8', env }));
  };
  const ours = (work: string, name: string) =>
    side(process.execPath, ['--import', 'tsx', import.meta.filename], work, name);
  const theirs = (work: string, name: string) => side(python, ['bench/peers/datasets_twin.py'], work, name);
  const times = await inTurns(ROUNDS, {
    "oxbow's format, written": ours('write oxbow', 'own'),
    "oxbow's format, read": ours('read', 'own'),
    "Minari's format, written by oxbow": ours('write minari', 'ours-v0'),
    "Minari's format, read by oxbow": ours('read', 'ours-v0'),
    "Minari's format, written by minari": theirs('write', 'theirs-v0'),
    "Minari's format, read by minari": theirs('read', 'theirs-v0'),
  }).finally(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, { median }] of Object.entries(times)) {
    process.stdout.write(`${name.padEnd(36)} ${median.toFixed(2)} s of a processor\n`);
  }
}

const [first, path] = process.argv.slice(2);
if (first === undefined) throw new Error('expected a Python that has minari: npm run bench:datasets -- python3');
if (path === undefined) await compare(first);
else await measure(first, path);
