import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import {
  type ConfigSources,
  checkConfig,
  readableConfig,
  resolveConfig,
  type Setting,
} from '../../../cli/experiment/config.ts';
import { lake } from '../../../experiments/lake/lake.ts';
import { drift } from '../fixture/drift.ts';

const folder = mkdtempSync(join(tmpdir(), 'oxbow-config-'));

function file(content: string): string {
  const path = join(folder, `${content.length}.json`);
  writeFileSync(path, content);
  return path;
}

function set(...assignments: string[]): Setting[] {
  return assignments.map((assignment) => {
    const [key, text] = assignment.split('=') as [string, string];
    return { path: key.split('.'), text, label: `--set ${key}` };
  });
}

const resolve = (sources: ConfigSources) => resolveConfig(drift, sources) as unknown as Record<string, unknown>;

describe('resolveConfig', () => {
  it('fills in the defaults', () => {
    expect(resolve({})).toEqual({
      seeds: [0, 1, 2],
      studies: ['plain', 'wide'],
      policies: ['left', 'right', 'still'],
      environments: ['Line-v0'],
      steps: 20,
      noise: { scale: 1, label: 'noise' },
      pause: 0,
      fault: 'none',
    });
  });

  it('lets later sources win: preset, file, settings', () => {
    const path = file('{ "steps": 7, "pause": 1, "noise": { "scale": 2 } }');
    expect(resolve({ preset: 'quick' })).toMatchObject({ steps: 5, seeds: [0, 1], pause: 0 });
    expect(resolve({ preset: 'quick', file: path })).toMatchObject({ steps: 7, seeds: [0, 1], pause: 1 });
    expect(resolve({ preset: 'quick', file: path, settings: set('steps=9', 'noise.label=x') })).toMatchObject({
      steps: 9,
      seeds: [0, 1],
      pause: 1,
      noise: { scale: 2, label: 'x' },
    });
  });

  it.each([
    ['seeds=4', [0, 1, 2, 3]],
    ['seeds=3,5,7', [3, 5, 7]],
    ['seeds=5,', [5]],
    ['seeds=[8,9]', [8, 9]],
    ['seed=10', [10, 11, 12]],
  ])('reads %s', (assignment, seeds) => {
    expect(resolve({ settings: set(assignment) }).seeds).toEqual(seeds);
  });

  it('counts seeds from their base, in a file too', () => {
    expect(resolve({ settings: set('seeds=2', 'seed=100') }).seeds).toEqual([100, 101]);
    expect(resolve({ preset: 'quick', settings: set('seed=100') }).seeds).toEqual([100, 101]);
    expect(resolve({ file: file('{"seeds":3, "seed":4}') }).seeds).toEqual([4, 5, 6]);
  });

  it('reads text as the field wants it', () => {
    expect(resolve({ settings: set('noise.label=12') }).noise).toEqual({ scale: 1, label: '12' });
    expect(resolve({ settings: set('policies=left') }).policies).toEqual(['left']);
    expect(resolve({ settings: set('policies=still, left') }).policies).toEqual(['still', 'left']);
  });

  it.each<[string[], string]>([
    [['steps=-3'], '--set steps: got -3, expected an integer > 0'],
    [['steps=2.5'], '--set steps: got 2.5, expected an integer'],
    [['steps=many'], '--set steps: got "many", expected a number'],
    [['seeds=0'], 'seeds: got 0, expected a number of seeds from 1 to 10000, or a list like 3,5,7'],
    [['seeds=some'], 'seeds: got "some", expected a number of seeds from 1 to 10000, or a list like 3,5,7'],
    [['seeds=1,1'], '--set seeds: got [1,1], expected each at most once'],
    [['seeds=1,x'], '--set seeds: got "x", expected a number'],
    [['seed=-1'], '--set seed: got -1, expected an integer from 0 to 9007199254730991'],
    [['seed=1e300'], '--set seed: got 1e+300, expected an integer from 0 to'],
    [['.=1'], '--set .: unknown setting of drift, expected one of seeds, studies'],
    [['steps.x=4'], '--set steps.x: steps is one setting, expected --set steps=…'],
    [['policies.0=left'], '--set policies.0: policies is one setting, expected --set policies=…'],
    [['__proto__.x=1'], '--set __proto__.x: unknown setting of drift'],
    [['noise.__proto__.x=1'], '--set noise.__proto__.x: unknown setting of drift'],
    [['constructor=1'], '--set constructor: unknown setting of drift'],
    [['policies=left,rihgt'], '--set policies: got "rihgt", expected one of left, right, still (did you mean right?)'],
    [['policies='], '--set policies: got [], expected a list of ≥ 1 entry'],
    [['seeds=1,2', 'seed=5'], 'seed: got 5 beside the seeds [1,2], expected one or the other'],
    [
      ['stepz=3'],
      '--set stepz: unknown setting of drift, expected one of seeds, studies, policies, environments, steps, noise',
    ],
    [
      ['noise.scal=3'],
      '--set noise.scal: unknown setting of drift, expected one of scale, label (did you mean scale?)',
    ],
    [['noise.scale=-1'], '--set noise.scale: got -1, expected a number ≥ 0'],
    [['noise=3'], '--set noise: got 3, expected an object'],
    [
      ['fault=trow'],
      '--set fault: got "trow", expected one of none, throw, nan, exit, full, wrapped (did you mean throw?)',
    ],
  ])('refuses %j', (assignments, message) => {
    expect(() => resolve({ settings: set(...assignments) })).toThrow(message);
  });

  it.each([
    ['{ "steps": "ten" }', ': steps: got "ten", expected a number'],
    ['{ "noise": { "scale": true } }', ': noise.scale: got true, expected a number'],
    ['{ "steps": 3', 'is not valid JSON'],
    ['[1]', 'holds [1], expected an object'],
    ['{ "setps": 3 }', ': setps: unknown setting of drift, expected'],
    ['null', 'holds null, expected an object'],
    ['{ "__proto__": { "x": 1 } }', ': __proto__: unknown setting of drift, expected'],
    ['{ "noise": { "__proto__": { "x": 1 } } }', ': noise.__proto__: unknown setting of drift, expected'],
  ])('refuses a file with %s', (content, message) => {
    const path = file(content);
    const attempt = () => resolve({ file: path });
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(path);
  });

  it.each([
    ['{ "noise": 5 }', ': noise: got 5, expected an object'],
    ['{ "noise": null }', ': noise: got null, expected an object'],
    ['{ "noise": [] }', ': noise: got [], expected an object'],
    ['{ "noise": { "scale": -1 } }', ': noise.scale: got -1, expected a number ≥ 0'],
    ['{ "seed": -1 }', ': seed: got -1, expected an integer from 0 to'],
  ])('refuses a file with %s, whatever options say beside it', (content, message) => {
    const path = file(content);
    expect(() => resolve({ file: path, settings: set('noise.scale=2', 'seeds=2') })).toThrow(`${path}${message}`);
  });

  it('reads a file that begins with a byte order mark', () => {
    expect(resolve({ file: file('\uFEFF{ "steps": 7 }') }).steps).toBe(7);
  });

  it('reaches no prototype', () => {
    expect(() => resolve({ file: file('{ "__proto__": { "polluted": 1 } }'), settings: set('steps=3') })).toThrow();
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('refuses a file that is not there', () => {
    expect(() => resolve({ file: '/nowhere/config.json' })).toThrow('--config: cannot read /nowhere/config.json');
  });
});

test('of an entry of a list an error names the field, and a default that does not fit is told', () => {
  const refused =
    (...assignments: string[]) =>
    () =>
      resolveConfig(lake, { settings: set(...assignments) });
  expect(refused('soft.lake.tasks=[{"stride":1}]')).toThrow(
    /^--set soft\.lake\.tasks: 0\.temperature: got undefined, expected a number$/,
  );
  expect(refused('ppo.envs=1', 'ppo.horizon=8')).toThrow(
    /^tuned\.ppo\.Lake-v0\.gaussian\.batchSize: got 256, expected at most/,
  );
});

describe('checkConfig', () => {
  it('takes the settings of a run as they are, and names the first that is not there', () => {
    const whole = resolve({});
    expect(() => checkConfig(drift, whole, 'run/config.json')).not.toThrow();
    expect(() => checkConfig(drift, { ...whole, noise: { scale: 1 } }, 'run/config.json')).toThrow(
      /^run\/config\.json: has no noise\.label, expected all settings of this one: another oxbow made the run; /,
    );
    const { noise: _, ...older } = whole;
    expect(() => checkConfig(drift, older, 'run/config.json')).toThrow(/^run\/config\.json: has no noise, /);
  });

  it('says of a setting that it does not know that another oxbow made the run', () => {
    expect(() => checkConfig(drift, { ...resolve({}), wind: 1 }, 'run/config.json')).toThrow(
      /^run\/config\.json: wind: unknown setting of drift, expected one of seeds, [^\n]*: another oxbow made the run; read it with that one, or make it again$/,
    );
    expect(() => checkConfig(drift, { ...resolve({}), steps: -1 }, 'run/config.json')).toThrow(/got -1, [^;]*$/);
  });
});

describe('readableConfig', () => {
  const whole = resolve({ settings: set('steps=7') });

  it('leaves out what this oxbow does not know, in groups too, and fills in what it has besides', () => {
    const { pause: _, ...older } = whole;
    const stored = { ...older, wind: 1, rain: 2, noise: { scale: 3, label: 'x', colour: 'red' } };
    const before = structuredClone(stored);
    const said: string[] = [];
    const config = readableConfig(drift, stored, 'run/config.json', (line) => said.push(line));
    expect(config).toEqual({ ...whole, noise: { scale: 3, label: 'x' } });
    expect(said).toEqual([
      'run/config.json: another oxbow made the run, whose noise.colour, wind, rain this one has not: left out',
    ]);
    expect(stored).toEqual(before);
  });

  it('says nothing of a run that it made itself', () => {
    const said: string[] = [];
    expect(readableConfig(drift, whole, 'run/config.json', (line) => said.push(line))).toEqual(whole);
    expect(said).toEqual([]);
  });

  it('refuses what is no value, also beside what it does not know', () => {
    const read = () => readableConfig(drift, { ...whole, wind: 1, steps: 'many' }, 'run/config.json');
    expect(read).toThrow(/^run\/config\.json: steps: got "many", expected a number$/);
  });
});
