import { writeWholeFileInTurns } from '../src/files.ts';
import { parseJson } from '../src/json.ts';
import { shortened } from '../src/options/describe.ts';
import { parseOptions } from '../src/options/parse.ts';
import { type Dataset, type DatasetAbout, DatasetInFiles, datasetAboutSchema, within } from './dataset.ts';
import { atEnd, checkEpisode, type StoredEpisode, typedEpisode } from './episode.ts';
import { numberText, plainAbout, textLines } from './jsonLines.ts';

/** Where each kind of column is in a row; infos are in the order of the dataset's names. */
type Columns = ReturnType<typeof columnsIn> & { readonly infos: readonly number[] };

/**
 * A dataset as CSV, a row for each observation: `episode,step,observation.0,…,action.0,…,reward,terminated,truncated,info.<name>,…,seed,policy`.
 * The last row of an episode has its last observation; action, reward and ends are empty there. A line before the names, `# {…}`, says what
 * the dataset is. Without it, spaces are boxes without bounds. An episode whose last step says of no end counts as truncated.
 */
export class CsvDataset extends DatasetInFiles<'csv'> {
  readonly numEpisodes: number;
  readonly numSteps: number;
  readonly #columns: Columns;

  /** Reads all of it once. @throws one line, if it cannot be read, or a row does not fit */
  constructor(path: string) {
    let said: string | undefined;
    let names: string[] = [];
    for (const line of textLines(path)) {
      if (line.startsWith('#')) said ??= line.slice(1);
      else if (line.trim() !== '') {
        names = line.split(',').map((name) => name.trim().replaceAll(/^"|"$/g, ''));
        break;
      }
    }
    const columns = columnsIn(path, names);
    const about =
      said === undefined
        ? plainAbout(columns.observations.length, columns.actions.length, infosIn(names))
        : aboutIn(`${path}: line 1`, said);
    super(path, 'csv', about, `${path}: line 1`);
    this.#columns = { ...columns, infos: about.infos.map((name) => columnOf(path, names, `info.${name}`)) };
    checkNoOthers(path, names, this.#columns);
    for (const [what, found, { size }] of [
      ['observation', columns.observations, this.observationSpace],
      ['action', columns.actions, this.actionSpace],
    ] as const) {
      if (found.length !== size) throw new Error(`${path}: has ${found.length} columns ${what}.…, expected ${size}`);
    }
    let [episodes, steps] = [0, 0];
    for (const { rewards } of this.storedEpisodes()) {
      episodes += 1;
      steps += rewards.length;
    }
    if (episodes === 0) throw new Error(`${path}: has no episode, expected at least one`);
    this.numEpisodes = episodes;
    this.numSteps = steps;
  }

  /** @throws one line that names the line, if one does not fit */
  *storedEpisodes(): Iterable<StoredEpisode> {
    let rows: string[][] = [];
    let [line, first, names] = [0, 0, 0];
    const seen = new Set<string>();
    for (const text of textLines(this.path)) {
      line += 1;
      // Behind the names, an episode may be called so.
      if (text.trim() === '' || (names === 0 && text.startsWith('#'))) continue;
      const cells = text.split(',');
      if (names === 0) {
        names = cells.length;
        continue;
      }
      if (cells.length !== names) {
        throw new Error(`${this.path}: line ${line}: has ${cells.length} cells, expected ${names}`);
      }
      const episode = cells[this.#columns.episode]!;
      if (rows.length > 0 && episode !== rows[0]![this.#columns.episode]) {
        yield this.#episode(rows, first);
        rows = [];
      }
      if (rows.length === 0) {
        if (seen.has(episode)) {
          throw new Error(
            `${this.path}: line ${line}: got episode ${shortened(episode)} once more, expected all rows of an episode to follow each other`,
          );
        }
        seen.add(episode);
        first = line;
      }
      rows.push(cells);
    }
    if (rows.length > 0) yield this.#episode(rows, first);
  }

  /** @param first the line of its first row */
  #episode(rows: readonly (readonly string[])[], first: number): StoredEpisode {
    const { episode, observations, actions, reward, terminated, truncated, infos, seed, policy } = this.#columns;
    const { infos: names } = this.about;
    const where = `${this.path}: episode ${shortened(rows[0]![episode]!)}`;
    const steps = rows.length - 1;
    const last = rows[steps]!;
    if (steps === 0 || [...actions, reward].some((at) => last[at]!.trim() !== '')) {
      const expected = 'expected one row more than steps: the last observation, with no action and no reward';
      throw new Error(`${where}, line ${first + steps}: ${expected}`);
    }
    const numbers = (from: readonly (readonly string[])[], columns: readonly number[]) =>
      from.flatMap((row, i) => columns.map((at) => numberIn(`${where}, line ${first + i}`, row[at]!)));
    const made = rows.slice(0, -1);
    const flag = (at: number) => {
      const flags = at < 0 ? [] : rows.map((row, i) => flagIn(`${where}, line ${first + i}`, row[at]!));
      const early = flags.findIndex((isSet, i) => isSet && i !== steps - 1);
      if (early < 0) return flags[steps - 1] ?? false;
      throw new Error(
        `${where}, line ${first + early}: ends there, expected an end at its last step alone, line ${first + steps - 1}`,
      );
    };
    const once = (at: number, expected: string, isOne: (value: number) => boolean) => {
      if (at < 0 || rows.every((row) => row[at]!.trim() === '')) return undefined;
      const value = numberIn(`${where}, line ${first}`, rows[0]![at]!);
      if (!isOne(value)) throw new Error(`${where}, line ${first}: got ${value}, expected ${expected}`);
      const other = rows.findIndex((row) => row[at]!.trim() !== '' && Number(row[at]) !== value);
      if (other < 0) return value;
      throw new Error(
        `${where}, line ${first + other}: got "${shortened(rows[other]![at]!.trim())}", expected ${value}, ${expected} of the whole episode`,
      );
    };
    const ends = { terminated: flag(terminated), truncated: flag(truncated) };
    const told = (name: string, column: number) =>
      Float64Array.from(rows, (row, at) => infoIn(`${where}, line ${first + at}: info.${name}`, row[column]!));
    const result = typedEpisode(where, this.about, {
      observations: numbers(rows, observations),
      actions: numbers(made, actions),
      rewards: numbers(made, [reward]),
      terminations: atEnd(steps, ends.terminated),
      truncations: atEnd(steps, ends.truncated || !ends.terminated),
      infos: Object.fromEntries(names.map((name, i) => [name, told(name, infos[i]!)])),
      seed: once(seed, 'a seed', Number.isFinite),
      policy: once(policy, 'the number of a policy', (value) => Number.isSafeInteger(value) && value >= 0),
    });
    checkEpisode(where, result, this);
    return result;
  }
}

/** Writes a dataset as CSV, whole or not at all: numbers come back to the bit. */
export async function writeCsv(dataset: Dataset, path: string, signal?: AbortSignal): Promise<void> {
  const { about, observationSpace, actionSpace } = dataset;
  const numbered = (name: string, { size }: { size: number }) => Array.from({ length: size }, (_, i) => `${name}.${i}`);
  const names = [
    ...['episode', 'step', ...numbered('observation', observationSpace), ...numbered('action', actionSpace)],
    ...['reward', 'terminated', 'truncated', ...about.infos.map((name) => `info.${name}`), 'seed', 'policy'],
  ];
  const comma = about.infos.find((name) => /[,"\n\r]/.test(name));
  if (comma !== undefined) throw new Error(`${path}: the info ${JSON.stringify(comma)} cannot name a column of CSV`);
  const encoder = new TextEncoder();
  function* parts(): Generator<Uint8Array> {
    yield encoder.encode(`# ${JSON.stringify(about)}\n${names.join(',')}\n`);
    let number = 0;
    for (const episode of dataset.storedEpisodes()) {
      yield encoder.encode(rowsOf(episode, number, dataset));
      number += 1;
    }
  }
  await writeWholeFileInTurns(path, signal, parts());
}

function rowsOf(episode: StoredEpisode, number: number, { about, observationSpace, actionSpace }: Dataset): string {
  const { observations, actions, rewards, terminations, truncations, infos = {}, seed, policy } = episode;
  const steps = rewards.length;
  const cells = (values: ArrayLike<number>, row: number, width: number) =>
    Array.from({ length: width }, (_, i) =>
      row * width + i < values.length ? numberText(values[row * width + i]!) : '',
    );
  return Array.from({ length: steps + 1 }, (_, t) => {
    const row = [
      ...[String(number), String(t), ...cells(observations, t, observationSpace.size)],
      ...[...cells(actions, t, actionSpace.size), ...cells(rewards, t, 1)],
      ...[...cells(terminations, t, 1), ...cells(truncations, t, 1)],
      ...about.infos.map((name) => numberText(infos[name]![t]!)),
      ...[seed ?? '', policy ?? ''].map(String),
    ];
    return `${row.join(',')}\n`;
  }).join('');
}

function columnOf(path: string, names: readonly string[], name: string): number {
  const at = names.indexOf(name);
  if (at < 0)
    throw new Error(
      `${path}: has no column ${shortened(name)}, got ${shortened(names.slice(0, 8).join(',')) || 'none'}`,
    );
  return at;
}

/** −1 stands for a column that is not there. */
function columnsIn(path: string, names: readonly string[]) {
  const at = (name: string) => names.indexOf(name);
  const needed = (name: string) => columnOf(path, names, name);
  const numbered = (name: string) => {
    const first = needed(`${name}.0`);
    const found = [first];
    for (let i = 1; at(`${name}.${i}`) >= 0; i++) found.push(at(`${name}.${i}`));
    return found;
  };
  return {
    episode: needed('episode'),
    observations: numbered('observation'),
    actions: numbered('action'),
    reward: needed('reward'),
    terminated: at('terminated'),
    truncated: at('truncated'),
    seed: at('seed'),
    policy: at('policy'),
  };
}

/**
 * That every column is one that is read: an end by the name of `done` would be taken for none, and numbers behind a gap would be lost.
 * @throws one line
 */
function checkNoOthers(path: string, names: readonly string[], columns: Columns): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new Error(`${path}: has two columns ${shortened(twice)}`);
  const read = new Set(Object.values(columns).flat());
  const other = names.find((name, i) => !read.has(i) && name !== 'step' && !name.startsWith('info.'));
  if (other === undefined) return;
  const last = { observation: columns.observations.length - 1, action: columns.actions.length - 1 };
  throw new Error(
    `${path}: has the column ${shortened(other)}, expected episode, step, observation.0 to ${last.observation}, action.0 to ${last.action}, ` +
      'reward, terminated, truncated, info.<name>, seed, policy',
  );
}

function infosIn(names: readonly string[]): string[] {
  return names
    .filter((name) => name.startsWith('info.'))
    .map((name) => name.slice('info.'.length))
    .sort();
}

function aboutIn(where: string, text: string): DatasetAbout {
  return parseOptions(
    where,
    datasetAboutSchema,
    within(where, () => parseJson(text)),
  );
}

/** Whether a cell says that something is so; an empty one says that it is not. */
function flagIn(where: string, text: string): boolean {
  const value = text.trim().toLowerCase();
  if (['1', '1.0', 'true'].includes(value)) return true;
  if (['', '0', '0.0', 'false'].includes(value)) return false;
  throw new Error(`${where}: got "${shortened(text.trim())}", expected 1 or 0 where an end is said`);
}

/** NaN where nothing is told. */
function infoIn(where: string, text: string): number {
  return /^(nan)?$/i.test(text.trim()) ? Number.NaN : numberIn(where, text);
}

function numberIn(where: string, text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isNaN(value)) throw new Error(`${where}: got "${shortened(text.trim())}", expected a number`);
  return value;
}
