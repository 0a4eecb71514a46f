/** The addon at one level. */
export interface Native {
  /** 'avx512', 'avx2' or 'neon'. */
  readonly level: string;
  /** Those that the processor has, the fastest first. */
  readonly levels: readonly string[];
  /** The names of elementwise operations, by their numbers in a program. */
  readonly operations: readonly string[];
  /**
   * A program as a function that runs all of its kernels, or the one with this index.
   * @param threads how many calculate together, the caller among them
   * @throws if the words are ill-formed; the function, if the memory is not large enough for what they name
   */
  load(words: Int32Array, threads?: number): (memory: ArrayBuffer, kernel?: number) => void;
}

/** What native/addon.c exports. */
interface Addon extends Pick<Native, 'levels' | 'operations'> {
  load(level: string, words: Int32Array, threads?: number): ReturnType<Native['load']>;
}

const nodeProcess = (globalThis as { process?: NodeJS.Process }).process;

/** From here, among the sources and in what the package has compiled. */
const FOLDER = '../../../native/prebuilt';

function loadAddon(folder: string): Addon {
  if (nodeProcess?.getBuiltinModule === undefined) throw new Error('it needs Node 20.16 or later');
  const { createHash } = nodeProcess.getBuiltinModule('node:crypto');
  const { existsSync, readFileSync } = nodeProcess.getBuiltinModule('node:fs');
  const { createRequire } = nodeProcess.getBuiltinModule('node:module');
  const { resolve } = nodeProcess.getBuiltinModule('node:path');
  const { fileURLToPath } = nodeProcess.getBuiltinModule('node:url');
  const name = `${nodeProcess.platform}-${nodeProcess.arch}.node`;
  const path = resolve(fileURLToPath(import.meta.url), '..', folder, name);
  if (!existsSync(path)) throw new Error(`there is no ${name}`);
  // A process that maps a truncated file ends when it reads what is not there.
  const sum = createHash('sha256').update(readFileSync(path)).digest('hex');
  const sums = readFileSync(resolve(path, '../SHA256SUMS'), 'utf8').split('\n');
  if (!sums.includes(`${sum}  ${name}`)) throw new Error(`${name} is not the file of this version: ${path}`);
  return createRequire(import.meta.url)(path);
}

/**
 * The addon for this system and processor, at its highest level or at `OXBOW_NATIVE_LEVEL`; or one line that says why there is none.
 * @throws if `OXBOW_NATIVE_LEVEL` is neither 'none' nor a level that the processor has
 */
export function loadNative(folder = FOLDER): Native | string {
  const asked = nodeProcess?.env?.OXBOW_NATIVE_LEVEL || undefined;
  if (asked === 'none') return 'OXBOW_NATIVE_LEVEL is none';
  let addon: Addon;
  try {
    addon = loadAddon(folder);
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
  }
  const { levels, operations } = addon;
  const level = asked ?? levels[0];
  if (level === undefined) return 'the processor lacks AVX2';
  if (!levels.includes(level)) {
    throw new Error(`OXBOW_NATIVE_LEVEL: got '${level}', expected one of ${[...levels, 'none'].join(', ')}`);
  }
  return { level, levels, operations, load: (words, threads) => addon.load(level, words, threads) };
}
