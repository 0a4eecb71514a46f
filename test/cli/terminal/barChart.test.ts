import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AnswerBar } from '../../../cli/experiment/experiment.ts';
import { barChart } from '../../../cli/terminal/answersText.ts';
import { label, numbersIn, width } from './texts.ts';

const bar = (name: string, share: number, interval?: string): AnswerBar => ({
  label: name,
  value: share,
  low: null,
  high: null,
  text: `${(100 * share).toFixed(1)}\u00a0%`,
  ...(interval !== undefined && { interval }),
});

const chart = {
  caption: 'walks that drown, stride lake',
  bars: [bar('Gaussian', 0.39, '[38.2, 39.8]'), bar('mixture', 0.013, '[0.0, 2.0]'), bar('spline flow', 0.0004)],
};

test('the longest bar fills the room beside label and value, and the least that is more than nothing is seen', () => {
  expect(barChart(chart, 60)).toEqual([
    'walks that drown, stride lake',
    'Gaussian     ██████████████████████████  39.0 % [38.2, 39.8]',
    'mixture      ▉                            1.3 % [0.0, 2.0]',
    'spline flow  ▏                            0.0 %',
  ]);
});

test('where the axis ends is as the chart says', () => {
  const of = (share: number) => barChart({ caption: 'c', most: 1, bars: [bar('a', share)] }, 40)[1];
  expect(of(1)).toBe(`a  ${'█'.repeat(28)}  100.0 %`);
  expect(of(0.5)).toBe(`a  ${'█'.repeat(14)}▌${' '.repeat(16)}50.0 %`);
  expect(of(0)).toBe(`a${' '.repeat(34)}0.0 %`);
  expect(of(1.5)).toBe(`a  ${'█'.repeat(28)}  150.0 %`);
});

test('a narrow terminal has the bars below', () => {
  expect(barChart(chart, 40)).toEqual([
    'walks that drown, stride lake',
    'Gaussian: 39.0 % [38.2, 39.8]',
    '█'.repeat(40),
    'mixture: 1.3 % [0.0, 2.0]',
    '█▍',
    'spline flow: 0.0 %',
    '▏',
  ]);
});

test('nothing to draw is no bar: zeros, a value below zero, or none', () => {
  expect(barChart({ caption: 'c', bars: [bar('a', 0), bar('b', 0)] }, 40)[1]).toMatch(/^a +0\.0 %$/);
  expect(barChart({ caption: 'c', bars: [bar('a', -0.5), bar('b', 0.5)] }, 40)[1]).toMatch(/^a +−50\.0 %$/);
  expect(barChart({ caption: 'c', bars: [] }, 40)).toEqual(['c']);
});

test('lines fit, and no number is cut', () => {
  const bars = fc.array(
    fc
      .tuple(label, fc.double({ min: -1, max: 2, noNaN: true }), fc.boolean())
      .map(([name, share, has]) => bar(name, share, has ? '[38.2, 139.8]' : undefined)),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(label, bars, width, (caption, of, columns) => {
      const lines = barChart({ caption, bars: of }, columns);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
      const found = lines.flatMap(numbersIn);
      for (const { text } of of) expect(found).toContain(numbersIn(text.replace('-', '−'))[0]);
    }),
  );
});
