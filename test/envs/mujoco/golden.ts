import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NativeEpisode } from './replay.ts';

/** An episode in native MuJoCo with these options. */
export interface GoldenEpisode extends NativeEpisode {
  readonly options: Readonly<Record<string, unknown>>;
}

/** What is kept of one of Gymnasium's robots. */
export interface Golden {
  /** The fields of its compiled model as digests, by name; those that are empty are left out. */
  readonly model: Readonly<Record<string, string>>;
  /** The first one has no options, each other one another value of one of them. */
  readonly episodes: readonly GoldenEpisode[];
}

const folder = join(import.meta.dirname, 'golden');

/** By the task, `Hopper-v5`; `npm run check:mujoco -- --golden` writes them. */
export function goldenData(): Map<string, Golden> {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return new Map(
    files.map((name) => [name.replace('.json', ''), JSON.parse(readFileSync(join(folder, name), 'utf8')) as Golden]),
  );
}
