import { describe, expect, test } from 'vitest';
import type { Conclusion } from '../../../cli/experiment/conclusion.ts';
import type { SummaryRow } from '../../../cli/experiment/experiment.ts';
import { interquartileInterval } from '../../../cli/statistics/bootstrap.ts';
import { lake } from '../../../experiments/lake/lake.ts';
import type { StudyName } from '../../../experiments/lake/study/studyCodes.ts';
import { storedConfig, storedRows } from './storedRun.ts';

const plain = (text: string | undefined) => text?.replaceAll('\u00a0', ' ');

function conclude(rows: readonly SummaryRow[], ...studies: StudyName[]): Record<string, Conclusion> {
  return { ...lake.conclusions!([], rows, { ...storedConfig, studies }) };
}

/** Rows by study, environment, condition, policy and metric, of ten seeds around a value; a list is by seed. */
function made(
  at: { study: StudyName; env?: string; condition?: string },
  values: Readonly<Record<string, Readonly<Record<string, number | readonly (number | null)[]>>>>,
): SummaryRow[] {
  return Object.entries(values).flatMap(([policy, metrics]) =>
    Object.entries(metrics).map(([metric, value]): SummaryRow => {
      const perSeed = typeof value === 'number' ? Array.from({ length: 10 }, () => value) : value;
      const measured = perSeed.filter((each) => each !== null);
      return { env: 'LakeStride-v0', ...at, policy, metric, ...interquartileInterval(measured), perSeed };
    }),
  );
}

describe('of the stored run', () => {
  const stored = conclude(storedRows(), ...storedConfig.studies);

  test('every study has an answer with a chart, a verdict by clauses, and endpoints', () => {
    expect(Object.entries(stored).map(([code, { verdict }]) => `${code}: ${verdict}`)).toEqual([
      'E1: 24 of 25 clauses hold',
      'E0: 7 of 13 clauses hold, 6 undecided',
      'E2: 17 of 23 clauses hold, 1 undecided',
      'E3: 7 of 9 clauses hold',
      'E4: 3 of 3 clauses hold',
      'E5: 5 of 6 clauses hold',
      'E6: 3 of 6 clauses hold',
      'E7: 2 of 3 clauses hold; assay failed for 3',
    ]);
    for (const { answer, endpoints } of Object.values(stored)) {
      expect(answer!.chart!.bars.length).toBeGreaterThan(1);
      expect(answer!.chart!.bars.length).toBeLessThan(8);
      expect(endpoints!.length).toBeGreaterThan(0);
      // Prose: one space between words, no number without its digit before the point.
      expect(plain(answer!.text)).toMatch(/^[A-Z][^.]*.*\.$/);
      expect(plain(answer!.text)).not.toMatch(/ {2}|\s\.\d|NaN|undefined|not measured/);
    }
  });

  test('the answers say what was measured', () => {
    expect(plain(stored.E6!.answer!.text)).toContain('At τ = 0.05 annealing costs it 0.041 nats [0.035, 0.045].');
    expect(plain(stored.E0!.answer!.text)).toBe(
      'On the fine lake, 15 of 20 seeds of a Gaussian and 12 to 18 of each other class learn the way home (90 % of the walks). No class gets home ' +
        'surely more or less often than the Gaussian. Those that do keep to one bank. Returns differ from the ' +
        'Gaussian’s: spline flow (−0.048).',
    );
    expect(plain(stored.E1!.answer!.text)).toBe(
      'A Gaussian that cloned walkers of both banks drowns in 39.0 % [38.2, 39.8] of its walks, a spline flow in 2.0 % [1.7, 2.3].',
    );
    expect(plain(stored.E6!.answer!.text)).toMatch(/annealing adds 13 points \[2, 25\]\. The other classes/);
    expect(plain(stored.E7!.answer!.text)).toMatch(/noise at each step drowns in 5\.4 % .* nothing is shown/);
  });

  test('the endpoints count the seeds that failed', () => {
    const failed = (code: string) => stored[code]!.endpoints![0]!.rows.map((row) => row.failed!.seeds);
    expect(failed('E0')).toEqual([5, 8, 4, 4, 3, 4, 2]);
    expect(failed('E3')).toEqual([20, 11, 0, 1]);
    expect(stored.E0!.endpoints![1]!.rows.map((row) => row.seeds)).toEqual([15, 12, 16, 16, 17, 16, 18]);
  });

  test('clauses that are none, that contradict each other or came later say so', () => {
    const saying = (code: string, words: RegExp) => stored[code]!.measured.filter((text) => words.test(text)).length;
    expect(saying('E3', /true by construction, not counted/)).toBe(3);
    expect(saying('E4', /true by construction, not counted/)).toBe(1);
    expect(saying('E3', /added after seeds 0 to 2 had been seen/)).toBe(7);
    expect(saying('E2', /contradict each other here/)).toBe(6);
    expect(
      saying('E1', /fine lake.*gaussian, drowned: 8\.2.*does not hold.*not among the claims of the first run/),
    ).toBe(1);
    expect(saying('E7', /^positive control: spline.*\(5 of 20 seeds\): not decided$/)).toBe(1);
    expect(saying('E0', /20 seeds cannot show it/)).toBe(6);
  });
});

describe('of other numbers', () => {
  const answer = (rows: readonly SummaryRow[], study: StudyName, code: string) =>
    plain(conclude(rows, study)[code]!.answer?.text);

  test('without a Gaussian, or without another class, there is no answer; nor without rows', () => {
    for (const study of storedConfig.studies) {
      expect(Object.values(conclude([], study))[0]!.answer).toBeUndefined();
      expect(Object.values(conclude([], study))[0]!.endpoints).toBeUndefined();
      if (study === 'fixed-scale' || study === 'annealing') continue;
      for (const only of [['gaussian'], ['spline', 'mixture', 'step-noise']]) {
        const rows = storedRows().filter((row) => row.study === study && only.includes(row.policy));
        expect(Object.values(conclude(rows, study))[0]!.answer, `${study}, ${only}`).toBeUndefined();
      }
    }
  });

  test('E0: seeds that arrive differ by class, and both banks are used', () => {
    const rows = made(
      { study: 'ppo', env: 'Lake-v0' },
      {
        gaussian: { homeRate: [1, ...Array<number>(9).fill(0.1)], modeBalance: 0.4, return: 0.5 },
        spline: { homeRate: 0.97, modeBalance: 0.3, return: 0.9 },
      },
    );
    expect(answer(rows, 'ppo', 'E0')).toBe(
      'On the fine lake, 1 of 10 seeds of a Gaussian and 10 of a spline flow learn the way home (90 % of the walks). More often than a Gaussian get home: ' +
        'spline flow. Of those that do, the lesser bank gets up to 40.0 % of a class’s walks home.',
    );
    const few = rows.map((row) => ({ ...row, perSeed: row.perSeed.slice(0, 3) }));
    expect(answer(few, 'ppo', 'E0')).not.toMatch(/surely|often than/);
    expect(conclude(few, 'ppo').E0!.verdict).toBe('too few seeds');
  });

  test('E0: nobody arrives', () => {
    const lost = { homeRate: 0, modeBalance: [null, null], return: -0.3 };
    const rows = made({ study: 'ppo', env: 'Lake-v0' }, { gaussian: lost, mixture: lost });
    expect(answer(rows, 'ppo', 'E0')).toBe(
      'On the fine lake, 0 of 10 seeds of a Gaussian and 0 of a mixture learn the way home (90 % of the walks). No class gets home surely more or ' +
        'less often than the Gaussian.',
    );
    expect(conclude(rows, 'ppo').E0!.endpoints![0]!.rows[0]).toMatchObject({
      iqm: null,
      failed: { seeds: 10, of: 10 },
    });
  });

  test('E1 and E3 name another class where there is no spline, with whatever came out', () => {
    const cloned = made({ study: 'cloning' }, { gaussian: { drownRate: 0.1 }, realnvp: { drownRate: 0.6 } });
    expect(answer(cloned, 'cloning', 'E1')).toBe(
      'A Gaussian that cloned walkers of both banks drowns in 10.0 % [10.0, 10.0] of its walks, a RealNVP in 60.0 % [60.0, 60.0].',
    );
    const blocked = made({ study: 'blocked' }, { gaussian: { success8: 0.95 }, 'mixture-2': { success8: 0.5 } });
    expect(answer(blocked, 'blocked', 'E3')).toBe(
      'With its worse bank blocked and eight tries, a Gaussian gets home in 95.0 % [95.0, 95.0] (10 of 10 seeds reach 90 %), a mixture of 2 gets home in ' +
        '50.0 % [50.0, 50.0] (0 of 10 seeds reach 90 %).',
    );
  });

  test('E2 speaks of the bandit alone where there is no lake', () => {
    const rows = made(
      { study: 'soft', env: 'SoftBandit-v0', condition: 'tau-0.05' },
      { gaussian: { kl: 0.7, water: 0, rightShare: 0 }, mixture: { kl: 0.001, water: 0, rightShare: 0.5 } },
    );
    expect(answer(rows, 'soft', 'E2')).toBe(
      'In one number (τ = 0.05) a Gaussian stays 0.700 [0.700, 0.700] nats from the soft optimum, a mixture 0.001 [0.001, 0.001].',
    );
  });

  test('E5 speaks of a mean that outgrows the noise only where it does', () => {
    const at = { study: 'fixed-scale', env: 'Lake-v0', condition: 'scale-1' } as const;
    const lakeOnly = (drownRate: number, startSpeed: number) =>
      answer(made(at, { gaussian: { drownRate, startSpeed } }), 'fixed-scale', 'E5');
    expect(lakeOnly(0.01, 3)).toBe(
      'On the lake σ = 1 drowns 1.0 % [1.0, 1.0]: the mean grows to 3.0 times full speed, beside which the noise is small.',
    );
    expect(lakeOnly(0.4, 3)).toBe('On the lake σ = 1 drowns 40.0 % [40.0, 40.0].');
    expect(lakeOnly(0.01, 0.5)).toBe('On the lake σ = 1 drowns 1.0 % [1.0, 1.0].');
  });

  test('E6 says whether annealing adds or takes, and what may be chance', () => {
    const shares = (annealed: number | number[], constant: number | number[]) =>
      answer(
        (['annealed', 'constant'] as const).flatMap((kind) =>
          made(
            { study: 'annealing', env: 'SoftBandit-v0', condition: `tau-0.02-${kind}` },
            { spline: { lesserShare: kind === 'annealed' ? annealed : constant } },
          ),
        ),
        'annealing',
        'E6',
      );
    expect(shares(0.4, 0.1)).toMatch(/annealing adds 30 points \[30, 30\]\.$/);
    expect(shares(0.1, 0.4)).toMatch(/annealing takes 30 points \[30, 30\]\.$/);
    const apart = [0.1, 0.4, 0.1, 0.4, 0.1, 0.4, 0.1, 0.4, 0.1, 0.4];
    expect(shares(apart, [...apart].reverse())).toMatch(/the difference may be chance\.$/);
    expect(shares([0.4], [0.1])).toMatch(/30 points more\.$/);
  });

  test('E7 doubts the soft return only where its control fails', () => {
    const cloned = made(
      { study: 'other-ways', condition: 'cloned' },
      { gaussian: { drownRate: 0.4 }, 'step-noise': { drownRate: 0.05 } },
    );
    const soft = (modeBalance: number) =>
      made({ study: 'other-ways', condition: 'soft' }, { spline: { modeBalance }, 'step-noise': { modeBalance: 0 } });
    const alone = answer(cloned, 'other-ways', 'E7');
    expect(alone).toBe(
      'Cloned from walkers of both banks, a Gaussian drowns in 40.0 % [40.0, 40.0] of its walks, one that sees noise at each step drowns in 5.0 % [5.0, 5.0] of its walks.',
    );
    expect(answer([...cloned, ...soft(0.3)], 'other-ways', 'E7')).toBe(alone);
    expect(answer([...cloned, ...soft(0.05)], 'other-ways', 'E7')).toMatch(/nothing is shown/);
    expect(conclude([...cloned, ...soft(0.3)], 'other-ways').E7!.verdict).toBe('1 of 2 clauses hold');
    expect(conclude([...cloned, ...soft(0.05)], 'other-ways').E7!.verdict).toBe(
      '0 of 1 clauses hold; assay failed for 1',
    );
  });
});
