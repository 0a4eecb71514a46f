import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadCheckpoint, saveCheckpoint } from '../../experiments/harness/checkpoint.ts';
import { GaussianPolicy, Rng } from '../../src/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'oxbow-checkpoint-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const make = (seed: number, hidden = [4]) =>
  new GaussianPolicy({ observationDim: 2, actionDim: 1, hidden, rng: new Rng(seed) });
const file = join(folder, 'policy.json');

test('a policy comes back to the bit, with what was said about it', () => {
  const source = make(1);
  saveCheckpoint(file, source, { env: 'Lake-v0', drownRate: 0.25 });
  const target = make(2);
  expect(loadCheckpoint(file, target)).toEqual({ env: 'Lake-v0', drownRate: 0.25 });
  expect(target.stateDict()).toEqual(source.stateDict());
});

test('a damaged, foreign or missing file is an error and changes nothing', () => {
  saveCheckpoint(file, make(1), {});
  const policy = make(2);
  const before = policy.stateDict();
  const text = readFileSync(file, 'utf8');
  const damaged = join(folder, 'damaged.json');
  const json = JSON.parse(text);
  const [path] = Object.keys(json.variables);
  json.variables[path!].float32 = json.variables[path!].float32.replace(/^.{4}/, 'AAAA');
  writeFileSync(damaged, JSON.stringify(json));
  expect(() => loadCheckpoint(damaged, policy)).toThrow(/damaged: its checksum does not fit/);
  writeFileSync(damaged, text.slice(0, -20));
  expect(() => loadCheckpoint(damaged, policy)).toThrow(/cannot read/);
  writeFileSync(damaged, '{"format": "other"}');
  expect(() => loadCheckpoint(damaged, policy)).toThrow(/is no oxbow-checkpoint-1 file/);
  expect(() => loadCheckpoint(join(folder, 'none.json'), policy)).toThrow(/cannot read/);
  expect(() => loadCheckpoint(file, make(2, [8]))).toThrow(/has shape \[2,4\].*wanted \[2,8\]/);
  expect(policy.stateDict()).toEqual(before);
});
