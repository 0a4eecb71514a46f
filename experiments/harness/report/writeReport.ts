import { join } from 'node:path';
import { writeWholeFile } from '../../../src/files.ts';
import type { AnyExperiment } from '../registry.ts';
import type { RunDirectory } from '../runDirectory.ts';
import { ownSettings } from './ownSettings.ts';
import { renderPage } from './page.ts';
import { type RunResults, reportPage } from './reportPage.ts';

/** Writes `report.html` of a run and returns its path. */
export async function writeReport(
  experiment: AnyExperiment,
  directory: RunDirectory,
  results: RunResults,
): Promise<string> {
  const page = await reportPage(experiment, directory, results);
  const path = join(directory.path, 'report.html');
  writeWholeFile(path, await renderPage(page, ownSettings(directory.run.config).config));
  return path;
}
