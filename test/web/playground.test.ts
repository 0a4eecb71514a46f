import { expect, test } from 'vitest';
import { programFromHash, programs, programToHash, readyWay, usualCsv } from '../../web/lab/playgroundSetting.ts';

test.each(Object.entries(programs))('%s can be read at a glance: 40 lines of 120 characters at most', (_, { text }) => {
  const lines = text.split('\n');
  expect(lines.length).toBeLessThanOrEqual(40);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(120);
});

test('a link carries a program that was changed, whatever is in it, and the name alone of one that was not', () => {
  const text = 'const a = "50 % + ä & b=c #1";\n';
  const hash = programToHash('clone', text)!;
  expect(programFromHash(`#${hash}`)).toEqual({ name: 'clone', text });
  expect(programToHash('clone', programs.clone.text)).toBe('program=clone');
  expect(programToHash('train', programs.train.text)).toBe('');
  expect(programFromHash('')).toEqual({ name: 'train', text: programs.train.text });
  expect(programFromHash('#program=constructor')).toEqual({ name: 'train', text: programs.train.text });
  expect(programToHash('train', 'x'.repeat(10_000))).toBeUndefined();
});

test('the data to begin with are 1,000 pairs of numbers; ready ways stay on the picture and go by both halves', () => {
  const [heading, ...rows] = usualCsv().split('\n');
  expect(heading).toBe('x,y');
  expect(rows).toHaveLength(1000);
  for (const row of rows) expect(row).toMatch(/^-?\d\.\d{3},-?\d\.\d{3}$/);
  for (let i = 0; i < 10; i++) {
    const middle = readyWay(i)[20]![1];
    expect(Math.sign(middle)).toBe(i % 2 === 0 ? 1 : -1);
    expect(Math.abs(middle)).toBeLessThan(1);
  }
});
