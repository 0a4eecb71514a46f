import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as agents from '../agents/index.ts';
import { builtinEnvs } from '../envs/builtinEnvs.ts';
import { mujocoEnvs } from '../envs/mujoco/mujocoEnvs.ts';
import * as bijectors from '../src/bijectors/index.ts';
import * as distributions from '../src/distributions/index.ts';
import { builtinFlows, policies } from '../src/index.ts';

/** What a page names in backticks: `Planar`, `LeakyRelu({ slope })`. */
function namedIn(page: string): Set<string> {
  const text = readFileSync(join(import.meta.dirname, '../docs', page), 'utf8');
  return new Set([...text.matchAll(/`([\w/-]+)/g)].map((match) => match[1]!));
}

/** The names of a module's classes whose prototypes are of some kind. */
function classes(module: object, isKind: (prototype: object) => boolean): string[] {
  const isClass = (item: unknown): item is { prototype: object } => typeof item === 'function' && 'prototype' in item;
  return Object.entries(module).flatMap(([name, item]) => (isClass(item) && isKind(item.prototype) ? [name] : []));
}

/** Bases that one extends, and a part of others. */
const INTERNAL = ['BoundedMonotone', 'LocationScaleDistribution', 'BatchBroadcast'];

test.each([
  ['bijectors.md', classes(bijectors, (prototype) => prototype instanceof bijectors.Bijector)],
  ['bijectors.md', Object.keys(bijectors).filter((name) => name.endsWith('Family'))],
  ['distributions.md', classes(distributions, (prototype) => prototype instanceof distributions.Distribution)],
  ['flows.md', Object.keys(builtinFlows)],
  ['policies.md', policies().flatMap(({ name }) => (name in builtinFlows ? [] : [name]))],
  ['agents.md', classes(agents, (prototype) => 'train' in prototype)],
  ['environments.md', Object.keys(builtinEnvs)],
  ['environments.md', Object.keys(mujocoEnvs).filter((id) => id.endsWith('-v5'))],
  ['robots-at-the-lake.md', Object.keys(mujocoEnvs).filter((id) => !id.endsWith('-v5'))],
])('%s names every one of its kind', (page, names) => {
  const named = namedIn(page);
  expect(names.length).toBeGreaterThan(4);
  expect(names.filter((name) => !named.has(name) && !INTERNAL.includes(name))).toEqual([]);
});
