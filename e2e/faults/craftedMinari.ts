import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pythonWith } from '../pythonWith.ts';

/** A dataset that crafted_minari.py has written: as good as the first one, readable, not to be read, or any of these. */
interface Crafted {
  readonly name: string;
  readonly expect: 'whole' | 'read' | 'refused' | 'either';
  /** Infos that must be named as left out. */
  readonly left: readonly string[];
}

/** What readMinari.mjs says of a dataset. */
interface ReadOutcome {
  /** Undefined if all was read. */
  readonly error?: { readonly name: string; readonly message: string };
  readonly hash?: string;
  readonly left?: unknown;
  /** Of the processor's time: the machine may do much else. */
  readonly seconds: number;
  /** Bytes, the most that the process has had meanwhile. */
  readonly peak: number;
  /** Open files more than before. */
  readonly descriptors: number;
}

/** Seconds of the processor and bytes that a dataset may take, the latter beside four times its size. */
const [SECONDS, BYTES] = [2, 64 * 2 ** 20];

/** Hundreds of datasets in Minari's format that nobody who means well would write: each is read rightly, or refused in one line, soon and in little memory. */
export async function craftedMinari(
  parent: string,
  short: boolean,
): Promise<{ readonly name: string; readonly problems: readonly string[] }[]> {
  const found: { name: string; problems: string[] }[] = [];
  const folder = join(parent, 'crafted-minari');
  mkdirSync(folder);
  const python = process.env.OXBOW_PYTHON || pythonWith(parent, ['h5py']);
  const made = spawnSync(python, ['e2e/faults/crafted_minari.py', folder], { encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (made.status !== 0) throw new Error(`crafted_minari.py: ${made.stderr}`);
  const all: Crafted[] = made.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const chosen = short ? all.filter(({ name }, i) => i % 10 === 0 || /^whole|bomb-537|paths-40/.test(name)) : all;
  let reader = await Reader.start(join(folder, all[0]!.name));
  for (const crafted of chosen) {
    const path = join(folder, crafted.name);
    let outcome = await reader.read(path);
    if (outcome !== undefined && outcome.peak > mostFor(path, reader)) {
      // Once more by a process that has read nothing else: what one has not given back yet is none of this file's.
      reader.end();
      reader = await Reader.start(join(folder, all[0]!.name));
      outcome = await reader.read(path);
    }
    const problems = outcome === undefined ? [`was read for more than 30 s, or ended the process: ${reader.said}`] : [];
    if (outcome !== undefined) problems.push(...problemsOf(crafted, outcome, reader, path));
    // What a process was left with must not excuse what comes next.
    if (outcome === undefined || reader.said !== '' || problems.length > 0) {
      reader.end();
      reader = await Reader.start(join(folder, all[0]!.name));
    }
    found.push({ name: crafted.name, problems });
  }
  reader.end();
  rmSync(folder, { recursive: true });
  return found;
}

function sizeOf(path: string): number {
  return ['main_data.hdf5', 'metadata.json']
    .map((name) => join(path, 'data', name))
    .reduce((sum, file) => sum + (existsSync(file) ? statSync(file).size : 0), 0);
}

/** Bytes that a process may have when it has read a dataset. */
function mostFor(path: string, { baseline }: Reader): number {
  return baseline + BYTES + 4 * sizeOf(path);
}

function problemsOf({ expect, left }: Crafted, outcome: ReadOutcome, reader: Reader, path: string): string[] {
  const { error, hash, seconds, peak, descriptors } = outcome;
  const problems: string[] = [];
  const size = sizeOf(path);
  if (error !== undefined) {
    const isLine = error.name === 'Error' && /^\P{Cc}{1,1000}$/u.test(error.message);
    if (!isLine || /HDF5-DIAG|undefined \(|not a function|Cannot read prop/.test(error.message))
      problems.push(`raw: ${error.name}: ${error.message}`);
    if (expect === 'read' || expect === 'whole') problems.push(`refused: ${error.message}`);
  } else if (expect === 'refused') {
    problems.push(`was read: ${hash}`);
  } else {
    if (expect === 'whole' && hash !== reader.whole) problems.push('was read as something else');
    const named = (outcome.left ?? []) as string[];
    if (left.some((name) => !named.includes(name))) problems.push(`names ${named} as left out, expected ${left}`);
  }
  if (seconds > SECONDS) problems.push(`took ${seconds.toFixed(1)} s`);
  if (peak > mostFor(path, reader))
    problems.push(`took ${Math.round((peak - reader.baseline) / 2 ** 20)} MiB for ${size} bytes`);
  if (descriptors > 0) problems.push(`left ${descriptors} files open`);
  if (reader.said !== '') problems.push(`printed ${reader.said}`);
  return problems;
}

/** A process that reads. */
class Reader {
  /** One that has read a whole dataset: what it takes then is what others are compared with. */
  static async start(whole: string): Promise<Reader> {
    const reader = new Reader();
    const outcome = await reader.read(whole, 60_000);
    if (outcome?.hash === undefined)
      throw new Error(`the whole dataset is not read: ${outcome?.error?.message ?? reader.said}`);
    reader.baseline = outcome.peak;
    reader.whole = outcome.hash;
    return reader;
  }

  baseline = 0;
  whole = '';
  said = '';
  readonly #process: ChildProcess = fork(join(import.meta.dirname, 'readMinari.mjs'), {
    silent: true,
    execArgv: [],
  });

  constructor() {
    const add = (text: unknown) => {
      this.said += text;
    };
    this.#process.stdout!.on('data', add);
    this.#process.stderr!.on('data', add);
  }

  /** Undefined if it does not come back. */
  read(path: string, patience = 30_000): Promise<ReadOutcome | undefined> {
    return new Promise((done) => {
      const end = (outcome?: ReadOutcome) => {
        clearTimeout(timer);
        this.#process.removeAllListeners();
        done(outcome);
      };
      const timer = setTimeout(end, patience);
      this.#process.once('message', (outcome) => end(outcome as ReadOutcome));
      this.#process.once('exit', () => end());
      this.#process.send(path);
    });
  }

  end(): void {
    this.#process.kill('SIGKILL');
  }
}
