import { describe, expect, test } from 'vitest';
import type { SummaryRow } from '../../../cli/experiment/experiment.ts';
import { interquartileInterval } from '../../../cli/statistics/bootstrap.ts';
import { arrivalClauses } from '../../../experiments/endpoints/arrivalClauses.ts';
import { endpointsSchema } from '../../../experiments/endpoints/config.ts';
import { endpoints } from '../../../experiments/endpoints/endpoints.ts';
import { aboveFloor, floorOf, regretClauses } from '../../../experiments/endpoints/regretClauses.ts';
import { regretAnswer, regretEndpoints } from '../../../experiments/endpoints/regretSummary.ts';
import { softStudies } from '../../../experiments/endpoints/softStudies.ts';
import { tuning } from '../../../experiments/endpoints/tuning.ts';

const plain = (text: string | undefined) => text?.replaceAll('\u00a0', ' ');
const seeds = (value: number, count = 20) => Array.from({ length: count }, () => value);

function row(
  study: string,
  policy: string,
  metric: string,
  perSeed: readonly (number | null)[],
  condition?: string,
): SummaryRow {
  const measured = perSeed.filter((value) => value !== null);
  const at = { study, env: 'LakeStride-v0', ...(condition !== undefined && { condition }) };
  return { ...at, policy, metric, ...interquartileInterval(measured), perSeed };
}

describe('E0', () => {
  const of = (policy: string, metrics: Record<string, readonly (number | null)[]>) =>
    Object.entries(metrics).map(([metric, perSeed]) => row('arrival', policy, metric, perSeed));
  const holds = (rows: readonly SummaryRow[]) =>
    arrivalClauses(rows).flatMap((each) => (each === undefined ? [] : [each.holds]));
  const gaussian = of('gaussian', { homeRate: seeds(0.97), modeBalance: seeds(0), return: seeds(0.9) });

  test('all seeds arrive, keep to one bank, and return the same', () => {
    const spline = of('spline', { homeRate: seeds(0.99), modeBalance: seeds(0.01), return: seeds(0.89) });
    // Two arrive, two keep to a bank, the returns are the same, the spline’s is not below by more than a step.
    expect(holds([...gaussian, ...spline])).toEqual([true, true, true, true, true, true]);
  });

  test('one seed that does not arrive is enough, and has no part in the rest', () => {
    const spline = of('spline', {
      homeRate: [0.5, ...seeds(0.99, 19)],
      modeBalance: [0.5, ...seeds(0.1, 19)],
      return: [-0.3, ...seeds(0.8, 19)],
    });
    const clauses = arrivalClauses([...gaussian, ...spline]).filter((each) => each !== undefined);
    expect(clauses.map((each) => each.holds)).toEqual([true, false, true, false, false, false]);
    expect(plain(clauses[1]!.text)).toBe('spline: 19 of 20 seeds with at least 90 % home, predicted all');
    expect(clauses[3]!.text).toContain('(19 of 20 seeds)');
    expect(clauses[4]!.text).toContain('(19 of 20 pairs)');
    expect(clauses[5]!.text).toContain('not below it (by more than 0.02, the cost of a step)');
  });

  test('what is not finished decides nothing', () => {
    const open = of('gaussian', { homeRate: [1, null], modeBalance: [0, null], return: [0.9, null] });
    expect(holds(open)).toEqual([undefined, undefined]);
    expect(holds([])).toEqual([]);
  });
});

describe('E2', () => {
  const [floors, temperature] = ['floors', 0.1];
  const floor = (policy: string, softRegret: number, steps: number, tau = temperature) => [
    row(floors, policy, 'softRegret', [softRegret, ...Array<null>(19).fill(null)], `tau-${tau}`),
    row(floors, policy, 'natsAStep', [softRegret / tau / steps, ...Array<null>(19).fill(null)], `tau-${tau}`),
  ];
  const study = softStudies.find((each) => each.name === 'soft-ppo-0.1')!;
  const measured = (policy: string, softRegret: readonly (number | null)[], steps: number) => [
    row(study.name, policy, 'softRegret', softRegret),
    row(
      study.name,
      policy,
      'steps',
      softRegret.map((value) => value && steps),
    ),
    row(
      study.name,
      policy,
      'natsAStep',
      softRegret.map((value) => value && value / temperature / steps),
    ),
  ];

  test('how far above its floor a class is, is the regret above the floor’s, over τ and the policy’s own steps', () => {
    const rows = [...floor('spline', 0.02, 8), ...measured('spline', [0.05, 0.06, null], 10)];
    expect(floorOf(rows, { policy: 'spline', temperature, metric: 'softRegret' })).toBe(0.02);
    expect(aboveFloor(rows, study, 'spline')!.perSeed).toEqual([
      expect.closeTo(0.03, 12),
      expect.closeTo(0.04, 12),
      null,
    ]);
    expect(aboveFloor(rows, study, 'mixture')).toBeUndefined();
    expect(aboveFloor(measured('spline', [0.05], 10), study, 'spline')).toBeUndefined();
  });

  test('near the floor, far from it, and the Gaussian’s own', () => {
    const rows = [
      ...floor('gaussian', 0.5, 8),
      ...floor('spline', 0.02, 8),
      ...floor('mixture', 0.01, 8),
      ...measured('gaussian', seeds(0.7), 10),
      ...measured('spline', seeds(0.05), 10),
      ...measured('mixture', seeds(0.2), 10),
    ];
    const clauses = regretClauses(rows).filter((each) => each !== undefined);
    expect(clauses.map(({ text, holds }) => [text, holds])).toEqual([
      ['spline, PPO, τ = 0.1, nats a step above its floor: 0.030 [0.030, 0.030], predicted at most 0.050', true],
      ['mixture, PPO, τ = 0.1, nats a step above its floor: 0.190 [0.190, 0.190], predicted at most 0.050', false],
      ['gaussian, τ = 0.1, its floor: 0.625 nats a step, predicted at least 0.500', true],
    ]);
    expect(plain(regretAnswer(rows)!.text)).toBe(
      'Along its own walks a Gaussian is 0.700 [0.700, 0.700] nats a step from the soft optimum (by PPO, τ = 0.1), a spline flow 0.050 [0.050, 0.050]. ' +
        'The best of their classes are 0.625 and 0.025 from it.',
    );
    // Of a run that has no floors.
    expect(
      plain(regretAnswer(measured('gaussian', seeds(0.7), 10).concat(measured('spline', seeds(0.05), 10)))!.text),
    ).toBe(
      'Along its own walks a Gaussian is 0.700 [0.700, 0.700] nats a step from the soft optimum (by PPO, τ = 0.1), a spline flow 0.050 [0.050, 0.050].',
    );
    const [endpoint] = regretEndpoints(rows).filter((each) => each !== undefined);
    expect(endpoint!.rows.map(({ floor, failed }) => [floor, failed!.seeds])).toEqual([
      [expect.closeTo(0.625, 9), 20],
      [expect.closeTo(0.025, 9), 0],
      [expect.closeTo(0.0125, 9), 20],
    ]);
    expect(regretAnswer(rows.filter(({ policy }) => policy !== 'gaussian'))).toBeUndefined();
  });
});

describe('the run', () => {
  const config = endpointsSchema.parse({});

  test('has seeds of its own by default, each class in each study, and each floor once', () => {
    expect(config.seeds).toEqual(Array.from({ length: 20 }, (_, i) => 100 + i));
    const jobs = endpoints.jobs(config);
    const count = (wanted: string) => jobs.filter(({ study }) => study === wanted).length;
    expect(count('arrival')).toBe(7 * 20);
    for (const { name } of softStudies) expect(count(name)).toBe(4 * 20);
    expect(count('floors')).toBe(3 * 4);
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(jobs.length);
  });

  test('every study but the floors is searched, each class in as many trials, the mixture with six components', () => {
    expect(Object.keys(tuning.objectives)).toEqual(['arrival', ...softStudies.map(({ name }) => name)]);
    expect(Object.keys(tuning.spaces)).toEqual(Object.keys(tuning.objectives));
    expect(JSON.stringify(tuning.spaces['soft-sac-0.05'])).not.toContain('components');
    expect(tuning.spaces['soft-sac-0.05']!.mixture).toHaveProperty('tau');
  });

  test('a run of E0 alone says nothing of E2, and the other way round', () => {
    const codes = (studies: string[]) =>
      Object.keys(endpoints.conclusions!([], [], endpointsSchema.parse({ studies }) as never));
    expect(codes(['arrival'])).toEqual(['E0']);
    expect(codes(['floors', 'soft-sac-0.05'])).toEqual(['E2']);
  });
});
