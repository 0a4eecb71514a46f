import fc from 'fast-check';
import { expect, test } from 'vitest';
import { trueMinus } from '../../../cli/experiment/text.ts';
import { textTable } from '../../../cli/report/table.ts';
import { answersText } from '../../../cli/terminal/answersText.ts';
import { commandLine, withOption } from '../../../cli/terminal/commandLine.ts';
import { wrapText } from '../../../cli/terminal/wrapText.ts';

/** Columns of text of terminals that are narrow, usual and wide. */
const width = fc.integer({ min: 40, max: 120 });

const number = fc
  .tuple(fc.constantFrom('', '−', '+'), fc.double({ min: 0, max: 1e6, noNaN: true }), fc.integer({ min: 0, max: 3 }))
  .map(([sign, value, digits]) => sign + value.toFixed(digits));

/** A value as tables have it: with a unit, an interval, how many seeds. */
const cell = fc
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
const text = fc.array(fc.oneof(word, cell, mixed), { minLength: 1, maxLength: 30 }).map((parts) => parts.join(' '));

/** A name, up to one that is longer than a line. */
const label = fc.oneof(
  word,
  fc.tuple(word, number).map((parts) => parts.join(', ')),
);

/** The numbers of a text, in their order, without signs. */
function numbersIn(given: string): string[] {
  return given.match(/\d+(?:\.\d+)?/g) ?? [];
}

test('no line of a text is too long, nothing is lost, and no number is cut', () => {
  expect(wrapText('[−100.25, −99.75]', 10)).toEqual(['[−100.25,', '−99.75]']);
  expect(wrapText('0.1234567890123', 10)).toEqual(['0.1234567890123']);
  fc.assert(
    fc.property(text, width, (given, columns) => {
      const lines = wrapText(given, columns);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
      expect(lines.join('').replaceAll(' ', '')).toBe(given.replaceAll(/[ \n]/g, ''));
      expect(lines.flatMap(numbersIn)).toEqual(numbersIn(given));
    }),
  );
});

test('lines of a table fit a terminal, no number is cut, and nothing is lost', () => {
  const tables = fc.integer({ min: 1, max: 7 }).chain((columns) =>
    fc.record({
      title: text,
      columns: fc.array(label, { minLength: columns, maxLength: columns }),
      rows: fc.array(
        fc
          .tuple(label, fc.array(cell, { minLength: columns - 1, maxLength: columns - 1 }))
          .map(([name, cells]) => [name, ...cells]),
        { maxLength: 6 },
      ),
    }),
  );
  fc.assert(
    fc.property(tables, width, (given, columns) => {
      const printed = textTable(given, columns);
      for (const line of printed.split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
      const found = numbersIn(printed).sort();
      for (const row of given.rows) {
        for (const number of row.slice(1).flatMap(numbersIn)) expect(found).toContain(number);
      }
      for (const one of found) expect(numbersIn(Object.values(given).flat(2).join(' '))).toContain(one);
    }),
  );
});

test('an answer does nothing to a terminal but to be read, and is whole', () => {
  const evil = '\u001b]0;\u0007';
  const bar = { label: evil, value: 1, low: null, high: null, text: '39.0', interval: '[38.2, 39.8]' };
  const answer = { text: evil, chart: { caption: evil, bars: [bar] } };
  const printed = answersText({ [evil]: { question: evil, answer } }, { width: 80, bold: false });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
  expect(printed).not.toMatch(/[\u001b\u0007]/);
  expect(numbersIn(printed)).toEqual(expect.arrayContaining(['39.0', '38.2', '39.8']));
});

test('a command can be pasted, here where sources run as they are', () => {
  expect(commandLine('train', "it's", '--set', 'widths=[64]', '')).toBe(
    "npm run oxbow -- train 'it'\\''s' --set 'widths=[64]' ''",
  );
  const given = ['run', '--seeds', '3', 'lake', '--seeds=4', '--seed', '5'];
  expect(withOption(given, '--seeds', '10')).toEqual(['run', 'lake', '--seed', '5', '--seeds', '10']);
});

test.each([
  ['-190.6 [-195, -187]', '−190.6 [−195, −187]'],
  ['Box([-4.8, -Infinity], [4.8, Infinity], [2])', 'Box([−4.8, −Infinity], [4.8, Infinity], [2])'],
  ['-0.00', '0.00'],
  ['Lake-v0, 3-5, a-b', 'Lake-v0, 3-5, a-b'],
])('%s reads %s', (text, shown) => expect(trueMinus(text)).toBe(shown));
