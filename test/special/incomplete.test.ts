import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import {
  incompleteBeta,
  incompleteBetaInverse,
  logitLogDensity,
  logitSlopes,
  logRatio,
} from '../../src/special/beta.ts';
import {
  digammaRest,
  incompleteGamma,
  incompleteGammaInverse,
  lgammaRest,
  logGammaLogDensity,
  slopeOver,
} from '../../src/special/gamma.ts';
import { derivative } from '../oracle/calculus.ts';
import { betaTails64, gammaTails64 } from '../oracle/incomplete.ts';
import { digamma64, lgamma64 } from '../oracle/special.ts';

const SIZES = [1e-3, 3e-3, 0.02, 0.1, 0.5, 0.99, 1, 1.3, 2.5, 4, 11, 60, 900, 2e4, 1e6].map(Math.fround);
/** Values of the distribution function that points are taken at, on the left or on the right. */
const SHARES = [1e-6, 0.003, 0.01, 0.04, 0.1, 0.3, 0.5];

/** Shares that inverses are taken of: as far as float32 goes. */
const INVERTED = [1e-38, 1e-20, 1e-9, ...SHARES].map(Math.fround);
/** How far the logarithm of a tail may be off. */
const logBound = (share: number) => 5e-6 - 2e-7 * Math.log(share);
const sides = (shares: readonly { share: number; isLeft: boolean }[]): [below: tf.Tensor, above: tf.Tensor] => [
  tf.tensor1d(shares.map(({ share, isLeft }) => (isLeft ? share : 1 - share))),
  tf.tensor1d(shares.map(({ share, isLeft }) => (isLeft ? 1 - share : share))),
];

/** All combinations, a column each. */
function grid(...values: number[][]): tf.Tensor[] {
  const rows = values.reduce<number[][]>((all, each) => all.flatMap((row) => each.map((x) => [...row, x])), [[]]);
  return values.map((_, k) => tf.tensor1d(rows.map((row) => row[k]!)));
}

/** The zero of a rising function. */
function root(f: (x: number) => number, low: number, high: number): number {
  let [from, to] = [low, high];
  for (let i = 0; i < 60; i++) {
    const middle = (from + to) / 2;
    if (f(middle) < 0) from = middle;
    else to = middle;
  }
  return (from + to) / 2;
}

/** The point with `share` below it, or above it. */
function quantile(tails: (at: number) => { below: number; above: number }, share: number, isLeft: boolean): number {
  return isLeft ? root((at) => tails(at).below - share, -2e4, 2e4) : root((at) => share - tails(at).above, -2e4, 2e4);
}

/** A step in which a distribution function changes by a small part as its concentration does. */
const step = (a: number) => 0.01 * Math.min(a, Math.sqrt(a));

/** What float64 loses in the oracle's logarithms of Γ. */
const rounding = (a: number) => 1e-14 * (10 + a * Math.log(a + 2));

/** Beyond it the oracle's differences lose too much; the rows below go on from there. */
const LARGEST_DIFFERENCED = 1e5;

/**
 * a, log(x/a), the tail beyond it, and the slope of log(x/a): integrals of the density and of its derivative to 40 digits, by mpmath 1.3's
 * `quad`.
 */
const GAMMA_ROWS: [a: number, over: number, tail: number, slope: number][] = [
  [1000000.0, -0.0010000000474974513, 0.15877625804671752, 5.002501071135875e-10],
  [1000000.0, 0.0024999999441206455, 0.006185599903289869, -1.2493126804023947e-9],
  [100000.0, 0.00019999999494757503, 0.4743649859533532, -9.833016247062992e-10],
  [10000.0, -0.019999999552965164, 0.023294554768745573, 1.0050166717176346e-6],
  [1000.0, 0.05000000074505806, 0.05425544194686089, -2.462913788986634e-5],
  [30.0, -0.4000000059604645, 0.023224094026271416, 0.007333993999855224],
  [3.0, 0.6000000238418579, 0.09047841118628185, -0.07621506910992557],
  [1.0, -1.0, 0.30779937244465366, 0.8329897900481257],
  [0.5, 1.100000023841858, 0.08305070369199798, -0.5081950747160906],
  [0.10000000149011612, -8.0, 0.3751650821142827, 88.791590079402],
  [0.029999999329447746, -60.0, 0.1512819686420124, 2065.9212738879305],
  [0.003000000026077032, -200.0, 0.5402608617740419, 68078.9498514311],
  [0.003000000026077032, 4.5, 0.0029553209231794482, 97.92651001764075],
  [0.0010000000474974513, -1200.0, 0.299293249422268, 1205332.1260495484],
  [0.0010000000474974513, 6.0, 0.0006969305759190646, 44.00692670096331],
];

/** a, b, the log-odds from those of the mean, the tail beyond it, and the slopes of the log-odds by a and by b: in the same way. */
const BETA_ROWS: [a: number, b: number, over: number, tail: number, byA: number, byB: number][] = [
  [1000000.0, 1000000.0, -0.0020000000949949026, 0.07864963690723203, 1.0005006668988916e-6, -9.995006664347274e-7],
  [1000000.0, 1000000.0, 0.0005000000237487257, 0.3618368158752192, 9.998753541282502e-7, -1.0001253542052287e-6],
  [1000000.0, 300000.0, 0.003000000026077032, 0.07487835520372658, 9.996547081678882e-7, -3.3371850073556085e-6],
  [100000.0, 20000.0, -0.009999999776482582, 0.09780738859160044, 1.0008414936906083e-5, -4.979268307331516e-5],
  [1000000.0, 50.0, 0.20000000298023224, 0.09330741709807815, 9.999959684636418e-7, -0.022140119729411288],
  [3.0, 1000000.0, -0.699999988079071, 0.18858620864341072, 0.48915759061963493, -9.999997448787648e-7],
  [20000.0, 0.5, -1.2000000476837158, 0.06844441852594493, 5.0002700033056804e-5, -1.4061517126477328],
  [0.5, 500000.0, 0.8999999761581421, 0.11680861426751932, 1.6741956588256268, -2.0000034596018557e-6],
  [1000000.0, 0.019999999552965164, -3.0, 0.014091685533031617, 1.0000006908555606e-6, -53.38489629488143],
  [0.003000000026077032, 1000000.0, 2.0, 0.009721550747770836, 1110.5302194804028, -1.000000509583753e-6],
  [0.003000000026077032, 0.003000000026077032, -150.0, 0.3188187738545141, 105553.9199717988, -55557.18877306314],
  [0.0010000000474974513, 0.0020000000949949026, 40.0, 0.3081333252856482, 333334.9418082359, -186319.25683827692],
  [0.0010000000474974513, 1000000.0, -800.0, 0.44649306958533796, 806332.1455000307, -1.0000004995001661e-6],
  [0.009999999776482582, 0.699999988079071, -90.0, 0.3871843980946381, 9487.96125015524, -2.802299642115839],
  [
    0.019999999552965164, 0.019999999552965164, 0.10000000149011612, 0.49902673923231344, 1282.7524828549442,
    -1287.62023535308,
  ],
  [0.05000000074505806, 4.0, 1.5, 0.06219850963085999, 32.34040184194022, -0.2892448606604109],
  [0.0010000000474974513, 0.0010000000474974513, 0.25, 0.4998751736049092, 500576.5391452024, -500826.1946728331],
  [7.0, 0.004000000189989805, -2.5, 0.010220402040391855, 0.15401762939837912, -674.6372546447045],
];

/** What lies on the other side of the mean. */
const outer = (over: tf.Tensor, { below, above }: { below: tf.Tensor; above: tf.Tensor }) =>
  tf.where(tf.less(over, 0), below, above).dataSync();

describe('incomplete gamma functions', () => {
  // log(x/a) is what float32 holds, so that x itself follows from it in float64.
  const points = SIZES.flatMap((a) =>
    SHARES.flatMap((share) =>
      [true, false].map((isLeft) => ({
        a,
        over: Math.fround(quantile((at) => gammaTails64(a, at + Math.log(a)), share, isLeft)),
      })),
    ),
  );
  const a = tf.tensor1d(points.map((point) => point.a));
  const over = tf.tensor1d(points.map((point) => point.over));
  const logX = tf.add(over, tf.log(a));

  test('the tails, each relative to its own size', () => {
    const { below, above } = incompleteGamma(a, logX, over);
    const [left, right] = [below.dataSync(), above.dataSync()];
    points.forEach(({ a, over }, i) => {
      const wanted = gammaTails64(a, over + Math.log(a));
      const smaller = Math.min(wanted.below, wanted.above);
      const got = wanted.below < wanted.above ? left[i]! : right[i]!;
      // 2·10⁻⁶ of digits, and 5·10⁻⁹ a of the oracle's logarithm of Γ.
      expect(Math.abs(got / smaller - 1), `${a} ${over}`).toBeLessThan(5e-6 + 1e-13 * a * Math.log(a + 2));
      expect(Math.abs(left[i]! - wanted.below)).toBeLessThan(1e-6);
      expect(Math.abs(right[i]! - wanted.above)).toBeLessThan(1e-6);
    });
  });

  test('the slope of log(x/a) that leaves the distribution function as it is', () => {
    const got = slopeOver(a, over).dataSync();
    points.forEach(({ a, over }, i) => {
      if (a > LARGEST_DIFFERENCED) return;
      const logX = over + Math.log(a);
      const isLeft = over < 0;
      const share = (at: number) => {
        const { below, above } = gammaTails64(at, logX);
        return isLeft ? below : -above;
      };
      const density = Math.exp(a * logX - Math.exp(logX) - lgamma64(a));
      const slope = derivative((t) => share(a + t), step(a));
      const wanted = -slope / density - 1 / a;
      // Next to its own size, which for large a is a^(−3/2), or that of the slope of log x.
      const size = a < 1 ? Math.abs(wanted + 1 / a) : Math.abs(wanted) + 0.1 * a ** -1.5;
      expect(Math.abs(got[i]! - wanted), `${a} ${over}`).toBeLessThan(
        2e-5 * size + 1e-7 / a ** 1.5 + (rounding(a) * Math.abs(share(a))) / (step(a) * density),
      );
    });
  });

  test('the same to 40 digits', () => {
    const [a, over] = [0, 1].map((k) => tf.tensor1d(GAMMA_ROWS.map((row) => row[k]!))) as [tf.Tensor, tf.Tensor];
    const [tail, slope] = [
      outer(over, incompleteGamma(a, tf.add(over, tf.log(a)), over)),
      slopeOver(a, over).dataSync(),
    ];
    GAMMA_ROWS.forEach((row, i) => {
      expect(Math.abs(tail[i]! / row[2] - 1), `${row}`).toBeLessThan(5e-6);
      expect(Math.abs(slope[i]! / row[3] - 1), `${row}`).toBeLessThan(1e-5);
    });
  });

  test('gradients: the density by log x, and by a what the slope says', () => {
    const [byA, byX] = tf.grads((shape: tf.Tensor, at: tf.Tensor) => incompleteGamma(shape, at, over).below)([a, logX]);
    const density = tf.exp(logGammaLogDensity(a, logX, over));
    const slope = tf.add(slopeOver(a, over), tf.reciprocal(a));
    points.forEach(({ a, over }, i) => {
      const logX = over + Math.log(a);
      const wanted = Math.exp(a * logX - Math.exp(logX) - lgamma64(a));
      expect(Math.abs(byX!.dataSync()[i]! / wanted - 1)).toBeLessThan(5e-6 + 1e-13 * a * Math.log(a + 2));
    });
    const gap = tf.sub(tf.div(byA!, tf.neg(tf.mul(density, slope))), 1);
    expect(tf.max(tf.abs(gap)).dataSync()[0]).toBeLessThan(1e-5);
  });

  test('the inverse: the tail beyond it, relative to its own size; gradients 1/density and the slope', () => {
    const points = SIZES.flatMap((a) =>
      INVERTED.flatMap((share) => [true, false].map((isLeft) => ({ a, share, isLeft }))),
    );
    const [below, above] = sides(points);
    const a = tf.tensor1d(points.map((point) => point.a));
    const over = incompleteGammaInverse(a, below, above);
    const density = tf.exp(logGammaLogDensity(a, tf.add(over, tf.log(a)), over)).dataSync();
    const at = over.dataSync();
    points.forEach(({ a, share, isLeft }, i) => {
      const rounding = (2 ** -23 * Math.abs(at[i]!) * density[i]!) / share;
      const tails = gammaTails64(a, at[i]! + Math.log(a));
      expect(Math.abs((isLeft ? tails.below : tails.above) / share - 1), `${a} ${share} ${isLeft}`).toBeLessThan(
        logBound(share) + 1e-13 * a * Math.log(a + 2) + rounding,
      );
    });
    const [byA, byBelow, byAbove] = tf
      .grads(incompleteGammaInverse)([a, below, above])
      .map((each) => each.dataSync());
    const slope = slopeOver(a, over).dataSync();
    points.forEach(({ share, isLeft }, i) => {
      expect(byA![i]).toBe(slope[i]);
      const [own, other] = isLeft && share < 0.5 ? [byBelow!, byAbove!] : [byAbove!, byBelow!];
      expect(Math.abs(other[i]!)).toBe(0);
      if (density[i]! > 1e-37)
        expect(Math.abs(own[i]! * density[i]! * (own === byBelow ? 1 : -1) - 1)).toBeLessThan(1e-5);
    });
  });

  test('finite wherever a point may lie', () => {
    const [shape, at] = grid([1e-3, 0.5, 30, 1e6], [-1e4, -200, -90, 0, 80, 88]) as [tf.Tensor, tf.Tensor];
    const { below, above } = incompleteGamma(shape, at, at);
    for (const value of [below, above, slopeOver(shape, at)])
      expect(value.dataSync().every(Number.isFinite)).toBe(true);
    for (const sum of tf.add(below, above).dataSync()) expect(sum).toBeCloseTo(1, 6);
  });
});

describe('incomplete beta functions', () => {
  const points = SIZES.flatMap((a, i) =>
    SIZES.filter((_, j) => (i + j) % 2 === 0).flatMap((b) =>
      SHARES.flatMap((share) =>
        [true, false].map((isLeft) => ({
          a,
          b,
          over: Math.fround(quantile((at) => betaTails64(a, b, at + Math.log(a / b)), share, isLeft)),
        })),
      ),
    ),
  );
  const a = tf.tensor1d(points.map((point) => point.a));
  const b = tf.tensor1d(points.map((point) => point.b));
  const over = tf.tensor1d(points.map((point) => point.over));
  const logit = tf.add(over, logRatio(a, b));
  /** The relative error of the oracle's logarithms of Γ. */
  const slack = (a: number, b: number) => 1e-13 * (a + b) * Math.log(a + b + 2);

  test('the tails, each relative to its own size', () => {
    const { below, above } = incompleteBeta(a, b, logit, over);
    const [left, right] = [below.dataSync(), above.dataSync()];
    points.forEach(({ a, b, over }, i) => {
      const wanted = betaTails64(a, b, over + Math.log(a / b));
      const smaller = Math.min(wanted.below, wanted.above);
      const got = wanted.below < wanted.above ? left[i]! : right[i]!;
      expect(Math.abs(got / smaller - 1), `${a} ${b} ${over}`).toBeLessThan(1e-5 + slack(a, b));
      expect(Math.abs(left[i]! - wanted.below)).toBeLessThan(1e-6 + slack(a, b));
      expect(Math.abs(right[i]! - wanted.above)).toBeLessThan(1e-6 + slack(a, b));
    });
  });

  test('the slopes of the log-odds that leave the distribution function as it is', () => {
    const [byA, byB] = logitSlopes({ a, b, over }).map((slope) => slope.dataSync());
    points.forEach(({ a, b, over }, i) => {
      if (Math.max(a, b) > LARGEST_DIFFERENCED) return;
      const at = over + Math.log(a / b);
      const isLeft = over < 0;
      const share = (x: number, y: number) => {
        const { below, above } = betaTails64(x, y, at);
        return isLeft ? below : -above;
      };
      const [logX, logRest] = [-Math.log1p(Math.exp(-at)), -Math.log1p(Math.exp(at))];
      const density = Math.exp(
        a * (Number.isFinite(logX) ? logX : at) +
          b * (Number.isFinite(logRest) ? logRest : -at) +
          lgamma64(a + b) -
          lgamma64(a) -
          lgamma64(b),
      );
      const wantedA = -derivative((t) => share(a + t, b), step(a)) / density;
      const wantedB = -derivative((t) => share(a, b + t), step(b)) / density;
      const unsure = (rounding(a + b) * Math.abs(share(a, b))) / density;
      for (const [name, got, wanted, h] of [
        ['a', byA![i]!, wantedA, step(a)],
        ['b', byB![i]!, wantedB, step(b)],
      ] as const) {
        const bound = 4e-4 * Math.abs(wanted) + unsure / h;
        expect(Math.abs(got - wanted), `by ${name}: ${a} ${b} ${over}: ${got}, wanted ${wanted}`).toBeLessThan(bound);
      }
    });
  });

  test('the same to 40 digits', () => {
    const column = (k: number) => tf.tensor1d(BETA_ROWS.map((row) => row[k]!));
    const [a, b, over] = [column(0), column(1), column(2)];
    const tail = outer(over, incompleteBeta(a, b, tf.add(over, logRatio(a, b)), over));
    const [byA, byB] = logitSlopes({ a, b, over }).map((slope) => slope.dataSync());
    BETA_ROWS.forEach((row, i) => {
      expect(Math.abs(tail[i]! / row[3] - 1), `${row}`).toBeLessThan(1e-5);
      expect(Math.abs(byA![i]! / row[4] - 1), `${row}: by a ${byA![i]}`).toBeLessThan(2e-5);
      expect(Math.abs(byB![i]! / row[5] - 1), `${row}: by b ${byB![i]}`).toBeLessThan(2e-5);
    });
  });

  test('gradients: the density by the log-odds, and by a and b what the slopes say', () => {
    const gradients = tf.grads((x: tf.Tensor, y: tf.Tensor, t: tf.Tensor) => incompleteBeta(x, y, t, over).below)([
      a,
      b,
      logit,
    ]);
    const density = tf.exp(logitLogDensity(a, b, logit, over));
    const wanted = [...logitSlopes({ a, b, over }).map((slope) => tf.neg(tf.mul(slope, density))), density];
    gradients.forEach((gradient, k) => {
      expect(tf.max(tf.abs(tf.sub(tf.div(gradient, wanted[k]!), 1))).dataSync()[0]).toBeLessThan(1e-5);
    });
  });

  test('the inverse: the tail beyond it, relative to its own size; gradients 1/density and the slopes', () => {
    const points = SIZES.flatMap((a, i) =>
      SIZES.filter((_, j) => (i + j) % 4 === 0).flatMap((b) =>
        INVERTED.flatMap((share) => [true, false].map((isLeft) => ({ a, b, share, isLeft }))),
      ),
    );
    const [below, above] = sides(points);
    const a = tf.tensor1d(points.map((point) => point.a));
    const b = tf.tensor1d(points.map((point) => point.b));
    const { logit, over } = incompleteBetaInverse(a, b, below, above);
    const density = tf.exp(logitLogDensity(a, b, logit, over)).dataSync();
    const [at, from] = [logit.dataSync(), over.dataSync()];
    points.forEach(({ a, b, share, isLeft }, i) => {
      const tails = betaTails64(a, b, at[i]!);
      // The log-odds themselves are rounded, from the mean's and from 0.
      const rounding = (2 ** -23 * (Math.abs(at[i]!) + Math.abs(from[i]!)) * density[i]!) / share;
      expect(Math.abs((isLeft ? tails.below : tails.above) / share - 1), `${a} ${b} ${share} ${isLeft}`).toBeLessThan(
        logBound(share) + slack(a, b) + rounding,
      );
    });
    const [byA, byB, byBelow, byAbove] = tf
      .grads((...all) => incompleteBetaInverse(...(all as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor])).logit)([
        a,
        b,
        below,
        above,
      ])
      .map((each) => each.dataSync());
    const slopes = logitSlopes({ a, b, over }).map((slope) => slope.dataSync());
    points.forEach(({ a, b, share, isLeft }, i) => {
      const where = `${a} ${b} ${share} ${isLeft}`;
      // Points differ by the rounding of the log-odds.
      const bound = 1e-5 + (2 ** -22 * (Math.abs(at[i]!) + Math.abs(from[i]!)) * density[i]!) / share;
      expect(Math.abs(byA![i]! / slopes[0]![i]! - 1), `by a: ${where}`).toBeLessThan(2 * bound);
      expect(Math.abs(byB![i]! / slopes[1]![i]! - 1), `by b: ${where}`).toBeLessThan(2 * bound);
      const [own, other] = isLeft && share < 0.5 ? [byBelow!, byAbove!] : [byAbove!, byBelow!];
      expect(Math.abs(other[i]!)).toBe(0);
      if (density[i]! < 1e-37) return;
      expect(Math.abs(own[i]! * density[i]! * (own === byBelow ? 1 : -1) - 1), where).toBeLessThan(bound);
    });
  });

  test('finite wherever a point may lie', () => {
    const columns = grid([1e-3, 0.5, 30, 1e6], [1e-3, 2, 1e6], [-2e4, -200, -90, 0, 80, 2e4]);
    const [a, b, over] = columns as [tf.Tensor, tf.Tensor, tf.Tensor];
    const { below, above } = incompleteBeta(a, b, over, over);
    for (const value of [below, above, ...logitSlopes({ a, b, over })])
      expect(value.dataSync().every(Number.isFinite)).toBe(true);
  });
});

test('what Stirling leaves of log Γ and ψ, with their gradients', () => {
  const y = tf.tensor1d(SIZES);
  const [gamma, psi] = [lgammaRest(y).dataSync(), digammaRest(y).dataSync()];
  const slope = tf.grad(lgammaRest)(y).dataSync();
  SIZES.forEach((at, i) => {
    if (at > 1000) {
      expect(Math.abs(gamma[i]! * 12 * at - 1)).toBeLessThan(1e-5);
      expect(Math.abs(psi[i]! * -2 * at - 1)).toBeLessThan(1e-3);
      return;
    }
    const wanted = lgamma64(at) - (at - 0.5) * Math.log(at) + at - 0.5 * Math.log(2 * Math.PI);
    expect(Math.abs(gamma[i]! - wanted)).toBeLessThan(5e-7);
    const gap = digamma64(at) - Math.log(at);
    expect(Math.abs(psi[i]! / gap - 1)).toBeLessThan(2e-6);
    expect(Math.abs(slope[i]! - gap - 1 / (2 * at))).toBeLessThan(2e-6 * (1 + 1 / at));
  });
});
