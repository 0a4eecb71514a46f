import { lstatSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { writeWholeFile } from '../../src/files.ts';
import { show } from '../../src/options/describe.ts';
import { makeFolder } from '../experiment/checkedJson.ts';
import { isObject } from '../experiment/config.ts';
import { InputError } from '../experiment/errors.ts';
import { printable, shellWord } from '../experiment/text.ts';
import { EXIT } from '../run/environment.ts';
import type { CommandContext } from './options.ts';

const FILES = ['lander', 'train', 'lander.test'] as const;

/** Which of them have types; the others are JavaScript, by whatever ending. */
const TYPED: readonly string[] = ['lander'];

/** What `npm init` writes, which tests nothing. */
const NO_TEST = 'echo "Error: no test specified" && exit 1';

const JAVASCRIPT = { ending: '.js', scripts: { train: 'node train.js', test: 'node --test' } };
const TYPESCRIPT = {
  ending: '.ts',
  scripts: { train: 'tsx train.ts', test: 'node --import tsx --test lander.test.ts', typecheck: 'tsc' },
};

const TSCONFIG = {
  compilerOptions: {
    ...{ target: 'ES2022', module: 'NodeNext', types: ['node'] },
    ...{ strict: true, skipLibCheck: true, noEmit: true },
  },
};

interface Package {
  readonly private?: boolean;
  readonly type?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** `oxbow init [folder]`: the files of `examples/project`, and a `package.json` whose scripts train and test. */
export async function init(_: CommandContext, folder = '.', { typescript = false }): Promise<number> {
  if (folder.trim() === '') throw new InputError('init: got "", expected a folder');
  const { ending, scripts } = typescript ? TYPESCRIPT : JAVASCRIPT;
  const path = createRequire(import.meta.url).resolve('oxbow/package.json');
  const oxbow = JSON.parse(readFileSync(path, 'utf8'));
  const files = FILES.map((name): [string, string] => {
    const source = `${name}${TYPED.includes(name) ? ending : '.ts'}`;
    return [`${name}${ending}`, readFileSync(join(dirname(path), 'examples/project', source), 'utf8')];
  });
  const there = FILES.flatMap((name) => ['.js', '.ts'].map((each) => join(folder, name + each))).find(isThere);
  if (there !== undefined) throw new InputError(`init: ${there} is there already, expected a folder without it`);
  if (typescript && !isThere(join(folder, 'tsconfig.json'))) files.push(['tsconfig.json', jsonText(TSCONFIG)]);
  const found = readPackage(join(folder, 'package.json'));
  const { test, ...others } = found.scripts ?? {};
  const isFree = test === undefined || test === NO_TEST;
  const devDependencies = typescript && {
    devDependencies: { ...pick(oxbow.devDependencies, ['@types/node', 'tsx', 'typescript']), ...found.devDependencies },
  };
  const whole = {
    ...found,
    type: 'module',
    scripts: { ...scripts, ...others, ...(!isFree && { test }) },
    dependencies: { oxbow: `^${oxbow.version}`, ...found.dependencies },
    ...devDependencies,
  };
  const made: string[] = [];
  try {
    const outermost = makeFolder(folder);
    if (outermost !== undefined) made.push(outermost);
    for (const [file, text] of files) {
      const path = join(folder, file);
      writeWholeFile(path, text);
      made.push(path);
    }
    writeWholeFile(join(folder, 'package.json'), jsonText(whole));
  } catch (error) {
    // With a part of it there, the next try would refuse the folder.
    for (const path of made) rmSync(path, { recursive: true, force: true });
    throw new InputError(`init: cannot write into ${folder}: ${(error as Error).message}`);
  }
  const written = [...files.map(([file]) => file), 'package.json'].join(', ');
  const enter = resolve(folder) === process.cwd() ? '' : `cd ${shellWord(folder)} && `;
  // Scripts of the same names are kept, and do something else.
  const run = [isFree ? 'npm test' : direct(scripts.test), 'train' in others ? direct(scripts.train) : 'npm run train'];
  const modules =
    found.type === 'commonjs' ? ' The "type" of package.json is now "module": files .js with require are .cjs.' : '';
  const line = `Written: ${written}.${modules} ${enter}npm install && ${run.join(' && ')}`;
  process.stdout.write(`${printable(line)}\n`);
  return EXIT.ok;
}

/** What a script runs, as a shell finds it. */
function direct(script: string): string {
  return script.startsWith('node ') ? script : `npx ${script}`;
}

/** As `existsSync`, also of a link that leads nowhere, through which a file elsewhere would be written. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path) !== undefined;
  } catch {
    return false;
  }
}

function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** What is there already; without one a new one, which npm does not publish. */
function readPackage(path: string): Package {
  if (!isThere(path)) return { private: true };
  let found: unknown;
  try {
    // Some editors begin a file with a byte order mark; npm reads it.
    found = JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new InputError(`init: cannot read ${path}: ${(error as Error).message}`);
  }
  if (!isObject(found)) throw new InputError(`init: ${path}: expected an object`);
  for (const key of ['scripts', 'dependencies', 'devDependencies']) {
    const texts = found[key] ?? {};
    if (isObject(texts) && Object.values(texts).every((each) => typeof each === 'string')) continue;
    throw new InputError(`init: ${path}: ${key}: got ${show(texts)}, expected an object of texts`);
  }
  return found as Package;
}

function pick(all: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, all[name]!]));
}
