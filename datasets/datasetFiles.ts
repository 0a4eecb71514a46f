import { writeWholeFolder } from '../src/files.ts';
import { nodeBuiltin } from '../src/nodeBuiltin.ts';
import { checkArgument, checkOptions } from '../src/options/parse.ts';
import { CsvDataset, writeCsv } from './csv.ts';
import type { Dataset } from './dataset.ts';
import { FlatDataset } from './flat/flatDataset.ts';
import { JsonLinesDataset, writeJsonLines } from './jsonLines.ts';
import { hasInfo } from './lerobot/info.ts';
import { LerobotDataset } from './lerobot/lerobotDataset.ts';
import { writeLerobot } from './lerobot/writeLerobot.ts';
import { dataFolder } from './minari/metadata.ts';
import { MinariDataset } from './minari/minariDataset.ts';
import { writeMinari } from './minari/writeMinari.ts';
import { DatasetWriter, hasIndex, StoredDataset } from './storedDataset.ts';

/**
 * Opens a dataset for reading. Its files are data: nothing in them is run.
 *
 * @param options `unfinished`: whether a dataset may be read that was not finished, as far as it is; false by default
 * @example
 * const dataset = await openDataset('data/pendulum');
 * for (const { observations, rewards } of dataset.episodes()) console.log(observations.length, rewards.length);
 * @throws one line, if there is none, it is damaged, or it is not finished
 */
export async function openDataset(path: string, options: { readonly unfinished?: boolean } = {}): Promise<Dataset> {
  checkArgument('openDataset', 'path', path, String);
  const { unfinished = false } = checkOptions('openDataset', options, { unfinished: [Boolean, undefined] });
  const found = nodeBuiltin('node:fs').statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new Error(`${path}: there is no such file or folder`);
  if (found.isFile()) return openFile(path);
  if (!hasIndex(path)) {
    const folder = dataFolder(path);
    if (folder !== undefined) return MinariDataset.open(path, folder);
    if (hasInfo(path)) return LerobotDataset.open(path);
    throw new Error(
      `${path}: is no dataset, expected a folder of oxbow collect, of Minari or of LeRobot, or a file .jsonl, .csv, .hdf5 or .npz`,
    );
  }
  const dataset = new StoredDataset(path);
  if (!dataset.finished && !unfinished) {
    throw new Error(
      `${path}: is not finished: it has ${dataset.numEpisodes} of ${dataset.planned} episodes; the command that made it goes on ` +
        `with it, and oxbow dataset finish ${path} keeps what is there`,
    );
  }
  return dataset;
}

function openFile(path: string): Dataset | Promise<Dataset> {
  if (/\.(hdf5|h5|npz)$/.test(path)) return FlatDataset.open(path);
  if (path.endsWith('.jsonl')) return new JsonLinesDataset(path);
  if (path.endsWith('.csv')) return new CsvDataset(path);
  throw new Error(`${path}: is no dataset, expected a folder, or a file .jsonl, .csv, .hdf5 or .npz`);
}

/** The formats of datasets. */
export const datasetFormats = ['oxbow', 'minari', 'lerobot', 'jsonl', 'csv'] as const;
/** A format of datasets. */
export type DatasetFormat = (typeof datasetFormats)[number];

/**
 * Writes a dataset in a format, whole or not at all: what was begun is removed if it breaks off. Between episodes, every 50 ms or so, whatever
 * else waits in the program has its turn.
 * @param options `signal`: ends the writing
 * @throws one line, if there is something of that name already, a file has another ending than its format, or what reading it throws; the
 * reason of the signal, which by itself is an `AbortError`
 */
export async function writeDataset(
  dataset: Dataset,
  path: string,
  format: DatasetFormat,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  checkArgument('writeDataset', 'dataset', dataset, Object);
  checkArgument('writeDataset', 'path', path, String);
  checkArgument('writeDataset', 'format', format, datasetFormats);
  const { signal } = checkOptions('writeDataset', options, { signal: [AbortSignal, undefined] });
  if (nodeBuiltin('node:fs').existsSync(path)) throw new Error(`${path}: is there already, expected a new name`);
  // A file is read by its ending.
  if ((format === 'jsonl' || format === 'csv') && !path.endsWith(`.${format}`)) {
    throw new Error(`${path}: got this name for the format ${format}, expected one that ends in .${format}`);
  }
  if (format === 'minari') await writeMinari(dataset, path, signal);
  else if (format === 'lerobot') await writeLerobot(dataset, path, signal);
  else if (format === 'jsonl') await writeJsonLines(dataset, path, signal);
  else if (format === 'csv') await writeCsv(dataset, path, signal);
  else {
    await writeWholeFolder(path, signal, function* (folder) {
      const writer = new DatasetWriter(folder, dataset.about, dataset.numEpisodes);
      for (const episode of dataset.storedEpisodes()) {
        writer.append(episode);
        yield;
      }
      writer.finish();
    });
  }
}
