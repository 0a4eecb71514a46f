/**
 * The README's program, word for word, the example for browsers, and saved modules on a page: the packed package, served and bundled
 * by Vite, in Chromium.
 */

import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as tf from '@tensorflow/tfjs-core';
import type { Browser } from 'playwright-core';
import { build, createServer, type InlineConfig, preview } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startChromium, visit } from '../scripts/chromium.ts';
import { neuralSplineFlow, policyFromOnnx, Rng, saveModule } from '../src/index.ts';
import { blocks, pack, root, run, temporaryFolder, writeProject } from './project.ts';

/** Bytes, compressed, of all that a page loads. */
const LARGEST_PAGE = 350_000;

const EXAMPLES = [
  'browser/index.html',
  'browser/main.ts',
  'browser/pendulum.json',
  'browser/train.html',
  'browser/train.ts',
];

const page = (script: string) =>
  `<!doctype html>\n<link rel="icon" href="data:," />\n<script type="module">${script}</script>\n`;
const FILES = {
  'main.ts': blocks('README.md')[1]!,
  'index.html': page(`import './main.ts';`),
  'worker.html': page(`new Worker(new URL('./main.ts', import.meta.url), { type: 'module' });`),
  'saved.ts': readFileSync(join(import.meta.dirname, 'page/saved.ts'), 'utf8').replace('../../src/index.ts', 'oxbow'),
  'saved.html': page(`import './saved.ts';`),
  'onnx.ts': readFileSync(join(import.meta.dirname, 'page/onnx.ts'), 'utf8').replace('../../src/index.ts', 'oxbow'),
  'onnx.html': page(`import './onnx.ts';`),
  ...Object.fromEntries(EXAMPLES.map((name) => [name, readFileSync(join(root, 'examples', name), 'utf8')])),
};

const folder = temporaryFolder('page');
const config: InlineConfig = { root: folder.path, configFile: false, logLevel: 'error' };
const pages = { index: 'index.html', worker: 'worker.html' };

const flowConfig = { dim: 2, contextDim: 3, layers: 2, hidden: [5] };
const flow = neuralSplineFlow({ ...flowConfig, rng: new Rng('saved') });
const [first] = flow.variables();
first!.assign(
  tf.tidy(() => {
    const odd = [Infinity, -Infinity, -0, 2 ** -149];
    return tf.tensor(
      Float32Array.from({ length: first!.size }, (_, i) => odd[i] ?? i / 3),
      first!.shape,
    );
  }),
);
const bits = Object.entries(flow.stateDict()).map(([name, { shape, values }]) => [
  name,
  shape,
  [...new Uint32Array(values.buffer)],
]);

const ONNX_FILE = join(root, 'test/golden/onnx/sb3-sac-pendulum-legacy13.onnx');

let browser: Browser;
beforeAll(async () => {
  const archive = pack(folder.path);
  writeProject(folder.path, FILES);
  mkdirSync(join(folder.path, 'public'));
  await saveModule(flow, join(folder.path, 'public/flow.json'), flowConfig);
  copyFileSync(ONNX_FILE, join(folder.path, 'public/sac.onnx'));
  run(folder.path, 'npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', archive]);
  browser = await startChromium();
});
afterAll(async () => {
  await browser?.close();
  folder[Symbol.dispose]();
});

const SERVERS = {
  served: async () =>
    (
      await createServer({
        ...config,
        server: { port: 0 },
        // Found by themselves they may come late, and the page is loaded again.
        optimizeDeps: { include: ['oxbow', '@tensorflow/tfjs-core'] },
      })
    ).listen(),
  built: async () => {
    await build({ ...config, build: { rolldownOptions: { input: pages } } });
    await build({
      ...config,
      build: {
        emptyOutDir: false,
        rolldownOptions: { input: ['saved.html', 'onnx.html', 'browser/index.html', 'browser/train.html'] },
      },
    });
    return preview({ ...config, preview: { port: 0 } });
  },
};

describe.each(Object.entries(SERVERS))('%s', (kind, start) => {
  let server: Awaited<ReturnType<typeof start>>;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server?.close());

  test.concurrent.each(Object.entries(pages))('%s: finds both ways, without a complaint', async (name, file) => {
    const { printed, complaints, loaded } = await visit(browser, `${server.resolvedUrls!.local[0]}${file}`);
    const actions = [...printed.matchAll(/\[(-?[\d.]+)\s*\]/g)].map((match) => Number(match[1]));
    expect(Math.min(...actions), printed).toBeLessThan(-0.5);
    expect(Math.max(...actions), printed).toBeGreaterThan(0.5);
    expect(complaints).toEqual([]);
    if (kind !== 'built') return;
    const bytes = [...loaded.values()].reduce((sum, body) => sum + gzipSync(body).length, 0);
    console.log(`${name}: ${bytes} bytes compressed, in ${loaded.size} files`);
    expect(bytes).toBeLessThan(LARGEST_PAGE);
    expect(
      [...loaded.keys()].filter((address) => !/\.(js|html)$/.test(address) && !address.startsWith('data:')),
    ).toEqual([]);
  });

  test.concurrent.each([
    ['a saved policy', 'index', /^Episode 1: return (-\d+)$/],
    ['a policy that learns on the page', 'train', /^Return (-\d+) after a training of \d+ steps$/],
  ])('the example: %s swings the pendulum up, in the picture too', async (_, name, line) => {
    const { printed, complaints, content } = await visit(
      browser,
      `${server.resolvedUrls!.local[0]}browser/${name}.html`,
    );
    const [, total] = line.exec(printed)!;
    expect(Number(total)).toBeGreaterThan(-500);
    expect(content).toMatch(/<div id="pendulum"[^>]*><svg .*<\/svg><\/div>/s);
    expect(complaints).toEqual([]);
  });

  test.concurrent('a module comes from a URL, and back from IndexedDB, to the bit and with its config', async () => {
    const { printed, complaints } = await visit(browser, `${server.resolvedUrls!.local[0]}saved.html`);
    expect(JSON.parse(printed)).toEqual({
      fetched: { config: flowConfig, bits },
      kept: { config: flowConfig, bits },
      listed: ['indexeddb://flow'],
      errors: [
        expect.stringMatching(/^loadModule: indexeddb:\/\/none cannot be read: [^\n]+$/),
        expect.stringMatching(/^loadModule: http:\S+\/flow\.json is of another architecture: [^\n]+$/),
      ],
    });
    expect(complaints).toEqual([]);
  });

  test.concurrent('the policy of an ONNX file acts as in Node, to the bit', async () => {
    const { printed, complaints } = await visit(browser, `${server.resolvedUrls!.local[0]}onnx.html`);
    const box = (size: number, high: number) => ({
      low: new Array<number>(size).fill(-high),
      high: new Array<number>(size).fill(high),
      shape: [size],
    });
    const policy = policyFromOnnx(ONNX_FILE, {
      observationSpace: box(3, 8),
      actionSpace: box(1, 2),
      squash: 'rescale',
    });
    const actions = [0, 1, 2].map((i) => [...(policy.act([Math.cos(i), Math.sin(i), i]) as Float32Array)]);
    expect(JSON.parse(printed)).toEqual(actions);
    expect(complaints).toEqual([]);
  });
});
