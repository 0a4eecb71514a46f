import { describe, expect, test } from 'vitest';
import type { Answer } from '../../cli/experiment/conclusion.ts';
import type { SummaryRow } from '../../cli/index.ts';
import { banana } from '../../experiments/banana/banana.ts';
import { classic } from '../../experiments/classic/classic.ts';
import { robots } from '../../experiments/robots/robots.ts';
import { stability } from '../../experiments/stability/stability.ts';
import { vae } from '../../experiments/vae/vae.ts';

type Row = Partial<SummaryRow> & Pick<SummaryRow, 'policy' | 'metric' | 'iqm'>;

/** A row whose interval reaches `half` to either side, of two seeds that are as far from the middle; of one seed without. */
const row = ({ half, ...given }: Row & { readonly half?: number }): SummaryRow => {
  const { iqm } = given;
  const [low, high] = iqm === null || half === undefined ? [null, null] : [iqm - half, iqm + half];
  return { study: 's', env: 'e', low, high, perSeed: low === null ? [iqm] : [low, high], ...given };
};

/** A sentence as it is read, and the bars below it. */
const seen = (answer: Answer | undefined) =>
  answer && {
    text: answer.text.replaceAll('\u00a0', ' '),
    bars: answer.chart?.bars.map(({ label, text, interval }) =>
      [label, text, interval].join(' ').replaceAll('\u00a0', ' ').trim(),
    ),
  };

describe('stability: who takes the Gaussian’s place, and where', () => {
  const config = stability.schema.parse({});
  const answer = (rows: readonly SummaryRow[]) => seen(stability.answer!(rows, config))?.text;
  const ppo = (env: string, policy: string, iqm: number | null, kl: number | null = 0.05) => [
    row({ study: 'ppo', env, policy, metric: 'return', iqm, half: 1 }),
    row({ study: 'ppo', env, policy, metric: 'klOfRollout', iqm: kl, half: 0.01 }),
  ];
  const soft = (policy: string, iqm: number) =>
    row({ study: 'soft', env: 'SoftBandit-v0', policy, metric: 'kl', iqm, half: 0.001 });
  const gaussians = [...ppo('Pendulum-v1', 'gaussian', -200), ...ppo('Multigoal-v0', 'gaussian', 100)];

  test('by environment, what holds before what fails', () => {
    const rows = [
      ...gaussians,
      // The Gaussian's −200 leaves room down to −210, its 100 down to 95.
      ...ppo('Pendulum-v1', 'spline', -209.9),
      ...ppo('Multigoal-v0', 'spline', 94.9),
      ...ppo('Pendulum-v1', 'mixture', -210.1),
      ...ppo('Multigoal-v0', 'mixture', 95.1),
    ];
    expect(answer(rows)).toBe(
      'In the Gaussian’s place: spline holds on Pendulum-v1 and fails on Multigoal-v0; mixture holds on Multigoal-v0 and fails on Pendulum-v1.',
    );
  });

  test('in all, or in none', () => {
    const rows = [
      ...gaussians,
      ...ppo('Pendulum-v1', 'spline', -190),
      ...ppo('Multigoal-v0', 'spline', 120),
      soft('spline', 0.0199),
      // Each seed counts here: the further one of the two moved by 0.11 nats.
      ...ppo('Pendulum-v1', 'mixture', -190, 0.1),
      soft('mixture', 0.0201),
    ];
    expect(answer(rows)).toBe(
      'In the Gaussian’s place: spline holds on Pendulum-v1, Multigoal-v0, SoftBandit-v0; mixture fails on Pendulum-v1, SoftBandit-v0.',
    );
  });

  test('nothing of who was not measured, or has no Gaussian beside it', () => {
    expect(answer([...gaussians, ...ppo('Pendulum-v1', 'spline', null)])).toBeUndefined();
    expect(answer(ppo('Pendulum-v1', 'spline', -150))).toBeUndefined();
    expect(answer([])).toBeUndefined();
  });
});

describe.each([
  ['classic', classic],
  ['robots', robots],
])('%s: how many trainings reach the score that is asked for', (name, experiment) => {
  const config = experiment.schema.parse({});
  const answer = (rows: readonly SummaryRow[]) => seen(experiment.answer!(rows, config))?.text;
  const greedy = (study: string, env: string, policy: string, iqm: number | null) =>
    row({ study, env, policy, metric: 'greedyReturn', iqm, half: 1 });
  const [env, asked] = name === 'classic' ? ['Pendulum-v1', -200] : ['mujoco/HalfCheetah-v5', 1600];

  test('all of them: nothing is said of who misses it', () => {
    // As much as is asked for is enough.
    const rows = [greedy('ppo', env, 'gaussian', asked), greedy('ppo', env, 'spline', asked + 1)];
    expect(answer(rows)).toBe(
      '2 of 2 trainings reach the score that is asked for, by the interquartile mean of greedy actions.',
    );
    expect(answer(rows.slice(1))).toMatch(/^1 of 1 training reaches the score that is asked for, /);
  });

  test('not all: who misses it is named, also where nobody reaches it', () => {
    const rows = [greedy('ppo', env, 'gaussian', asked - 0.1), greedy('ppo', env, 'spline', asked + 0.1)];
    const how = 'the score that is asked for, by the interquartile mean of greedy actions. Not so:';
    const who = `PPO with gaussian on ${env.replace('mujoco/', '')}.`;
    expect(answer(rows)).toBe(`1 of 2 trainings reaches ${how} ${who}`);
    expect(answer(rows.slice(0, 1))).toBe(`0 of 1 training reach ${how} ${who}`);
  });

  test('nothing of who was not measured, is sampled, or is asked for nothing', () => {
    const sampled = row({ study: 'ppo', env, policy: 'spline', metric: 'return', iqm: 1e4, half: 1 });
    expect(answer([sampled, greedy('ppo', env, 'gaussian', null)])).toBeUndefined();
    expect(answer([greedy('ppo', 'Elsewhere-v0', 'gaussian', 1e4)])).toBeUndefined();
    expect(answer([])).toBeUndefined();
  });
});

describe.each([
  {
    name: 'banana',
    experiment: banana,
    label: 'Nearest to the floor',
    best: 0.0621,
    worse: 0.5004,
    text: (value: number) => `${value.toFixed(3)} nats`,
    told: 'nllAboveFloor',
    drawn: 'nllAboveFloor',
    policies: ['spline', 'realnvp', 'maf'],
  },
  {
    name: 'vae',
    experiment: vae,
    label: 'Highest ELBO',
    best: -84.514,
    worse: -89.126,
    // A true minus.
    text: (value: number) => `−${(-value).toFixed(2)}`,
    told: 'elbo',
    drawn: 'gap',
    policies: ['iaf', 'gaussian', 'realnvp'],
  },
])('$name: who is best', ({ experiment, label, best, worse, text, told, drawn, policies }) => {
  const [first, second, third] = policies as [string, string, string];
  const config = experiment.schema.parse({});
  const answer = (rows: readonly SummaryRow[]) => seen(experiment.answer!(rows as SummaryRow[], config as never));
  const step = Math.abs(worse - best) / 10;
  const of = (policy: string, iqm: number | null, half?: number): SummaryRow[] => [
    row({ policy, metric: told, iqm, ...(half !== undefined && { half }) }),
    // Another metric, by which the order is another.
    ...(drawn === told ? [] : [row({ policy, metric: drawn, iqm: iqm && 7 - iqm / 100, half: 0.25 })]),
  ];
  const interval = (iqm: number, half: number) => `[${text(iqm - half)}, ${text(iqm + half)}]`;

  test('and whose interval overlaps with its, or lies apart', () => {
    const near = best + 1.9 * step * Math.sign(worse - best);
    const rows = [...of(third, worse, step), ...of(first, best, step), ...of(second, near, step)];
    expect(answer(rows)?.text).toBe(
      `${label}: ${first}, ${text(best)} ${interval(best, step)}. Its interval overlaps with that of ${second} (${text(near)}). ` +
        `Their intervals lie apart from it: ${third} (${text(worse)}).`,
    );
  });

  test('all apart, or none', () => {
    expect(answer([...of(first, best, step), ...of(third, worse, step)])?.text).toBe(
      `${label}: ${first}, ${text(best)} ${interval(best, step)}. Their intervals lie apart from it: ${third} (${text(worse)}).`,
    );
    expect(answer([...of(first, best, step), ...of(third, worse, 10 * step)])?.text).toBe(
      `${label}: ${first}, ${text(best)} ${interval(best, step)}. Its interval overlaps with that of ${third} (${text(worse)}).`,
    );
  });

  test('one seed decides nothing', () => {
    expect(answer([...of(third, worse), ...of(first, best)])?.text).toBe(
      `${label}: ${first}, ${text(best)}. One seed tells nothing about the others.`,
    );
  });

  test('nothing where nobody is beside it', () => {
    expect(answer([...of(first, best, step), ...of(second, null)])).toBeUndefined();
    expect(answer([])).toBeUndefined();
  });

  test('bars show what the caption names, with intervals', () => {
    const { bars } = answer([...of(first, best, step), ...of(third, worse, step)])!;
    const value = (iqm: number) => (drawn === told ? iqm : 7 - iqm / 100);
    const [half, plain] = drawn === told ? [step, (x: number) => x.toFixed(3)] : [0.25, (x: number) => x.toFixed(2)];
    expect(bars).toEqual(
      [
        [first, best],
        [third, worse],
      ].map(([policy, iqm]) => {
        const middle = value(iqm as number);
        const unit = drawn === told ? ' nats' : '';
        return `${policy} ${plain(middle)}${unit} [${plain(middle - half)}, ${plain(middle + half)}]`;
      }),
    );
  });
});
