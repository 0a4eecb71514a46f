import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { Box, SoftBanditEnv } from '../../envs/index.ts';
import { MixtureSameFamily, MultivariateNormalDiag } from '../../src/distributions/index.ts';
import { type Module, Module as ModuleClass, makePolicy, Rng, valueAndGradients } from '../../src/index.ts';
import { jacobian, solve } from '../oracle/calculus.ts';
import { normalLogPdf } from '../oracle/densities.ts';
import { erf } from '../oracle/erf.ts';
import { mlp, under, type Variables } from '../oracle/mlp.ts';
import { perturb } from '../support/perturb.ts';

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

/** The distribution function of each number given those before it: what a reparameterized sample keeps when the variables move. */
function ranks({ logits, loc, logScale }: Variables, x: readonly number[]): number[] {
  const at = (values: readonly number[], k: number, d: number) => values[k * x.length + d]!;
  return x.map((value, d) => {
    const weights = logits!.map((logit, k) => {
      const before = x
        .slice(0, d)
        .map((other, j) => normalLogPdf(other, at(loc!, k, j), Math.exp(at(logScale!, k, j))));
      return Math.exp(before.reduce((sum, log) => sum + log, logit));
    });
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const below = (k: number) => 0.5 * (1 + erf((value - at(loc!, k, d)) / Math.exp(at(logScale!, k, d)) / Math.SQRT2));
    return weights.reduce((sum, weight, k) => sum + (weight / total) * below(k), 0);
  });
}

test.each<[string, number[][], number[][]]>([
  ['one number, three components', [[-1.6], [0.1], [0.8]], [[-0.5], [-0.5], [-0.7]]],
  [
    'two numbers, the second by the component of the first',
    [
      [-0.5, 0.5],
      [0.6, -0.3],
    ],
    [
      [-0.5, -0.2],
      [-0.3, -0.6],
    ],
  ],
])('a reparameterized mixture, %s: a sample moves so that its ranks stay, in float64', (_, loc, logScale) => {
  const mixture = new Mixture(loc, logScale);
  const dim = loc[0]!.length;
  const sample = () => mixture.distribution().sample(new Rng('noise'), [20]);
  const weights = new Rng('weights').normalTensor([20, dim]);
  const named = [...mixture.namedVariables()];
  const { gradients } = valueAndGradients(
    () => ({ loss: tf.sum(tf.mul(sample(), weights)) }),
    named.map(([, variable]) => variable),
  );
  const rows = sample().arraySync() as number[][];
  const along = weights.arraySync() as number[][];
  const variables = variablesOf(mixture);
  named.forEach(([path], i) => {
    const got = Array.from(gradients[i]!.dataSync());
    got.forEach((slope, entry) => {
      const wanted = rows.reduce((sum, x, row) => {
        const moved = jacobian(
          ([t]) => ranks({ ...variables, [path]: variables[path]!.with(entry, t!) }, x),
          [variables[path]![entry]!],
        ).map(([change]) => -change!);
        const { solution } = solve(
          jacobian((at) => ranks(variables, at), x),
          moved,
        );
        return sum + solution.reduce((total, value, d) => total + along[row]![d]! * value, 0);
      }, 0);
      expect(Math.abs(slope - wanted), `${path} ${entry}: ${slope} for ${wanted}`).toBeLessThan(
        1e-3 * (1 + Math.abs(wanted)),
      );
    });
  });
});

test('it has the very draws of one that is not reparameterized, and a gradient wherever they lie', () => {
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
});

test('a relaxed mixture: its density by hand', () => {
  const [K, M, temperature] = [2, 16, 0.3];
  const policy = perturb(
    makePolicy('relaxed-mixture', {
      observationSpace: new Box({ low: 0, high: 1, shape: [1] }),
      actionSpace: new SoftBanditEnv().actionSpace,
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
});

test('an autoregressive categorical: its density by hand', () => {
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
});
