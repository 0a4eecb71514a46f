import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type DatasetAbout, openDataset, type StoredEpisode, spaceToJson, usualDtypes } from '../../datasets/index.ts';
import { Box, Discrete, type Space } from '../../envs/index.ts';
import { Rng } from '../../src/index.ts';

export const observationSpace = new Box({ low: [-1, -Infinity], high: [1, Infinity] });
export const actionSpace = new Discrete(3, 1);

/** A folder that goes with the test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'oxbow-dataset-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export function about(
  changes: Partial<DatasetAbout> = {},
  spaces: { observation?: Space; action?: Space } = {},
): DatasetAbout {
  const { observation = observationSpace, action = actionSpace } = spaces;
  return {
    environment: { id: 'Walk-v0', options: { slope: 0.5 } },
    observationSpace: spaceToJson(observation),
    actionSpace: spaceToJson(action),
    dtypes: usualDtypes(observation, action),
    infos: [],
    policies: [{ name: 'random' }],
    provenance: { seed: 0 },
    ...changes,
  };
}

/** The episodes of numbers 0, 1, …, with 1, 2, …, 5, 1, … steps of random numbers. */
export function episodes(count: number, { infos = [] as readonly string[] } = {}): StoredEpisode[] {
  return Array.from({ length: count }, (_, number) => {
    const rng = new Rng(number);
    const steps = 1 + (number % 5);
    const ends = new Uint8Array(steps);
    ends[steps - 1] = 1;
    return {
      observations: rng.fillNormal(new Float32Array(2 * (steps + 1))),
      actions: Int32Array.from({ length: steps }, () => rng.integer(1, 4)),
      rewards: rng.fillNormal(new Float64Array(steps)),
      terminations: number % 2 === 0 ? ends : new Uint8Array(steps),
      truncations: number % 2 === 1 ? ends : new Uint8Array(steps),
      ...(infos.length > 0 && {
        infos: Object.fromEntries(infos.map((name) => [name, rng.fillNormal(new Float64Array(steps + 1))])),
      }),
      ...(number % 3 === 0 && { seed: number }),
      policy: 0,
    };
  });
}

/** What opening and reading all of a dataset throws, with its path as `data`. */
export async function problemOf(path: string): Promise<string> {
  try {
    for (const _ of (await openDataset(path)).episodes());
  } catch (error) {
    return (error as Error).message.replaceAll(path, 'data');
  }
  return 'none';
}
