import { z } from 'zod';
import { Box } from '../envs/index.ts';
import { writeWholeFileInTurns } from '../src/files.ts';
import { parseJson } from '../src/json.ts';
import { nodeBuiltin } from '../src/nodeBuiltin.ts';
import { parseOptions } from '../src/options/parse.ts';
import { spaceToJson } from '../src/spaces/json.ts';
import { type Dataset, type DatasetAbout, DatasetInFiles, datasetAboutSchema, within } from './dataset.ts';
import { atEnd, checkEpisode, type NumberArray, type StoredEpisode, typedEpisode } from './episode.ts';

const FORMAT = 'oxbow-episodes';

const headerSchema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(1),
  episodes: z.int().positive(),
  steps: z.int().positive(),
  about: datasetAboutSchema,
});

/** What infos may hold that JSON has no number for. */
const unusual = z
  .union([z.number(), z.literal('NaN'), z.literal('Infinity'), z.literal('-Infinity')])
  .transform(Number);
const episodeSchema = z.strictObject({
  observations: z.array(z.array(z.number())),
  actions: z.array(z.array(z.number())),
  rewards: z.array(z.number()),
  terminated: z.boolean().default(false),
  truncated: z.boolean().default(false),
  infos: z.record(z.string(), z.array(unusual)).default({}),
  seed: z.number().optional(),
  policy: z.int().nonnegative().optional(),
});

type JsonEpisode = z.output<typeof episodeSchema>;

/**
 * A dataset as JSON lines: what it says of itself, then an episode a line,
 * `{"observations": [[…], …], "actions": [[…], …], "rewards": […], "terminated": true, "truncated": false}`. Without the first line, spaces are
 * boxes without bounds, infos are those of any episode, and one that says of no end counts as truncated, as in CSV.
 */
export class JsonLinesDataset extends DatasetInFiles<'jsonl'> {
  readonly numEpisodes: number;
  readonly numSteps: number;
  readonly #hasHeader: boolean;

  /** @throws one line, if it cannot be read, or its first line is not that of such a file */
  constructor(path: string) {
    const [first = ''] = textLines(path);
    const where = `${path}: line 1`;
    const { about, episodes, steps, hasHeader } = begun(path, () => {
      const json = within(where, () => parseJson(first));
      const isEpisode = typeof json === 'object' && json !== null && 'observations' in json;
      if (!isEpisode) return { ...parseOptions(where, headerSchema, json), hasHeader: true };
      return { ...plain(path, parseOptions(where, episodeSchema, json)), hasHeader: false };
    });
    super(path, 'jsonl', about, where);
    this.#hasHeader = hasHeader;
    this.numEpisodes = episodes;
    this.numSteps = steps;
  }

  /** @throws one line that names the line, if one is no episode or does not fit the spaces, or some are missing */
  *storedEpisodes(): Iterable<StoredEpisode> {
    let [episodes, steps] = [0, 0];
    for (const { where, json } of episodeLines(this.path, this.#hasHeader)) {
      const count = json.rewards.length;
      const untold = this.#hasHeader ? undefined : new Array<number>(count + 1).fill(Number.NaN);
      const told = this.about.infos.flatMap((name) => {
        const values = json.infos[name] ?? untold;
        return values === undefined ? [] : [[name, Float64Array.from(values)] as const];
      });
      const episode = typedEpisode(where, this.about, {
        ...json,
        observations: rowsOf(where, 'observations', json.observations, this.observationSpace.size),
        actions: rowsOf(where, 'actions', json.actions, this.actionSpace.size),
        terminations: atEnd(count, json.terminated),
        truncations: atEnd(count, json.truncated || (!this.#hasHeader && !json.terminated)),
        infos: Object.fromEntries(told),
      });
      checkEpisode(where, episode, this);
      episodes += 1;
      steps += count;
      yield episode;
    }
    if (episodes !== this.numEpisodes || steps !== this.numSteps) {
      const expected = `expected ${this.numEpisodes} of ${this.numSteps}`;
      throw new Error(`${this.path}: has ${episodes} episodes of ${steps} steps, ${expected}: it is cut`);
    }
  }
}

/** What a file is taken for that begins with an episode. */
function plain(path: string, { observations, actions }: JsonEpisode) {
  let [episodes, steps] = [0, 0];
  const infos = new Set<string>();
  for (const { json } of episodeLines(path, false)) {
    episodes += 1;
    steps += json.rewards.length;
    for (const name of Object.keys(json.infos)) infos.add(name);
  }
  const about = plainAbout(observations[0]?.length ?? 0, actions[0]?.length ?? 0, [...infos].sort());
  return { about, episodes, steps };
}

/** The episodes with their lines. */
function* episodeLines(
  path: string,
  hasHeader: boolean,
): Iterable<{ readonly where: string; readonly json: JsonEpisode }> {
  let number = 0;
  for (const line of textLines(path)) {
    number += 1;
    if ((number === 1 && hasHeader) || line.trim() === '') continue;
    const where = `${path}: line ${number}`;
    const json = within(where, () => parseJson(line));
    yield { where, json: parseOptions(where, episodeSchema, json) };
  }
}

/** Writes a dataset as JSON lines, whole or not at all: numbers come back to the bit. */
export async function writeJsonLines(dataset: Dataset, path: string, signal?: AbortSignal): Promise<void> {
  const { about, numEpisodes, numSteps } = dataset;
  const encoder = new TextEncoder();
  function* parts(): Generator<Uint8Array> {
    const header = { format: FORMAT, version: 1, episodes: numEpisodes, steps: numSteps, about };
    yield encoder.encode(`${JSON.stringify(header)}\n`);
    for (const episode of dataset.storedEpisodes()) yield encoder.encode(`${lineOf(episode, dataset)}\n`);
  }
  await writeWholeFileInTurns(path, signal, parts());
}

function lineOf(
  { observations, actions, rewards, terminations, truncations, infos = {}, seed, policy }: StoredEpisode,
  { observationSpace, actionSpace }: Dataset,
): string {
  const list = (values: ArrayLike<number>) => `[${Array.from(values, numberText).join(',')}]`;
  const rows = (values: NumberArray, width: number) =>
    `[${Array.from({ length: values.length / width }, (_, i) => list(values.subarray(i * width, (i + 1) * width))).join(',')}]`;
  const told = Object.entries(infos).map(([name, values]) => {
    const texts = Array.from(values, (value) => (Number.isFinite(value) ? numberText(value) : `"${value}"`));
    return `${JSON.stringify(name)}:[${texts.join(',')}]`;
  });
  const fields = [
    `"observations":${rows(observations, observationSpace.size)}`,
    `"actions":${rows(actions, actionSpace.size)}`,
    `"rewards":${list(rewards)}`,
    `"terminated":${terminations.at(-1) === 1}`,
    `"truncated":${truncations.at(-1) === 1}`,
    ...(told.length > 0 ? [`"infos":{${told.join(',')}}`] : []),
    ...(seed === undefined ? [] : [`"seed":${seed}`]),
    ...(policy === undefined ? [] : [`"policy":${policy}`]),
  ];
  return `{${fields.join(',')}}`;
}

/** What a text file is taken for that does not say what it is. */
export function plainAbout(observationSize: number, actionSize: number, infos: readonly string[]): DatasetAbout {
  const box = (size: number) => spaceToJson(new Box({ low: -Infinity, high: Infinity, shape: [size] }));
  return {
    environment: null,
    observationSpace: box(observationSize),
    actionSpace: box(actionSize),
    dtypes: { observations: 'float32', actions: 'float32', rewards: 'float64' },
    infos: [...infos],
    policies: [],
    provenance: {},
  };
}

/** What is wrong with the first line, and where it says what may stand there. */
function begun<T>(path: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    const { message } = error as Error;
    if (!message.startsWith(`${path}: line 1`)) throw error;
    throw new Error(
      `${message}; the first line is an episode, {"observations":[[…]],"actions":[[…]],"rewards":[…]}, or says what the dataset is: ` +
        'docs/datasets.md#your-own-data',
    );
  }
}

function rowsOf(where: string, name: string, rows: readonly (readonly number[])[], width: number): number[] {
  const wrong = rows.findIndex((row) => row.length !== width);
  if (wrong < 0) return rows.flat();
  throw new Error(`${where}: ${name}: row ${wrong} has ${rows[wrong]!.length} numbers, expected ${width}`);
}

/** Bytes read at a time. */
const CHUNK = 2 ** 18;

/** The most characters of a text in Node. */
const LONGEST = 2 ** 29 - 24;

/** The lines of a text file in UTF-8, of which a few are in memory at a time. @throws if it cannot be read, or is none */
export function* textLines(path: string): Generator<string, void, void> {
  const { closeSync, openSync, readSync } = nodeBuiltin('node:fs');
  const file = openSync(path, 'r');
  try {
    const bytes = new Uint8Array(CHUNK);
    const decoder = new TextDecoder('utf-8', { fatal: true });
    const textOf = (read: Uint8Array, isLast: boolean) => {
      try {
        return decoder.decode(read, { stream: !isLast });
      } catch {
        throw new Error(`${path}: is no text in UTF-8`);
      }
    };
    // The parts of a line that has not ended. Each is looked at once: a line may be as long as all of a file.
    let begun: string[] = [];
    let length = 0;
    for (;;) {
      const count = readSync(file, bytes);
      const [more, ...lines] = textOf(bytes.subarray(0, count), count === 0).split('\n') as [string, ...string[]];
      begun.push(more);
      length += more.length;
      if (length > LONGEST) throw new Error(`${path}: has a line of more than ${LONGEST} characters`);
      for (const line of lines) {
        yield withoutReturn(begun.join(''));
        begun = [line];
        length = line.length;
      }
      if (count === 0) break;
    }
    const last = begun.join('');
    if (last !== '') yield withoutReturn(last);
  } finally {
    closeSync(file);
  }
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

/** A number as text that reads as the same number: −0 has its sign. */
export function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}
