import { z } from 'zod';
import { parseJson } from '../src/json.ts';
import type { EpisodeSpaces } from './checkEpisode.ts';
import type { DatasetAbout } from './dataset.ts';
import { bytesPer, type Dtype, type NumberArray, type StoredEpisode, viewOf } from './storedEpisode.ts';

/** What a file of episodes begins with, and the bytes of the number behind it: how many bytes its header has. */
const MAGIC = 'oxbow-episodes-1';
const COUNT = 4;
/** Columns begin at multiples of so many bytes. */
const ALIGNMENT = 8;

const headerSchema = z.strictObject({
  steps: z.array(z.int().positive()).min(1),
  seeds: z.array(z.number().nullable()).optional(),
  policies: z.array(z.int().nonnegative().nullable()).optional(),
});
type Header = z.output<typeof headerSchema>;

/** One column of all episodes of a shard. */
interface Column {
  readonly name: string;
  readonly dtype: Dtype;
  readonly width: number;
  /** Rows of an episode beyond its steps. */
  readonly more: 0 | 1;
}

/** What the columns of a shard follow from. */
export interface ShardLayout extends EpisodeSpaces {
  readonly about: Pick<DatasetAbout, 'dtypes' | 'infos'>;
}

function columnsOf({ about: { dtypes, infos }, observationSpace, actionSpace }: ShardLayout): Column[] {
  return [
    { name: 'observations', dtype: dtypes.observations, width: observationSpace.size, more: 1 },
    { name: 'actions', dtype: dtypes.actions, width: actionSpace.size, more: 0 },
    { name: 'rewards', dtype: dtypes.rewards, width: 1, more: 0 },
    { name: 'terminations', dtype: 'uint8', width: 1, more: 0 },
    { name: 'truncations', dtype: 'uint8', width: 1, more: 0 },
    ...infos.map((name): Column => ({ name: `infos.${name}`, dtype: 'float64', width: 1, more: 1 })),
  ];
}

/** How many bytes the numbers of an episode take. */
export function episodeBytes(steps: number, layout: ShardLayout): number {
  return columnsOf(layout).reduce((sum, { dtype, width, more }) => sum + (steps + more) * width * bytesPer(dtype), 0);
}

/** The bytes of a file that holds some episodes: a header in JSON, then column after column, each of all episodes. */
export function* encodeShard(episodes: readonly StoredEpisode[], layout: ShardLayout): Generator<Uint8Array> {
  const header: Header = {
    steps: episodes.map(({ rewards }) => rewards.length),
    ...(episodes.some(({ seed }) => seed !== undefined) && { seeds: episodes.map(({ seed }) => seed ?? null) }),
    ...(episodes.some(({ policy }) => policy !== undefined) && {
      policies: episodes.map(({ policy }) => policy ?? null),
    }),
  };
  const text = JSON.stringify(header);
  const begin = MAGIC.length + COUNT + text.length;
  const padded = new TextEncoder().encode(text.padEnd(text.length + padding(begin)));
  yield new TextEncoder().encode(MAGIC);
  const count = new Uint8Array(COUNT);
  new DataView(count.buffer).setUint32(0, padded.length, true);
  yield count;
  yield padded;
  for (const { name, dtype } of columnsOf(layout)) {
    let length = 0;
    for (const episode of episodes) {
      const { buffer, byteOffset, byteLength } = columnIn(episode, name);
      yield new Uint8Array(buffer, byteOffset, byteLength);
      length += byteLength;
    }
    if (bytesPer(dtype) < ALIGNMENT) yield new Uint8Array(padding(length));
  }
}

/**
 * The episodes of a file, as views of its bytes.
 * @param where begins the errors: the file
 * @throws one line, if it is none, is cut, or has other columns
 */
export function decodeShard(where: string, bytes: Uint8Array, layout: ShardLayout): StoredEpisode[] {
  const { header, begin } = headerOf(where, bytes);
  const columns = columnsOf(layout);
  const steps = header.steps.reduce((sum, n) => sum + n, 0);
  const sizes = columns.map(({ dtype, width, more }) => {
    const size = (steps + more * header.steps.length) * width * bytesPer(dtype);
    return size + padding(size);
  });
  const expected = sizes.reduce((sum, size) => sum + size, begin);
  if (bytes.length !== expected) throw new Error(`${where}: has ${bytes.length} bytes, expected ${expected}`);
  const at = columns.map((_, i) => sizes.slice(0, i).reduce((sum, size) => sum + size, begin));
  return header.steps.map((length, episode) => {
    const values = columns.map(({ name, dtype, width, more }, i) => {
      const view = viewOf(dtype, bytes, at[i]!, (length + more) * width);
      at[i]! += view.byteLength;
      return [name, view] as const;
    });
    const infos = values.flatMap(([name, view]) => (name.startsWith('infos.') ? [[name.slice(6), view] as const] : []));
    return {
      ...(Object.fromEntries(values.filter(([name]) => !name.startsWith('infos.'))) as unknown as StoredEpisode),
      ...(infos.length > 0 && { infos: Object.fromEntries(infos) as Record<string, Float64Array> }),
      ...(header.seeds?.[episode] != null && { seed: header.seeds[episode] }),
      ...(header.policies?.[episode] != null && { policy: header.policies[episode] }),
    };
  });
}

function headerOf(where: string, bytes: Uint8Array): { header: Header; begin: number } {
  const text = (from: number, to: number) => new TextDecoder().decode(bytes.subarray(from, to));
  if (text(0, MAGIC.length) !== MAGIC)
    throw new Error(`${where}: is no file of episodes, expected ${MAGIC} at its begin`);
  const from = MAGIC.length + COUNT;
  const count = from <= bytes.length ? new DataView(bytes.buffer, bytes.byteOffset).getUint32(MAGIC.length, true) : 0;
  const begin = from + count;
  if (count === 0 || begin > bytes.length) throw new Error(`${where}: is cut in its header`);
  const { data: header } = headerSchema.safeParse(parsed(where, text(from, begin)));
  const lists = [header?.seeds, header?.policies];
  if (header === undefined || lists.some((list) => list !== undefined && list.length !== header.steps.length)) {
    throw new Error(`${where}: its header is damaged`);
  }
  return { header, begin };
}

function parsed(where: string, text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    throw new Error(`${where}: its header is damaged: ${(error as Error).message}`);
  }
}

function columnIn(episode: StoredEpisode, name: string): NumberArray {
  return name.startsWith('infos.')
    ? episode.infos![name.slice(6)]!
    : (episode[name as 'observations' | 'terminations'] as NumberArray);
}

/** How many bytes are missing to the next column. */
function padding(bytes: number): number {
  return (ALIGNMENT - (bytes % ALIGNMENT)) % ALIGNMENT;
}
