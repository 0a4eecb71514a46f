import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Conclusion } from '../../../cli/experiment/experiment.ts';
import { answersText } from '../../../cli/terminal/answersText.ts';
import { label, numbersIn, text, width } from './texts.ts';

const usual = { width: 80, bold: false };

const drowned: Conclusion = {
  question: 'Does a Gaussian that learns from walkers on both banks walk into the water?',
  answer: {
    text: 'A Gaussian that cloned walkers of both banks drowns in 39.0\u00a0% [38.2, 39.8] of its walks, a spline flow in 2.0\u00a0% [1.7, 2.3].',
    chart: {
      caption: 'walks that drown, stride lake',
      bars: [
        { label: 'Gaussian', value: 0.39, low: 0.382, high: 0.398, text: '39.0\u00a0%', interval: '[38.2, 39.8]' },
        { label: 'spline flow', value: 0.02, low: 0.017, high: 0.023, text: '2.0\u00a0%', interval: '[1.7, 2.3]' },
      ],
    },
  },
};
const unanswered: Conclusion = { question: 'Why?' };

describe('answersText', () => {
  test('has question, answer and chart', () => {
    expect(answersText({ E1: drowned, E2: { ...drowned, question: 'And -1?' } }, usual)).toBe(
      `E1  Does a Gaussian that learns from walkers on both banks walk into the water?
    A Gaussian that cloned walkers of both banks drowns in 39.0 % [38.2, 39.8]
    of its walks, a spline flow in 2.0 % [1.7, 2.3].

    walks that drown, stride lake
    Gaussian     ██████████████████████████████████████████  39.0 % [38.2, 39.8]
    spline flow  ██▏                                          2.0 % [1.7, 2.3]

E2  And −1?
    A Gaussian that cloned walkers of both banks drowns in 39.0 % [38.2, 39.8]
    of its walks, a spline flow in 2.0 % [1.7, 2.3].

    walks that drown, stride lake
    Gaussian     ██████████████████████████████████████████  39.0 % [38.2, 39.8]
    spline flow  ██▏                                          2.0 % [1.7, 2.3]`,
    );
  });

  test('does nothing to a terminal but to be read', () => {
    const evil = '\u001b]0;\u0007';
    const bar = { label: evil, value: 1, low: null, high: null, text: evil, interval: evil };
    const answer = { text: evil, chart: { caption: evil, bars: [bar] } };
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    expect(answersText({ [evil]: { ...unanswered, question: evil, answer } }, usual)).not.toMatch(/[\u001b\u0007]/);
  });

  test('lines fit, and no number is cut', () => {
    fc.assert(
      fc.property(text, text, label, width, (question, answer, caption, columns) => {
        const bars = [{ label: caption, value: 0.5, low: null, high: null, text: '0.5' }];
        const conclusion = { ...unanswered, question, answer: { text: answer, chart: { caption, bars } } };
        const lines = answersText({ E1: conclusion }, { ...usual, width: columns }).split('\n');
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(Math.min(80, columns));
        const found = lines.flatMap(numbersIn);
        for (const number of [...numbersIn(question), ...numbersIn(answer)]) {
          expect(found).toContain(number);
        }
      }),
    );
  });
});
