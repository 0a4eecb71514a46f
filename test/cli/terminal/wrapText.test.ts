import fc from 'fast-check';
import { expect, test } from 'vitest';
import { wrapText } from '../../../cli/terminal/wrapText.ts';
import { numbersIn, text, width } from './texts.ts';

test('lines end at spaces, and a text of several lines keeps them', () => {
  expect(wrapText('one two three\nfour', 8)).toEqual(['one two', 'three', 'four']);
  expect(wrapText('', 8)).toEqual(['']);
});

test('a value stays with its unit, and an interval in one piece', () => {
  expect(wrapText('drowns in 39.0\u00a0% [38.2, 39.8] of its walks', 18)).toEqual([
    'drowns in 39.0\u00a0%',
    '[38.2, 39.8] of',
    'its walks',
  ]);
});

test('what is equal stays together', () => {
  expect(wrapText('on the lake (stride 1.3, τ = 0.1)', 28)).toEqual(['on the lake (stride 1.3,', 'τ = 0.1)']);
});

test('what is longer than a line is cut behind a comma, a slash or a space, else where no number is', () => {
  expect(wrapText('runs/lake-2026/report.html', 12)).toEqual(['runs/', 'lake-2026/', 'report.html']);
  expect(wrapText('[−100.25, −99.75]', 10)).toEqual(['[−100.25,', '−99.75]']);
  expect(wrapText('a,b,1,000,000,c', 9)).toEqual(['a,b,', '1,000,000', ',c']);
  expect(wrapText('0,1,2,3,4,5', 6)).toEqual(['0,1,2,', '3,4,5']);
  expect(wrapText('temperature0.125', 13)).toEqual(['temperature', '0.125']);
  expect(wrapText('extraordinarily', 10)).toEqual(['extraordin', 'arily']);
  expect(wrapText('0.1234567890123', 10)).toEqual(['0.1234567890123']);
});

test('no line is too long, nothing is lost, and no number is cut', () => {
  fc.assert(
    fc.property(text, width, (given, columns) => {
      const lines = wrapText(given, columns);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
      expect(lines.join('').replaceAll(' ', '')).toBe(given.replaceAll(/[ \n]/g, ''));
      expect(lines.flatMap(numbersIn)).toEqual(numbersIn(given));
    }),
  );
});
