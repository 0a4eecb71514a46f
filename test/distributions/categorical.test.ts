/** Categories as indices, as one-hot vectors, and relaxed to the simplex. */
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { Box, Discrete } from '../../envs/index.ts';
import {
  AutoregressiveCategoricalPolicy,
  Categorical,
  CategoricalPolicy,
  compile,
  ExpRelaxedOneHotCategorical,
  MixtureSameFamily,
  MultivariateNormalDiag,
  Normal,
  OneHotCategorical,
  RelaxedOneHotCategorical,
  Rng,
} from '../../src/index.ts';
import { numbers, onAllEngines } from '../engine/support.ts';
import { gradient } from '../oracle/calculus.ts';
import { lgamma64 } from '../oracle/special.ts';
import { expectCompiledAsEager } from './compiledAsEager.ts';

const LOGITS = [
  [0.3, -1, 2, 0],
  [-2, 1.5, 0.1, 4],
];
const NONE = Number.NEGATIVE_INFINITY;
const softmax = (logits: readonly number[]): number[] => {
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
  return logits.map((logit) => Math.exp(logit) / total);
};
const entropy64 = (logits: readonly number[]) => -softmax(logits).reduce((sum, p) => sum + p * Math.log(p), 0);
const rows = (x: tf.Tensor) => x.arraySync() as number[][];
const bits = (values: tf.Tensor) => [...new Uint32Array(Float32Array.from(values.dataSync()).buffer)];
const onOneHot = (k: number) => tf.oneHot(tf.scalar(k, 'int32'), 4, 1, 0, 'float32');

const ends = {
  eager: (fn: (logits: tf.Tensor) => tf.Tensor) => fn(tf.tensor2d(LOGITS)),
  compiled: (fn: (logits: tf.Tensor) => tf.Tensor) =>
    compile(({ logits }: { logits: tf.Tensor }) => ({ y: fn(logits) }), { name: 'categorical', state: [] })({
      logits: tf.tensor2d(LOGITS),
    }).y,
};

describe.each(Object.entries(ends))('%s', (_, run) => {
  test('log-probability, entropy, moments and mode agree with plain numbers, and so do gradients', () => {
    const x = [2, 1];
    const plain: [(logits: tf.Tensor) => tf.Tensor, (logits: number[], row: number) => number][] = [
      [
        (logits) => new Categorical({ logits }).logProb(tf.tensor1d(x)),
        (logits, row) => Math.log(softmax(logits)[x[row]!]!),
      ],
      [
        (logits) => new OneHotCategorical({ logits }).logProb(tf.stack(x.map(onOneHot))),
        (logits, row) => Math.log(softmax(logits)[x[row]!]!),
      ],
      [(logits) => new Categorical({ logits }).entropy(), entropy64],
      [(logits) => new OneHotCategorical({ logits }).entropy(), entropy64],
      [
        (logits) => tf.sum(tf.square(new OneHotCategorical({ logits }).mean()), -1),
        (logits) => sum(softmax(logits), (p) => p * p),
      ],
      [
        (logits) => tf.sum(new OneHotCategorical({ logits }).variance(), -1),
        (logits) => sum(softmax(logits), (p) => p * (1 - p)),
      ],
    ];
    for (const [ours, wanted] of plain) {
      numbers(run(ours)).forEach((value, row) => expect(value).toBeCloseTo(wanted(LOGITS[row]!, row), 5));
      const slopes = rows(run(tf.grad(ours)));
      LOGITS.forEach((logits, row) => {
        gradient((at) => wanted(at, row), logits).forEach((slope, k) => expect(slopes[row]![k]).toBeCloseTo(slope, 5));
      });
    }
    expect(numbers(run((logits) => new Categorical({ logits }).mode()))).toEqual([2, 3]);
    expect(numbers(run((logits) => new OneHotCategorical({ logits }).mode()))).toEqual([0, 0, 1, 0, 0, 0, 0, 1]);
  });

  test('what is no category has log-probability −∞ and gradient 0; beside it the others are as before, to the bit', () => {
    const at = (logits: tf.Tensor, k: number) => new Categorical({ logits }).logProb(tf.tensor1d([k, 1]));
    for (const other of [-1, 4, 0.5, Number.NaN, Number.POSITIVE_INFINITY, NONE, 1e9]) {
      const [value, beside] = numbers(run((logits) => at(logits, other)));
      expect([value, Number.isFinite(beside)]).toEqual([NONE, true]);
      const [none, some] = rows(run(tf.grad((logits) => at(logits, other))));
      expect(none!.every((slope) => slope === 0)).toBe(true);
      expect(some!.every((slope) => Number.isFinite(slope) && slope !== 0)).toBe(true);
    }
    for (let k = 0; k < 4; k++) {
      const chosen = () => tf.cast(tf.equal(tf.tensor2d([[k], [1]]), tf.range(0, 4, 1, 'float32')), 'float32');
      const before = (logits: tf.Tensor) => {
        const least = -((2 - 2 ** -23) * 2 ** 127);
        return tf.sum(tf.mul(chosen(), tf.maximum(tf.logSoftmax(logits), least)), -1);
      };
      const now = (logits: tf.Tensor) => at(logits, k);
      expect(bits(run(now))).toEqual(bits(run(before)));
      expect(bits(run(tf.grad(now)))).toEqual(bits(run(tf.grad(before))));
    }
  });
});

function sum(values: readonly number[], f: (x: number) => number): number {
  return values.reduce((total, x) => total + f(x), 0);
}

test('draws have the probabilities, as indices, one-hot vectors and the greatest of a relaxed one', () => {
  const [count, logits] = [20_000, tf.tensor2d(LOGITS)];
  const draws = new Categorical({ logits }).sample(new Rng(0), [count]);
  const hot = new OneHotCategorical({ logits }).sample(new Rng(0), [count]);
  const relaxed = new RelaxedOneHotCategorical({ temperature: 0.3, logits }).sample(new Rng(0), [count]);
  expect([draws.shape, hot.shape]).toEqual([
    [count, 2],
    [count, 2, 4],
  ]);
  expect(new Set(hot.dataSync())).toEqual(new Set([0, 1]));
  expect(tf.max(tf.abs(tf.sub(tf.sum(hot, -1), 1))).dataSync()[0]).toBe(0);
  expect(tf.max(tf.abs(tf.sub(tf.sum(relaxed, -1), 1))).dataSync()[0]).toBeLessThan(1e-5);
  for (const indices of [draws, tf.argMax(hot, -1), tf.argMax(relaxed, -1)]) {
    const shares = rows(tf.mean(tf.oneHot(tf.cast(indices, 'int32'), 4, 1, 0, 'float32'), 0));
    LOGITS.forEach((each, row) =>
      softmax(each).forEach((p, k) =>
        expect(Math.abs(shares[row]![k]! - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / count)),
      ),
    );
  }
});

test('cdf: sums of probabilities, and the least category that reaches a share', () => {
  const categorical = new Categorical({ logits: tf.log(tf.tensor1d([0.125, 0.5, 0.25, 0.125])) });
  const x = tf.tensor1d([-1, 0, 0.5, 1, 2, 3, 7]);
  numbers(categorical.cdf(x)).forEach((value, i) =>
    expect(value).toBeCloseTo([0, 0.125, 0.125, 0.625, 0.875, 1, 1][i]!, 6),
  );
  numbers(categorical.survival(x)).forEach((value, i) =>
    expect(value).toBeCloseTo([1, 0.875, 0.875, 0.375, 0.125, 0, 0][i]!, 6),
  );
  expect(numbers(categorical.quantile(tf.tensor1d([0, 0.1, 0.2, 0.6, 0.7, 0.9, 1])))).toEqual([0, 0, 1, 1, 2, 3, 3]);
  expect(numbers(categorical.quantile(tf.tensor1d([-0.1, 1.1])))).toEqual([Number.NaN, Number.NaN]);
  // The sum of all may be rounded to less than 1.
  const many = new Categorical({ logits: new Rng(0).normalTensor([200, 7]) });
  expect(Math.max(...numbers(many.quantile(tf.ones([200]))))).toBe(6);
});

/** The density as Maddison, Mnih & Teh write it: (n − 1)! λ^(n−1) Π α xₖ^(−λ−1) / (Σ α xₖ^−λ)ⁿ. */
function concreteLogPdf(x: readonly number[], logits: readonly number[], temperature: number): number {
  const n = x.length;
  const total = x.reduce((sum, value, k) => sum + Math.exp(logits[k]!) * value ** -temperature, 0);
  const product = x.reduce((sum, value, k) => sum + logits[k]! - (temperature + 1) * Math.log(value), 0);
  return lgamma64(n) + (n - 1) * Math.log(temperature) + product - n * Math.log(total);
}

describe.each([0.3, 1, 2.5])('RelaxedOneHotCategorical at temperature %s', (temperature) => {
  const make = (logits: tf.Tensor, at: number | tf.Tensor = temperature) =>
    new RelaxedOneHotCategorical({ temperature: at, logits });
  const x = [
    [0.2, 0.25, 0.05, 0.5],
    [0.7, 0.2, 0.05, 0.05],
  ];

  test('logProb and its gradients agree with the definition', () => {
    const got = numbers(make(tf.tensor2d(LOGITS)).logProb(tf.tensor2d(x)));
    const inputs = [tf.tensor2d(x), tf.tensor2d(LOGITS), tf.scalar(temperature)];
    const [byX, byLogits, byTemperature] = tf.grads((at: tf.Tensor, logits: tf.Tensor, t: tf.Tensor) =>
      make(logits, t).logProb(at),
    )(inputs);
    let slope = 0;
    x.forEach((point, row) => {
      expect(got[row]).toBeCloseTo(concreteLogPdf(point, LOGITS[row]!, temperature), 4);
      gradient((at) => concreteLogPdf(at, LOGITS[row]!, temperature), point, 1e-4).forEach((each, k) => {
        expect(Math.abs(rows(byX!)[row]![k]! - each)).toBeLessThan(2e-4 * (1 + Math.abs(each)));
      });
      gradient((at) => concreteLogPdf(point, at, temperature), LOGITS[row]!).forEach((each, k) => {
        expect(rows(byLogits!)[row]![k]).toBeCloseTo(each, 4);
      });
      slope += gradient((at) => concreteLogPdf(point, LOGITS[row]!, at[0]!), [temperature])[0]!;
    });
    expect(byTemperature!.dataSync()[0]).toBeCloseTo(slope, 3);
  });

  test('the density of the logarithms integrates to 1 over the simplex', () => {
    // Of two categories, so that x₂ = 1 − x₁; evenly in logit x₁: dx₁ = x₁ x₂ dt, and p(x) = p(y)/(x₁ x₂).
    const t = Array.from({ length: 4000 }, (_, i) => [(i + 0.5) / 50 - 40, 0]);
    const logs = new ExpRelaxedOneHotCategorical({ temperature, logits: tf.tensor1d([0.4, -0.9]) }).logProb(
      tf.logSoftmax(tf.tensor2d(t)),
    );
    expect(sum(numbers(logs), Math.exp) / 50).toBeCloseTo(1, 4);
  });

  test('compiled as eager, with gradients through draws', () => {
    const run = ({ logits }: { logits: tf.Tensor }, rng: Rng) => {
      const through = (at: tf.Tensor) => {
        const { sample, logProb } = make(at).sampleWithLogProb(rng, [4]);
        return tf.add(tf.sum(tf.square(sample)), tf.sum(logProb));
      };
      return { gradient: tf.grad(through)(logits) };
    };
    expectCompiledAsEager(run, { logits: tf.tensor2d(LOGITS) }, () => 1e-4);
  });
});

test('at low temperatures nothing overflows', () => {
  const logits = tf.tensor2d(LOGITS);
  for (const temperature of [0.01, 0.001]) {
    for (const Kind of [ExpRelaxedOneHotCategorical, RelaxedOneHotCategorical]) {
      const { sample, logProb } = new Kind({ temperature, logits }).sampleWithLogProb(new Rng(0), [200]);
      expect([...numbers(sample), ...numbers(logProb)].every(Number.isFinite)).toBe(true);
    }
  }
});

test('what is no temperature or no logits is refused', () => {
  const logits = tf.zeros([3]);
  const refused: [() => unknown, RegExp][] = [
    [() => new Categorical({ logits: tf.scalar(1) }), /^Categorical: got \[\]/],
    [() => new RelaxedOneHotCategorical({ temperature: 0, logits }), /expected a positive temperature/],
    [() => new ExpRelaxedOneHotCategorical({ temperature: tf.zeros([2]), logits }), /got shape \[2\]/],
    [() => new RelaxedOneHotCategorical({ temperature: 1, logits: tf.zeros([3, 1]) }), /got \[3,1\]/],
  ];
  for (const [make, message] of refused) expect(make).toThrow(message);
});

/** A stream whose uniform numbers are the least and the greatest there are, and some between, in turn. */
class Extremes extends Rng {
  static readonly numbers = [1 - 2 ** -24, 2 ** -33, 0, 1 - 2 ** -23, 2 ** -24, 1 - 2 ** -22, 0.5];
  #next = 0;

  override fillUniform<T extends Float32Array | Float64Array>(target: T): T {
    for (let i = 0; i < target.length; i++) target[i] = Extremes.numbers[this.#next++ % Extremes.numbers.length]!;
    return target;
  }
}

describe('categories of logit −∞', () => {
  /** Logits of n categories; those of −∞ at the ends, in the middle, all but one, or everywhere here and there. */
  function* cases(): Generator<number[]> {
    yield [0, 1, -0.7, NONE];
    yield [NONE, NONE, 0.3, NONE, NONE];
    yield [NONE, 0.1, 0.7, NONE, -2, -0.4, NONE, NONE];
    // e⁻⁹⁵ is subnormal in float32, e⁻²⁰⁰ is 0: what comes after must not be drawn for it.
    yield [0, -95, NONE];
    yield [-95, 0, -95, NONE];
    yield [-200, 0, -95, NONE];
    for (const n of [2, 5, 30, 1000]) {
      for (let seed = 0; seed < (n > 100 ? 1 : 6); seed++) {
        const rng = new Rng(`${n} ${seed}`);
        const share = seed % 3 === 0 ? 0.05 : 0.5;
        const logits = Array.from({ length: n }, () => (rng.uniform() < share ? NONE : rng.normal(0, 1 + seed / 4)));
        logits[rng.integer(0, n - 1)] = 0;
        logits[n - 1] = NONE;
        if (seed % 2 === 0) logits[0] = n === 2 ? 0 : NONE;
        yield logits;
      }
    }
  }

  onAllEngines('are never drawn, whatever the uniform number', () => {
    const sample = compile(
      ({ logits }: { logits: tf.Tensor }, rng) => {
        const loc = tf.range(0, logits.size, 1, 'float32');
        const components = new Normal({ loc, logScale: tf.fill([logits.size], -30) });
        return {
          index: new Categorical({ logits }).sample(rng, [14]),
          oneHot: tf.argMax(new OneHotCategorical({ logits }).sample(rng, [14]), -1),
          component: tf.round(new MixtureSameFamily({ logits, components }).sample(rng, [14])),
        };
      },
      { name: 'impossible', state: [] },
    );
    for (const logits of cases()) {
      for (const drawn of Object.values(sample({ logits: tf.tensor1d(logits) }, new Extremes(0))).map(numbers))
        expect(drawn.filter((k) => !(logits[k]! > NONE))).toEqual([]);
    }
    sample.dispose();
  });

  onAllEngines('are never drawn by policies', () => {
    const network = { observationDim: 2, hidden: [5], rng: new Rng(0) };
    const box = (low: number, high: number) => new Box({ low: [low, low], high: [high, high] });
    const binned = [box(0, 4), box(-0.3, 0.9)].map(
      (actionSpace) => new AutoregressiveCategoricalPolicy({ actionSpace, bins: 4, ...network }),
    );
    for (const policy of [new CategoricalPolicy({ actionSpace: new Discrete(4), ...network }), ...binned]) {
      for (const bias of policy.variables().filter(({ shape }) => shape.length === 1 && shape[0] === 4)) {
        tf.tidy(() => bias.assign(tf.tensor1d([0, 1, -0.7, NONE])));
      }
      const sample = compile(
        ({ o }: { o: tf.Tensor }, rng) => {
          const { action, logProb } = policy.given(o).sampleWithLogProb(rng);
          return { action, logProb };
        },
        { name: 'policy', state: [policy] },
      );
      const { action, logProb } = sample({ o: tf.zeros([14, 2]) }, new Extremes(0));
      const last = policy === binned[1] ? 0.6 : 3;
      expect(numbers(action).filter((x) => !(x < last))).toEqual([]);
      expect(Math.min(...numbers(logProb))).toBeGreaterThan(-100);
    }
  });

  test('make no NaN; a draw of a mixture has gradients by its components, and none by its weights', () => {
    const never = tf.tensor1d([NONE, 0, NONE, 1]);
    expect(numbers(new Categorical({ logits: never }).entropy())[0]).toBeCloseTo(0.5822, 3);
    for (const k of [0, 1, 3]) {
      const of = (logits: tf.Tensor) => new Categorical({ logits }).logProb(tf.scalar(k));
      expect([...numbers(of(never)), ...numbers(tf.grad(of)(never))].every(Number.isFinite)).toBe(true);
    }
    const draw = (logits: tf.Tensor, means: tf.Tensor) => {
      const components = new MultivariateNormalDiag({ loc: tf.reshape(means, [3, 1]), logScale: tf.fill([3, 1], -1) });
      return tf.sum(new MixtureSameFamily({ logits, components }).sample(new Extremes(0), [14]));
    };
    const [byLogits, byMeans] = tf
      .grads(draw)([tf.tensor1d([0, 1, NONE]), tf.tensor1d([1, 2, 3])])
      .map(numbers);
    expect(byLogits).toEqual([0, 0, 0]);
    expect([byMeans![0]! + byMeans![1]!, byMeans![2]]).toEqual([14, 0]);
  });
});
