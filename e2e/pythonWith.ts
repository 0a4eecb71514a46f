import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { VectorEnv } from '../envs/index.ts';
import type { Rng } from '../src/index.ts';
import { run } from './project.ts';

/** A Python of its own in `folder`, with these packages from PyPI: the interpreter's path. */
export function pythonWith(folder: string, packages: readonly string[]): string {
  const bare = packages.length === 0 ? ['--without-pip'] : [];
  run(folder, 'python3', ['-m', 'venv', ...bare, 'venv']);
  const python = ['python', 'python3'].map((name) => join(folder, 'venv/bin', name)).find((path) => existsSync(path))!;
  // Without compiling all of them: Python compiles what is imported, a small part.
  const install = ['-m', 'pip', 'install', '--quiet', '--no-compile', '--disable-pip-version-check'];
  if (packages.length > 0) run(folder, python, [...install, ...packages]);
  return python;
}

/** Actions for all of its environments, drawn from their space. */
export function drawActions({ numEnvs, singleActionSpace: space }: VectorEnv, rng: Rng): Float32Array {
  const actions = new Float32Array(numEnvs * space.size);
  for (let i = 0; i < numEnvs; i++) space.write(space.sample(rng), actions, i * space.size);
  return actions;
}
