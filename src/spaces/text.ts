import { show } from '../options/describe.ts';
import { checkArgument, checkCount, checkOptions } from '../options/parse.ts';
import { Rng } from '../random.ts';
import { type BatchArray, CheckedSpace, type Space } from './space.ts';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
/** How many characters more than the fewest a sample may have where there is no bound. */
const SAMPLE_LENGTH = 20;

/** Options of {@link Text}. */
export interface TextOptions {
  /** The fewest characters; 1 by default. */
  minLength?: number;
  /** The characters that may occur, null for any; ASCII's letters and digits by default. */
  charset?: string | null;
}

/**
 * Texts of `minLength` to `maxLength` of some characters. They have no numbers: the row of a batch does not hold them, and policies do not
 * see them.
 */
export class Text extends CheckedSpace<string> implements Space<string> {
  readonly maxLength: number;
  readonly minLength: number;
  readonly charset: string | null;
  readonly shape: readonly number[] = [0];
  readonly dtype = 'uint8';
  readonly size = 0;

  /**
   * @param maxLength the most characters; `Infinity` for no bound
   * @throws when the lengths are no integers with 0 ≤ minLength ≤ maxLength, or there are no characters
   */
  constructor(maxLength: number, options: TextOptions = {}) {
    super();
    const { minLength = 1, charset = LETTERS } = checkOptions('Text', options, {
      minLength: [Number, undefined],
      charset: [String, null, undefined],
    });
    checkCount('Text', 'minLength', minLength, 0);
    if (maxLength !== Infinity) checkCount('Text', 'maxLength', maxLength, minLength);
    if (charset?.length === 0) throw new Error('Text: charset needs at least one character, got none');
    this.maxLength = maxLength;
    this.minLength = minLength;
    this.charset = charset;
  }

  /** Uniform in the length, which ends 20 beyond the least where there is no bound, then in each character, or letter and digit. */
  sample(rng: Rng): string {
    checkArgument('Text.sample', 'rng', rng, Rng);
    const characters = [...(this.charset ?? LETTERS)];
    const most = this.maxLength === Infinity ? this.minLength + SAMPLE_LENGTH : this.maxLength;
    const length = rng.integer(this.minLength, most + 1);
    return Array.from({ length }, () => characters[rng.integer(0, characters.length)]).join('');
  }

  violation(x: unknown): string | undefined {
    if (typeof x !== 'string') return `expected a string, got ${show(x)}`;
    const characters = [...x];
    const { minLength, maxLength, charset } = this;
    if (characters.length < minLength || characters.length > maxLength) {
      return `expected ${minLength} to ${maxLength} characters, got ${characters.length}`;
    }
    if (charset === null) return undefined;
    const known = new Set(charset);
    const wrong = characters.find((character) => !known.has(character));
    return wrong === undefined ? undefined : `has the character ${show(wrong)}, expected those of ${show(charset)}`;
  }

  /** Writes nothing. */
  write(x: string, _target: BatchArray, _offset: number): void {
    if (typeof x !== 'string') throw new Error(`expected a string, got ${show(x)}`);
  }

  /** Batches do not hold it: the empty text. */
  read(): string {
    return '';
  }

  override toString(): string {
    return `Text(${this.minLength}, ${this.maxLength})`;
  }
}
