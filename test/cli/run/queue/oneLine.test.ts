import { describe, expect, it } from 'vitest';
import { oneLine } from '../../../../cli/run/queue/redis.ts';

describe('a line that others have written', () => {
  it.each([
    ['as it was', 'as it was'],
    ['two\r\nlines', 'two lines'],
    ['two\u2028other\u2029lines\u0085', 'two other lines\u0085'],
    ['', ''],
  ])('%j is one', (text, line) => expect(oneLine(text)).toBe(line));

  it('is cut to a length, never in the middle of a character', () => {
    expect(oneLine('x'.repeat(500))).toBe('x'.repeat(500));
    expect(oneLine('x'.repeat(501))).toBe(`${'x'.repeat(499)}…`);
    expect(oneLine(`abc🌊🌊`, 5)).toBe('abc…');
    expect(oneLine(`abc🌊🌊`, 6)).toBe('abc🌊…');
  });
});
