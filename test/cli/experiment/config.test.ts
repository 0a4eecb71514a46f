import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import {
  type ConfigSources,
  checkConfig,
  readableConfig,
  resolveConfig,
  type Setting,
} from '../../../cli/experiment/config.ts';
import { tunedSchema } from '../../../cli/experiment/tuned.ts';
import { parseOptions } from '../../../src/options/parse.ts';
import { drift } from '../fixture/drift.ts';
import { temporaryFolder } from '../fixture/files.ts';

const folder = temporaryFolder('config');

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

  it.each([
    ['steps=-3', '--set steps: got -3, expected an integer > 0'],
    ['steps=many', '--set steps: got "many"'],
    ['seeds=0', 'seeds: got 0'],
    ['seeds=1,1', '--set seeds: got [1,1]'],
    ['seeds=1,x', '--set seeds: got "x"'],
    ['seed=1e300', '--set seed: got 1e+300'],
    ['.=1', '--set .: unknown setting'],
    ['steps.x=4', '--set steps.x: steps is one setting'],
    ['policies.0=left', '--set policies.0: policies is one setting'],
    ['__proto__.x=1', '--set __proto__.x: unknown setting'],
    ['noise.__proto__.x=1', '--set noise.__proto__.x: unknown setting'],
    ['constructor=1', '--set constructor: unknown setting'],
    ['policies=left,rihgt', '--set policies: got "rihgt", expected one of left, right, still (did you mean right?)'],
    ['policies=', '--set policies: got []'],
    ['seeds=1,2 seed=5', 'seed: got 5 beside the seeds [1,2]'],
    ['noise.scal=3', '--set noise.scal: unknown setting of drift, expected one of scale, label (did you mean scale?)'],
    ['noise=3', '--set noise: got 3, expected an object'],
    ['fault=trow', '--set fault: got "trow"'],
  ])('refuses %s', (assignments, message) => {
    expect(() => resolve({ settings: set(...assignments.split(' ')) })).toThrow(message);
  });

  it.each([
    ['{ "steps": "ten" }', ': steps: got "ten"'],
    ['{ "noise": { "scale": true } }', ': noise.scale: got true'],
    ['{ "steps": 3', 'is not valid JSON'],
    ['[1]', 'holds [1], expected an object'],
    ['null', 'holds null, expected an object'],
    ['{ "setps": 3 }', ': setps: unknown setting'],
    ['{ "__proto__": { "x": 1 } }', ': __proto__: unknown setting'],
    ['{ "noise": { "__proto__": { "x": 1 } } }', ': noise.__proto__: unknown setting'],
    ['{ "noise": 5 }', ': noise: got 5'],
    ['{ "noise": null }', ': noise: got null'],
    ['{ "noise": [] }', ': noise: got []'],
    ['{ "seed": -1 }', ': seed: got -1'],
  ])('refuses a file with %s, whatever options say beside it', (content, message) => {
    const path = file(content);
    for (const settings of [[], set('noise.scale=2', 'seeds=2')]) {
      expect(() => resolve({ file: path, settings })).toThrow(message);
      expect(() => resolve({ file: path, settings })).toThrow(path);
    }
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  it('reads a file that begins with a byte order mark', () => {
    expect(resolve({ file: file('\uFEFF{ "steps": 7 }') }).steps).toBe(7);
  });
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

  it('refuses what is no value, also beside what it does not know', () => {
    const read = () => readableConfig(drift, { ...whole, wind: 1, steps: 'many' }, 'run/config.json');
    expect(read).toThrow(/^run\/config\.json: steps: got "many", expected a number$/);
  });
});

const best = {
  learn: {
    Field: { plain: { rate: 0.001, bonus: 0 }, deep: { rate: 0.5, shape: { layers: 4, activation: 'relu' } } },
  },
};
const parse = (value: unknown) => parseOptions('tuned', tunedSchema(best), value);

test('what is best is the default, and one setting may be set alone, whatever its value', () => {
  expect(parse(undefined)).toEqual(best);
  expect(parse({ learn: { Field: { deep: { shape: { layers: 9 } } } } })).toEqual({
    learn: { Field: { ...best.learn.Field, deep: { rate: 0.5, shape: { layers: 9, activation: 'relu' } } } },
  });
});

test('a tuned setting of another range or name is refused', () => {
  expect(() => parse({ learn: { Field: { plain: { rate: 0 } } } })).toThrow('tuned: learn.Field.plain.rate: got 0');
  expect(() => parse({ learn: { Field: { plian: {} } } })).toThrow('learn.Field.plian: unknown option');
});
