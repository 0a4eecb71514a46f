import { checkArgument } from '../../../src/options/parse.ts';
import type { Rng } from '../../../src/random.ts';
import { describe } from '../describe.ts';
import { type BatchArray, checkSpace, type Space } from './space.ts';

/** Arrays of parts, each with a space of its own: a row of a batch holds theirs one after another. */
export class Tuple<T extends readonly unknown[] = readonly unknown[]> implements Space<T> {
  readonly spaces: { readonly [K in keyof T]: Space<T[K]> };
  readonly shape: readonly number[];
  readonly dtype = 'float32';
  readonly size: number;

  /** @throws when it has no parts. */
  constructor(spaces: { readonly [K in keyof T]: Space<T[K]> }) {
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

  contains(x: unknown): x is T {
    return this.violation(x) === undefined;
  }

  violation(x: unknown): string | undefined {
    if (!Array.isArray(x)) return `expected an Array, got ${describe(x)}`;
    if (x.length !== this.#list.length) return `expected ${this.#list.length} parts, got ${x.length}`;
    for (const [i, space] of this.#list.entries()) {
      const violation = space.violation(x[i]);
      if (violation !== undefined) return `part ${i}: ${violation}`;
    }
    return undefined;
  }

  write(x: T, target: BatchArray, offset: number): void {
    if (!Array.isArray(x) || x.length !== this.#list.length) {
      throw new Error(`expected ${this.#list.length} parts, got ${describe(x)}`);
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

  toString(): string {
    return `Tuple(${this.#list.join(', ')})`;
  }
}
