import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { Chain, Exp, Invert, Scale, Shift, ShiftScale, SoftmaxCentered } from '../../src/bijectors/index.ts';
import { Distribution, StandardNormal, TransformedDistribution, Uniform } from '../../src/distributions/index.ts';
import { Rng } from '../../src/random.ts';

const log = (): Invert => new Invert(new Exp());

/** The differences Gᵢ − Gₙ of n standard Gumbels, i < n: density (n − 1)! e^(−Σd) / (1 + Σ e^(−d))ⁿ. */
class GumbelDifferences extends Distribution {
  readonly batchShape: number[] = [];
  readonly eventShape: number[];
  readonly reparameterized = true;

  constructor(dim: number) {
    super();
    this.eventShape = [dim];
  }

  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    const [dim] = this.eventShape as [number];
    const gumbels = tf.neg(tf.log(tf.neg(tf.log(rng.uniformTensor([...sampleShape, dim + 1])))));
    const [own, last] = tf.split(gumbels, [dim, 1], -1);
    return tf.sub(own!, last!);
  }

  protected computeLogProb(d: tf.Tensor): tf.Tensor {
    const [dim] = this.eventShape as [number];
    const normalizer = tf.log(tf.add(tf.sum(tf.exp(tf.neg(d)), -1), 1));
    const logFactorial = Array.from({ length: dim }, (_, i) => Math.log(i + 1)).reduce((a, b) => a + b);
    return tf.sub(logFactorial, tf.add(tf.sum(d, -1), tf.mul(normalizer, dim + 1)));
  }
}

describe('distributions that have a name of their own', () => {
  test('exp of a normal is the log-normal', () => {
    const [mu, sigma] = [0.4, 0.7];
    const logNormal = new TransformedDistribution({
      base: new StandardNormal(1),
      bijector: new Chain([new Exp(), new ShiftScale({ shift: mu, scale: sigma })]),
    });
    for (const x of [0.05, 0.5, 1, 2, 9]) {
      const wanted = -Math.log(x * sigma * Math.sqrt(2 * Math.PI)) - (Math.log(x) - mu) ** 2 / (2 * sigma ** 2);
      expect(logNormal.logProb(tf.tensor1d([x])).arraySync()).toBeCloseTo(wanted, 4);
    }
    const mean = tf.mean(logNormal.sample(new Rng('log-normal'), [20_000])).arraySync() as number;
    expect(mean).toBeCloseTo(Math.exp(mu + sigma ** 2 / 2), 1);
  });

  test('−log of a uniform is exponential, and −log of that is the Gumbel', () => {
    const minusLog = () => [new Scale(-1), log()];
    const base = new Uniform({ dim: 1, low: 0, high: 1 });
    const exponential = new TransformedDistribution({ base, bijector: new Chain(minusLog()) });
    const gumbel = new TransformedDistribution({ base, bijector: new Chain([...minusLog(), ...minusLog()]) });
    for (const x of [0.01, 0.5, 1, 4]) {
      expect(exponential.logProb(tf.tensor1d([x])).arraySync()).toBeCloseTo(-x, 5);
    }
    for (const x of [-1.5, -0.5, 0, 1, 5]) {
      expect(gumbel.logProb(tf.tensor1d([x])).arraySync()).toBeCloseTo(-x - Math.exp(-x), 4);
    }
    const samples = gumbel.sample(new Rng('gumbel'), [20_000]);
    expect(tf.mean(samples).arraySync()).toBeCloseTo(0.5772156649, 1);
  });

  test.each([2, 3, 5])('the softmax of %i Gumbels is the Concrete distribution', (n) => {
    const temperature = 0.7;
    const logits = Array.from({ length: n }, (_, i) => 0.5 * i - 0.3);
    const alphas = logits.map(Math.exp);
    const shift = logits.slice(0, -1).map((value) => value - logits.at(-1)!);
    const concrete = new TransformedDistribution({
      base: new GumbelDifferences(n - 1),
      bijector: new Chain([new SoftmaxCentered(n - 1), new Scale(1 / temperature), new Shift(shift)]),
    });
    const { sample, logProb } = concrete.sampleWithLogProb(new Rng('concrete'), [20]);
    // Maddison et al., arXiv:1611.00712, eq. 6, over the first n − 1 entries; per area of the simplex it is smaller by √n.
    const density = (x: number[]): number => {
      const powers = x.map((value, k) => alphas[k]! * value ** -temperature);
      const factorial = x.slice(1).reduce((product, _, i) => product * (i + 1), 1);
      const product = powers.reduce((total, power, k) => total * (power / x[k]!), 1);
      const sum = powers.reduce((total, power) => total + power, 0);
      return (factorial * temperature ** (n - 1) * product) / sum ** n;
    };
    const points = (sample.arraySync() as number[][]).filter((x) => Math.min(...x) > 1e-4);
    expect(points.length).toBeGreaterThan(5);
    for (const x of points) {
      const wanted = Math.log(density(x)) - 0.5 * Math.log(n);
      expect(Math.abs((concrete.logProb(tf.tensor1d(x)).arraySync() as number) - wanted)).toBeLessThan(2e-3);
    }
    expect(tf.max(tf.abs(tf.sub(concrete.logProb(sample), logProb))).arraySync()).toBeLessThan(0.05);
    // The greatest entry is k with probability αₖ / Σα, whatever the temperature.
    const winners = Array.from(tf.argMax(concrete.sample(new Rng('winners'), [20_000]), -1).dataSync());
    alphas.forEach((alpha, k) => {
      const share = winners.filter((winner) => winner === k).length / winners.length;
      expect(share).toBeCloseTo(alpha / alphas.reduce((a, b) => a + b), 1);
    });
  });
});
