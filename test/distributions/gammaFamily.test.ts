import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { Beta, compile, Dirichlet, type Distribution, Gamma, kl, Rng, StudentT } from '../../src/index.ts';
import { derivative } from '../oracle/calculus.ts';
import { betaTails64, gammaTails64, type Tails64 } from '../oracle/incomplete.ts';
import { betaLogPdf, gammaLogPdf } from '../oracle/scalarDensities.ts';
import { lgamma64 } from '../oracle/special.ts';

const scalar = (x: number) => tf.scalar(x);
const value = (x: tf.Tensor): number => x.dataSync()[0]!;
const numbers = (x: tf.Tensor): number[] => [...x.dataSync()];
const beta = (a: number, b: number) => new Beta({ concentration1: scalar(a), concentration0: scalar(b) });
const gamma = (a: number, logRate: number) => new Gamma({ concentration: scalar(a), logRate: scalar(logRate) });
const studentT = (df: number, loc: number, logScale: number) =>
  new StudentT({ df: scalar(df), loc: scalar(loc), logScale: scalar(logScale) });

/**
 * Of TensorFlow Probability 0.25 on JAX 0.4.35 in float64: x, then log_prob, entropy, mean, variance, cdf, survival_function and mode, which
 * TFP leaves out of Student's t.
 */
type Values = [
  x: number,
  logProb: number,
  entropy: number,
  mean: number,
  variance: number,
  cdf: number,
  survival: number,
  mode?: number,
];
const NONE = Number.NaN;
const INFINITE = Number.POSITIVE_INFINITY;
const ROWS: [name: string, distribution: () => Distribution, values: Values][] = [
  [
    'Gamma(3, log 2)',
    () => gamma(3, Math.LN2),
    [0.7, -0.7270555267575731, 1.1544313298030648, 1.5, 0.75, 0.1665022618773703, 0.8334977381226297, 1],
  ],
  [
    'Gamma(0.5, 0)',
    () => gamma(0.5, 0),
    // TFP has no mode where a < 1; the density is infinite at 0.
    [1.3, -2.003547075158446, 0.09060992991398764, 0.5, 0.5, 0.8931362850066205, 0.10686371499337954, 0],
  ],
  [
    'Gamma(0.05, −1)',
    () => gamma(0.05, -1),
    [
      1e-4, 5.730907364381525, -15.454073540683144, 0.135914091422952, 0.369452804946533, 0.616519271159843,
      0.383480728840157,
    ],
  ],
  [
    'Gamma(80, 1)',
    () => gamma(80, 1),
    [
      31, -2.272845178923575, 2.605772141545174, 29.4303552937154, 10.82682265892901, 0.6935455430042834,
      0.3064544569957166, 29.062475852543944,
    ],
  ],
  ['Beta(2, 3)', () => beta(2, 3), [0.4, 0.5469646703818767, -0.23490664978800258, 0.4, 0.04, 0.5248, 0.4752, 1 / 3]],
  [
    'Beta(0.5, 0.5)',
    () => beta(0.5, 0.5),
    [0.02, 0.8213829705234319, -0.2415644752704913, 0.5, 0.125, 0.09033447060173302, 0.909665529398267, NONE],
  ],
  [
    'Beta(5, 1.5)',
    () => beta(5, 1.5),
    [
      0.93,
      0.9853776773387133,
      -0.5799051410612304,
      0.7692307692307693,
      0.023668639053254437,
      0.8589288211627392,
      0.14107117883726084,
      8 / 9,
    ],
  ],
  [
    'Beta(120, 60)',
    () => beta(120, 60),
    [
      0.7,
      2.0177173465990847,
      -1.9333061407760397,
      2 / 3,
      0.0012277470841006752,
      0.828243708760183,
      0.17175629123981695,
      0.6685393258426966,
    ],
  ],
  [
    'StudentT(3, 1, 0.5)',
    () => studentT(3, 1, 0.5),
    [2.2, -1.8261163236262106, 2.273477571863291, 1, 8.154845485377137, 0.7403120691703657, 0.25968793082963426],
  ],
  [
    'StudentT(1, 0, 0)',
    () => studentT(1, 0, 0),
    [-4, -3.977943229905617, 2.531024246969293, NONE, NONE, 0.07797913037736925, 0.9220208696226307],
  ],
  [
    'StudentT(2, 0, 0)',
    () => studentT(2, 0, 0),
    [0.3, -1.1057460989650796, 1.960279229160084, 0, INFINITE, 0.6037571695799112, 0.3962428304200888],
  ],
  [
    'StudentT(0.4, −1, 1)',
    () => studentT(0.4, -1, 1),
    [50, -7.124170537975191, 5.225727592912717, NONE, NONE, 0.8972433490736907, 0.10275665092630921],
  ],
  [
    'StudentT(30, 0, −1)',
    () => studentT(30, 0, -1),
    [0.5, -0.8534587943760635, 0.45254332978721434, 0, 0.14500208918208504, 0.9078837959839878, 0.09211620401601223],
  ],
];

test.each(ROWS)(
  '%s, as TensorFlow Probability has it',
  (_, make, [x, logProb, entropy, mean, variance, cdf, survival, mode]) => {
    const distribution = make();
    const at = scalar(x);
    const got = [
      distribution.logProb(at),
      distribution.entropy(),
      distribution.mean(),
      distribution.variance(),
      distribution.cdf(at),
      distribution.survival(at),
      ...(mode === undefined ? [] : [distribution.mode()]),
    ].map(value);
    const wanted = [logProb, entropy, mean, variance, cdf, survival, ...(mode === undefined ? [] : [mode])];
    wanted.forEach((number, i) => {
      if (Number.isFinite(number))
        expect(Math.abs(got[i]! - number), `${i}`).toBeLessThan(3e-6 * (0.1 + Math.abs(number)));
      else expect(got[i]).toBe(number);
    });
  },
);

test('divergences, as TensorFlow Probability has them', () => {
  const pairs: [Distribution, Distribution, number][] = [
    [gamma(3, Math.log(2)), gamma(2.5, 0), 0.28579580886207223],
    [gamma(0.1, 0), gamma(4, Math.log(3)), 35.997241930424615],
    [beta(2, 3), beta(0.5, 0.5), 0.5463032023040704],
    [dirichlet([1, 2, 3]), dirichlet([3, 2, 1]), 3],
  ];
  for (const [p, q, wanted] of pairs) expect(value(kl(p, q)) / wanted).toBeCloseTo(1, 5);
});

test('the distribution functions are 0 and 1 outside of the support, with gradient 0', () => {
  const cases: [Distribution, low: number[], high: number[]][] = [
    [beta(0.3, 2), [-1, 0], [1, 3]],
    [gamma(0.3, 1), [-1e30, 0], [INFINITE]],
    [studentT(2, 1, 0.5), [-INFINITE], [INFINITE]],
  ];
  for (const [distribution, low, high] of cases) {
    for (const [points, wanted] of [
      [low, 0],
      [high, 1],
    ] as const) {
      const x = tf.tensor1d([...points]);
      expect(numbers(distribution.cdf(x))).toEqual(points.map(() => wanted));
      expect(numbers(distribution.survival(x))).toEqual(points.map(() => 1 - wanted));
      for (const slope of numbers(tf.grad((at: tf.Tensor) => distribution.cdf(at))(x))) expect(slope).toBe(0);
    }
  }
  const centre = studentT(2, 1, 0.5);
  expect([value(centre.cdf(scalar(1))), value(centre.survival(scalar(1)))]).toEqual([0.5, 0.5]);
  const slope = value(tf.grad((at: tf.Tensor) => centre.cdf(at))(scalar(1)));
  expect(slope / Math.exp(value(centre.logProb(scalar(1))))).toBeCloseTo(1, 5);
});

test('log-densities at large concentrations keep their digits', () => {
  for (const a of [1e4, 1e5, 1e6]) {
    const sd = Math.sqrt(a);
    for (const z of [-3, -0.5, 0, 2]) {
      const x = Math.fround(a + z * sd);
      const wanted = gammaLogPdf(x, a, 1);
      expect(Math.abs(value(gamma(a, 0).logProb(scalar(x))) - wanted), `${a} ${z}`).toBeLessThan(1e-5 * (1 + z * z));
      const y = Math.fround(0.5 + (z * 0.5) / Math.sqrt(2 * a));
      const log = betaLogPdf(y, a, a);
      expect(Math.abs(value(beta(a, a).logProb(scalar(y))) - log), `${a} ${z}`).toBeLessThan(1e-5 * (1 + z * z));
    }
  }
});

function dirichlet(concentration: number[]): Dirichlet {
  return new Dirichlet({ concentration: tf.tensor1d(concentration) });
}

describe('Dirichlet', () => {
  /** At x/Σx, since float32's entries do not add up to 1. */
  const oracle = (x: number[], a: number[]): number => {
    const total = x.reduce((sum, each) => sum + each);
    const sum = a.reduce((all, each) => all + each);
    return a.reduce((log, each, i) => log + (each - 1) * Math.log(x[i]! / total) - lgamma64(each), lgamma64(sum));
  };
  const concentrations = [
    [1, 2, 3],
    [0.4, 0.7, 9],
    [40, 25, 3],
    [900, 1500, 200],
  ];

  test('logProb agrees with the definition, and its gradients with central differences', () => {
    const a = tf.tensor2d(concentrations);
    const x = tf.concat([new Dirichlet({ concentration: a }).sample(new Rng(0)), tf.tensor2d([[0.2, 0.3, 0.5]])], 0);
    const [rows, points] = [[...concentrations, [1, 2, 3]], x.arraySync() as number[][]];
    const concentration = tf.tensor2d(rows);
    const logProb = (at: tf.Tensor, of: tf.Tensor) => new Dirichlet({ concentration: of }).logProb(at);
    const got = numbers(logProb(x, concentration));
    const [byX, byA] = tf
      .grads(logProb)([x, concentration])
      .map((each) => each.arraySync() as number[][]);
    rows.forEach((row, i) => {
      const point = points[i]!;
      expect(Math.abs(got[i]! - oracle(point, row))).toBeLessThan(3e-6 * (10 + Math.max(...row) / 10));
      row.forEach((entry, k) => {
        const h = 1e-4;
        const along = derivative((t) => oracle(point.with(k, point[k]! + t), row), h * point[k]!);
        expect(Math.abs(byX![i]![k]! - along)).toBeLessThan(2e-5 * (1 + Math.max(...row) / Math.min(...point) / 100));
        const across = derivative((t) => oracle(point, row.with(k, entry + t)), h * entry);
        expect(Math.abs(byA![i]![k]! - across)).toBeLessThan(2e-5 * (1 + Math.abs(across)));
      });
    });
  });

  test('of two components it is a beta distribution', () => {
    const x = new Rng(0).uniformTensor([30]);
    const pairs = tf.stack([x, tf.sub(1, x)], -1);
    const gap = tf.sub(dirichlet([2.5, 0.7]).logProb(pairs), beta(2.5, 0.7).logProb(x));
    expect(value(tf.max(tf.abs(gap)))).toBeLessThan(2e-5);
    expect(value(dirichlet([2.5, 0.7]).entropy())).toBeCloseTo(value(beta(2.5, 0.7).entropy()), 5);
  });

  test('as TensorFlow Probability 0.25 has it', () => {
    const rows: [a: number[], x: number[], logProb: number, entropy: number, mean: number[], variance: number[]][] = [
      [
        [1, 2, 3],
        [0.2, 0.3, 0.5],
        1.5040773967762764,
        -1.244344562222103,
        [1 / 6, 1 / 3, 1 / 2],
        [0.019841269841269837, 0.031746031746031744, 0.035714285714285705],
      ],
      [[0.5, 0.5], [0.1, 0.9], 0.05924291847653507, -0.2415644752704913, [0.5, 0.5], [0.125, 0.125]],
      [
        [4, 0.3, 20, 2],
        [0.1, 0.05, 0.8, 0.05],
        4.703341492054129,
        -7.347657373635506,
        [0.1520912547528517, 0.011406844106463877, 0.7604562737642585, 0.07604562737642585],
        [0.004723791391229116, 0.0004130669602195863, 0.0066726201266240895, 0.0025737249059835767],
      ],
    ];
    for (const [a, x, logProb, entropy, mean, variance] of rows) {
      const distribution = dirichlet(a);
      expect(value(distribution.logProb(tf.tensor1d(x)))).toBeCloseTo(logProb, 5);
      expect(value(distribution.entropy())).toBeCloseTo(entropy, 5);
      numbers(distribution.mean()).forEach((each, i) => expect(each).toBeCloseTo(mean[i]!, 6));
      numbers(distribution.variance()).forEach((each, i) => expect(each).toBeCloseTo(variance[i]!, 6));
    }
  });

  test('sampleWithLogProb gives a sample and its logProb', () => {
    const distribution = new Dirichlet({ concentration: tf.tensor2d(concentrations) });
    const { sample, logProb } = distribution.sampleWithLogProb(new Rng(1), [20]);
    expect(numbers(sample)).toEqual(numbers(distribution.sample(new Rng(1), [20])));
    expect(logProb.shape).toEqual([20, 4]);
    const again = numbers(distribution.logProb(sample));
    numbers(logProb).forEach((each, i) => expect(Math.abs(each - again[i]!)).toBeLessThan(2e-4 * (1 + Math.abs(each))));
  });

  test('off the simplex the density is 0, with gradient 0; on its faces it is finite', () => {
    const distribution = dirichlet([0.5, 1, 3]);
    for (const x of [
      [-0.1, 0.6, 0.5],
      [0.2, 0.2, 0.2],
      [1, 1, 1],
    ]) {
      expect(value(distribution.logProb(tf.tensor1d(x)))).toBe(Number.NEGATIVE_INFINITY);
      for (const slope of numbers(tf.grad((at: tf.Tensor) => distribution.logProb(at))(tf.tensor1d(x))))
        expect(Math.abs(slope)).toBe(0);
    }
    for (const x of [
      [0, 0.5, 0.5],
      [1, 0, 0],
      [1e-38, 1e-20, 1],
    ]) {
      expect(Number.isFinite(value(distribution.logProb(tf.tensor1d(x))))).toBe(true);
      const slopes = numbers(tf.grad((at: tf.Tensor) => distribution.logProb(at))(tf.tensor1d(x)));
      expect(slopes.some(Number.isNaN)).toBe(false);
    }
  });

  test('its mode: that of the components above 1, NaN where none is', () => {
    expect(numbers(dirichlet([2, 3, 6]).mode()).map((each) => each.toFixed(4))).toEqual(['0.1250', '0.2500', '0.6250']);
    expect(numbers(dirichlet([0.5, 2, 4]).mode())).toEqual([0, 0.25, 0.75]);
    expect(numbers(dirichlet([0.5, 1]).mode())).toEqual([NONE, NONE]);
  });

  test('compiled as eager: draws, densities, and gradients through them', () => {
    const run = ({ a }: { a: tf.Tensor }, rng: Rng) => {
      const through = (concentration: tf.Tensor) => {
        const { sample, logProb } = new Dirichlet({ concentration }).sampleWithLogProb(rng, [3]);
        return tf.add(tf.sum(tf.mul(sample, tf.tensor1d([1, 2, 5]))), tf.sum(logProb));
      };
      const at = new Dirichlet({ concentration: a });
      return { value: through(a), slope: tf.grad(through)(a), entropy: at.entropy(), far: at.logProb(at.mean()) };
    };
    const compiled = compile(run, { name: 'dirichlet', state: [] });
    const inputs = { a: tf.tensor2d(concentrations) };
    const [eager, graph] = [run(inputs, new Rng(3)), compiled(inputs, new Rng(3))];
    for (const [key, each] of Object.entries(eager)) {
      const other = numbers(graph[key as keyof typeof graph]);
      numbers(each).forEach((entry, i) => {
        expect(Math.abs(entry - other[i]!), key).toBeLessThan(1e-4 * (1 + Math.abs(entry)));
      });
    }
    compiled.dispose();
  });

  test('a concentration that is none is an error that says so', () => {
    expect(() => new Dirichlet({ concentration: scalar(1) })).toThrow(
      'Dirichlet: got float32 [], expected a float32 concentration [..., k] with k ≥ 2',
    );
    expect(() => new Dirichlet({ concentration: tf.ones([4, 1]) })).toThrow('got float32 [4,1]');
    expect(() => new Dirichlet({ concentration: tf.ones([4], 'int32') })).toThrow('got int32 [4]');
  });
});

test("a beta distribution's mode: the bound where only one concentration is above 1", () => {
  expect(value(beta(3, 2).mode())).toBeCloseTo(2 / 3, 6);
  expect([value(beta(3, 0.5).mode()), value(beta(1, 2).mode()), value(beta(1, 0.5).mode())]).toEqual([1, 0, NONE]);
});

test('distribution functions and quantiles compiled as eager, with gradients', () => {
  const run = ({ a, x }: { a: tf.Tensor; x: tf.Tensor }) => {
    const sum = (size: tf.Tensor, at: tf.Tensor) => {
      const of = [
        new Beta({ concentration1: size, concentration0: scalar(0.7) }),
        new Gamma({ concentration: size, logRate: scalar(0.2) }),
        new StudentT({ df: size, loc: scalar(0.4), logScale: scalar(0) }),
      ];
      return tf.addN(
        of.map((each, i) => tf.add(tf.add(each.cdf(at), tf.mul(each.survival(at), i)), tf.tanh(each.quantile(at)))),
      );
    };
    const [byA, byX] = tf.grads(sum)([a, x]);
    return { value: sum(a, x), byA: byA!, byX: byX! };
  };
  const compiled = compile(run, { name: 'tails', state: [] });
  const inputs = { a: tf.tensor1d([0.002, 0.5, 3, 1000]), x: tf.tensor1d([0.1, 0.4, 0.7, 0.99]) };
  const [eager, graph] = [run(inputs), compiled(inputs)];
  for (const [key, each] of Object.entries(eager)) {
    const other = numbers(graph[key as keyof typeof graph]);
    numbers(each).forEach((entry, i) => {
      expect(Math.abs(entry - other[i]!), key).toBeLessThan(2e-5 * (1 + Math.abs(entry)));
    });
  }
  compiled.dispose();
});

/** Of a quantile x: the tails beyond it in float64, and the log-density. */
const inverted: [name: string, make: (a: tf.Tensor) => Distribution, tails: (x: number, a: number) => Tails64][] = [
  ...[0.03, 1, 50].map((share): (typeof inverted)[number] => [
    `Beta(a, ${share} a)`,
    (a) => new Beta({ concentration1: a, concentration0: tf.mul(a, share) }),
    (x, a) => betaTails64(a, Math.fround(a * Math.fround(share)), Math.log(x) - Math.log1p(-x)),
  ]),
  ['Gamma(a, 0)', (a) => new Gamma({ concentration: a, logRate: scalar(0) }), (x, a) => gammaTails64(a, Math.log(x))],
  [
    'StudentT(2 a, 0, 0)',
    (a) => new StudentT({ df: tf.mul(a, 2), loc: scalar(0), logScale: scalar(0) }),
    (x, a) => {
      const beyond = betaTails64(a, 0.5, Math.log(2 * a) - 2 * Math.log(Math.abs(x))).below / 2;
      return x < 0 ? { below: beyond, above: 1 - beyond } : { below: 1 - beyond, above: beyond };
    },
  ],
];

describe.each(inverted)('quantiles of %s', (name, make, tails) => {
  // Where a mean lies at 0.03 of the interval the other concentration is 1/30: no less than 10⁻³.
  const sizes = [1e-3, 0.02, 0.1, 0.7, 1, 5, 90, 3e3, 1e5]
    .map(Math.fround)
    .filter((a) => a > 0.03 || !/0.03/.test(name));
  const shares = [1e-37, 1e-20, 1e-9, 1e-4, 0.005, 0.05, 0.2, 0.4, 0.499].map(Math.fround);
  const points = sizes.flatMap((a) => shares.flatMap((share) => [true, false].map((isLeft) => ({ a, share, isLeft }))));
  const a = tf.tensor1d(points.map((point) => point.a));
  const [small, large] = [tf.tensor1d(points.map(({ share }) => share)), tf.tensor1d(points.map((p) => 1 - p.share))];
  const isLeft = tf.tensor1d(
    points.map((point) => point.isLeft),
    'bool',
  );
  const quantiles = (of: tf.Tensor, share: tf.Tensor) =>
    make(of).quantile(tf.where(isLeft, share, large), tf.where(isLeft, large, share));

  test('both tails, as far as float32 shows them: what lies beyond, and the gradient 1/density', () => {
    const x = quantiles(a, small);
    const slopes = numbers(tf.grad((share: tf.Tensor) => quantiles(a, share))(small));
    let seen = 0;
    numbers(x).forEach((at, i) => {
      const { a, share, isLeft } = points[i]!;
      const isShown = Math.abs(at) > 1e-36 && Math.abs(at) < 1e36 && (!/Beta/.test(name) || at < 0.999);
      if (!isShown) return;
      seen++;
      const tail = (t: number) => (isLeft ? tails(t, a).below : tails(t, a).above);
      const h = 2e-4 * Math.abs(at) * (/StudentT/.test(name) ? 1 : Math.min(1, 1 / Math.sqrt(a)));
      const density = Math.abs(derivative((t) => tail(at + t), h));
      const where = `${a}, ${isLeft ? '' : '1 − '}${share}: ${at}`;
      const rounding = 2 ** -22 * Math.abs(at) * density;
      const bound = (1e-5 - 2e-7 * Math.log(share) + 1e-12 * a * Math.log(a + 2)) * share;
      expect(Math.abs(tail(at) - share), where).toBeLessThan(bound + rounding);
      const slope = slopes[i]! * density * (isLeft ? 1 : -1);
      // Larger ones are cut off.
      if (Math.abs(slopes[i]!) < 1e36) expect(Math.abs(slope - 1), where).toBeLessThan(2e-4 + (20 * rounding) / share);
    });
    expect(seen).toBeGreaterThan(points.length / 3);
  });

  test('the ends of the support at 0 and 1, NaN beyond; no gradient is NaN', () => {
    const ends = new Map([
      ['Gamma(a, 0)', [0, INFINITE]],
      ['StudentT(2 a, 0, 0)', [-INFINITE, INFINITE]],
    ]).get(name) ?? [0, 1];
    const distribution = make(scalar(0.4));
    expect(numbers(distribution.quantile(tf.tensor1d([0, 1])))).toEqual(ends);
    expect(numbers(distribution.quantile(tf.tensor1d([-0.1, 1.1, NONE])))).toEqual([NONE, NONE, NONE]);
    for (const gradient of tf.grads(quantiles)([a, small])) expect(numbers(gradient).some(Number.isNaN)).toBe(false);
    const [byA, byP] = tf.grads((of: tf.Tensor, p: tf.Tensor) => make(of).quantile(p))([
      tf.fill([3], 0.4),
      tf.tensor1d([0, 0.5, 1]),
    ]);
    expect([...numbers(byA!), ...numbers(byP!)].some(Number.isNaN)).toBe(false);
  });
});

test('Student’s t density where z, or z/√ν, is larger than float32 goes; with gradients', () => {
  for (const [df, logScale, x] of [
    [0.1, 0, -1.65e38],
    [0.1, -4, 3.3e38],
    [3, -60, 1e20],
    [3, 0, 1e25],
  ] as const) {
    const [nu, at] = [Math.fround(df), Math.fround(x)];
    // log p = c − ν log(x/scale) + ½ (ν + 1) log ν − logScale far out; c by the point z = 1 of this ν.
    const one = value(studentT(df, 0, 0).logProb(scalar(1))) + ((nu + 1) / 2) * Math.log1p(1 / nu);
    const spread = 2 * (Math.log(Math.abs(at)) - logScale) - Math.log(nu);
    const wanted = one - logScale - ((nu + 1) / 2) * spread;
    const of = (v: tf.Tensor, s: tf.Tensor, y: tf.Tensor) =>
      new StudentT({ df: v, loc: scalar(0), logScale: s }).logProb(y);
    const inputs = [scalar(df), scalar(logScale), scalar(x)] as const;
    expect(Math.abs(value(of(...inputs)) / wanted - 1)).toBeLessThan(2e-6);
    const [, byScale, byX] = tf
      .grads(of)([...inputs])
      .map(value);
    expect(byScale! / nu).toBeCloseTo(1, 5);
    expect((byX! * at) / -(nu + 1)).toBeCloseTo(1, 5);
  }
});

test('small concentrations: what lies above a point below the mean, relative to its own size', () => {
  const rows: [Distribution, x: number, Tails64][] = [
    [gamma(1e-3, 0), 9e-4, gammaTails64(Math.fround(1e-3), Math.log(Math.fround(9e-4)))],
    [gamma(1e-3, 0), 1e-20, gammaTails64(Math.fround(1e-3), Math.log(Math.fround(1e-20)))],
    [beta(1e-3, 1), 9e-4, betaTails64(Math.fround(1e-3), 1, Math.log(Math.fround(9e-4)) + 9e-4)],
    [beta(1e-3, 2e4), 1e-20, betaTails64(Math.fround(1e-3), 2e4, Math.log(Math.fround(1e-20)))],
  ];
  for (const [distribution, x, { above }] of rows)
    expect(Math.abs(value(distribution.survival(scalar(x))) / above - 1), `${x}`).toBeLessThan(3e-6);
});
