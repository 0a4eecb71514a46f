import * as tf from '@tensorflow/tfjs-core';
import { expect, test, vi } from 'vitest';
import { Actor, type GaussianPolicy, type PolicyName } from '../../src/policies/index.ts';
import { Rng } from '../../src/random.ts';
import { perturb } from '../support/perturb.ts';
import { box, expectLaw, made, PEAK_EDGES, peaksDensity, twoPeaks } from './actingPolicies.ts';

const HELD: [PolicyName, object][] = [
  ['gaussian', {}],
  ['mixture', { components: 4 }],
  ['spline', {}],
  ['circular-spline', { actionSpace: box(2, Math.PI) }],
  ['truncated-normal', {}],
  ['autoregressive-categorical', { bins: 50 }],
  ['flow-matching', {}],
  ['implicit', {}],
  ['spline', { memory: 'gru' }],
  ['categorical', { actionSpace: { n: 1000, start: 0 } }],
];
const batch = 3;
const rows = (values: Float32Array) =>
  Array.from({ length: batch }, (_, i) => [
    ...values.slice(i * (values.length / batch), (i + 1) * (values.length / batch)),
  ]);
const cases = HELD.flatMap(([name, options]) =>
  [1, ...(['implicit'].includes(name) ? [] : [0.5])].map((temperature) => ({ name, options, temperature })),
);

test.each(cases)(
  '$name $options, T = $temperature: n steps of an episode of each row, anew where one begins',
  (each) => {
    const policy = perturb(made(each.name, each.options), new Rng('weights'));
    const { temperature } = each;
    const observations = [0.3, -0.4, 0.3, -0.4, 0.3, -0.4];
    const acted = (ends: (step: number) => undefined | number[], of = batch) => {
      using actor = policy.actor({
        rng: new Rng('noise'),
        batch: of,
        acting: { hold: 3, temperature, candidates: 5 },
      });
      return Array.from({ length: 8 }, (_, step) => {
        // So that a memory has the same to go by at each step.
        actor.state.fill(0);
        const made = actor.act(observations.slice(0, 2 * of)).latent.slice();
        const ended = ends(step) ?? [];
        const terminations = Array.from({ length: of }, (_, i) => Number(ended.includes(i)));
        actor.resetEnded({ terminations, truncations: new Float32Array(of) });
        return of === batch ? rows(made) : [[...made]];
      });
    };
    const steady = acted(() => undefined);
    for (let row = 0; row < batch; row++) {
      const own = steady.map((step) => step[row]!);
      const [a, b, c] = [own[0]!, own[3]!, own[6]!];
      expect(own).toEqual([a, a, a, b, b, b, c, c]);
      expect(a).not.toEqual(b);
      expect(b).not.toEqual(c);
    }
    expect(steady[0]![0]).not.toEqual(steady[0]![1]);
    // Row 1 ends after its second step, and goes on with what it would have drawn next; the others notice nothing.
    const ended = acted((step) => (step === 1 ? [1] : undefined));
    for (const row of [0, 2]) expect(ended.map((step) => step[row])).toEqual(steady.map((step) => step[row]));
    const own = steady.map((step) => step[1]!);
    expect(ended.map((step) => step[1])).toEqual([0, 0, 3, 3, 3, 6, 6, 6].map((step) => own[step]));
    // A batch of one is the first row of any.
    const alone = acted(() => undefined, 1);
    alone.forEach(([values], step) =>
      expect(values).toEqual(steady[step]![0]!.map((value) => expect.closeTo(value, 5))),
    );
  },
);

test('a flow keeps its base point and a mixture its component while observations change', () => {
  const gaussian = perturb(made('gaussian'), new Rng('weights')) as GaussianPolicy;
  using actor = gaussian.actor({ rng: new Rng('noise'), acting: { hold: 2 } });
  const scales = gaussian.logScale!.dataSync().map(Math.exp);
  const noise = [0, 1, 2, 3].map((step) => {
    const observation = [step / 3, 1 - step];
    const center = tf.tidy(() => gaussian.given(tf.tensor2d([observation])).mode!().dataSync());
    return Array.from(actor.act(observation).latent, (value, d) => (value - center[d]!) / scales[d]!);
  });
  noise[1]!.forEach((value, d) => expect(value).toBeCloseTo(noise[0]![d]!, 4));
  noise[3]!.forEach((value, d) => expect(value).toBeCloseTo(noise[2]![d]!, 4));
  expect(Math.abs(noise[2]![0]! - noise[0]![0]!)).toBeGreaterThan(1e-3);
  const peaks = twoPeaks();
  using held = peaks.actor({ rng: new Rng('noise'), batch: 200, acting: { hold: 2 } });
  const sides = Array.from({ length: 4 }, () => Array.from(held.act(new Float32Array(400)).latent, (x) => x > 0.5));
  expect(sides[1]).toEqual(sides[0]);
  expect(sides[3]).toEqual(sides[2]);
  const changed = sides[2]!.filter((side, i) => side !== sides[1]![i]).length;
  // 2 · 0.25 · 0.75 of 200, within four deviations.
  expect(Math.abs(changed - 75)).toBeLessThan(4 * Math.sqrt(75 * 0.625));
});

test('at any step it is that of the policy, row by row', () => {
  using actor = twoPeaks().actor({ rng: new Rng('rows'), batch: 4000, acting: { hold: 3 } });
  for (let step = 0; step < 5; step++) {
    const values = actor.act(new Float32Array(8000)).latent;
    if (step === 1 || step === 4) expectLaw(values, PEAK_EDGES, peaksDensity);
  }
});

test('another stream draws anew, and the same one from its beginning', () => {
  const policy = made('spline');
  using actor = policy.actor({ rng: new Rng('one'), acting: { hold: 5 } });
  const acted = (rng?: Rng) => [...actor.act([0, 0], rng).latent];
  const first = acted();
  expect(acted()).toEqual(first);
  const other = acted(new Rng('other'));
  expect(other).not.toEqual(first);
  expect(acted(new Rng('other'))).toEqual(other);
});

test('by act, until reset', () => {
  const policy = perturb(made('spline'), new Rng('weights'));
  const act = () => policy.act([0.3, -0.4], { acting: { hold: 3 } });
  const first = act();
  policy.act([0.3, -0.4]);
  expect(act()).toEqual(first);
  policy.reset();
  const second = act();
  expect(second).not.toEqual(first);
  expect(act()).toEqual(second);
  expect(policy.act([0.3, -0.4], { acting: { rule: 'mode' } })).toEqual(policy.act([0.3, -0.4], { greedy: true }));
  // Of ways to act beside samples and greedy actions it keeps the last one.
  const freed = vi.spyOn(Actor.prototype, 'dispose');
  for (const temperature of [0.2, 0.4, 0.4, 0.6]) policy.act([0.3, -0.4], { acting: { temperature } });
  expect(freed).toHaveBeenCalledTimes(3);
  policy.dispose();
  expect(freed).toHaveBeenCalledTimes(6);
  freed.mockRestore();
});
