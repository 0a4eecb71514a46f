import { writeWholeFolder } from '../src/files.ts';
import { checkArgument } from '../src/options/parse.ts';
import { writeCsv } from './csv.ts';
import type { Dataset } from './dataset.ts';
import { DatasetWriter } from './datasetWriter.ts';
import { writeJsonLines } from './jsonLines.ts';
import { writeMinari } from './minari/writeMinari.ts';
import { nodeModule } from './nodeModule.ts';

/** The formats of datasets. */
export const datasetFormats = ['oxbow', 'minari', 'jsonl', 'csv'] as const;
/** One of {@link datasetFormats}. */
export type DatasetFormat = (typeof datasetFormats)[number];

/**
 * Writes a dataset in a format, whole or not at all.
 * @throws one line, if there is something of that name already, a file has another ending than its format, or what reading it throws
 */
export async function writeDataset(dataset: Dataset, path: string, format: DatasetFormat): Promise<void> {
  checkArgument('writeDataset', 'dataset', dataset, Object);
  checkArgument('writeDataset', 'path', path, String);
  checkArgument('writeDataset', 'format', format, datasetFormats);
  if (nodeModule('node:fs').existsSync(path)) throw new Error(`${path}: is there already, expected a new name`);
  // A file is read by its ending.
  if ((format === 'jsonl' || format === 'csv') && !path.endsWith(`.${format}`)) {
    throw new Error(`${path}: got this name for the format ${format}, expected one that ends in .${format}`);
  }
  if (format === 'minari') await writeMinari(dataset, path);
  else if (format === 'jsonl') writeJsonLines(dataset, path);
  else if (format === 'csv') writeCsv(dataset, path);
  else {
    await writeWholeFolder(path, (folder) => {
      const writer = new DatasetWriter(folder, dataset.about, dataset.numEpisodes);
      for (const episode of dataset.storedEpisodes()) writer.append(episode);
      writer.finish();
    });
  }
}
