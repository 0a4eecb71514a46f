/**
 * Makes a benchmark dataset by its recipe, whole or not at all: the same bits on every machine. After Ctrl-C the same command goes on.
 *
 *     npm run dataset                                       the names of the recipes
 *     npm run dataset -- hopper-expert data/hopper-expert
 *     npm run dataset -- pointmaze-large-navigate data/large --seed 1 --episodes 100
 *     npm run dataset -- avoiding data/avoiding
 *     npm run dataset -- cube-single-play data/cube
 *     npm run dataset -- cube-single-play-singletask-task2 data/task2 --from data/cube
 */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { InputError, orInputError } from '../../cli/experiment/errors.ts';
import { EXIT, version } from '../../cli/run/environment.ts';
import { interruptible } from '../../cli/run/signals.ts';
import { summaryText } from '../../cli/train/datasetSummary.ts';
import { loadNamedEnv } from '../../cli/train/loadNamedEnv.ts';
import { openDataset } from '../../datasets/index.ts';
import { DatasetWriter } from '../../datasets/storedDataset.ts';
import { storedProblem } from '../../src/files.ts';
import { selectBackend, selectEngine } from '../../src/index.ts';
import { avoidingDataset, avoidingRecipe } from './avoidingData.ts';
import { playDataset, playRecipes, singleTaskDataset, singleTaskRecipes } from './manipulationData.ts';
import { type MazeDraw, mazeDataset, mazeRecipes } from './mazeData.ts';
import { type PlayableRecipe, playRecipe, type RecipeProgress } from './playRecipe.ts';
import { listedDatasets, recipeNamed, recipes } from './recipes.ts';

/** Milliseconds between two lines of progress. */
const LINE_INTERVAL = 5000;

/** Which of the datasets that a recipe can make, and out of which dataset, where it takes one. */
interface Draw extends MazeDraw {
  readonly from?: string | undefined;
}

/** What a recipe of that name makes, when its environment is loaded; undefined, if the signal has stopped it. */
async function play(
  name: string,
  { from, ...draw }: Draw,
  progress: RecipeProgress,
): Promise<PlayableRecipe | undefined> {
  const option = Object.keys(draw)[0];
  const singleTask = singleTaskRecipes.get(name);
  if (singleTask !== undefined) {
    if (from === undefined)
      throw new InputError(`--from: got none for ${name}, expected a dataset of ${singleTask.play}`);
    if (option !== undefined) throw new InputError(`--${option}: got one for ${name}, expected a recipe of play`);
    return singleTaskDataset(singleTask, await orInputError(() => openDataset(from), '--from: '));
  }
  if (from !== undefined) throw new InputError(`--from: got one for ${name}, expected the recipe of a single task`);
  const played = playRecipes.get(name);
  if (played !== undefined) return orInputError(() => playDataset(played, draw));
  const maze = mazeRecipes.get(name);
  if (maze !== undefined) {
    await loadNamedEnv('dataset', maze.env);
    return mazeDataset(maze, draw);
  }
  if (name === avoidingRecipe.name) return avoidingDataset(draw);
  const recipe = recipeNamed(name);
  if (option !== undefined) {
    throw new InputError(`--${option}: got one for ${name}, expected a recipe of a maze, of play, or avoiding`);
  }
  await loadNamedEnv('dataset', recipe.task.env);
  return playRecipe(recipe, progress);
}

async function make(name: string, out: string, draw: Draw, signal: AbortSignal): Promise<number> {
  const checkpoints = `${out}.training`;
  if (existsSync(out)) throw new InputError(`${out}: is there already, expected a new name`);
  const problem = storedProblem(checkpoints);
  if (problem !== undefined) throw new InputError(problem);
  await selectBackend();
  // The engine whose bits are the same on every machine.
  await selectEngine('wasm');
  let last = performance.now();
  const tell = (line: string) => {
    if (performance.now() - last < LINE_INTERVAL) return;
    last = performance.now();
    process.stderr.write(`${line}\n`);
  };
  const played = await play(name, draw, { signal, checkpoints, onProgress: tell });
  if (played === undefined) {
    process.stderr.write(`Stopped: what was trained is in ${checkpoints}, and the same command goes on.\n`);
    return EXIT.interrupted;
  }
  const drawn = Object.entries(draw).map(([option, value]) => `--${option} ${value}`);
  const provenance = {
    ...played.about.provenance,
    command: ['npm run dataset --', name, ...drawn].join(' '),
    oxbow: version(),
  };
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

/** @throws InputError, unless it is a whole number from `least` on */
function wholeNumber(option: string, text: string, least: number): number {
  if (/^\d{1,9}$/.test(text) && Number(text) >= least) return Number(text);
  throw new InputError(`--${option}: got ${text}, expected an integer ≥ ${least}`);
}

function printRecipes(): void {
  const line = (name: string, env: string, episodes: number) => `${name}: ${env}, ${episodes} episodes\n`;
  for (const { name, task, parts } of recipes.values()) {
    const options = Object.entries(task.envOptions).map(([key, value]) => ` ${key}=${value}`);
    const episodes = parts.reduce((sum, part) => sum + part.episodes, 0);
    process.stdout.write(line(name, `${task.env}${options.join('')}`, episodes));
  }
  for (const { name, env, episodes } of [...mazeRecipes.values(), avoidingRecipe, ...playRecipes.values()])
    process.stdout.write(line(name, env, episodes));
  for (const { name, env, play } of singleTaskRecipes.values())
    process.stdout.write(`${name}: ${env}, out of ${play}\n`);
}

try {
  const { values, positionals } = parseArgs({
    options: { seed: { type: 'string' }, episodes: { type: 'string' }, from: { type: 'string' } },
    allowPositionals: true,
  });
  const [name, out] = positionals;
  const draw: Draw = {
    ...(values.seed !== undefined && { seed: wholeNumber('seed', values.seed, 0) }),
    ...(values.episodes !== undefined && { episodes: wholeNumber('episodes', values.episodes, 1) }),
    ...(values.from !== undefined && { from: values.from }),
  };
  if (name === undefined || out === undefined) printRecipes();
  else process.exitCode = await interruptible((signal) => make(name, out, draw, signal));
} catch (error) {
  process.stderr.write(`dataset: ${(error as Error).message}\n`);
  const isBad = error instanceof InputError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS');
  process.exitCode = isBad ? EXIT.badInput : EXIT.failed;
}
