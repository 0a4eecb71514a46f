import { describe, expect, test } from 'vitest';
import type { SummaryRow } from '../../../cli/index.ts';
import { concludeRobots } from '../../../experiments/robots/clauses.ts';

/** Returns around a level, a few apart from seed to seed. */
function row(
  policy: string,
  level: number,
  { study = 'ppo', env = 'mujoco/Hopper-v5', spread = 4, seeds = 10 } = {},
): SummaryRow {
  const perSeed = Array.from({ length: seeds }, (_, i) => level + spread * ((i % 5) - 2));
  return { study, env, policy, metric: 'greedyReturn', iqm: level, low: level - spread, high: level + spread, perSeed };
}

describe('the prediction about robots', () => {
  test('holds of classes whose returns are within a tenth of the Gaussian’s, whichever its sign', () => {
    const rows = [row('gaussian', 1000), row('mixture', 1040), row('spline', 960)];
    const { verdict, answer } = concludeRobots(rows);
    expect(verdict).toBe('2 of 2 clauses hold');
    expect(answer!.text).toBe('Of 2 comparisons with the Gaussian, 2 are within ±10 % of its greedy return.');
    expect(concludeRobots([row('gaussian', -1000), row('spline', -1040)]).verdict).toBe('1 of 1 clauses hold');
  });

  test('tells who is ahead, who is behind, and what is not decided', () => {
    const { verdict, answer, measured } = concludeRobots([
      row('gaussian', 1000),
      row('mixture', 1300),
      row('realnvp', 700),
      row('spline', 900, { spread: 200 }),
    ]);
    expect(verdict).toBe('0 of 3 clauses hold, 1 undecided');
    expect(answer!.text).toBe(
      'Of 3 comparisons with the Gaussian, 0 are within ±10 % of its greedy return. Ahead: mixture by PPO on Hopper-v5. ' +
        'Behind: realnvp by PPO on Hopper-v5. Not decided: spline by PPO on Hopper-v5.',
    );
    expect(measured[0]).toMatch(
      /^mixture − gaussian, PPO on Hopper-v5: 300 \[\d+, \d+\], predicted within −100 and 100: does not hold$/,
    );
  });

  test('is asked by agent and robot, and of the three that it names alone', () => {
    const swimmer = { env: 'mujoco/Swimmer-v5' };
    const { verdict, measured } = concludeRobots([
      ...[row('gaussian', 1000), row('spline', 1000)],
      ...[row('gaussian', 100, { study: 'sac' }), row('spline', 1000, { study: 'sac' })],
      ...[row('gaussian', 60, swimmer), row('spline', 20, swimmer)],
    ]);
    expect(verdict).toBe('1 of 2 clauses hold');
    expect(measured.map((text) => text.split(':')[0])).toEqual([
      'spline − gaussian, PPO on Hopper-v5',
      'spline − gaussian, SAC on Hopper-v5',
    ]);
  });

  test('decides nothing by five seeds, beside others that ten decide', () => {
    const five = { study: 'sac', seeds: 5 };
    const { verdict, measured } = concludeRobots([
      ...[row('gaussian', 1000), row('spline', 1000)],
      ...[row('gaussian', 1000, five), row('spline', 1000, five)],
    ]);
    expect(verdict).toBe('1 of 2 clauses hold, 1 undecided');
    expect(measured[1]).toMatch(/: not decided \(5 seeds decide nothing\)$/);
  });

  test('is undecided without a Gaussian', () => {
    expect(concludeRobots([row('spline', 1000)])).toMatchObject({ verdict: 'undecided', measured: [] });
  });
});
