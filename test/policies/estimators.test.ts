import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { Box, SoftBanditEnv } from '../../envs/index.ts';
import { MixtureSameFamily, MultivariateNormalDiag, StandardNormal } from '../../src/distributions/index.ts';
import { compile, type Module, Module as ModuleClass, makePolicy, Rng, valueAndGradients } from '../../src/index.ts';
import { gradient } from '../oracle/calculus.ts';
import { normalLogPdf } from '../oracle/densities.ts';
import { mlp, under, type Variables } from '../oracle/mlp.ts';
import { perturb } from '../support/perturb.ts';

/*
 * Gradient estimators of the soft return E[r(a) − τ log π(a)] on the bandit with two banks: their mean over many batches beside the
 * derivative of the same expectation by quadrature in float64, with the density written anew.
 */

const TAU = 0.3;
const BATCHES = 64;
const BATCH = 1024;
const bandit = new SoftBanditEnv();

/** The reward of the first number, and a little more where there is a second one, so that both matter together. */
function reward(a: readonly number[]): number {
  return bandit.reward([a[0]!]) + (a[1] === undefined ? 0 : 0.4 * Math.sin(a[0]! * a[1]) - 0.1 * a[1] ** 2);
}

function rewardTensor(a: tf.Tensor): tf.Tensor {
  const columns = Array.from({ length: a.shape[1]! }, (_, i) => tf.squeeze(tf.slice(a, [0, i], [-1, 1]), [1]));
  const [first, second] = columns as [tf.Tensor, tf.Tensor?];
  const banks = tf.mul(-0.5, tf.square(tf.sub(tf.abs(first), 1)));
  if (second === undefined) return banks;
  return tf.add(banks, tf.sub(tf.mul(0.4, tf.sin(tf.mul(first, second))), tf.mul(0.1, tf.square(second))));
}

/** Σ p (r − τ log p) of the cells, which have the size `volume`. */
function softReturn(
  logPdf: (a: readonly number[]) => number,
  dim: number,
  low: number,
  high: number,
  cells: number,
): number {
  const width = (high - low) / cells;
  const axis = Array.from({ length: cells }, (_, i) => low + (i + 0.5) * width);
  let total = 0;
  for (const x of axis) {
    for (const a of dim === 1 ? [[x]] : axis.map((y) => [x, y])) {
      const logProb = logPdf(a);
      total += Math.exp(logProb) * (reward(a) - TAU * logProb) * width ** dim;
    }
  }
  return total;
}

/** That the mean of an estimator over batches is `expected`, to four standard errors, which are small beside it. */
function expectUnbiased(module: Module, loss: (rng: Rng) => tf.Tensor, expected: Variables): void {
  const variables = module.namedVariables();
  const estimate = compile(
    (_: Record<string, never>, rng) => {
      const { gradients } = valueAndGradients(() => ({ loss: loss(rng) }), [...variables.values()], {
        allowUnused: true,
      });
      return Object.fromEntries([...variables.keys()].map((path, i) => [path, gradients[i]!]));
    },
    { name: 'estimator', state: [module] },
  );
  const rng = new Rng('estimator');
  const batches = Array.from({ length: BATCHES }, () => estimate({}, rng)).map((each) =>
    Object.fromEntries(Object.entries(each).map(([path, tensor]) => [path, Array.from(tensor.dataSync())])),
  );
  estimate.dispose();
  for (const path of variables.keys()) {
    const largest = Math.max(...expected[path]!.map(Math.abs));
    expect(largest, path).toBeGreaterThan(1e-3);
    expected[path]!.forEach((wanted, i) => {
      const values = batches.map((each) => each[path]![i]!);
      const mean = values.reduce((sum, value) => sum + value, 0) / BATCHES;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (BATCHES - 1);
      const standardError = Math.sqrt(variance / BATCHES);
      expect(standardError, `${path} ${i}`).toBeLessThan(0.05 * largest);
      expect(Math.abs(mean - wanted), `${path} ${i}: ${mean} against ${wanted}`).toBeLessThan(4 * standardError + 1e-5);
    });
  }
}

/** −∂/∂variables of the soft return, by central differences. */
function expectedGradients(variables: Variables, value: (variables: Variables) => number): Variables {
  return Object.fromEntries(
    Object.entries(variables).map(([path, numbers]) => [
      path,
      gradient((moved) => -value({ ...variables, [path]: moved }), [...numbers]),
    ]),
  );
}

const variablesOf = (module: Module): Variables =>
  Object.fromEntries([...module.namedVariables()].map(([path, variable]) => [path, Array.from(variable.dataSync())]));

class Mixture extends ModuleClass {
  readonly logits: tf.Variable;
  readonly loc: tf.Variable;
  readonly logScale: tf.Variable;

  constructor(loc: number[][], logScale: number[][]) {
    super();
    const variable = (values: tf.TensorLike) => tf.tidy(() => tf.variable(tf.tensor(values)));
    this.logits = variable([0.3, -0.4, 0].slice(0, loc.length));
    this.loc = variable(loc);
    this.logScale = variable(logScale);
  }

  distribution(): MixtureSameFamily {
    const components = new MultivariateNormalDiag({ loc: this.loc, logScale: this.logScale });
    return new MixtureSameFamily({ logits: this.logits, components, reparameterize: true });
  }
}

describe('a mixture that is reparameterized by its distributional transform', () => {
  test.each<[string, number[][], number[][]]>([
    ['one number, two components', [[-0.6], [0.9]], [[-0.6], [-0.4]]],
    ['one number, three components', [[-1.6], [0.1], [0.8]], [[-0.5], [-0.5], [-0.7]]],
    [
      'two numbers, of which the second depends on the first by the component',
      [
        [-0.5, 0.5],
        [0.6, -0.3],
      ],
      [
        [-0.5, -0.2],
        [-0.3, -0.6],
      ],
    ],
  ])('%s: the gradient of the soft return', (_, loc, logScale) => {
    const mixture = new Mixture(loc, logScale);
    const dim = loc[0]!.length;
    const value = ({ logits, loc: means, logScale: scales }: Variables): number => {
      const total = Math.log(logits!.reduce((sum, logit) => sum + Math.exp(logit), 0));
      const logPdf = (a: readonly number[]) =>
        Math.log(
          logits!.reduce(
            (sum, logit, k) =>
              sum +
              Math.exp(
                a.reduce(
                  (log, x, d) => log + normalLogPdf(x, means![k * dim + d]!, Math.exp(scales![k * dim + d]!)),
                  logit - total,
                ),
              ),
            0,
          ),
        );
      return softReturn(logPdf, dim, -5, 5, dim === 1 ? 1000 : 120);
    };
    const loss = (rng: Rng) => {
      const { sample, logProb } = mixture.distribution().sampleWithLogProb(rng, [BATCH]);
      return tf.mean(tf.sub(tf.mul(TAU, logProb), rewardTensor(sample)));
    };
    expectUnbiased(mixture, loss, expectedGradients(variablesOf(mixture), value));
  });

  test('has the very draws of one that is not, and a gradient wherever they lie', () => {
    const mixture = new Mixture(
      [
        [-3, 0],
        [3, 1],
      ],
      [
        [-2, 0],
        [-1, -3],
      ],
    );
    const { logits, loc, logScale } = mixture;
    const plain = new MixtureSameFamily({ logits, components: new MultivariateNormalDiag({ loc, logScale }) });
    expect([plain.reparameterized, mixture.distribution().reparameterized]).toEqual([false, true]);
    const draws = [plain, mixture.distribution()].map((each) => Array.from(each.sample(new Rng(1), [500]).dataSync()));
    expect(draws[1]).toEqual(draws[0]);
    const { gradients } = valueAndGradients(
      () => ({ loss: tf.mean(mixture.distribution().sample(new Rng(1), [500])) }),
      mixture.variables(),
    );
    for (const slopes of gradients) expect(Array.from(slopes.dataSync()).every(Number.isFinite)).toBe(true);
    expect(Math.abs(gradients[0]!.dataSync()[0]!)).toBeGreaterThan(0);
    expect(
      () =>
        new MixtureSameFamily({ components: new StandardNormal(1, [2]), logits: tf.zeros([2]), reparameterize: true }),
    ).toThrow('MixtureSameFamily: reparameterize: got StandardNormal, expected components MultivariateNormalDiag');
  });
});

test('a relaxed mixture: its density is that of what it samples, and the gradient of the soft return is right', () => {
  const [K, M, temperature] = [2, 16, 0.3];
  const policy = perturb(
    makePolicy('relaxed-mixture', {
      observationSpace: new Box({ low: 0, high: 1, shape: [1] }),
      actionSpace: bandit.actionSpace,
      hidden: [],
      choices: M,
      temperature,
      rng: new Rng(0),
    }),
    new Rng('weights'),
    0.5,
  );
  const bias = policy.namedVariables().get('network.layers.0.bias')!;
  bias.assign(tf.tensor1d([0.3, -0.2, -0.9, 1, -0.5, -0.7]));
  // The plastic number's powers: the step of evenly spread points in the plane.
  const plastic = 1.324717957244746;
  const gumbel = Array.from({ length: M }, (_, m) =>
    [1, 2].map((k) => -Math.log(-Math.log((0.5 + (m + 1) / plastic ** k) % 1))),
  );
  const logPdf = (variables: Variables, a: readonly number[]): number => {
    const output = mlp(under(variables, 'network'), [1]);
    const densities = gumbel.map((g) => {
      const powers = g.map((noise, k) => Math.exp((output[k]! + noise) / temperature));
      const shares = powers.map((power) => power / powers.reduce((sum, each) => sum + each, 0));
      const along = (values: number[]) => shares.reduce((sum, share, k) => sum + share * values[k]!, 0);
      const scales = output.slice(2 * K).map((raw) => Math.exp(10 * Math.tanh(raw / 10)));
      return Math.exp(normalLogPdf(a[0]!, along(output.slice(K, 2 * K)), along(scales)));
    });
    return Math.log(densities.reduce((sum, density) => sum + density, 0) / M);
  };
  const variables = variablesOf(policy);
  const ones = (rows: number) => tf.ones([rows, 1]);
  const points = [-2, -0.9, 0.1, 1.2];
  const logProbs = policy
    .given(ones(4))
    .logProb(tf.tensor2d(points, [4, 1]))
    .dataSync();
  points.forEach((a, i) => expect(logProbs[i]!).toBeCloseTo(logPdf(variables, [a]), 4));
  expect(policy.given(ones(1)).reparameterized).toBe(true);
  const loss = (rng: Rng) => {
    const { action, logProb } = policy.given(ones(BATCH)).sampleWithLogProb(rng);
    return tf.mean(tf.sub(tf.mul(TAU, logProb), rewardTensor(action)));
  };
  const value = (moved: Variables) => softReturn((a) => logPdf(moved, a), 1, -6, 6, 800);
  expectUnbiased(policy, loss, expectedGradients(variables, value));
});

test('an autoregressive categorical: its density by hand, and the score-function gradient of the soft return', () => {
  const bins = 4;
  const policy = perturb(
    makePolicy('autoregressive-categorical', {
      observationSpace: new Box({ low: 0, high: 1, shape: [1] }),
      actionSpace: new Box({ low: [-2, -1], high: [2, 3] }),
      hidden: [],
      bins,
      rng: new Rng(0),
    }),
    new Rng('weights'),
    0.5,
  );
  const low = [-2, -1];
  const logPdf = (variables: Variables, a: readonly number[]): number => {
    const places = a.map((x, i) => Math.floor(x - low[i]!));
    const seen = [1];
    return places.reduce((sum, place, i) => {
      const logits = mlp(under(variables, `networks.${i}`), seen);
      seen.push(...Array.from({ length: bins }, (_, k) => Number(k === place)));
      return sum + logits[place]! - Math.log(logits.reduce((total, logit) => total + Math.exp(logit), 0));
    }, 0);
  };
  const variables = variablesOf(policy);
  const ones = (rows: number) => tf.ones([rows, 1]);
  const points = [
    [-1.9, 2.9],
    [0.2, -0.3],
    [1.7, 1.2],
    [-2, 3],
    [-2.1, 0],
    [0, 3.1],
  ];
  const logProbs = policy.given(ones(points.length)).logProb(tf.tensor2d(points)).dataSync();
  points.slice(0, 3).forEach((a, i) => expect(logProbs[i]!).toBeCloseTo(logPdf(variables, a), 4));
  // The bounds belong to the last bins; beyond them there is no density.
  expect(logProbs[3]!).toBeCloseTo(logPdf(variables, [-2, 2.99]), 4);
  for (const i of [4, 5]) expect(logProbs[i]!).toBeLessThan(-1e38);
  expect(policy.given(ones(1)).reparameterized).toBe(false);
  // E[(r − τ log π) ∇ log π]: the derivative of log π itself has mean 0.
  const loss = (rng: Rng) => {
    const { latent, logProb } = policy.given(ones(BATCH)).sampleWithLogProb(rng);
    const worth = tf.sub(tf.mul(TAU, logProb), rewardTensor(latent));
    return tf.mean(tf.mul(tf.customGrad(() => ({ value: tf.clone(worth), gradFunc: () => [] }))(), logProb));
  };
  // The mean reward of each pair of bins, which are squares of size 1.
  const corners = [0, 1, 2, 3].flatMap((i) => [0, 1, 2, 3].map((j) => [low[0]! + i, low[1]! + j] as const));
  const within = Array.from({ length: 30 }, (_, i) => (i + 0.5) / 30);
  const worths = corners.map(([x, y]) =>
    within.reduce((sum, u) => sum + within.reduce((part, v) => part + reward([x + u, y + v]) / 900, 0), 0),
  );
  const value = (moved: Variables): number =>
    corners.reduce((sum, [x, y], i) => {
      const logProb = logPdf(moved, [x + 0.5, y + 0.5]);
      return sum + Math.exp(logProb) * (worths[i]! - TAU * logProb);
    }, 0);
  expectUnbiased(policy, loss, expectedGradients(variables, value));
});
