import { expect, test } from 'vitest';
import type { Walk } from '../../common/lake.ts';
import { Rng } from '../../src/index.ts';
import { noScore, opponentBlocks, playRound, ROUND } from '../../web/lab/game.ts';

const by = (bank: 'upper' | 'lower', y: number): Walk => ({
  outcome: 'home',
  bank,
  positions: [-1.5, 0, 0.1, y, 1.4, 0],
});
const committed = Array.from({ length: 50 }, () => by('upper', 1));
const both = committed.map((walk, i) => (i % 2 === 0 ? walk : by('lower', -1)));

test('who always takes the bank that is blocked never gets home, the other bank costs nothing', () => {
  const rng = new Rng(0);
  const lost = playRound(committed, 'upper', noScore, rng);
  expect(lost.score).toMatchObject({ walks: ROUND, drowned: ROUND, home: { upper: 0, lower: 0 } });
  const won = playRound(committed, 'lower', lost.score, rng);
  expect(won.score).toMatchObject({ walks: 2 * ROUND, drowned: ROUND, home: { upper: ROUND, lower: 0 } });
});

test('the opponent blocks the bank that was used more: a policy of one bank gets home by luck in its first round at most, one of both in half', () => {
  const play = (pool: readonly Walk[]) => {
    const rng = new Rng(1);
    let score = noScore;
    for (let round = 0; round < 100; round++) ({ score } = playRound(pool, opponentBlocks(score, rng), score, rng));
    return (score.home.upper + score.home.lower) / score.walks;
  };
  expect(play(committed)).toBeLessThanOrEqual(0.01);
  expect(play(both)).toBeGreaterThan(0.4);
  expect(play(both)).toBeLessThan(0.6);
});

test('on a tie it draws', () => {
  const rng = new Rng(2);
  expect(new Set(Array.from({ length: 30 }, () => opponentBlocks(noScore, rng)))).toEqual(new Set(['upper', 'lower']));
});
