import fc from 'fast-check';

/** Columns of text of terminals that are narrow, usual and wide. */
export const width = fc.integer({ min: 40, max: 120 });

const number = fc
  .tuple(fc.constantFrom('', '−', '+'), fc.double({ min: 0, max: 1e6, noNaN: true }), fc.integer({ min: 0, max: 3 }))
  .map(([sign, value, digits]) => sign + value.toFixed(digits));

/** A value as tables have it: with a unit, an interval, how many seeds. */
export const cell = fc
  .tuple(number, fc.boolean(), fc.option(fc.tuple(number, number)), fc.option(fc.integer({ min: 1, max: 20 })))
  .map(([value, isShare, interval, seeds]) =>
    [
      isShare ? `${value}\u00a0%` : value,
      ...(interval === null ? [] : [`[${interval.join(',\u00a0')}]`]),
      ...(seeds === null ? [] : [`(${seeds}\u00a0seeds)`]),
    ].join(' '),
  );

/** A word, up to one that is longer than a line. */
const word = fc.oneof(
  fc.stringMatching(/^[a-zτσμ]{1,12}$/),
  fc.stringMatching(/^[a-z]{1,60}(?:[-_/][a-z]{1,30}){0,4}$/),
);

/** Words and numbers in one piece, up to one that is longer than a line. */
const mixed = fc.array(fc.oneof(word, number), { minLength: 2, maxLength: 12 }).map((parts) => parts.join('_'));

/** Words and numbers, spaced by one space each. */
export const text = fc
  .array(fc.oneof(word, cell, mixed), { minLength: 1, maxLength: 30 })
  .map((parts) => parts.join(' '));

/** A name, up to one that is longer than a line. */
export const label = fc.oneof(
  word,
  fc.tuple(word, number).map((parts) => parts.join(', ')),
);

/** The numbers of a text, in their order, without signs. */
export function numbersIn(given: string): string[] {
  return given.match(/\d+(?:\.\d+)?/g) ?? [];
}
