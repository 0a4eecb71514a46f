import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../fixture/files.ts';
import { refusal } from '../fixture/oxbow.ts';

const folder = temporaryFolder('bad');
const out = join(folder, 'run');
const occupied = join(folder, 'occupied');
mkdirSync(occupied);
writeFileSync(join(occupied, 'thesis.txt'), 'years of work');
const wrongType = join(folder, 'wrong-type.json');
writeFileSync(wrongType, '{ "steps": "ten" }');
const invalid = join(folder, 'invalid.json');
writeFileSync(invalid, '{ "steps": ');

describe('bad input', () => {
  it.each<[string, string[], string]>([
    ['experiment', ['run', 'drfit'], 'experiment: got drfit, expected one of drift (did you mean drift?)'],
    ['policy', ['run', 'drift', '--policies', 'left,stil'], '--policies: got "stil"'],
    ['study', ['run', 'drift', '--study', 'plane'], '--study: got "plane"'],
    ['environment', ['run', 'drift', '--env', 'Line'], '--env: got "Line"'],
    ['option', ['run', 'drift', '--polcies', 'left'], "unknown option '--polcies'"],
    ['command', ['rnu', 'drift'], "unknown command 'rnu'"],
    ['argument', ['run'], 'missing required argument'],
    ['value', ['run', 'drift', '--steps'], "option '--steps <n>' argument missing"],
    ['steps', ['run', 'drift', '--steps', '0'], '--steps: got 0'],
    ['address of a queue', ['run', 'drift', '--queue', ''], '--queue: got nothing'],
    ['one run twice', ['report', 'runs/base', './runs/base/'], 'report: got ./runs/base/ twice'],
    ['workers', ['run', 'drift', '--workers', 'all'], '--workers: got all'],
    ['threads', ['run', 'drift', '--threads', '65'], '--threads: got 65'],
    ['base of the seeds', ['run', 'drift', '--seed', '1e400'], '--seed: got Infinity'],
    ['setting', ['run', 'drift', '--set', 'fault'], '--set: got fault'],
    ['file', ['run', 'drift', '--config', join(folder, 'none.json')], '--config: cannot read'],
    ['type in a file', ['run', 'drift', '--config', wrongType], `${wrongType}: steps: got "ten"`],
    [
      'model',
      ['eval', join(folder, 'none.onnx'), '--env', 'CartPole-v1'],
      `eval: policyFromOnnx: ${join(folder, 'none.onnx')} cannot be read`,
    ],
    ['JSON', ['run', 'drift', '--config', invalid], `--config: ${invalid} is not valid JSON`],
  ])('%s: one line, code 2, nothing written', async (_, argv, message) => {
    const isRun = argv[0] === 'run' && argv.length > 1 && argv.at(-1) !== '--steps';
    expect(await refusal(...argv, ...(isRun ? ['--out', out] : []))).toContain(`oxbow: ${message}`);
    expect(existsSync(out)).toBe(false);
  });

  it('an empty name is no directory', async () => {
    const before = readdirSync('.');
    expect(await refusal('run', 'drift', '--out', '')).toBe('oxbow: --out: got "", expected a directory\n');
    expect(await refusal('report', '')).toBe('oxbow: got "", expected a run directory\n');
    expect(readdirSync('.')).toEqual(before);
  });

  it.each([
    ['a path below a file', join(wrongType, 'run')],
    ['a directory of the system', '/proc/oxbow/run'],
  ])('%s cannot be written', async (_, path) => {
    const line = await refusal('run', 'drift', '--out', path);
    expect(line).toMatch(/^oxbow: --out: cannot write /);
    expect(line).toContain(path);
  });

  it('leaves a directory that is no run as it is', async () => {
    expect(await refusal('run', 'drift', '--out', occupied)).toBe(
      `oxbow: --out: ${occupied} is not empty and holds no run, expected a new or empty directory or a run\n`,
    );
    expect(readdirSync(occupied)).toEqual(['thesis.txt']);
    expect(await refusal('report', occupied)).toBe(
      `oxbow: ${occupied} holds no run, expected a directory with the config.json of one\n`,
    );
  });
});
