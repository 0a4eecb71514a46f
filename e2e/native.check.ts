/**
 * The engine's tests by an addon that clang has built with its sanitizers: accesses beyond what was allocated, and beyond the tensors of the
 * program that runs, and what C leaves undefined, end the process with a report.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installed, root, run, temporaryFolder } from './project.ts';

const name = `linux-${process.arch}`;
const LEVELS: Readonly<Record<string, Readonly<Record<string, readonly [processor: string, width: number]>>>> = {
  'linux-x64': { avx2: ['x86-64-v3', 8], avx512: ['x86-64-v4', 16] },
  'linux-arm64': { neon: ['armv8-a', 4] },
};
const levels = Object.entries(LEVELS[name]!);
const [lowest, [oldest]] = levels[0]!;

const SANITIZED = '-fsanitize=address,undefined,float-cast-overflow -fno-sanitize-recover=all -shared-libasan'.split(
  ' ',
);
const STRICT = '-O1 -g -fPIC -ffp-contract=off -fno-math-errno -fvisibility=hidden'.split(' ');

// What the engine's tests need of the repository, with another addon.
const temporary = temporaryFolder('native');
const folder = temporary.path;
beforeAll(() => {
  for (const part of ['agents', 'common', 'envs', 'native', 'src', 'test', 'package.json', 'vitest.config.ts'])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
});
afterAll(() => temporary[Symbol.dispose]());

/** Puts the addon, built with these flags, where the engine looks for it. */
function build(...flags: readonly string[]): void {
  const source = join(folder, 'native');
  const headers = join(root, 'node_modules/node-api-headers/include');
  const clang = (...args: readonly string[]) =>
    run(source, installed('/usr/bin/clang-19', 'clang-19'), [...SANITIZED, ...STRICT, '-I', headers, ...args]);
  for (const [level, [processor, width]] of levels) {
    clang(...flags, `-march=${processor}`, `-DLEVEL=${level}`, `-DW=${width}`, '-c', 'kernels.c', '-o', `${level}.o`);
  }
  const file = join(source, 'prebuilt', `${name}.node`);
  const objects = levels.map(([level]) => `${level}.o`);
  clang(`-march=${oldest}`, '-shared', 'scalar.c', 'threads.c', 'addon.c', ...objects, '-o', file);
  const sum = createHash('sha256').update(readFileSync(file)).digest('hex');
  writeFileSync(join(source, 'prebuilt/SHA256SUMS'), `${sum}  ${name}.node\n`);
}

/** Runs tests of the engine on the native one. */
function runTests(
  tests: string,
  env: Record<string, string>,
): { readonly status: number | null; readonly text: string } {
  const clang = '/usr/lib/llvm-19';
  const runtime = `lib/clang/19/lib/linux/libclang_rt.asan-${run(folder, 'uname', ['-m']).trim()}.so`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', tests], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: {
      ...Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^(VITEST|NODE_ENV)/.test(key))),
      ...{ LD_PRELOAD: installed(join(clang, runtime), 'libclang-rt-19-dev'), OXBOW_ENGINE: 'native', ...env },
      // Node leaves at its end what it has.
      ASAN_OPTIONS: 'detect_leaks=0',
      UBSAN_OPTIONS: 'print_stacktrace=1',
      ASAN_SYMBOLIZER_PATH: installed(join(clang, 'bin/llvm-symbolizer'), 'llvm-19'),
    },
  });
  return { status, text: stdout + stderr };
}

test('an access beyond a tensor is reported', () => {
  // Without the last element.
  build('-DBEHIND=-4');
  const { status, text } = runTests('test/engine/native/fused', {});
  expect(status).not.toBe(0);
  expect(text).toMatch(/SUMMARY: AddressSanitizer: use-after-poison \S+product\.h/);
});

test.each([
  { what: 'reads and writes, by two threads', flags: [], env: { OXBOW_THREADS: '2' } },
  {
    what: 'writes to the byte, at the lowest level',
    flags: ['-DBEHIND=0', '-mllvm', '-asan-instrument-reads=0'],
    env: { OXBOW_NATIVE_LEVEL: lowest },
  },
])('$what', ({ flags, env }) => {
  build(...flags);
  const { status, text } = runTests('test/engine', env);
  expect(status, text).toBe(0);
  console.log(text.match(/Tests .*/)?.[0]);
});
