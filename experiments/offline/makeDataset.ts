/**
 * Makes a benchmark dataset by its recipe, whole or not at all: the same bits on every machine. After Ctrl-C the same command goes on.
 *
 *     npm run dataset                                       the names of the recipes
 *     npm run dataset -- hopper-expert data/hopper-expert
 */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { InputError } from '../../cli/experiment/errors.ts';
import { EXIT, version } from '../../cli/run/environment.ts';
import { interruptible } from '../../cli/run/signals.ts';
import { summaryText } from '../../cli/train/datasetSummary.ts';
import { loadNamedEnv } from '../../cli/train/loadNamedEnv.ts';
import { openDataset } from '../../datasets/index.ts';
import { DatasetWriter } from '../../datasets/storedDataset.ts';
import { storedProblem } from '../../src/files.ts';
import { selectBackend, selectEngine } from '../../src/index.ts';
import { playRecipe } from './playRecipe.ts';
import { listedDatasets, recipeNamed, recipes } from './recipes.ts';

/** Milliseconds between two lines of progress. */
const LINE_INTERVAL = 5000;

async function make(name: string, out: string, signal: AbortSignal): Promise<number> {
  const recipe = recipeNamed(name);
  const checkpoints = `${out}.training`;
  if (existsSync(out)) throw new InputError(`${out}: is there already, expected a new name`);
  const problem = storedProblem(checkpoints);
  if (problem !== undefined) throw new InputError(problem);
  await loadNamedEnv('dataset', recipe.task.env);
  await selectBackend();
  // The engine whose bits are the same on every machine.
  await selectEngine('wasm');
  let last = performance.now();
  const tell = (line: string) => {
    if (performance.now() - last < LINE_INTERVAL) return;
    last = performance.now();
    process.stderr.write(`${line}\n`);
  };
  const played = await playRecipe(recipe, { signal, checkpoints, onProgress: tell });
  if (played === undefined) {
    process.stderr.write(`Stopped: what was trained is in ${checkpoints}, and the same command goes on.\n`);
    return EXIT.interrupted;
  }
  const provenance = { ...played.about.provenance, command: `npm run dataset -- ${name}`, oxbow: version() };
  const folder = join(checkpoints, 'dataset');
  try {
    rmSync(folder, { recursive: true, force: true });
    const writer = new DatasetWriter(folder, { ...played.about, provenance }, played.numEpisodes);
    for (const episode of played.episodes()) {
      writer.append(episode);
      tell(`${writer.numEpisodes} of ${played.numEpisodes} episodes`);
      await turn();
      signal.throwIfAborted();
    }
    writer.finish();
    renameSync(folder, out);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    if (!signal.aborted) throw error;
    process.stderr.write(`Stopped: ${out} is not there.\n`);
    return EXIT.interrupted;
  } finally {
    played.dispose();
  }
  rmSync(checkpoints, { recursive: true, force: true });
  const dataset = await openDataset(out);
  process.stdout.write(`${summaryText(dataset)}\n`);
  const listed = listedDatasets()[name]?.hash;
  if (listed === undefined || listed === dataset.hash) return EXIT.ok;
  process.stderr.write(`expected the hash ${listed}, which another version of oxbow has made\n`);
  return EXIT.failed;
}

const [name, out] = process.argv.slice(2);
if (name === undefined || out === undefined) {
  for (const { name, task, parts } of recipes.values()) {
    const options = Object.entries(task.envOptions).map(([key, value]) => ` ${key}=${value}`);
    const episodes = parts.reduce((sum, part) => sum + part.episodes, 0);
    process.stdout.write(`${name}: ${task.env}${options.join('')}, ${episodes} episodes\n`);
  }
} else {
  try {
    process.exitCode = await interruptible((signal) => make(name, out, signal));
  } catch (error) {
    process.stderr.write(`dataset: ${(error as Error).message}\n`);
    process.exitCode = error instanceof InputError ? EXIT.badInput : EXIT.failed;
  }
}
