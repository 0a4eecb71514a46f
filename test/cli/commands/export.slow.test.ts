import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { make } from '../../../envs/index.ts';
import { makePolicy, Rng, savePolicy } from '../../../src/index.ts';
import { temporaryFolder } from '../fixture/files.ts';
import { oxbow, refusal } from '../fixture/oxbow.ts';

const folder = temporaryFolder('export');
const pendulum = join(folder, 'pendulum.json');
{
  using policy = makePolicy('gaussian', { env: make('Pendulum-v1'), rng: new Rng(0) });
  savePolicy(pendulum, policy);
}

describe('oxbow play', () => {
  it.each<[string, string[], string]>([
    ['no policy', [join(folder, 'none')], `play: ${join(folder, 'none')} is not there`],
    [
      'an environment that runs elsewhere',
      [pendulum, '--env', 'mujoco/Hopper-v5'],
      'play: got mujoco/Hopper-v5, expected',
    ],
    ['another environment', [pendulum, '--env', 'CartPole-v1'], 'play: the policy cannot act in CartPole-v1: '],
    ['no environment', [pendulum], '--env: expected the id of an environment: the file names none'],
    ['two ways to act', [pendulum, '--acting', 'sample,mode'], 'play: got 2 ways to act, expected one'],
    ['a port that is none', [pendulum, '--port', '65536'], '--port: got 65536, expected an integer from 0 to 65535'],
    ['options of ONNX for another file', [pendulum, '--onnx-options', 'x'], '--onnx-options: got it for '],
  ])('refuses %s in one line', async (_, argv, message) => {
    expect(await refusal('play', ...argv)).toContain(`oxbow: ${message}`);
  });
});

describe('oxbow export', () => {
  it('writes the ONNX model that toOnnx gives, of the way to act that is named', async () => {
    const file = join(folder, 'pendulum.onnx');
    const { code, stdout } = await oxbow('export', pendulum, '--onnx', file, '--greedy');
    expect([code, stdout]).toEqual([0, `Written: ${file}\n`]);
    const model = readFileSync(file);
    expect(model.includes('observationSpace')).toBe(true);
    expect(model.includes('noise0')).toBe(false);
    await oxbow('export', pendulum, '--onnx', file);
    expect(readFileSync(file).includes('noise0')).toBe(true);
  });

  it.each<[string, string[], string]>([
    ['nothing to write', [pendulum], 'export: expected --html <file> or --onnx <file>'],
    ['no policy', [join(folder, 'none'), '--onnx', 'x'], `export: ${join(folder, 'none')} is not there`],
    [
      'a page of an environment that runs elsewhere',
      [pendulum, '--html', 'x', '--env', 'mujoco/Hopper-v5'],
      '--html: got mujoco/Hopper-v5, expected one of Lake-v0',
    ],
    [
      'a page of an environment that no package has',
      [pendulum, '--html', 'x', '--env', 'nowhere/Hopper-v5'],
      '--html: got nowhere/Hopper-v5, expected one of Lake-v0',
    ],
    ['one file for both', [pendulum, '--html', 'x', '--onnx', 'x'], '--onnx: got '],
    ['the policy itself as a page', [pendulum, '--html', pendulum], '--html: got '],
    ['the policy itself as ONNX', [pendulum, '--onnx', pendulum], '--onnx: got '],
    ['no environment', [pendulum, '--html', 'x'], '--env: expected the id of an environment: the file names none'],
    [
      'another environment',
      [pendulum, '--html', 'x', '--env', 'CartPole-v1'],
      '--html: the policy cannot act in CartPole-v1: ',
    ],
    [
      'two ways to act',
      [pendulum, '--html', 'x', '--acting', 'sample,mode'],
      'export: got 2 ways to act, expected one',
    ],
    [
      'noise that is held',
      [pendulum, '--html', 'x', '--env', 'Pendulum-v1', '--hold', '2'],
      '--hold: got 2, expected 1 for a page',
    ],
    ['a job of a file', [pendulum, '--onnx', 'x', '--job', 'a'], '--job: got a beside a file'],
  ])('refuses %s in one line, and writes nothing', async (_, argv, message) => {
    const named = argv.map((each) => (each === 'x' ? join(folder, 'x') : each));
    expect(await refusal('export', ...named)).toContain(`oxbow: ${message}`);
    expect(existsSync(join(folder, 'x'))).toBe(false);
  });

  it('writes into standard output the model alone', async () => {
    const file = join(folder, 'beside.onnx');
    await oxbow('export', pendulum, '--onnx', file);
    const argv = ['--import', 'tsx', 'experiments/cli.ts', 'export', pendulum, '--onnx', '/dev/stdout'];
    const { stdout } = spawnSync(process.execPath, argv, { cwd: join(import.meta.dirname, '../../..') });
    expect(stdout.equals(readFileSync(file))).toBe(true);
  });

  it('plays where the policy was trained, with the options of that environment, also where --env names it', async () => {
    const stacked = join(folder, 'stacked.json');
    const envOptions = { frameStack: 3 };
    using policy = makePolicy('gaussian', { env: make('Pendulum-v1', envOptions), rng: new Rng(0) });
    savePolicy(stacked, policy, { env: 'Pendulum-v1', envOptions });
    // The page itself needs what the build writes: without it that is what is missing.
    const { stderr } = await oxbow('export', stacked, '--html', join(folder, 'z.html'), '--env', 'Pendulum-v1');
    expect(stderr).not.toContain('cannot act');
    expect(await refusal('export', stacked, '--html', join(folder, 'z.html'), '--env', 'Lake-v0')).toContain(
      'cannot act',
    );
  });

  it('refuses a damaged file in one line', async () => {
    const damaged = join(folder, 'damaged.json');
    writeFileSync(damaged, '{ "format": "oxbow-policy"');
    expect(await refusal('export', damaged, '--onnx', join(folder, 'y'))).toContain(damaged);
  });
});
