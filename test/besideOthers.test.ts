import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import * as agents from '../agents/index.ts';
import { builtinAgents } from '../agents/registry.ts';
import { datasetFormats } from '../datasets/datasetFiles.ts';
import * as datasets from '../datasets/index.ts';
import * as envs from '../envs/index.ts';
import * as mujoco from '../envs/mujoco/index.ts';
import * as oxbow from '../src/index.ts';

const page = readFileSync(resolve(import.meta.dirname, '../docs/flow-matching.md'), 'utf8');
const section = page.slice(page.indexOf('## Beside FlowRL, TorchRL and LeRobot'));
const rows = section
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| ---'))
  .map((line) => line.split('|').map((cell) => cell.trim()));
const ours: Readonly<Record<string, string>> = Object.fromEntries(rows.map(([, what, cell]) => [what, cell!]));
const namesIn = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);

/** Whatever of oxbow has a name: agents, policies, exports and their methods, formats of datasets, backends. */
function exists(name: string): boolean {
  const [own, method] = name.split('.');
  const exported = { ...oxbow, ...envs, ...datasets, ...agents, ...mujoco } as Readonly<Record<string, unknown>>;
  if (method !== undefined) return method in (exported[own!] as { prototype: object }).prototype;
  const backends = readFileSync(resolve(import.meta.dirname, '../docs/backends.md'), 'utf8');
  return [
    name in builtinAgents,
    oxbow.policies().some((policy) => policy.name === name),
    name in exported,
    (datasetFormats as readonly string[]).includes(name),
    backends.includes(`| \`${name}\` |`),
  ].includes(true);
}

test('what the table beside other libraries says of oxbow exists', () => {
  expect(rows.length).toBeGreaterThan(12);
  for (const row of rows) expect(row).toHaveLength(7);
  const missing = Object.values(ours)
    .flatMap(namesIn)
    .filter((name) => !exists(name));
  expect(missing).toEqual([]);
});

test('its lists are whole', () => {
  const named = (wanted: (name: keyof typeof builtinAgents) => boolean) =>
    (Object.keys(builtinAgents) as (keyof typeof builtinAgents)[]).filter(wanted).sort();
  expect(namesIn(ours['agents that learn from data']!).sort()).toEqual(
    named((name) => builtinAgents[name].learnsFromData),
  );
  expect(namesIn(ours['datasets that it reads']!).sort()).toEqual([...datasetFormats].sort());
  expect(ours['flows with exact log π']).toContain(`${Object.keys(oxbow.builtinFlows).length} families`);
  const withoutDensity = oxbow.policies().flatMap(({ name, actions }) => {
    if (actions !== 'box') return [];
    const low = /circular/.test(name) ? -Math.PI : -1;
    const actionSpace = new envs.Box({ low, high: -low, shape: [1] });
    const observationSpace = new envs.Box({ low: -1, high: 1, shape: [1] });
    const policy = oxbow.makePolicy(name, { observationSpace, actionSpace, hidden: [2], rng: new oxbow.Rng(0) });
    const { hasDensity } = policy;
    policy.dispose();
    return hasDensity ? [] : [name];
  });
  expect(namesIn(ours['policies without a density']!)).toEqual([...withoutDensity, 'BestOfPolicy']);
});

test('what an exact flow is said to learn by takes one, and fpo takes flow matching', () => {
  const env = envs.makeVec('Pendulum-v1', { numEnvs: 1 });
  const spaces = { observationSpace: env.singleObservationSpace, actionSpace: env.singleActionSpace };
  const [online, exact] = ours['online agents of flow or diffusion policies']!.split('Exact flows:').map(namesIn);
  const take = (names: readonly string[], name: string, options: object) => {
    for (const agent of names) {
      const policy = oxbow.makePolicy(name, { ...spaces, ...options, hidden: [4], rng: new oxbow.Rng(0) } as never);
      const { options: all, make } = builtinAgents[agent as keyof typeof builtinAgents];
      const small = Object.entries({ criticHidden: [4], bufferSize: 300 }).filter(([option]) => option in all.shape);
      const made = make({ policy, env, rng: new oxbow.Rng(0) }, Object.fromEntries(small));
      made.dispose();
      policy.dispose();
    }
  };
  expect([online!.length, exact!.length]).toEqual([1, 7]);
  take(online!, 'flow-matching', {});
  take(exact!, 'spline', { squash: 'tanh' });
});
