/**
 * Puts one mistake after the other into a copy of the sources and asks the tests that should find it: the rate at which they do says what the tests
 * are worth, before and after they change. mutants.json lists the mistakes by the line of code that each is in, wherever the file lies.
 *
 *     npm run mutants -- --folder agents     of one folder
 *     npm run mutants -- --only gamma        those whose code or test has this text
 *     npm run mutants -- --write             stores the numbers of each folder in frozen/mutants.json
 */
import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createVitest } from 'vitest/node';

interface Mutant {
  readonly folder: string;
  /** Code that is once in the folder. */
  readonly find: string;
  readonly replace: string;
  /** The cheapest that should fail. One that has moved is found by its name. */
  readonly tests: readonly string[];
}
type Answer = 'passed' | 'failed' | 'timed out';

/** The slowest of the tests takes some 20 s; a mutant may never end. */
const PATIENCE = 180_000;
const root = resolve(import.meta.dirname, '..');

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      folder: { type: 'string' },
      only: { type: 'string' },
      workers: { type: 'string', default: '1' },
      write: { type: 'boolean', default: false },
    },
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
  const all: readonly Mutant[] = JSON.parse(readFileSync(join(import.meta.dirname, 'mutants.json'), 'utf8'));
  const chosen = all.filter(
    ({ folder, find, tests }) =>
      (values.folder === undefined || folder === values.folder) &&
      (values.only === undefined || [find, ...tests].some((text) => text.includes(values.only!))),
  );
  const tests = filesIn(root, 'test').filter((file) => file.endsWith('.test.ts'));
  const counts: Record<string, { killed: number; survived: string[]; 'not run': string[] }> = {};
  const waiting = [...chosen];
  await Promise.all(
    Array.from({ length: Number(values.workers) }, async () => {
      const place = copyOfTree();
      const server = new Server(place);
      for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
        const begun = performance.now();
        const outcome = await outcomeOf(mutant, place, tests, server);
        counts[mutant.folder] ??= { killed: 0, survived: [], 'not run': [] };
        const count = counts[mutant.folder]!;
        if (outcome === 'killed') count.killed += 1;
        else count[outcome].push(mutant.find);
        const seconds = ((performance.now() - begun) / 1000).toFixed(1);
        console.log(`${outcome}: ${mutant.folder}: ${mutant.find} → ${mutant.replace} (${seconds} s)`);
      }
      server.end();
    }),
  );
  for (const [folder, { killed, survived, 'not run': rest }] of Object.entries(counts)) {
    const run = killed + survived.length;
    const rate = ((100 * killed) / Math.max(1, run)).toFixed(1);
    console.log(`${folder}: killed ${killed} of ${run}, ${rate} %; not run ${rest.length}`);
  }
  if (!values.write) return;
  const stored = join(root, 'scripts/frozen/mutants.json');
  const before = existsSync(stored) ? JSON.parse(readFileSync(stored, 'utf8')) : {};
  writeFileSync(stored, `${JSON.stringify({ ...before, ...counts }, null, 2)}\n`);
}

async function outcomeOf(
  { folder, find, replace, tests }: Mutant,
  place: string,
  all: readonly string[],
  server: Server,
): Promise<'killed' | 'survived' | 'not run'> {
  const files = filesIn(place, folder).filter((name) => name.endsWith('.ts'));
  const holding = files.filter((name) => readFileSync(join(place, name), 'utf8').includes(find));
  const existing = tests.map(
    (test) => all.find((name) => name === test) ?? all.find((name) => basename(name) === basename(test)),
  );
  const [file] = holding;
  const code = file === undefined ? '' : readFileSync(join(place, file), 'utf8');
  const pieces = code.split(find);
  if (file === undefined || holding.length > 1 || pieces.length !== 2 || existing.includes(undefined)) return 'not run';
  if ((await server.passes(existing as string[])) !== 'passed') {
    console.log(`${tests} fails without a mutant`);
    return 'not run';
  }
  try {
    writeFileSync(join(place, file), pieces.join(replace));
    return (await server.answer(existing as string[], file)) === 'passed' ? 'survived' : 'killed';
  } finally {
    writeFileSync(join(place, file), code);
    await server.changed(file);
  }
}

function filesIn(place: string, folder: string): string[] {
  const names = readdirSync(join(place, folder), { recursive: true, encoding: 'utf8' });
  return names.map((name) => `${folder}/${name.replaceAll('\\', '/')}`);
}

/** What git knows of the tree, with the changes that are not committed. */
function copyOfTree(): string {
  const path = mkdtempSync(join(tmpdir(), 'oxbow-mutants-'));
  const { stdout } = spawnSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' });
  for (const file of stdout.split('\n')) {
    if (file !== '' && existsSync(join(root, file))) cpSync(join(root, file), join(path, file));
  }
  symlinkSync(join(root, 'node_modules'), join(path, 'node_modules'));
  process.once('exit', () => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Vitest in another process, which keeps what it has compiled, and can be killed when a mutant does not end. */
class Server {
  readonly #place: string;
  readonly #passed = new Set<string>();
  #process: ChildProcess | undefined;

  constructor(place: string) {
    this.#place = place;
  }

  /** Whether the tests pass as the sources are, which is asked once. */
  async passes(tests: readonly string[]): Promise<Answer> {
    if (this.#passed.has(tests.join())) return 'passed';
    const answer = await this.answer(tests);
    if (answer === 'passed') this.#passed.add(tests.join());
    return answer;
  }

  /** @param changed the file that has changed since */
  answer(tests: readonly string[], changed?: string): Promise<Answer> {
    this.#process ??= fork(import.meta.filename, { cwd: this.#place, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const child = this.#process;
    return new Promise((resolve) => {
      const timer = setTimeout(() => done('timed out'), PATIENCE);
      const ended = () => done('failed');
      const done = (answer: Answer) => {
        clearTimeout(timer);
        child.off('message', done).off('exit', ended);
        if (answer === 'timed out') child.kill('SIGKILL');
        if (answer === 'timed out' || child.exitCode !== null) this.#process = undefined;
        resolve(answer);
      };
      child.on('message', done).on('exit', ended);
      child.send({ tests, changed });
    });
  }

  async changed(file: string): Promise<void> {
    if (this.#process !== undefined) await this.answer([], file);
  }

  end(): void {
    this.#process?.disconnect();
  }
}

async function serve(): Promise<void> {
  const vitest = await createVitest('test', {
    root: process.cwd(),
    watch: false,
    bail: 1,
    maxWorkers: 1,
    reporters: [{}],
  });
  await vitest.standalone();
  process.on('disconnect', () => process.exit());
  process.on('message', async ({ tests, changed }: { tests: readonly string[]; changed?: string }) => {
    if (changed !== undefined) vitest.invalidateFile(resolve(changed));
    // Failures of earlier runs would count for `bail`.
    vitest.state.idMap.clear();
    vitest.state.filesMap.clear();
    if (tests.length === 0) return process.send!('passed' satisfies Answer);
    const { testModules, unhandledErrors } = await vitest.runTestSpecifications(
      await vitest.globTestSpecifications([...tests]),
    );
    const isWhole = testModules.length > 0 && testModules.every((module) => module.ok());
    process.send!((isWhole && unhandledErrors.length === 0 ? 'passed' : 'failed') satisfies Answer);
  });
}

if (process.send === undefined) await main();
else await serve();
