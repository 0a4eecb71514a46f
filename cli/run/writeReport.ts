import { join } from 'node:path';
import { writeWholeFile } from '../../src/files.ts';
import type { AnyExperiment } from '../experiment/registry.ts';
import { ownSettings } from '../report/ownSettings.ts';
import { renderPage } from '../report/page.ts';
import { type RunResults, reportPage } from '../report/reportPage.ts';
import type { RunDirectory } from './runDirectory.ts';

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
