import { existsSync } from 'node:fs';
import { datasetFormats, openDataset, writeDataset } from '../../datasets/datasetFiles.ts';
import { ContentHash } from '../../datasets/index.ts';
import { finishDataset, StoredDataset } from '../../datasets/storedDataset.ts';
import { InputError, orInputError } from '../experiment/errors.ts';
import { firstLine, plural } from '../experiment/text.ts';
import { EXIT, storageErrorOf } from '../run/environment.ts';
import { lockFolder } from '../run/lock.ts';
import { interruptible } from '../run/signals.ts';
import { summaryText } from '../train/datasetSummary.ts';
import type { CommandContext } from './options.ts';

/** A command whose errors are all bad input. */
function command<A extends unknown[]>(work: (...args: A) => Promise<number>) {
  return (_: CommandContext, ...args: A) => orInputError(() => work(...args));
}

/** `oxbow dataset show`. */
export const showDataset = command(async (path: string) => {
  process.stdout.write(`${summaryText(await openDataset(path, { unfinished: true }))}\n`);
  return EXIT.ok;
});

/** `oxbow dataset check`. */
export const checkDataset = command(async (path: string) => {
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
});

/** `oxbow dataset convert`. */
export const convertDataset = command(async (path: string, out: string, { to }: { to?: string }) => {
  const format = to ?? /\.(jsonl|csv)$/.exec(out)?.[1] ?? 'oxbow';
  const known = datasetFormats.find((name) => name === format);
  if (known === undefined) throw new InputError(`--to: got ${to}, expected one of ${datasetFormats.join(', ')}`);
  if (existsSync(out)) throw new InputError(`${out}: is there already, expected a new name`);
  const dataset = await openDataset(path);
  try {
    await interruptible((signal) => writeDataset(dataset, out, known, { signal }));
  } catch (error) {
    if ((error as Error).name === 'AbortError') {
      process.stderr.write(`Stopped: ${out} was not written. The same command begins anew.\n`);
      return EXIT.interrupted;
    }
    const full = storageErrorOf(error);
    if (full === undefined) throw error;
    process.stderr.write(`oxbow: cannot write ${out}: ${firstLine(full.message)}\n`);
    return EXIT.failed;
  }
  process.stdout.write(`${out}: ${sizeOf(dataset.numEpisodes, dataset.numSteps)}, as ${format}\n`);
  return EXIT.ok;
});

/** `oxbow dataset finish`. */
export const finishCollected = command(async (path: string) => {
  // Before there is a lock in a folder that is none of ours.
  new StoredDataset(path);
  const lock = await lockFolder(path, ({ message }) => process.stderr.write(`${message}\n`));
  try {
    process.stdout.write(`${path}: finished, hash ${finishDataset(path)}\n`);
  } finally {
    lock.release();
  }
  return EXIT.ok;
});

/** `3 episodes with 600 steps in all` */
function sizeOf(episodes: number, steps: number): string {
  return `${plural(episodes, 'episode')} with ${plural(steps, 'step')} in all`;
}
