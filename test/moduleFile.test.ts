import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { stringify } from 'safe-stable-stringify';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { type Flow, loadModule, Mlp, Module, neuralSplineFlow, Rng, saveModule } from '../src/index.ts';
import { perturb } from './support/perturb.ts';

const folder = mkdtempSync(join(tmpdir(), 'oxbow-module-'));
const file = join(folder, 'flow.json');
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
});

const make = (config: { layers?: number; bins?: number }, seed = 1): Flow =>
  neuralSplineFlow({ dim: 2, contextDim: 3, hidden: [5], ...config, rng: new Rng(seed) });
const trained = (config = { layers: 2, bins: 4 }): Flow => perturb(make(config), new Rng('trained'));
const bitsOf = (module: Flow) =>
  Object.entries(module.stateDict()).map(([path, { shape, values }]) => [
    path,
    shape,
    [...new Uint32Array(values.buffer)],
  ]);

async function message(promise: Promise<unknown>): Promise<string> {
  const before = tf.memory().numTensors;
  try {
    await promise;
  } catch (error) {
    expect((error as Error).message).not.toContain('\n');
    expect(tf.memory().numTensors).toBe(before);
    return (error as Error).message;
  }
  return 'no error';
}

test('integers and bools come back from files with their types, every integer', async () => {
  class Counts extends Module {
    readonly count = tf.tidy(() => tf.variable(tf.tensor1d([2 ** 31 - 1, -(2 ** 24) - 1], 'int32'), false));
    readonly flags = tf.tidy(() => tf.variable(tf.tensor1d([true, false]), false));
  }
  await saveModule(new Counts(), file);
  const made = new Counts();
  made.count.assign(tf.tensor1d([0, 0], 'int32'));
  made.flags.assign(tf.tensor1d([false, false]));
  await loadModule(file, made);
  expect(made.count.dataSync()).toEqual(Int32Array.of(2 ** 31 - 1, -(2 ** 24) - 1));
  expect(made.flags.dataSync()).toEqual(Uint8Array.of(1, 0));
});

test('a flow comes back from files to the bit, with its config; infinities and −0 too', async () => {
  const flow = trained();
  const [first] = flow.variables();
  const odd = [Infinity, -Infinity, -0, 2 ** -149];
  first!.assign(
    tf.tensor(
      Float32Array.from({ length: first!.size }, (_, i) => odd[i] ?? i),
      first!.shape,
    ),
  );
  await saveModule(flow, file, { layers: 2, bins: 4, about: { text: 'ä' } });
  expect(
    readdirSync(folder)
      .map((name) => name.replace(/[0-9a-f]{16}/, '*'))
      .sort(),
  ).toEqual(['flow.json', 'flow.json.*.bin']);
  let seen: unknown;
  const loaded = await loadModule(file, (config) => {
    seen = config;
    const { layers, bins } = config as { layers: number; bins: number };
    return make({ layers, bins }, 2);
  });
  expect(seen).toEqual({ layers: 2, bins: 4, about: { text: 'ä' } });
  expect(bitsOf(loaded)).toEqual(bitsOf(flow));
  const again = make({ layers: 2, bins: 4 }, 3);
  expect(await loadModule(file, again)).toBe(again);
  expect(bitsOf(again)).toEqual(bitsOf(flow));
});

test('the weights are tfjs’s: what its own handlers read and write', async () => {
  const flow = trained();
  await saveModule(flow, file, { bins: 4 });
  const { weightsManifest } = JSON.parse(readFileSync(file, 'utf8')) as tf.io.ModelJSON;
  const bytes = readFileSync(join(folder, weightsManifest[0]!.paths[0]!));
  const weights = tf.io.decodeWeights(Uint8Array.from(bytes).buffer, weightsManifest[0]!.weights);
  expect(Object.keys(weights)).toEqual([...flow.namedVariables().keys()]);

  const server = createServer((request, response) => {
    response.end(readFileSync(join(folder, request.url!.slice(1))));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/flow.json`;
  const loaded = await loadModule(url, () => make({ layers: 2, bins: 4 }, 2));
  server.close();
  expect(bitsOf(loaded)).toEqual(bitsOf(flow));

  let kept: tf.io.ModelArtifacts | undefined;
  const save = async (artifacts: tf.io.ModelArtifacts): Promise<tf.io.SaveResult> => {
    kept = artifacts;
    return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
  };
  await saveModule(flow, { save });
  const another = await loadModule({ load: async () => kept! }, () => make({ layers: 2, bins: 4 }, 2));
  expect(bitsOf(another)).toEqual(bitsOf(flow));
});

test('saved again: the new bytes take the place of the old, which are readable until then', async () => {
  await saveModule(trained(), file);
  const other = make({ layers: 2, bins: 4 }, 9);
  await saveModule(other, file);
  expect(readdirSync(folder).length).toBe(2);
  expect(bitsOf(await loadModule(file, make({ layers: 2, bins: 4 })))).toEqual(bitsOf(other));
  const before = readFileSync(file);
  expect(await message(saveModule(other, join(folder, 'none', 'flow.json')))).toMatch(/ENOENT/);
  expect(readFileSync(file).equals(before)).toBe(true);
});

test('saved again unchanged, the bytes stay; a file that is no weights of ours is never removed', async () => {
  const flow = trained();
  await saveModule(flow, file);
  await saveModule(flow, file);
  expect(bitsOf(await loadModule(file, make({ layers: 2, bins: 4 })))).toEqual(bitsOf(flow));

  const json = readFileSync(file, 'utf8');
  const [bin] = readdirSync(folder).filter((name) => name.endsWith('.bin'));
  mkdirSync(join(folder, 'other'));
  for (const precious of ['thesis.txt', 'other/weights.bin']) {
    writeFileSync(join(folder, precious), 'years of work');
    writeFileSync(file, json.replace(bin!, precious));
    await saveModule(make({ layers: 2, bins: 4 }, 9), file);
    expect(readFileSync(join(folder, precious), 'utf8')).toBe('years of work');
  }
});

describe('what cannot be loaded says why, in one line', () => {
  const load = (from: string) => message(loadModule(from, () => make({ layers: 2, bins: 4 })));

  test('no file, no module, no handler', async () => {
    expect(await load(file)).toMatch(/^loadModule: .*flow.json cannot be read: ENOENT/);
    writeFileSync(file, 'hello');
    expect(await load(file)).toMatch(/cannot be read/);
    writeFileSync(file, '{}');
    expect(await load(file)).toMatch(/is no saved module/);
    expect(await load('indexeddb://flow')).toMatch(/nothing here can load indexeddb:\/\/flow/);
  });

  test('damaged bytes, damaged config, another version', async () => {
    await saveModule(trained(), file, { bins: 4 });
    const json = readFileSync(file, 'utf8');
    const bin = join(folder, readdirSync(folder).find((name) => name.endsWith('.bin'))!);
    const bytes = readFileSync(bin);
    writeFileSync(
      bin,
      bytes.map((byte, i) => (i === 7 ? byte ^ 1 : byte)),
    );
    expect(await load(file)).toMatch(/is damaged: its checksum does not fit/);
    writeFileSync(bin, bytes.subarray(0, -4));
    expect(await load(file)).toMatch(/is damaged/);
    writeFileSync(bin, bytes);
    writeFileSync(file, json.replace('"bins": 4', '"bins": 5'));
    expect(await load(file)).toMatch(/is damaged/);
    writeFileSync(file, json.replace('layers.0.kernel', 'layers.0.colonel'));
    expect(await load(file)).toMatch(/is damaged/);
    writeFileSync(
      file,
      json.replace('"format": "oxbow-module",\n    "version"', '"format": "another",\n    "version"'),
    );
    expect(await load(file)).toMatch(/is no saved module/);
    writeFileSync(file, json.replace('"version": 1', '"version": 2'));
    expect(await load(file)).toMatch(/has version 2 of the format, this oxbow reads version 1/);
    rmSync(bin);
    writeFileSync(file, json);
    expect(await load(file)).toMatch(/cannot be read: .* is no file/);
  });

  test('files elsewhere, one file again and again, other shapes than bytes', async () => {
    await saveModule(trained(), file, { bins: 4 });
    const json = JSON.parse(readFileSync(file, 'utf8'));
    const [{ paths, weights }] = json.weightsManifest;
    const [name] = paths as [string];
    /** With the paths, and with the shapes and a checksum that fits them, as a program that writes such files might. */
    const forged = (names: readonly string[], specs = weights) => {
      const { config } = json.userDefinedMetadata;
      const content = Buffer.concat([
        Buffer.from(stringify({ config, specs }) as string),
        ...names.filter((each) => each === name).map(() => readFileSync(join(folder, name))),
      ]);
      const sha256 = createHash('sha256').update(content).digest('hex');
      const userDefinedMetadata = { ...json.userDefinedMetadata, sha256 };
      writeFileSync(
        file,
        JSON.stringify({ ...json, userDefinedMetadata, weightsManifest: [{ paths: names, weights: specs }] }),
      );
      return load(file);
    };
    expect(await forged([name])).toBe('no error');
    for (const outside of ['../secret', '/dev/zero', 'a/b', '..\\secret', '']) {
      expect(await forged([outside])).toMatch(/cannot be read: it names .*, expected files beside it$/);
    }
    // Neither would ever end.
    spawnSync('mkfifo', [join(folder, 'pipe')]);
    symlinkSync('/dev/zero', join(folder, 'zeros'));
    for (const endless of ['pipe', 'zeros']) {
      expect(await forged([endless])).toMatch(new RegExp(`cannot be read: .*/${endless} is no file$`));
    }
    expect(await forged([name, name])).toMatch(/cannot be read: it names a file twice$/);
    expect(await forged([name], [{ ...weights[0], shape: [2 ** 40] }])).toMatch(
      /its bytes are not those of its shapes/,
    );
    expect(await forged([name], weights.slice(1))).toMatch(/its bytes are not those of its shapes/);
    for (const weightsManifest of [{}, [{}], [{ paths: 'x', weights: [] }], 7]) {
      writeFileSync(file, JSON.stringify({ ...json, weightsManifest }));
      expect(await load(file)).toMatch(/cannot be read: its weightsManifest is none$/);
    }
    writeFileSync(file, '['.repeat(100_000));
    expect(await load(file)).toMatch(/cannot be read: JSON nested deeper than 500 levels$/);
  });

  test('another architecture', async () => {
    await saveModule(trained({ layers: 2, bins: 5 }), file);
    expect(await load(file)).toMatch(/is of another architecture: loadStateDict: '.*' has shape/);
    const kept = make({ layers: 2, bins: 4 });
    const before = bitsOf(kept);
    await expect(loadModule(file, kept)).rejects.toThrow('another architecture');
    expect(bitsOf(kept)).toEqual(before);
    await expect(loadModule(file, new Mlp({ inputDim: 1, hidden: [], outputDim: 1, rng: new Rng(0) }))).rejects.toThrow(
      /another architecture: loadStateDict: Mlp has no variable/,
    );
  });
});
