import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { DatasetWriter, spaceToJson } from '../../../datasets/index.ts';
import { Box } from '../../../envs/index.ts';
import { temporaryFolder } from '../fixture/files.ts';

const folder = temporaryFolder('convert');
const source = join(folder, 'source');
const CLI = ['--import', 'tsx', 'experiments/cli.ts'];
const FORMATS = [
  ['oxbow', 'data'],
  ['minari', 'data-v0'],
  ['lerobot', 'data'],
  ['jsonl', 'data.jsonl'],
  ['csv', 'data.csv'],
] as const;

/** The arguments that write into an empty folder. */
function into(format: string, name: string): { readonly place: string; readonly out: string; readonly argv: string[] } {
  const place = join(folder, `${format}-${readdirSync(folder).length}`);
  mkdirSync(place);
  const out = join(place, name);
  return { place, out, argv: [...CLI, 'dataset', 'convert', source, out, '--to', format] };
}

// A million steps, so that the fastest of the formats takes a second.
beforeAll(() => {
  const [episodes, steps] = [1000, 1000];
  const [observationSpace, actionSpace] = [16, 4].map((n) =>
    spaceToJson(new Box({ low: -Infinity, high: Infinity, shape: [n] })),
  ) as [ReturnType<typeof spaceToJson>, ReturnType<typeof spaceToJson>];
  const dtypes = { observations: 'float32', actions: 'float32', rewards: 'float64' } as const;
  const about = { environment: null, observationSpace, actionSpace, dtypes, infos: [], policies: [], provenance: {} };
  const writer = new DatasetWriter(source, about, episodes);
  const truncations = new Uint8Array(steps);
  truncations[steps - 1] = 1;
  const episode = {
    observations: Float32Array.from({ length: (steps + 1) * 16 }, (_, i) => i / 7),
    actions: Float32Array.from({ length: steps * 4 }, (_, i) => i / 9),
    rewards: Float64Array.from({ length: steps }, (_, i) => i / 3),
    terminations: new Uint8Array(steps),
    truncations,
  };
  for (let i = 0; i < episodes; i++) writer.append(episode);
  writer.finish();
});

describe.each(FORMATS)('oxbow dataset convert --to %s', (format, name) => {
  test('ends at a Ctrl-C, leaves nothing, and says so', async () => {
    const { place, out, argv } = into(format, name);
    const child = spawn(process.execPath, argv);
    let stderr = '';
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    const ended = new Promise((resolve) => child.on('close', (code) => resolve(code)));
    while (readdirSync(place).length === 0 && child.exitCode === null) await delay(5);
    child.kill('SIGINT');
    const line = `Stopped: ${out} was not written. The same command begins anew.\n`;
    expect([await ended, stderr]).toEqual([130, line]);
    expect(readdirSync(place)).toEqual([]);
  });

  test('where files may not grow further, leaves nothing', () => {
    const { place, argv } = into(format, name);
    // Of 1 MiB.
    const script = 'set -o pipefail; ulimit -f 1024; "$0" "$@" 2>&1 | cat';
    const { status, stdout } = spawnSync('bash', ['-c', script, process.execPath, ...argv], { encoding: 'utf8' });
    expect(stdout).toMatch(/^oxbow: cannot write \S+: EFBIG: [^\n]+\n$/);
    expect(status).toBe(1);
    expect(readdirSync(place)).toEqual([]);
  });
});
