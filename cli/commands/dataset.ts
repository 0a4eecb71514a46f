import { existsSync, rmSync } from 'node:fs';
import { Command } from 'commander';
import type { StoredEpisode } from '../../datasets/index.ts';
import { InputError } from '../experiment/errors.ts';
import { firstLine, plural } from '../experiment/text.ts';
import { EXIT, storageErrorOf, version } from '../run/environment.ts';
import { interruptible } from '../run/signals.ts';

/** `oxbow dataset`: shows datasets, checks them, writes them in other formats, and makes those of benchmarks. */
export function datasetCommand(end: (code: number) => void): Command {
  const command = new Command('dataset').description(
    'show datasets, check them, write them in other formats, make those of benchmarks',
  );
  command
    .command('show')
    .description('what is in a dataset, who acted, and the hash of what it holds')
    .argument('<dataset>', "a folder or a file in one of the formats: oxbow's, Minari's, .jsonl, .csv")
    .action((path: string) => orInputError(() => show(path)));
  command
    .command('check')
    .description('read all of a dataset: that nothing is damaged, all fits its spaces, and no number is missing')
    .argument('<dataset>', "a folder or a file in one of the formats: oxbow's, Minari's, .jsonl, .csv")
    .action(async (path: string) => end(await orInputError(() => check(path))));
  command
    .command('convert')
    .description('write a dataset in another format, with equal numbers')
    .argument('<dataset>', "a folder or a file in one of the formats: oxbow's, Minari's, .jsonl, .csv")
    .argument('<out>', 'a new folder, or a file .jsonl or .csv')
    .option('--to <format>', 'oxbow, minari, jsonl or csv (default: by the ending of a file, else oxbow)')
    .action((path: string, out: string, { to }: { to?: string }) =>
      orInputError(async () => end(await convert(path, out, to))),
    );
  command
    .command('finish')
    .description('keep what there is of a dataset whose collecting was stopped')
    .argument('<dataset>', "a folder in oxbow's format")
    .action((path: string) => orInputError(() => finish(path)));
  command
    .command('make')
    .description('make a benchmark dataset by its recipe: the same bits on every machine')
    .argument('<recipe>', 'as "oxbow dataset recipes" names them')
    .argument('<out>', 'a new folder')
    .action(async (recipe: string, out: string) => {
      end(await makeRecipe(recipe, out));
    });
  command
    .command('recipes')
    .description('the names of the benchmark datasets, with their environments')
    .action(async () => {
      process.stdout.write(`${await recipesText()}\n`);
    });
  return command;
}

async function show(path: string): Promise<void> {
  const [{ openDataset }, { summaryText }] = await Promise.all([
    import('../../datasets/index.ts'),
    import('../train/datasetSummary.ts'),
  ]);
  process.stdout.write(`${summaryText(await openDataset(path, { unfinished: true }))}\n`);
}

async function check(path: string): Promise<number> {
  const { ContentHash, openDataset } = await import('../../datasets/index.ts');
  const dataset = await openDataset(path);
  const hash = new ContentHash();
  let [episodes, steps] = [0, 0];
  for (const episode of dataset.storedEpisodes()) {
    hash.add(episode);
    episodes += 1;
    steps += episode.rewards.length;
  }
  const digest = hash.digest();
  const said = dataset.hash ?? digest;
  if (said !== digest) throw new InputError(`${path}: what it holds has the hash ${digest}, expected ${said}`);
  process.stdout.write(`${path}: whole, ${sizeOf(episodes, steps)}, hash ${digest}\n`);
  return EXIT.ok;
}

async function convert(path: string, out: string, to: string | undefined): Promise<number> {
  const { openDataset, writeDataset } = await import('../../datasets/index.ts');
  const { datasetFormats } = await import('../../datasets/datasetFiles.ts');
  const format = to ?? /\.(jsonl|csv)$/.exec(out)?.[1] ?? 'oxbow';
  const known = datasetFormats.find((name) => name === format);
  if (known === undefined) throw new InputError(`--to: got ${to}, expected one of ${datasetFormats.join(', ')}`);
  if (existsSync(out)) throw new InputError(`${out}: is there already, expected a new name`);
  const dataset = await openDataset(path);
  try {
    await writeDataset(dataset, out, known);
  } catch (error) {
    const full = storageErrorOf(error);
    if (full === undefined) throw error;
    process.stderr.write(`oxbow: cannot write ${out}: ${firstLine(full.message)}\n`);
    return EXIT.failed;
  }
  process.stdout.write(`${out}: ${sizeOf(dataset.numEpisodes, dataset.numSteps)}, as ${format}\n`);
  return EXIT.ok;
}

/** `3 episodes with 600 steps in all` */
function sizeOf(episodes: number, steps: number): string {
  return `${plural(episodes, 'episode')} with ${plural(steps, 'step')} in all`;
}

async function finish(path: string): Promise<void> {
  const [{ finishDataset }, { StoredDataset }, { lockFolder }] = await Promise.all([
    import('../../datasets/storedDataset.ts'),
    import('../../datasets/storedDataset.ts'),
    import('../run/lock.ts'),
  ]);
  // Before there is a lock in a folder that is none of ours.
  new StoredDataset(path);
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const lock = await lockFolder(path, { wait: say, lost: ({ message }) => say(message) });
  try {
    process.stdout.write(`${path}: finished, hash ${finishDataset(path)}\n`);
  } finally {
    await lock.release();
  }
}

async function orInputError<T>(body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    throw new InputError(firstLine((error as Error).message));
  }
}

/** Milliseconds between two lines of progress. */
const LINE_INTERVAL = 5000;
/** Milliseconds that it plays before it listens for Ctrl-C. */
const TURN = 100;

/** `oxbow dataset make`: a benchmark dataset by its recipe, whole or not at all. @returns the exit code */
export async function makeRecipe(name: string, out: string): Promise<number> {
  const [{ recipeNamed }, { playRecipe }, { listedDatasets }, { loadNamedEnv }] = await Promise.all([
    import('../train/recipes/recipes.ts'),
    import('../train/recipes/playRecipe.ts'),
    import('../train/recipes/recipes.ts'),
    import('../train/loadNamedEnv.ts'),
  ]);
  const recipe = recipeNamed(name);
  if (existsSync(out)) throw new InputError(`${out}: is there already, expected a new name`);
  const [
    { selectBackend, selectEngine },
    { storedProblem, writeWholeFolder },
    { DatasetWriter },
    { openDataset },
    { summaryText },
  ] = await Promise.all([
    import('../../src/index.ts'),
    import('../../src/files.ts'),
    import('../../datasets/storedDataset.ts'),
    import('../../datasets/index.ts'),
    import('../train/datasetSummary.ts'),
  ]);
  await loadNamedEnv('dataset', recipe.task.env);
  await selectBackend();
  // The engine whose bits are the same on every machine.
  await selectEngine('wasm');
  const checkpoints = `${out}.training`;
  const problem = storedProblem(checkpoints);
  if (problem !== undefined) throw new InputError(problem);
  const tell = everySoOften((line) => process.stderr.write(`${line}\n`));
  return interruptible(async (signal) => {
    const stopped = () => {
      const kept = existsSync(checkpoints)
        ? `; what was trained is in ${checkpoints}, and the same command goes on`
        : '';
      process.stderr.write(`Stopped: ${out} is not there${kept}.\n`);
      return EXIT.interrupted;
    };
    try {
      const played = await playRecipe(recipe, { signal, checkpoints, onProgress: tell });
      if (played === undefined) return stopped();
      try {
        const about = {
          ...played.about,
          provenance: { ...played.about.provenance, command: `oxbow dataset make ${name}`, oxbow: version() },
        };
        await writeWholeFolder(out, async (folder) => {
          const writer = new DatasetWriter(folder, about, played.numEpisodes);
          for await (const episode of inTurns(played.episodes(), signal)) {
            writer.append(episode);
            tell(`${writer.numEpisodes} of ${played.numEpisodes} episodes`);
          }
          writer.finish();
        });
      } finally {
        played.dispose();
      }
    } catch (error) {
      if (signal.aborted && error === signal.reason) return stopped();
      const full = storageErrorOf(error);
      if (full === undefined) throw new InputError(firstLine((error as Error).message));
      process.stderr.write(`oxbow: cannot write ${out}: ${firstLine(full.message)}\n`);
      return EXIT.failed;
    }
    rmSync(checkpoints, { recursive: true, force: true });
    const dataset = (await openDataset(out)) as Awaited<ReturnType<typeof openDataset>> & { hash?: string };
    process.stdout.write(`${summaryText(dataset)}\n`);
    const listed = listedDatasets()[name]?.hash;
    if (listed !== undefined && listed !== dataset.hash) {
      process.stderr.write(`oxbow: expected the hash ${listed}, which another version of oxbow has made\n`);
    }
    return EXIT.ok;
  });
}

/** `oxbow dataset recipes`: what {@link makeRecipe} can make, a line each. */
export async function recipesText(): Promise<string> {
  const { recipes } = await import('../train/recipes/recipes.ts');
  const all = [...recipes.values()];
  const width = Math.max(...all.map(({ name }) => name.length));
  return all.map((recipe) => `${recipe.name.padEnd(width)}  ${describe(recipe)}`).join('\n');

  function describe({ task: { env, envOptions }, parts }: (typeof all)[number]): string {
    const options = Object.entries(envOptions).map(([key, value]) => ` ${key}=${value}`);
    const episodes = parts.reduce((sum, part) => sum + part.episodes, 0);
    return `${env}${options.join('')}, ${episodes} episodes`;
  }
}

/** The episodes, with a turn now and then for whatever else waits. @throws the signal's reason, once it is aborted */
async function* inTurns(episodes: Iterable<StoredEpisode>, signal: AbortSignal): AsyncGenerator<StoredEpisode> {
  let last = performance.now();
  for (const episode of episodes) {
    yield episode;
    if (performance.now() - last < TURN) continue;
    await new Promise(setImmediate);
    signal.throwIfAborted();
    last = performance.now();
  }
}

/** Passes on a line, unless another has just gone. */
function everySoOften(write: (line: string) => void): (line: string) => void {
  let last = performance.now();
  return (line) => {
    const now = performance.now();
    if (now - last < LINE_INTERVAL) return;
    last = now;
    write(line);
  };
}
