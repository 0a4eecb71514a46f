import { Worker } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type BackendLoader, selectBackend } from '../../src/engine/backend.ts';
import { currentRuntime, type EngineLoader, selectEngine } from '../../src/engine/runtime/engine.ts';
import { plainStorage, type Runtime } from '../../src/engine/runtime/runtime.ts';
import { expectClose } from './support.ts';
import { trainWithNoise } from './worker.ts';

afterAll(async () => {
  await selectEngine();
});

function runtime(name: string): Runtime {
  return {
    ...plainStorage,
    name,
    load() {
      throw new Error('not run here');
    },
  };
}

const missing = (what: string) => (): never => {
  throw new Error(`Cannot find module '${what}'\nRequire stack:\n- x`);
};

function loader(node: boolean): EngineLoader {
  return { node: (provider) => (node ? runtime(`onnxruntime-node ${provider}`) : missing('onnxruntime-node')()) };
}

describe('choice of the engine', () => {
  test.each([
    [true, 'auto', 'wasm and onnxruntime-node cpu'],
    [false, 'wasm', 'wasm'],
  ])('nobody asks for one, and onnxruntime-node is there: %s', async (node, name, runtimeName) => {
    for (const request of ['auto', '']) {
      const chosen = await selectEngine(request, { loader: loader(node) });
      expect([chosen.name, currentRuntime()!.name]).toEqual([name, runtimeName]);
      if (!node) expect(chosen.line).toContain('npm install --ignore-scripts onnxruntime-node@');
    }
  });

  test('a request is met or is an error with advice', async () => {
    expect((await selectEngine('eager', { loader: loader(true) })).name).toBe('eager');
    expect(currentRuntime()).toBe(undefined);
    expect((await selectEngine('cuda', { loader: loader(true) })).line).toBe('engine: onnxruntime-node cuda');
    for (const name of ['wasm', 'wasm-relaxed']) {
      expect(await selectEngine(name, { loader: loader(true) })).toEqual({ name, line: `engine: ${name}` });
      expect(currentRuntime()!.name).toBe(name);
    }
    await expect(selectEngine('onnxruntime-node', { loader: loader(false) })).rejects.toThrow(
      /^the engine 'onnxruntime-node' is not available .* npm install --ignore-scripts onnxruntime-node@/,
    );
    await expect(selectEngine('tpu', { loader: loader(true) })).rejects.toThrow(/^OXBOW_ENGINE: got 'tpu'/);
  });

  test('threads are those that are asked for, or of the environment', async () => {
    const lineOf = async (request: string, threads?: number) =>
      (await selectEngine(request, { threads, loader: loader(true) })).line;
    expect(await lineOf('wasm', 2)).toBe('engine: wasm, 2 threads');
    expect(await lineOf('onnxruntime-node', 2)).toBe('engine: onnxruntime-node cpu');
    vi.stubEnv('OXBOW_THREADS', '3');
    expect(await lineOf('auto')).toMatch(/^engine: auto .*, 3 threads$/);
    expect(await lineOf('wasm', 1)).toBe('engine: wasm');
    for (const threads of [0, 1.5, 65])
      await expect(lineOf('wasm', threads)).rejects.toThrow(`threads: got '${threads}'`);
    vi.stubEnv('OXBOW_THREADS', 'all');
    await expect(lineOf('wasm')).rejects.toThrow(/^OXBOW_THREADS: got 'all'/);
    vi.unstubAllEnvs();
  });

  test('CUDA is found or is an error', async () => {
    try {
      expect((await selectEngine('cuda')).name).toBe('cuda');
    } catch (error) {
      expect((error as Error).message).toMatch(/^the engine 'cuda' is not available \(.+\); it needs Linux x64, CUDA/);
    }
  });
});

describe('choice of the tfjs backend', () => {
  const absent: BackendLoader = (name) =>
    Promise.reject(Object.assign(new Error(`Cannot find package '${name}'`), { code: 'ERR_MODULE_NOT_FOUND' }));
  const broken: BackendLoader = () => Promise.reject(new Error('libtensorflow.so.2: cannot open\nshared object file'));

  test('cpu where nothing is installed, or why what is installed does not run', async () => {
    // As Vite says it of a package that is optional.
    const bundled: BackendLoader = (name) =>
      Promise.reject(new Error(`Could not resolve "${name}" imported by "oxbow". Is it installed?`));
    const some: BackendLoader = (name) => (name === '@tensorflow/tfjs-node' ? broken(name) : absent(name));
    for (const [request, loader, line] of [
      ['auto', absent, 'tfjs backend: cpu'],
      ['auto', bundled, 'tfjs backend: cpu'],
      ['cpu', absent, 'tfjs backend: cpu'],
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
    await selectBackend('cpu', absent);
    expect(tf.getBackend()).toBe('cpu');
    tf.removeBackend('tensorflow');
    for (const { kernelName } of tf.getKernelsForBackend('tensorflow')) tf.unregisterKernel(kernelName, 'tensorflow');
  });

  test('a request that cannot be met is an error with the command that installs it', async () => {
    await expect(selectBackend('node-gpu', absent)).rejects.toThrow(
      /'node-gpu' .* npm install @tensorflow\/tfjs-node-gpu@/,
    );
    await expect(selectBackend('node', broken)).rejects.toThrow(/'node' .*libtensorflow.so.2: cannot open/);
    await expect(selectBackend('webgl', absent)).rejects.toThrow(/^OXBOW_BACKEND: got 'webgl'/);
  });
});

describe('engines agree', () => {
  let eager: number[];
  beforeAll(async () => {
    await selectEngine('eager');
    eager = trainWithNoise(1, 30);
  });

  test.each(['eager', 'onnxruntime-node', 'wasm', 'auto'])('%s', async (name) => {
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
});
