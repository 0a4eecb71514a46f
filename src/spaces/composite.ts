import { show } from '../options/describe.ts';
import { checkArgument } from '../options/parse.ts';
import type { Rng } from '../random.ts';
import { Box } from './box.ts';
import { type BatchArray, CheckedSpace, checkSpace, type Space } from './space.ts';
import { Text } from './text.ts';

/**
 * Plain objects of named parts, each with a space of its own. The parts are kept in the order of their sorted names, those of a `Map` in
 * its own, as in Gymnasium: a row of a batch holds theirs one after another.
 */
export class Dict<T extends object = Record<string, unknown>> extends CheckedSpace<T> implements Space<T> {
  readonly spaces: { readonly [K in keyof T]: Space<T[K]> };
  /** The names of the parts, in their order. */
  readonly names: readonly (keyof T & string)[];
  readonly shape: readonly number[];
  readonly dtype = 'float32';
  readonly size: number;
  readonly #entries: readonly (readonly [keyof T & string, Space])[];

  /** @throws when it has no parts. */
  constructor(spaces: ReadonlyMap<string, Space>);
  constructor(spaces: { readonly [K in keyof T]: Space<T[K]> });
  constructor(spaces: object) {
    super();
    checkArgument('Dict', 'spaces', spaces, [Object, Map]);
    const isOrdered = spaces instanceof Map;
    const entries = [...(isOrdered ? spaces : Object.entries(spaces))] as [keyof T & string, Space][];
    if (entries.length === 0) throw new Error('Dict: needs at least one part, got none');
    for (const [name, space] of entries) checkSpace('Dict', name, space);
    this.#entries = isOrdered ? entries : entries.sort(([a], [b]) => (a < b ? -1 : 1));
    this.names = this.#entries.map(([name]) => name);
    this.spaces = Object.fromEntries(this.#entries) as typeof this.spaces;
    this.size = this.#entries.reduce((sum, [, space]) => sum + space.size, 0);
    this.shape = [this.size];
  }

  sample(rng: Rng): T {
    return Object.fromEntries(this.#entries.map(([key, space]) => [key, space.sample(rng)])) as T;
  }

  violation(x: unknown): string | undefined {
    if (typeof x !== 'object' || x === null || Array.isArray(x) || ArrayBuffer.isView(x)) {
      return `expected an object of ${this.#listed}, got ${show(x)}`;
    }
    const unknown = Object.keys(x).find((key) => !(key in this.spaces));
    if (unknown !== undefined) return `has an unknown part "${unknown}", expected ${this.#listed}`;
    for (const [key, space] of this.#entries) {
      if (!(key in x)) return `has no part "${key}", expected ${this.#listed}`;
      const violation = space.violation((x as T)[key]);
      if (violation !== undefined) return `part "${key}": ${violation}`;
    }
    return undefined;
  }

  get #listed(): string {
    return this.names.join(', ');
  }

  write(x: T, target: BatchArray, offset: number): void {
    let at = offset;
    for (const [key, space] of this.#entries) {
      try {
        space.write(x[key], target, at);
      } catch (error) {
        if (typeof x !== 'object' || x === null)
          throw new Error(`expected an object of ${this.#listed}, got ${show(x)}`);
        if (!(key in x)) throw new Error(`has no part "${key}", expected ${this.#listed}`);
        throw new Error(`part "${key}": ${(error as Error).message}`);
      }
      at += space.size;
    }
  }

  read(source: BatchArray, offset: number, into: T = {} as T): T {
    let at = offset;
    for (const [key, space] of this.#entries) {
      into[key] = space.read(source, at, into[key]) as T[typeof key];
      at += space.size;
    }
    return into;
  }

  override toString(): string {
    return `Dict(${this.#entries.map(([key, space]) => `${key}: ${space}`).join(', ')})`;
  }
}

/** Arrays of parts, each with a space of its own: a row of a batch holds theirs one after another. */
export class Tuple<T extends readonly unknown[] = readonly unknown[]> extends CheckedSpace<T> implements Space<T> {
  readonly spaces: { readonly [K in keyof T]: Space<T[K]> };
  readonly shape: readonly number[];
  readonly dtype = 'float32';
  readonly size: number;

  /** @throws when it has no parts. */
  constructor(spaces: { readonly [K in keyof T]: Space<T[K]> }) {
    super();
    checkArgument('Tuple', 'spaces', spaces, Array);
    for (const [i, space] of spaces.entries()) checkSpace('Tuple', String(i), space);
    if (spaces.length === 0) throw new Error('Tuple: needs at least one part, got none');
    this.spaces = spaces;
    this.size = this.#list.reduce((sum, space) => sum + space.size, 0);
    this.shape = [this.size];
  }

  get #list(): readonly Space[] {
    return this.spaces as readonly Space[];
  }

  sample(rng: Rng): T {
    return this.#list.map((space) => space.sample(rng)) as unknown as T;
  }

  violation(x: unknown): string | undefined {
    if (!Array.isArray(x)) return `expected an Array, got ${show(x)}`;
    if (x.length !== this.#list.length) return `expected ${this.#list.length} parts, got ${x.length}`;
    for (const [i, space] of this.#list.entries()) {
      const violation = space.violation(x[i]);
      if (violation !== undefined) return `part ${i}: ${violation}`;
    }
    return undefined;
  }

  write(x: T, target: BatchArray, offset: number): void {
    if (!Array.isArray(x) || x.length !== this.#list.length) {
      throw new Error(`expected ${this.#list.length} parts, got ${show(x)}`);
    }
    let at = offset;
    for (let i = 0; i < this.#list.length; i++) {
      try {
        this.#list[i]!.write(x[i], target, at);
      } catch (error) {
        throw new Error(`part ${i}: ${(error as Error).message}`);
      }
      at += this.#list[i]!.size;
    }
  }

  read(source: BatchArray, offset: number, into?: T): T {
    const value: unknown[] = (into as unknown[] | undefined) ?? new Array(this.#list.length);
    let at = offset;
    for (let i = 0; i < this.#list.length; i++) {
      value[i] = this.#list[i]!.read(source, at, value[i]);
      at += this.#list[i]!.size;
    }
    return value as unknown as T;
  }

  override toString(): string {
    return `Tuple(${this.#list.join(', ')})`;
  }
}

/** A space as text, with what its name for people leaves out: bounds to the last digit, and the characters of texts. */
export function spelledOut(space: Space): string {
  if (space instanceof Dict) {
    return `Dict(${space.names.map((name) => `${name}: ${spelledOut(space.spaces[name] as Space)}`).join(', ')})`;
  }
  if (space instanceof Tuple) return `Tuple(${space.spaces.map((part) => spelledOut(part as Space)).join(', ')})`;
  if (space instanceof Box) return `${space} ${allOf(space.low)} ${allOf(space.high)}`;
  return space instanceof Text ? `${space} ${space.charset}` : String(space);
}

function allOf(bounds: ArrayLike<number>): string {
  const all = Array.from(bounds);
  return all.every((bound) => bound === all[0]) ? String(all[0]) : all.join();
}
