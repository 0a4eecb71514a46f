import { existsSync, rmSync } from 'node:fs';
import type { StoredEpisode } from '../../datasets/index.ts';
import { firstLine } from '../experiment/firstLine.ts';
import { InputError } from '../experiment/inputError.ts';
import { version } from '../experiment/version.ts';
import { EXIT } from '../run/exit.ts';
import { interruptible } from '../run/interrupt.ts';
import { storageErrorOf } from '../run/storageError.ts';

/** Milliseconds between two lines of progress. */
const LINE_INTERVAL = 5000;
/** Milliseconds that it plays before it listens for Ctrl-C. */
const TURN = 100;

/** `oxbow dataset make`: a benchmark dataset by its recipe, whole or not at all. @returns the exit code */
export async function makeRecipe(name: string, out: string): Promise<number> {
  const [{ recipeNamed }, { playRecipe }, { listedDatasets }, { loadNamedEnv }] = await Promise.all([
    import('../train/recipes/recipes.ts'),
    import('../train/recipes/playRecipe.ts'),
    import('../train/recipes/listedDatasets.ts'),
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
    import('../../datasets/datasetWriter.ts'),
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
      process.stderr.write(
        `oxbow: docs/results/datasets.md lists the hash ${listed}: another version of oxbow has made that\n`,
      );
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
