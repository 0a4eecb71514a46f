import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { Box, Discrete } from '../../envs/index.ts';
import {
  AutoregressiveCategoricalPolicy,
  Categorical,
  CategoricalPolicy,
  compile,
  MixtureSameFamily,
  MultivariateNormalDiag,
  Normal,
  OneHotCategorical,
  Rng,
} from '../../src/index.ts';
import { numbers, onAllEngines } from '../engine/support.ts';

/** A stream whose uniform numbers are the least and the greatest there are, and some between, in turn. */
class Extremes extends Rng {
  static readonly numbers = [1 - 2 ** -24, 2 ** -33, 0, 1 - 2 ** -23, 2 ** -24, 1 - 2 ** -22, 0.5];
  #next = 0;

  override fillUniform<T extends Float32Array | Float64Array>(target: T): T {
    for (let i = 0; i < target.length; i++) target[i] = Extremes.numbers[this.#next++ % Extremes.numbers.length]!;
    return target;
  }
}

const none = Number.NEGATIVE_INFINITY;

/** Logits of n categories; those of −∞ at the ends, in the middle, all but one, or everywhere here and there. */
function* cases(): Generator<number[]> {
  yield [0, 1, -0.7, none];
  yield [none, none, 0.3, none, none];
  yield [none, 0.1, 0.7, none, -2, -0.4, none, none];
  // e⁻⁹⁵ is subnormal in float32, e⁻²⁰⁰ is 0: what comes after must not be drawn for it.
  yield [0, -95, none];
  yield [-95, 0, -95, none];
  yield [-200, 0, -95, none];
  for (const n of [2, 5, 30, 1000]) {
    for (let seed = 0; seed < (n > 100 ? 4 : 12); seed++) {
      const rng = new Rng(`${n} ${seed}`);
      const share = seed % 3 === 0 ? 0.05 : 0.5;
      const logits = Array.from({ length: n }, () => (rng.uniform() < share ? none : rng.normal(0, 1 + seed / 4)));
      logits[rng.integer(0, n - 1)] = 0;
      logits[n - 1] = none;
      if (seed % 2 === 0) logits[0] = n === 2 ? 0 : none;
      yield logits;
    }
  }
}

/** Draws of indices with the extreme uniform numbers, in three ways. */
function draws(logits: readonly number[]): number[][] {
  const [n, sampleShape] = [logits.length, [14]];
  const sample = compile(
    (inputs: { logits: tf.Tensor }, rng) => {
      const { logits } = inputs;
      const components = new Normal({ loc: tf.range(0, n, 1, 'float32'), logScale: tf.fill([n], -30) });
      return {
        index: new Categorical({ logits }).sample(rng, sampleShape),
        oneHot: tf.argMax(new OneHotCategorical({ logits }).sample(rng, sampleShape), -1),
        component: new MixtureSameFamily({ logits, components }).sample(rng, sampleShape),
      };
    },
    { name: 'impossible', state: [] },
  );
  const { index, oneHot, component } = sample({ logits: tf.tensor1d([...logits]) }, new Extremes(0));
  sample.dispose();
  return [numbers(index), numbers(oneHot), numbers(component).map(Math.round)];
}

onAllEngines('categories of logit −∞ are never drawn, whatever the uniform number', () => {
  for (const logits of cases()) {
    const name = logits.length > 10 ? `${logits.length} logits` : `[${logits}]`;
    for (const drawn of draws(logits)) {
      const isPossible = (k: number) => logits[k] !== undefined && logits[k] > none;
      expect(
        drawn.filter((k) => !isPossible(k)),
        name,
      ).toEqual([]);
    }
  }
});

onAllEngines('neither are those of policies', () => {
  const [observationDim, count] = [2, 14];
  const network = { observationDim, hidden: [5], rng: new Rng(0) };
  const categorical = new CategoricalPolicy({ actionSpace: new Discrete(4), ...network });
  const box = (low: number, high: number) => new Box({ low: [low, low], high: [high, high] });
  const binned = [box(0, 4), box(-0.3, 0.9)].map(
    (actionSpace) => new AutoregressiveCategoricalPolicy({ actionSpace, bins: 4, ...network }),
  );
  for (const policy of [categorical, ...binned]) {
    for (const bias of policy.variables().filter(({ shape }) => shape.length === 1 && shape[0] === 4)) {
      tf.tidy(() => bias.assign(tf.tensor1d([0, 1, -0.7, none])));
    }
    const sample = compile(
      ({ o }: { o: tf.Tensor }, rng) => {
        const { action, logProb } = policy.given(o).sampleWithLogProb(rng);
        return { action, logProb };
      },
      { name: 'policy', state: [policy] },
    );
    const { action, logProb } = sample({ o: tf.zeros([count, observationDim]) }, new Extremes(0));
    const last = policy === binned[1] ? 0.6 : 3;
    expect(numbers(action).filter((x) => !(x < last))).toEqual([]);
    expect(Math.min(...numbers(logProb))).toBeGreaterThan(-100);
  }
});

test('a draw of a mixture still has gradients by its components, and none by its weights', () => {
  const logits = tf.tensor1d([0, 1, none]);
  const means = tf.tensor1d([1, 2, 3]);
  const draw = (logits: tf.Tensor, means: tf.Tensor) =>
    tf.sum(
      new MixtureSameFamily({
        logits,
        components: new MultivariateNormalDiag({ loc: tf.reshape(means, [3, 1]), logScale: tf.fill([3, 1], -1) }),
      }).sample(new Extremes(0), [14]),
    );
  const [byLogits, byMeans] = tf.grads(draw)([logits, means]) as [tf.Tensor, tf.Tensor];
  expect(numbers(byLogits)).toEqual([0, 0, 0]);
  const slopes = numbers(byMeans);
  expect(slopes[0]! + slopes[1]!).toBe(14);
  expect(slopes[2]).toBe(0);
});
