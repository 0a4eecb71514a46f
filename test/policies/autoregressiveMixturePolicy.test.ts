import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { AutoregressiveMixturePolicy, boxSquash, checkPolicy, Rng, valueAndGradients } from '../../src/index.ts';
import { gradient, jacobian, solve } from '../oracle/calculus.ts';
import { erf } from '../oracle/erf.ts';
import { mlp, under, type Variables } from '../oracle/mlp.ts';
import { perturb } from '../support/perturb.ts';

const COMPONENTS = 3;
const INITIAL_SCALE = 0.6;
const SPREAD = 0.8;
const DIM = 3;

function make(options: object = {}): AutoregressiveMixturePolicy {
  const sizes = { observationDim: 2, actionDim: DIM, components: COMPONENTS, hidden: [4] };
  const rng = new Rng('weights');
  const policy = new AutoregressiveMixturePolicy({
    ...{ ...sizes, initialScale: INITIAL_SCALE, spread: SPREAD, rng },
    ...options,
  });
  return perturb(policy, new Rng('moved'));
}

interface Shape {
  /** By their first number and the one behind their last. */
  readonly blocks: readonly (readonly [from: number, to: number])[];
  readonly independent: boolean;
}

/** A component of a block's mixture: its log-weight, and of each number the log-density and the share of the Gaussian below it. */
interface Component {
  readonly logWeight: number;
  readonly logPdfs: number[];
  readonly below: number[];
}

/** The mixtures of the blocks at latent values, in float64 and written from the formula. */
function mixtures(variables: Variables, { blocks, independent }: Shape, o: number[], u: number[]): Component[][] {
  return blocks.map(([from, to], i) => {
    const output = mlp(under(variables, `networks.${i}`), independent ? o : [...o, ...u.slice(0, from)]);
    const size = to - from;
    const logits = output.slice(0, COMPONENTS);
    return logits.map((logit, k) => {
      const numbers = u.slice(from, to).map((value, d) => {
        const raw = output[COMPONENTS * (1 + size) + k * size + d]!;
        const std = INITIAL_SCALE * Math.sqrt(1 - SPREAD * SPREAD) * Math.exp(10 * Math.tanh(raw / 10));
        return { std, z: (value - output[COMPONENTS + k * size + d]!) / std };
      });
      return {
        logWeight: logit - logSumExp(logits),
        logPdfs: numbers.map(({ std, z }) => -0.5 * z * z - Math.log(std) - 0.5 * Math.log(2 * Math.PI)),
        below: numbers.map(({ z }) => 0.5 * (1 + erf(z / Math.SQRT2))),
      };
    });
  });
}

const logSumExp = (values: number[]): number => {
  const most = Math.max(...values);
  return most + Math.log(values.reduce((sum, value) => sum + Math.exp(value - most), 0));
};

const variablesOf = (policy: AutoregressiveMixturePolicy): Variables =>
  Object.fromEntries([...policy.namedVariables()].map(([path, variable]) => [path, Array.from(variable.dataSync())]));

const SHAPES: [string, { block?: number; independent?: boolean }, Shape['blocks']][] = [
  [
    'number by number',
    {},
    [
      [0, 1],
      [1, 2],
      [2, 3],
    ],
  ],
  [
    'two numbers and the one that is left',
    { block: 2 },
    [
      [0, 2],
      [2, 3],
    ],
  ],
  [
    'independent blocks',
    { block: 2, independent: true },
    [
      [0, 2],
      [2, 3],
    ],
  ],
  ['one block, a plain mixture', { block: 7 }, [[0, 3]]],
];
const OBSERVATIONS = [
  [0.3, -1],
  [2, 0.5],
  [-0.7, 0.1],
  [0, 0],
];
/** The last two are where every Gaussian is too small for float32. */
const LATENTS = [
  [-0.4, 0.2, 0.9],
  [0.1, -0.8, 0.3],
  [25, -0.3, 0.2],
  [-12, 30, 18],
];

test.each(SHAPES)('the log-density in float64, and its gradient by every variable: %s', (_, options, blocks) => {
  const policy = make(options);
  const variables = variablesOf(policy);
  const shape = { blocks, independent: options.independent ?? false };
  const logPdf = (at: Variables, row: number) =>
    mixtures(at, shape, OBSERVATIONS[row]!, LATENTS[row]!).reduce(
      (sum, components) =>
        sum + logSumExp(components.map(({ logWeight, logPdfs }) => logPdfs.reduce((a, b) => a + b, logWeight))),
      0,
    );
  const named = [...policy.namedVariables()];
  const all = () => policy.given(tf.tensor2d(OBSERVATIONS)).logProb(tf.tensor2d(LATENTS));
  const logProbs = all().dataSync();
  LATENTS.forEach((__, row) => {
    const wanted = logPdf(variables, row);
    expect(Math.abs(logProbs[row]! - wanted)).toBeLessThan(1e-5 * (1 + Math.abs(wanted)));
  });
  const weights = [1, -0.5, 1e-4, 1e-4];
  const { gradients } = valueAndGradients(
    () => ({ loss: tf.sum(tf.mul(all(), weights)) as tf.Scalar }),
    named.map(([, variable]) => variable),
  );
  named.forEach(([path], i) => {
    const of = (values: number[]) =>
      weights.reduce((sum, weight, row) => sum + weight * logPdf({ ...variables, [path]: values }, row), 0);
    const wanted = gradient(of, variables[path]!);
    const got = gradients[i]!.dataSync();
    const size = Math.hypot(...wanted);
    wanted.forEach((slope, entry) => expect(Math.abs(got[entry]! - slope), path).toBeLessThan(1e-4 * (1 + size)));
  });
});

test('with a squash the density is that of the action', () => {
  const [low, high] = [
    [-1, 0, -3],
    [1, 4, 3],
  ];
  const policy = make({ squash: boxSquash({ low, high }) });
  const plain = make();
  const distribution = policy.given(tf.tensor2d(OBSERVATIONS));
  const { action, latent, logProb } = distribution.sampleWithLogProb(new Rng('noise'));
  const ofLatent = plain.given(tf.tensor2d(OBSERVATIONS)).logProb(latent).dataSync();
  const rows = [action, latent].map((each) => each.arraySync() as number[][]);
  OBSERVATIONS.forEach((_, row) => {
    let wanted = ofLatent[row]!;
    rows[1]![row]!.forEach((u, i) => {
      const half = (high[i]! - low[i]!) / 2;
      expect(rows[0]![row]![i]).toBeCloseTo(low[i]! + half * (1 + Math.tanh(u)), 5);
      wanted -= Math.log(half * (1 - Math.tanh(u) ** 2));
    });
    expect(logProb.dataSync()[row]).toBeCloseTo(wanted, 4);
    expect(distribution.logProb(latent).dataSync()[row]).toBeCloseTo(wanted, 4);
  });
});

test('samples have the density, and keep the contract', () => {
  for (const [, options] of SHAPES) {
    checkPolicy(make(options), { samples: 20_000 });
    checkPolicy(make({ ...options, reparameterize: true }), { samples: 2000 });
  }
});

test.each(SHAPES)('a reparameterized sample moves so that the ranks of its numbers stay: %s', (_, options, blocks) => {
  const policy = make({ ...options, reparameterize: true });
  expect(policy.given(tf.tensor2d(OBSERVATIONS)).reparameterized).toBe(true);
  const plain = make(options).given(tf.tensor2d(OBSERVATIONS));
  expect(plain.reparameterized).toBe(false);
  const named = [...policy.namedVariables()];
  const along = new Rng('along').normalTensor([OBSERVATIONS.length, DIM]);
  const sample = () => policy.given(tf.tensor2d(OBSERVATIONS)).sampleWithLogProb(new Rng('noise')).latent;
  const { gradients } = valueAndGradients(
    () => ({ loss: tf.sum(tf.mul(sample(), along)) as tf.Scalar }),
    named.map(([, variable]) => variable),
  );
  const latents = sample().arraySync() as number[][];
  expect(plain.sampleWithLogProb(new Rng('noise')).latent.arraySync()).toEqual(latents);
  const directions = along.arraySync() as number[][];
  const variables = variablesOf(policy);
  const shape = { blocks, independent: options.independent ?? false };
  /** P(number i is below uᵢ | o, u₁ … uᵢ₋₁): in a block the numbers before it weigh the components. */
  const ranks = (at: Variables, row: number, u: number[]): number[] =>
    mixtures(at, shape, OBSERVATIONS[row]!, u).flatMap((components) =>
      components[0]!.below.map((_, d) => {
        const joint = components.map(({ logWeight, logPdfs }) =>
          logPdfs.slice(0, d).reduce((a, b) => a + b, logWeight),
        );
        const total = logSumExp(joint);
        return components.reduce((sum, { below }, k) => sum + Math.exp(joint[k]! - total) * below[d]!, 0);
      }),
    );
  named.forEach(([path], i) => {
    const got = gradients[i]!.dataSync();
    // A few entries of each variable.
    for (const entry of [0, Math.floor(got.length / 2), got.length - 1]) {
      const wanted = latents.reduce((sum, u, row) => {
        const moved = jacobian(
          ([t]) => ranks({ ...variables, [path]: variables[path]!.with(entry, t!) }, row, u),
          [variables[path]![entry]!],
        ).map(([change]) => -change!);
        const { solution } = solve(
          jacobian((x) => ranks(variables, row, x), u),
          moved,
        );
        return sum + solution.reduce((total, value, d) => total + directions[row]![d]! * value, 0);
      }, 0);
      expect(Math.abs(got[entry]! - wanted), `${path} ${entry}`).toBeLessThan(2e-3 * (1 + Math.abs(wanted)));
    }
  });
});

test('before training each number has mean 0 and the initial deviation', () => {
  const policy = new AutoregressiveMixturePolicy({
    ...{ observationDim: 2, actionDim: DIM, components: 4, hidden: [4], initialScale: 0.6, spread: 0.9 },
    rng: new Rng(0),
  });
  const rows = 20_000;
  const { latent } = policy.given(tf.zeros([rows, 2])).sampleWithLogProb(new Rng(1));
  const { mean, variance } = tf.moments(latent, 0);
  for (const value of mean.dataSync()) expect(Math.abs(value)).toBeLessThan((4 * 0.6) / Math.sqrt(rows));
  // A variance of n numbers is within 4 √(2/n) of its own share, and this mixture is flatter than a Gaussian.
  for (const value of variance.dataSync()) expect(Math.abs(value / 0.36 - 1)).toBeLessThan(4 * Math.sqrt(2 / rows));
});
