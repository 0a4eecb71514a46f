import { checkArgument } from '../../../src/options/parse.ts';
import type { Rng } from '../../../src/random.ts';
import { describe } from '../describe.ts';
import { type BatchArray, checkSpace, type Space } from './space.ts';

/**
 * Plain objects of named parts, each with a space of its own. The parts are kept in the order of their sorted names, those of a `Map` in
 * its own, as in Gymnasium: a row of a batch holds theirs one after another.
 */
export class Dict<T extends object = Record<string, unknown>> implements Space<T> {
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

  contains(x: unknown): x is T {
    return this.violation(x) === undefined;
  }

  violation(x: unknown): string | undefined {
    if (typeof x !== 'object' || x === null || Array.isArray(x) || ArrayBuffer.isView(x)) {
      return `expected an object of ${this.#listed}, got ${describe(x)}`;
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
          throw new Error(`expected an object of ${this.#listed}, got ${describe(x)}`);
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

  toString(): string {
    return `Dict(${this.#entries.map(([key, space]) => `${key}: ${space}`).join(', ')})`;
  }
}
