/**
 * Builds the addon, `native/prebuilt`, for every platform, on Linux or macOS, and the same bytes each time: `npm run build:native`, or
 * `npm run build:native -- linux-x64` for one. With `--check` it builds all in another folder, and says which files differ.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { pythonWith } from '../e2e/pythonWith.ts';

/** The compiler, as PyPI has it. */
const ZIG = 'ziglang==0.17.1';

interface Platform {
  readonly target: string;
  /** The oldest processor: what asks which levels there are runs on it. */
  readonly oldest: string;
  /** The levels of native/program.h, the lowest first: what each is compiled for, and its floats in a vector. */
  readonly levels: Readonly<Record<string, readonly [processor: string, width: number]>>;
  readonly linked: readonly string[];
}

const X64 = {
  oldest: 'x86_64',
  levels: { avx2: ['x86_64_v3', 8], avx512: ['x86_64_v4', 16] },
} as const;
const ARM64 = { oldest: 'generic', levels: { neon: ['generic', 4] } } as const;

// Functions of Node are found in the process that loads the addon. So are those of C on Linux: a file serves glibc and musl.
const LINUX = { linked: ['-Wl,-z,nodelete'] };
const MACOS = { linked: ['-Wl,-undefined,dynamic_lookup'] };
const WINDOWS = { linked: ['node_api.lib', 'ntdll.lib', '-lucrtbase'] };

const PLATFORMS: Readonly<Record<string, Platform>> = {
  'linux-x64': { target: 'x86_64-linux-gnu.2.28', ...X64, ...LINUX },
  'linux-arm64': { target: 'aarch64-linux-gnu.2.28', ...ARM64, ...LINUX },
  'darwin-x64': { target: 'x86_64-macos.10.15', ...X64, ...MACOS },
  'darwin-arm64': { target: 'aarch64-macos.11.0', ...ARM64, ...MACOS },
  'win32-x64': { target: 'x86_64-windows-gnu', ...X64, ...WINDOWS },
};

/** Each product and each sum is rounded, whatever the processor; vectors are those of the source. */
const STRICT = ['-fno-fast-math', '-ffp-contract=off', '-fno-math-errno', '-fno-vectorize', '-fno-slp-vectorize'];
/** Not -Os: the tiles of products would be loops, six times as slow. */
const SMALL = ['-O2', '-g0', '-fvisibility=hidden', '-fno-unwind-tables', '-fno-asynchronous-unwind-tables'];
const CAREFUL = ['-Wall', '-Wextra', '-Werror'];

const root = resolve(import.meta.dirname, '..');
const source = join(root, 'native');
const stored = join(source, 'prebuilt');
const cache = join(root, 'node_modules/.cache/native');
const headers = join(root, 'node_modules/node-api-headers');

/** Runs the compiler in a folder. */
function zig(cwd: string, ...args: readonly string[]): Promise<unknown> {
  const own = { ZIG_GLOBAL_CACHE_DIR: join(cache, 'zig'), ZIG_LOCAL_CACHE_DIR: join(cache, 'zig') };
  // The time at which a file for Windows says it was made.
  const env = { ...process.env, ...own, SOURCE_DATE_EPOCH: '0' };
  return promisify(execFile)(join(cache, ZIG, 'venv/bin/python3'), ['-m', 'ziglang', ...args], { cwd, env });
}

function installZig(): void {
  const folder = join(cache, ZIG);
  const isWhole = join(folder, 'installed');
  if (existsSync(isWhole)) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  pythonWith(folder, [ZIG]);
  writeFileSync(isWhole, '');
}

type Job = () => Promise<unknown>;

async function runAll(jobs: readonly Job[]): Promise<void> {
  const left = jobs.values();
  const workers = Array.from({ length: availableParallelism() }, async () => {
    for (const job of left) await job();
  });
  await Promise.all(workers);
}

/** What makes the objects of a platform in a folder, in any order, and what then links them to a file. */
function jobsFor(
  platform: Platform,
  folder: string,
  file: string,
): { readonly compile: readonly Job[]; readonly link: Job } {
  const { target, oldest, levels, linked } = platform;
  const [lowest] = Object.values(levels)[0]!;
  const isWindows = platform.target.includes('windows');
  mkdirSync(folder, { recursive: true });
  const cc = ['cc', '-target', target, ...STRICT, ...SMALL, ...CAREFUL, ...(isWindows ? [] : ['-fPIC'])];
  const objects: string[] = [];
  const unit = (name: string, processor: string, level: readonly string[] = []): Job => {
    const object = `${level[0]?.replace('-DLEVEL=', '') ?? name}.o`;
    objects.push(object);
    const options = [`-mcpu=${processor}`, ...level, '-I', join(headers, 'include')];
    return () => zig(source, ...cc, ...options, '-c', `${name}.c`, '-o', join(folder, object));
  };
  return {
    compile: [
      ...Object.entries(levels).map(([level, [processor, width]]) =>
        unit('kernels', processor, [`-DLEVEL=${level}`, `-DW=${width}`]),
      ),
      unit('scalar', lowest),
      unit('threads', oldest),
      unit('addon', oldest),
      ...(isWindows ? importLibraries(folder) : []),
    ],
    link: () =>
      zig(
        folder,
        'cc',
        '-target',
        target,
        `-mcpu=${oldest}`,
        '-shared',
        '-s',
        '-nostdlib',
        ...objects,
        ...linked,
        '-o',
        file,
      ),
  };
}

function importLibraries(folder: string): Job[] {
  // What makes room on the stack; the compiler's own list of this library lacks it.
  writeFileSync(join(folder, 'ntdll.def'), 'LIBRARY ntdll.dll\nEXPORTS\n__chkstk\n');
  return [join(headers, 'def/node_api.def'), 'ntdll.def'].map((list) => {
    const library = `${basename(list, '.def')}.lib`;
    return () => zig(folder, 'dlltool', '-m', 'i386:x86-64', '-d', list, '-l', library);
  });
}

/** Writes the addons into a folder, and SHA256SUMS over all that are there. */
async function buildAll(names: readonly string[], to: string): Promise<void> {
  installZig();
  const work = join(cache, 'build');
  rmSync(work, { recursive: true, force: true });
  const jobs = names.map((name) => jobsFor(PLATFORMS[name]!, join(work, name), `${name}.node`));
  await runAll(jobs.flatMap(({ compile }) => compile));
  await runAll(jobs.map(({ link }) => link));
  mkdirSync(to, { recursive: true });
  for (const name of names) writeFileSync(join(to, `${name}.node`), readFileSync(join(work, name, `${name}.node`)));
  const sums = readdirSync(to)
    .filter((file) => file.endsWith('.node'))
    .sort()
    .map(
      (file) =>
        `${createHash('sha256')
          .update(readFileSync(join(to, file)))
          .digest('hex')}  ${file}\n`,
    );
  writeFileSync(join(to, 'SHA256SUMS'), sums.join(''));
}

/** The files that are not what the source gives. */
async function check(): Promise<string[]> {
  const again = join(cache, 'again');
  rmSync(again, { recursive: true, force: true });
  await buildAll(Object.keys(PLATFORMS), again);
  const read = (folder: string, file: string) =>
    existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'latin1') : undefined;
  const files = new Set([again, stored].flatMap((folder) => readdirSync(folder)));
  return [...files].filter((file) => read(again, file) !== read(stored, file));
}

const args = process.argv.slice(2);
const unknown = args.find((name) => name !== '--check' && !Object.hasOwn(PLATFORMS, name));
if (unknown !== undefined) {
  throw new Error(`build:native: got '${unknown}', expected --check or some of ${Object.keys(PLATFORMS).join(', ')}`);
}
if (args.includes('--check')) {
  const differing = await check();
  for (const file of differing) console.log(`native/prebuilt/${file} is not what native gives: npm run build:native`);
  if (differing.length > 0) process.exitCode = 1;
} else {
  await buildAll(args.length > 0 ? args : Object.keys(PLATFORMS), stored);
  for (const file of readdirSync(stored)) console.log(`${file}: ${readFileSync(join(stored, file)).length} bytes`);
}
