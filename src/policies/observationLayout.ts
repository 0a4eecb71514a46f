import { checkNumbers } from '../nn/sizes.ts';
import { show } from '../options/describe.ts';
import { type AnySpace, type BoxSpace, choicesOf, type PlainSpace, plainSpace } from '../spaces/plain.ts';

/** Where one simple space of a composite one is in a flat observation. */
export interface ObservationPart {
  /** Its names from the outside in, `camera.left`; empty where the space is simple itself. */
  readonly path: string;
  readonly at: number;
  readonly size: number;
  /** The shape of its values; of an image `[height, width, channels]`, or with the channels first. */
  readonly shape: readonly number[];
  /** Whether it is an image, or a stack of images: bytes, of three or four dimensions. */
  readonly isImage: boolean;
  /** Whether what a policy sees of it lies in [0, 1] by itself: bytes, choices and bits, but no numbers of other boxes. */
  readonly isScaled: boolean;
}

/** What becomes of the next numbers of a row. */
type Move =
  | { readonly kind: 'copy'; readonly count: number; readonly areBits: boolean }
  | { readonly kind: 'scale'; readonly low: readonly number[]; readonly width: readonly number[] }
  | { readonly kind: 'oneHot'; readonly n: number; readonly start: number; readonly path: string };

/**
 * How a policy sees observations of any space: as one row of float32 numbers. It is Gymnasium's `flatten`, but for bytes and texts.
 *
 * - a box: its numbers, row-major; those of uint8 brought to [0, 1] by their bounds, (x − low) / (high − low);
 * - `Discrete(n)`: one-hot, n numbers; `MultiDiscrete`: one one-hot after another; `MultiBinary`: zeros and ones;
 * - `Dict` and `Tuple`: their parts', one after another, those of a `Dict` in its order;
 * - texts, and whatever has no numbers: left out.
 */
export class ObservationLayout {
  /** How many numbers a policy sees. */
  readonly size: number;
  /** How many numbers an observation has in the row of a vector env, where an integer is one number. */
  readonly rowSize: number;
  /** Whether the rows of a vector env are what a policy sees. */
  readonly isPlain: boolean;
  /** Whether all that a policy sees is k/255 for whole numbers k from 0 to 255: a replay may keep it as bytes. */
  readonly areBytes: boolean;
  readonly parts: readonly ObservationPart[];
  /** The paths of what is left out. */
  readonly omitted: readonly string[];
  readonly space: PlainSpace;
  readonly #moves: readonly Move[];

  /**
   * @param where who asks, as errors name it
   * @throws if it is no space, or nothing in it has numbers
   */
  constructor(where: string, space: AnySpace) {
    this.space = plainSpace(where, space);
    const moves: Move[] = [];
    const parts: ObservationPart[] = [];
    const omitted: string[] = [];
    let size = 0;
    let rowSize = 0;
    const walk = (part: PlainSpace, path: string): void => {
      if ('spaces' in part) {
        part.spaces.forEach((inner, i) => {
          walk(inner, `${path}${path && '.'}${part.names?.[i] ?? i}`);
        });
        return;
      }
      if ('size' in part) {
        omitted.push(path);
        return;
      }
      const added = movesOf(part, path);
      const count = added.reduce((sum, move) => sum + flatSize(move), 0);
      const shape = 'low' in part ? part.shape : [count];
      const isImage = 'low' in part && isBytes(part) && (shape.length === 3 || shape.length === 4);
      parts.push({ path, at: size, size: count, shape, isImage, isScaled: !('low' in part) || isBytes(part) });
      moves.push(...added);
      size += count;
      rowSize += added.reduce((sum, move) => sum + rawSize(move), 0);
    };
    walk(this.space, '');
    if (size === 0) {
      throw new Error(
        `${where}: got ${show(space)}, which has no numbers, expected a Box, a Discrete or a Dict with one of them: ` +
          'a wrapper can make numbers of it',
      );
    }
    this.#moves = moves;
    this.parts = parts;
    this.omitted = omitted;
    this.size = size;
    this.rowSize = rowSize;
    this.isPlain = moves.every(({ kind }) => kind === 'copy');
    this.areBytes = moves.every(makesBytes);
  }

  /** The box of what a policy sees; of a simple space it has the shape. */
  box(): { low: number[]; high: number[]; shape: number[] } {
    const { space, size } = this;
    checkNumbers(size);
    const low: number[] = [];
    const high: number[] = [];
    const add = (part: PlainSpace): void => {
      if ('spaces' in part) part.spaces.forEach(add);
      else if ('low' in part && !isBytes(part)) {
        for (let i = 0; i < part.low.length; i++) {
          low.push(part.low[i]!);
          high.push(part.high[i]!);
        }
      } else if (!('size' in part)) {
        const count = movesOf(part).reduce((sum, move) => sum + flatSize(move), 0);
        for (let i = 0; i < count; i++) {
          low.push(0);
          high.push(1);
        }
      }
    };
    add(space);
    return { low, high, shape: 'low' in space ? [...space.shape] : [size] };
  }

  /**
   * Writes what a policy sees of the row of a vector env.
   * @param from where the row begins in `rows`
   * @param to where what is seen begins in `target`
   * @throws if an integer is none of its space's
   */
  expand(rows: ArrayLike<number>, from: number, target: Float32Array, to: number): void {
    let at = from;
    let into = to;
    for (const move of this.#moves) {
      if (move.kind === 'copy') {
        for (let i = 0; i < move.count; i++) target[into++] = rows[at++]!;
      } else if (move.kind === 'scale') {
        const { low, width } = move;
        for (let i = 0; i < low.length; i++, at++) {
          target[into++] = width[i] === 0 ? 0 : (rows[at]! - low[i]!) / width[i]!;
        }
      } else {
        const { n, start, path } = move;
        const chosen = rows[at++]! - start;
        if (!(chosen >= 0 && chosen < n && Number.isInteger(chosen))) {
          const wanted = `an integer in [${start}, ${start + n - 1}]`;
          throw new Error(`${named(path)}: got ${chosen + start}, expected ${wanted}`);
        }
        target.fill(0, into, into + n);
        target[into + chosen] = 1;
        into += n;
      }
    }
  }

  /**
   * What a policy sees of an observation as an environment gives it: a number, an array, or an object or array of such.
   * @throws if it has not the form of its space, or a number that is not finite: of a composite one, by the path of the part
   */
  flat(observation: unknown): Float32Array {
    const row: number[] = [];
    addNumbers(this.space, observation, row, '');
    const flat = new Float32Array(this.size);
    this.expand(row, 0, flat, 0);
    return flat;
  }
}

function movesOf(part: Exclude<PlainSpace, { readonly spaces: unknown } | { readonly size: 0 }>, path = ''): Move[] {
  if ('binaries' in part) return [{ kind: 'copy', count: part.binaries, areBits: true }];
  if ('low' in part) return [isBytes(part) ? scaled(part) : { kind: 'copy', count: part.low.length, areBits: false }];
  const { nvec, start } = choicesOf(part);
  return nvec.map((n, i) => ({ kind: 'oneHot', n, start: start[i]!, path }));
}

function isBytes({ dtype }: BoxSpace): boolean {
  return dtype === 'uint8';
}

function scaled({ low, high }: BoxSpace): Move {
  return { kind: 'scale', low: Array.from(low), width: Array.from(high, (bound, i) => bound - low[i]!) };
}

function makesBytes(move: Move): boolean {
  if (move.kind === 'copy') return move.areBits;
  // Of bytes between other bounds, as those of booleans, each is 0 or 1 or it is not said.
  return move.kind === 'oneHot' || move.width.every((width, i) => width <= 1 || (width === 255 && move.low[i] === 0));
}

/** How many numbers of a flat observation a move makes. */
function flatSize(move: Move): number {
  return move.kind === 'oneHot' ? move.n : rawSize(move);
}

/** How many numbers of a row it moves. */
function rawSize(move: Move): number {
  if (move.kind === 'copy') return move.count;
  return move.kind === 'scale' ? move.low.length : 1;
}

/** The part of an observation at a path, for errors. */
function named(path: string): string {
  return path === '' ? 'observation' : `observation.${path}`;
}

/** Appends the numbers of a value in the order of a vector env's row. */
function addNumbers(space: PlainSpace, value: unknown, row: number[], path: string): void {
  if ('size' in space) return;
  if ('spaces' in space) {
    const { spaces, names } = space;
    const wanted = names === undefined ? `${spaces.length} parts` : names.join(', ');
    if (typeof value !== 'object' || value === null) {
      throw new Error(
        `${named(path)}: got ${show(value)}, expected ${names === undefined ? '' : 'an object of '}${wanted}`,
      );
    }
    spaces.forEach((part, i) => {
      const key = names?.[i] ?? String(i);
      // What has no numbers is not looked at.
      if (!('size' in part) && !(key in value)) {
        throw new Error(`${named(path)}: has no part "${key}", expected ${wanted}`);
      }
      addNumbers(part, value[key as keyof typeof value], row, `${path}${path && '.'}${key}`);
    });
    return;
  }
  const size = movesOf(space).reduce((sum, move) => sum + rawSize(move), 0);
  const before = row.length;
  addNested(value, row, path);
  if (row.length - before !== size) throw new Error(`${named(path)}: got ${show(value)}, expected ${size} numbers`);
}

/** Appends a number, or those of an array, whose entries may be arrays. */
function addNested(value: unknown, row: number[], path: string): void {
  if (typeof value === 'number' || typeof value === 'boolean') {
    const number = Number(value);
    if (!Number.isFinite(Math.fround(number))) {
      const numbers = Number.isFinite(number) ? 'numbers that float32 holds' : 'finite numbers';
      throw new Error(`${named(path)}: got ${number} at ${row.length}, expected ${numbers}`);
    }
    row.push(number);
    return;
  }
  if (!Array.isArray(value) && !ArrayBuffer.isView(value)) {
    throw new Error(`${named(path)}: got ${show(value)}, expected numbers`);
  }
  for (const entry of value as ArrayLike<unknown> & Iterable<unknown>) addNested(entry, row, path);
}

/**
 * Writes the mask of an action as the end of an observation has it: 1 or 0 for each choice, those of one entry after another's.
 * @param nvec how many choices each entry has
 * @param given as many numbers or booleans, or an array of them for each entry
 * @param isLast whether nothing is done after the observation: then all is allowed where there is no mask, and one may allow nothing
 * @throws if it is no such mask
 */
export function writeMask(
  nvec: readonly number[],
  given: unknown,
  target: Float32Array,
  offset: number,
  { isLast = false }: { isLast?: boolean } = {},
): void {
  const count = nvec.reduce((sum, n) => sum + n, 0);
  if (given == null) {
    if (!isLast)
      throw new Error('actionMask: got none, expected one for every observation, as the policy masks actions');
    target.fill(1, offset, offset + count);
    return;
  }
  const parts = given as ArrayLike<unknown>;
  const isNested = typeof parts[0] === 'object' && parts[0] !== null;
  const isWhole = parts.length === (isNested ? nvec.length : count);
  let at = 0;
  for (let i = 0; i < nvec.length; i++) {
    const n = nvec[i]!;
    const entry = isNested ? (parts[i] as ArrayLike<unknown>) : parts;
    if (!isWhole || (isNested && entry?.length !== n)) refuse(nvec, given);
    let allowed = 0;
    for (let k = 0; k < n; k++) {
      const value = Number(entry[isNested ? k : at]);
      if (value !== 0 && value !== 1) refuse(nvec, given);
      target[offset + at++] = value;
      allowed += value;
    }
    if (allowed === 0 && !isLast) {
      throw new Error(`actionMask: got ${shown(given)}, expected one that allows something`);
    }
  }
}

function refuse(nvec: readonly number[], given: unknown): never {
  const count = nvec.reduce((sum, n) => sum + n, 0);
  const parted = nvec.length > 1 ? ` (${nvec.join(' + ')})` : '';
  throw new Error(`actionMask: got ${shown(given)}, expected ${count}${parted} numbers, each 0 or 1`);
}

function shown(mask: unknown): string {
  return show(ArrayBuffer.isView(mask) ? Array.from(mask as Int8Array) : mask);
}
