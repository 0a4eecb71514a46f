import { Worker } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type BackendLoader, selectBackend } from '../../src/engine/backend.ts';
import { currentRuntime, selectEngine } from '../../src/engine/runtime/engine.ts';
import { expectClose } from './support.ts';
import { trainWithNoise } from './worker.ts';

afterAll(async () => {
  await selectEngine();
});

describe('choice of the engine', () => {
  beforeEach(() => {
    vi.stubEnv('OXBOW_THREADS', '');
  });

  test('nobody asks for one: native where it is, else wasm, and why', async () => {
    const why = 'OXBOW_NATIVE_LEVEL is none';
    for (const request of ['auto', '']) {
      const native = await selectEngine(request);
      expect(native).toEqual({ name: 'auto', line: expect.stringMatching(/^engine: native \(\w+\)$/) });
      expect(currentRuntime()!.name).toBe('native');
      vi.stubEnv('OXBOW_NATIVE_LEVEL', 'none');
      expect(await selectEngine(request)).toEqual({ name: 'auto', line: `engine: wasm (native: ${why})` });
      expect(currentRuntime()!.name).toBe('wasm');
      await expect(selectEngine('native')).rejects.toThrow(
        `the engine 'native' is not available: ${why}; 'wasm' has the same bits`,
      );
      vi.stubEnv('OXBOW_NATIVE_LEVEL', undefined);
    }
  });

  test('a request is met or is an error', async () => {
    expect((await selectEngine('eager')).name).toBe('eager');
    expect(currentRuntime()).toBe(undefined);
    expect(await selectEngine('wasm')).toEqual({ name: 'wasm', line: 'engine: wasm' });
    expect((await selectEngine('native')).line).toMatch(/^engine: native \(\w+\)$/);
    const expected = 'expected one of auto, native, native-fma, wasm, eager';
    expect((await selectEngine('native-fma')).line).toMatch(/^engine: native-fma \(\w+\)$/);
    await expect(selectEngine('tpu')).rejects.toThrow(new Error(`OXBOW_ENGINE: got 'tpu', ${expected}`));
    for (const name of ['onnxruntime-node', 'cuda', 'wasm-relaxed']) {
      await expect(selectEngine(name)).rejects.toThrow(
        `OXBOW_ENGINE: got '${name}', ${expected}; ${name} is gone: auto takes native`,
      );
    }
  });

  test('threads are those that are asked for, or of the environment', async () => {
    const lineOf = async (request: string, threads?: number) => (await selectEngine(request, { threads })).line;
    expect(await lineOf('wasm', 2)).toBe('engine: wasm, 2 threads');
    expect(await lineOf('eager', 2)).toBe('engine: eager tfjs');
    expect(await lineOf('native', 2)).toMatch(/^engine: native \(\w+\), 2 threads$/);
    vi.stubEnv('OXBOW_THREADS', '3');
    expect(await lineOf('auto')).toMatch(/^engine: native \(\w+\), 3 threads$/);
    expect(await lineOf('wasm', 1)).toBe('engine: wasm');
    for (const threads of [0, 1.5, 65])
      await expect(lineOf('wasm', threads)).rejects.toThrow(`threads: got '${threads}'`);
    vi.stubEnv('OXBOW_THREADS', 'all');
    await expect(lineOf('wasm')).rejects.toThrow(/^OXBOW_THREADS: got 'all'/);
    vi.unstubAllEnvs();
  });
});

describe('choice of the tfjs backend', () => {
  const missing: BackendLoader = (name) =>
    Promise.reject(Object.assign(new Error(`Cannot find package '${name}'`), { code: 'ERR_MODULE_NOT_FOUND' }));
  const broken: BackendLoader = () => Promise.reject(new Error('libtensorflow.so.2: cannot open\nshared object file'));

  test('cpu where nothing is installed, or why what is installed does not run', async () => {
    // As Vite says it of a package that is optional.
    const bundled: BackendLoader = (name) =>
      Promise.reject(new Error(`Could not resolve "${name}" imported by "oxbow". Is it installed?`));
    const some: BackendLoader = (name) => (name === '@tensorflow/tfjs-node' ? broken(name) : missing(name));
    for (const [request, loader, line] of [
      ['auto', missing, 'tfjs backend: cpu'],
      ['auto', bundled, 'tfjs backend: cpu'],
      ['cpu', missing, 'tfjs backend: cpu'],
      ['auto', some, 'tfjs backend: cpu (@tensorflow/tfjs-node: libtensorflow.so.2: cannot open)'],
    ] as const)
      expect(await selectBackend(request, loader)).toEqual({ name: 'cpu', line });
  });

  test('the first that can be loaded', async () => {
    const asked: string[] = [];
    const cpuOnly: BackendLoader = async (name) => {
      asked.push(name);
      if (name === '@tensorflow/tfjs-node-gpu') return broken(name);
      tf.copyRegisteredKernels('cpu', 'tensorflow');
      return tf.registerBackend('tensorflow', () => tf.findBackend('cpu'), 0);
    };
    expect(await selectBackend('auto', cpuOnly)).toEqual({
      name: 'tensorflow',
      line: 'tfjs backend: tensorflow (@tensorflow/tfjs-node)',
    });
    expect(asked).toEqual(['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node']);
    expect(tf.getBackend()).toBe('tensorflow');
    await selectBackend('cpu', missing);
    expect(tf.getBackend()).toBe('cpu');
    tf.removeBackend('tensorflow');
    for (const { kernelName } of tf.getKernelsForBackend('tensorflow')) tf.unregisterKernel(kernelName, 'tensorflow');
  });

  test('a request that cannot be met is an error with the command that installs it', async () => {
    await expect(selectBackend('node-gpu', missing)).rejects.toThrow(
      /'node-gpu' .* npm install @tensorflow\/tfjs-node-gpu@/,
    );
    await expect(selectBackend('node', broken)).rejects.toThrow(/'node' .*libtensorflow.so.2: cannot open/);
    await expect(selectBackend('webgl', missing)).rejects.toThrow(/^OXBOW_BACKEND: got 'webgl'/);
  });
});

describe('engines agree', () => {
  let eager: number[];
  beforeAll(async () => {
    await selectEngine('eager');
    eager = trainWithNoise(1, 30);
  });

  test.each(['eager', 'native', 'native-fma', 'wasm', 'auto'])('%s', async (name) => {
    expect((await selectEngine(name)).name).toBe(name);
    const losses = trainWithNoise(1, 30);
    expect(losses.at(-1)!).toBeLessThan(losses[0]!);
    expectClose(losses, eager, 1e-4);
  });

  test('in worker threads, bit for bit', async () => {
    await selectEngine();
    const program = `
      const { parentPort, workerData } = require('node:worker_threads');
      import(workerData.loader)
        .then(({ register }) => (register(), import(workerData.module)))
        .then(({ trainWithNoise }) => parentPort.postMessage(trainWithNoise(1, 30)));
    `;
    const module = new URL('./worker.ts', import.meta.url).href;
    const run = (): Promise<number[]> =>
      new Promise((resolve, reject) => {
        const worker = new Worker(program, {
          eval: true,
          workerData: { module, loader: import.meta.resolve('tsx/esm/api') },
        });
        worker.once('message', resolve).once('error', reject);
      });
    const own = trainWithNoise(1, 30);
    for (const other of await Promise.all([run(), run()])) expect(other).toEqual(own);
  });

  test('native and wasm, bit for bit', async () => {
    await selectEngine('native');
    const native = trainWithNoise(1, 30);
    await selectEngine('wasm');
    expect(trainWithNoise(1, 30)).toEqual(native);
  });
});
