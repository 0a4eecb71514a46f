import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { compile } from '../../src/engine/compile.ts';
import { Rng } from '../../src/random.ts';
import { Counter, numbers, onAllEngines } from './support.ts';

onAllEngines('a function that throws leaves the variables and the rng as they were', () => {
  const [a, b] = [new Counter(), new Counter()];
  let fails = true;
  const fn = compile(
    (_: Record<string, never>, rng) => {
      const noise = rng.normalTensor([3]);
      a.count.assign(tf.add(a.count, 1));
      if (fails) throw new Error('stop');
      b.count.assign(tf.add(b.count, tf.sum(noise)));
      return { noise };
    },
    { name: 'fails', state: [a, b] },
  );
  const rng = new Rng('throws');
  const expected = numbers(new Rng('throws').normalTensor([3]));
  for (const _ of [1, 2]) expect(() => fn({}, rng)).toThrow('stop');
  expect([numbers(a.count), numbers(b.count)]).toEqual([[0], [0]]);
  fails = false;
  expect(numbers(fn({}, rng).noise)).toEqual(expected);
  expect(numbers(a.count)).toEqual([1]);
});

onAllEngines('a state variable that is passed as an input is not changed by an assignment', () => {
  const counter = new Counter();
  const fn = compile(
    ({ before }: { before: tf.Tensor }) => {
      counter.count.assign(tf.add(counter.count, 1));
      return { before, twice: tf.mul(before, 2), after: counter.count as tf.Tensor };
    },
    { name: 'aliases', state: [counter] },
  );
  for (const start of [0, 1, 2]) {
    const { before, twice, after } = fn({ before: counter.count });
    expect([before, twice, after].map(numbers)).toEqual([[start], [2 * start], [start + 1]]);
    tf.dispose([before, twice, after]);
  }
  expect(numbers(counter.count)).toEqual([3]);
});

onAllEngines('numbers from the rng are errors', () => {
  const draws: readonly ((rng: Rng) => unknown)[] = [
    (rng) => rng.uniform(),
    (rng) => rng.permutation(2),
    (rng) => rng.split('child'),
    (rng) => rng.restore(new Rng(1).state()),
  ];
  for (const draw of draws) {
    const fn = compile(
      (_: Record<string, never>, rng) => {
        draw(rng);
        return {};
      },
      { name: 'host', state: [] },
    );
    expect(() => fn({}, new Rng(1))).toThrow(
      /compile\('host'\): rng\.\w+ gives the host a value, which would be frozen/,
    );
  }
});

onAllEngines('a compiled function inside another one draws from the same rng', () => {
  const inner = compile((_: Record<string, never>, rng) => ({ y: rng.normalTensor([2]) }), { name: 'in', state: [] });
  const outer = compile((_: Record<string, never>, rng) => ({ a: rng.normalTensor([2]), b: inner({}, rng).y }), {
    name: 'out',
    state: [],
  });
  const reference = new Rng('nested');
  const rng = new Rng('nested');
  for (const _ of [1, 2, 3]) {
    const { a, b } = outer({}, rng);
    expect(numbers(a)).toEqual(numbers(reference.normalTensor([2])));
    expect(numbers(b)).toEqual(numbers(reference.normalTensor([2])));
  }
});
