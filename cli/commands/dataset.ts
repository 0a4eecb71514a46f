import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { InputError } from '../experiment/errors.ts';
import { firstLine, plural } from '../experiment/text.ts';
import { EXIT, storageErrorOf } from '../run/environment.ts';

/** `oxbow dataset`: shows datasets, checks them, and writes them in other formats. */
export function datasetCommand(end: (code: number) => void): Command {
  const command = new Command('dataset').description('show datasets, check them, write them in other formats');
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
  const { datasetFormats, openDataset, writeDataset } = await import('../../datasets/datasetFiles.ts');
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
  const [{ finishDataset, StoredDataset }, { lockFolder }] = await Promise.all([
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
