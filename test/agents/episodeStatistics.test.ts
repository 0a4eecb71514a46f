import { describe, expect, test } from 'vitest';
import { type EpisodeReport, episodeStatistics } from '../../agents/index.ts';
import type { Info } from '../../envs/index.ts';

const ended = (...infos: Info[]): EpisodeReport[] => infos.map((info, i) => ({ return: i, length: 10 + i, info }));

describe('statistics of episodes', () => {
  test('of none have no means, and no NaN', () => {
    expect(episodeStatistics([])).toEqual({ episodes: 0, return: null, length: null, counts: {} });
  });

  test('are means, and counts of the words of the last info', () => {
    const episodes = ended(
      { outcome: 'right', bank: 'upper' },
      { outcome: 'left', angle: 3 },
      { outcome: 'right' },
      {},
    );
    const statistics = episodeStatistics(episodes);
    expect(statistics).toEqual({
      episodes: 4,
      return: 1.5,
      length: 11.5,
      counts: { outcome: { left: 1, right: 2 }, bank: { upper: 1 } },
    });
    expect(Object.keys(statistics.counts.outcome!)).toEqual(['left', 'right']);
  });

  test("take Gymnasium's is_success where there is no outcome", () => {
    const episodes = ended(
      { is_success: true },
      { is_success: 0 },
      { is_success: 0.5 },
      { is_success: 1, outcome: 'timeout' },
    );
    expect(episodeStatistics(episodes).counts).toEqual({ outcome: { failure: 1, success: 1, timeout: 1 } });
  });

  test('leave out what is no word, or has too many', () => {
    const many = (n: number) => Array.from({ length: n }, (_, i) => ({ id: `n${i}` }));
    expect(Object.keys(episodeStatistics(ended(...many(12))).counts.id!)).toHaveLength(12);
    expect(episodeStatistics(ended(...many(1000))).counts).toEqual({});
    const noWords = ended(
      { text: 'a'.repeat(33) },
      { text: 'a\nb' },
      { text: '' },
      { text: undefined },
      { __proto__: null },
    );
    expect(episodeStatistics(noWords).counts).toEqual({});
    expect(episodeStatistics(ended({ text: 'a'.repeat(32) })).counts).toEqual({ text: { ['a'.repeat(32)]: 1 } });
  });
});
