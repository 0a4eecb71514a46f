import * as tf from '@tensorflow/tfjs-core';
import { inverseOf, logAbsDeterminant } from '../bijectors/jacobian.ts';
import { Contract, slopesOf } from '../contract.ts';
import { checkArgument, checkOptions } from '../options/parse.ts';
import { portableMath } from '../portableMath.ts';
import { Rng } from '../random.ts';
import { Distribution } from './distribution.ts';

/** Options of {@link checkDistribution}. */
export interface CheckDistributionOptions {
  /** What samples and points are drawn from; `new Rng('checkDistribution')`. */
  readonly rng?: Rng;
  /** How many samples of each distribution of the batch; 10,000. */
  readonly samples?: number;
  /** Whether gradients are compared with difference quotients; true. Those of a `PRelu` with a `crossingWidth` are others on purpose. */
  readonly gradients?: boolean;
}

/** So many of a batch have their mass and samples looked at. */
const ROWS = 3;
/** Between so many quantiles of the samples the density of one number is integrated, by so many midpoints each. */
const CELLS = 64;
const MIDPOINTS = 64;
/** Draws whose conditional densities, of one number given the others, are integrated; over so many midpoints, twice. */
const LINES = 256;
const LINE_POINTS = 48;
/** Draws whose nearest neighbours are looked for, and which neighbour. */
const NEIGHBOURS = 2000;
const NEIGHBOUR = 4;
/** Above it there are too few neighbours for a density. */
const MOST_NUMBERS = 8;
/** How many standard errors an estimate may be off. */
const ERRORS = 6;
/** The variance of n samples whose fourth moment is k times its square is as sure as that of n / k coin tosses: fewer are no reference. */
const FEWEST = 100;
/** Pointwise, relative: above rounding, below any forgotten term. */
const TOLERANCE = 2e-3;
const TWO_PI = 2 * Math.PI;
const LOG_TWO_PI = portableMath.log(TWO_PI);
const SURFACE =
  'its events lie on a surface, as those that sum to 1: mass and samples were not compared with the density';

/**
 * Checks a distribution against the contract of {@link Distribution}: what it says of itself against its samples.
 *
 * 1. Shapes `[...sampleShape, ...batchShape, ...eventShape]`, float32, finite; equal streams give equal samples; `sampleWithLogProb` is `logProb` of
 *    its sample.
 * 2. The mass. Of one number, the integral of exp(`logProb`) between the 1/64 and 63/64 quantiles of the samples; of categories, the sum over
 *    those that were drawn; of 2 to 8 numbers, the mean of log-densities against those by distances of nearest neighbours, within some 0.2 nats.
 * 3. The samples follow the density: of one number, their distribution function against its integral; of categories, their counts; of several
 *    numbers, each given the others.
 * 4. The gradient of `logProb` by x is finite and that of difference quotients.
 * 5. Where they exist: `mean`, `variance`, `entropy` and `mode` against samples; `cdf` against their counts, its slope the density, `survival` the rest;
 *    `quantile` its inverse.
 *
 * @returns what could not be checked, a line each
 * @throws at the first rule broken, with one line: distribution, method, what was got, what was expected
 */
export function checkDistribution(distribution: Distribution, options: CheckDistributionOptions = {}): string[] {
  checkArgument('checkDistribution', 'distribution', distribution, Distribution);
  const {
    rng = new Rng('checkDistribution'),
    samples = 10_000,
    gradients = true,
  } = checkOptions('checkDistribution', options, {
    rng: [Rng, undefined],
    samples: [Number, undefined],
    gradients: [Boolean, undefined],
  });
  if (!Number.isInteger(samples) || samples < 1000) {
    throw new Error(`checkDistribution: samples: got ${samples}, expected an integer of 1000 or more`);
  }
  return tf.tidy(() => new Check(distribution, rng, samples).run(gradients));
}

class Check extends Contract {
  readonly #distribution: Distribution;
  readonly #rng: Rng;
  readonly #samples: number;
  readonly #dim: number;
  readonly #batch: number;

  constructor(distribution: Distribution, rng: Rng, samples: number) {
    super(`checkDistribution: ${distribution.constructor.name}.`);
    this.#distribution = distribution;
    this.#rng = rng;
    this.#samples = samples;
    this.#dim = tf.util.sizeFromShape(distribution.eventShape);
    this.#batch = tf.util.sizeFromShape(distribution.batchShape);
  }

  run(gradients: boolean): string[] {
    const { batchShape, angles } = this.#distribution;
    const x = this.#checkDraws();
    const logProb = this.numbers('logProb', this.#distribution.logProb(x), [this.#samples, ...batchShape]);
    const flat = x.dataSync() as Float32Array;
    const rows = Array.from({ length: Math.min(ROWS, this.#batch) }, (_, b) => this.#rowOf(flat, logProb, b));
    const isDiscrete = rows.length > 0 && new Set(rows[0]!.events.slice(0, 1000).map(String)).size < 500;
    for (const row of rows) {
      if (isDiscrete) this.#checkCategories(row);
      else if (this.#dim === 1) this.#checkLine(row);
      else this.#checkSpace(row);
    }
    if (this.#batch > ROWS) this.advise(`mass and samples were checked of ${ROWS} of the batch of ${this.#batch}`);
    if (!isDiscrete && gradients) this.#checkSlopes(x);
    this.#checkMoments(x, angles);
    this.#checkEntropy(logProb);
    this.#checkMode(logProb);
    if (!angles) this.#checkTails(x, isDiscrete);
    return this.advice;
  }

  /** Of a method that there may be none of. */
  #known(make: () => tf.Tensor): tf.Tensor | undefined {
    try {
      return make();
    } catch (error) {
      if ((error as Error).message.includes(' has no ')) return undefined;
      throw error;
    }
  }

  /** Rule 1. */
  #checkDraws(): tf.Tensor {
    const { batchShape, eventShape } = this.#distribution;
    const shape = (...draws: number[]) => [...draws, ...batchShape, ...eventShape];
    const draw = (...draws: number[]) =>
      this.#distribution.sample(this.#rng.split('samples'), draws.length > 0 ? draws : undefined);
    this.numbers('sample', draw(), shape());
    this.numbers('sample', draw(2, 3), shape(2, 3));
    const x = draw(this.#samples);
    this.numbers('sample', x, shape(this.#samples));
    const [first, second] = [draw(64), draw(64)].map((some) => some.dataSync());
    if (first!.some((number, i) => number !== second![i])) {
      this.fail('sample: got two results with equal streams, expected one: all randomness is from rng');
    }
    const both = this.#distribution.sampleWithLogProb(this.#rng.split('pairs'), [64]);
    this.numbers('sampleWithLogProb: sample', both.sample, shape(64));
    const came = this.numbers('sampleWithLogProb: logProb', both.logProb, [64, ...batchShape]);
    const logProb = this.numbers('logProb', this.#distribution.logProb(both.sample), [64, ...batchShape]);
    this.near('sampleWithLogProb: logProb', came, logProb, {
      allowed: (wanted) => 10 * TOLERANCE * (1 + Math.abs(wanted)),
      as: 'logProb of its sample',
    });
    return x;
  }

  #rowOf(flat: Float32Array, logProb: Float32Array, b: number): Row {
    const dim = this.#dim;
    const events = Array.from({ length: this.#samples }, (_, i) => {
      const at = (i * this.#batch + b) * dim;
      return Array.from(flat.subarray(at, at + dim));
    });
    return { b, events, logProbs: events.map((_, i) => logProb[i * this.#batch + b]!) };
  }

  /** Log-densities of events by one distribution of the batch. */
  #logProbs({ b }: Row, events: readonly (readonly number[])[]): number[] {
    const { batchShape, eventShape } = this.#distribution;
    const results: number[] = [];
    const size = Math.max(1, Math.floor(16_384 / this.#batch));
    for (let begin = 0; begin < events.length; begin += size) {
      const some = events.slice(begin, begin + size);
      tf.tidy(() => {
        const shape = [some.length, ...batchShape.map(() => 1), ...eventShape];
        const values = this.#distribution.logProb(tf.tensor(some.flat(), shape, 'float32')).dataSync();
        some.forEach((_, i) => results.push(values[i * this.#batch + b]!));
      });
    }
    return results;
  }

  #densities(row: Row, events: readonly (readonly number[])[]): number[] {
    return this.#logProbs(row, events).map((value) => {
      if (Number.isNaN(value)) this.fail('logProb: got NaN between two samples, expected a number or −∞');
      return portableMath.exp(value);
    });
  }

  /** Rules 2 and 3, of categories. */
  #checkCategories(row: Row): void {
    const counts = new Map<string, { event: number[]; count: number }>();
    for (const event of row.events) {
      const known = counts.get(String(event));
      if (known) known.count++;
      else counts.set(String(event), { event, count: 1 });
    }
    const seen = [...counts.values()];
    const probabilities = this.#densities(
      row,
      seen.map(({ event }) => event),
    );
    const sum = probabilities.reduce((total, p) => total + p, 0);
    // What was not drawn has about as much as what was drawn once.
    const rare = seen.filter(({ count }) => count === 1).length / this.#samples;
    if (sum > 1 + TOLERANCE || sum < 1 - TOLERANCE - 3 * rare - ERRORS / this.#samples) {
      this.fail(`logProb: the probabilities of the ${seen.length} events that were drawn sum to ${sum}, expected 1`);
    }
    seen.forEach(({ event, count }, i) => {
      const p = probabilities[i]!;
      const error = Math.sqrt((p * (1 - p)) / this.#samples);
      if (Math.abs(count / this.#samples - p) <= ERRORS * error + 2 / this.#samples) return;
      this.fail(`sample: drew [${event}] in a share of ${count / this.#samples}, expected ${p} by logProb`);
    });
  }

  /** Rules 2 and 3, of one number. */
  #checkLine(row: Row): void {
    const sorted = Float64Array.from(row.events, ([value]) => value!).sort();
    const node = (j: number) => sorted[Math.round((j * (this.#samples - 1)) / CELLS)]!;
    const points: number[][] = [];
    for (let j = 1; j < CELLS - 1; j++) {
      const width = node(j + 1) - node(j);
      for (let i = 0; i < MIDPOINTS; i++) points.push([node(j) + ((i + 0.5) / MIDPOINTS) * width]);
    }
    const densities = this.#densities(row, points);
    const wanted = (CELLS - 2) / CELLS;
    const masses = Array.from({ length: CELLS - 2 }, (_, j) => {
      const inside = densities.slice(j * MIDPOINTS, (j + 1) * MIDPOINTS).reduce((sum, p) => sum + p, 0);
      return (inside / MIDPOINTS) * (node(j + 2) - node(j + 1));
    });
    const total = masses.reduce((sum, mass) => sum + mass, 0);
    if (!(Math.abs(total - wanted) <= 5 * TOLERANCE + ERRORS * Math.sqrt(2 / CELLS / this.#samples))) {
      this.fail(
        `logProb: the density has a mass of ${total} between the quantiles 1/${CELLS} and ${CELLS - 1}/${CELLS} of its samples, expected ${wanted}`,
      );
    }
    let sum = 0;
    masses.forEach((mass, j) => {
      sum += mass;
      const share = (j + 1) / CELLS;
      if (Math.abs(sum - share) <= 5 * TOLERANCE + 2.5 / Math.sqrt(this.#samples)) return;
      const at = node(j + 2);
      this.fail(`sample: got a share of ${share} of the samples up to ${at}, expected ${sum} by the density`);
    });
  }

  /** Rules 2 and 3, of several numbers. */
  #checkSpace(row: Row): void {
    const covariance = covarianceOf(row.events);
    const scales = covariance.map((entries, i) => Math.sqrt(entries[i]!));
    const correlations = covariance.map((entries, i) => entries.map((entry, j) => entry / scales[i]! / scales[j]!));
    const isFlat = !(logAbsDeterminant(correlations) > -20);
    const byNeighbours = isFlat || this.#dim > MOST_NUMBERS ? undefined : this.#byNeighbours(row, covariance);
    if (isFlat || byNeighbours?.isSurface) {
      this.advise(SURFACE);
      return;
    }
    this.#checkConditionals(row);
    if (byNeighbours === undefined) {
      this.advise(`the density's constant was not checked: events have ${this.#dim} numbers, above ${MOST_NUMBERS}`);
      return;
    }
    const said = mean(row.logProbs.slice(0, NEIGHBOURS));
    if (Math.abs(said - byNeighbours.logProb) <= 0.15 + 0.05 * this.#dim) return;
    this.fail(
      `logProb: got ${said} nats in the mean over samples, expected ${byNeighbours.logProb} by the distances of neighbours: the density's mass is not 1, or its samples are others`,
    );
  }

  /** The share of the density of one number given the others below where it is: uniform in [0, 1]. */
  #checkConditionals(row: Row): void {
    const dim = this.#dim;
    const lines = row.events.slice(0, LINES);
    const sides = Array.from({ length: dim }, (_, k) => {
      const [low, high] = row.events.reduce(
        ([least, most], event) => [Math.min(least!, event[k]!), Math.max(most!, event[k]!)],
        [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
      );
      return [low!, high!] as const;
    });
    let ranges = lines.map((_, i) => sides[i % dim]!);
    let shares: number[] = [];
    for (const pass of [0, 1]) {
      const points = lines.flatMap((event, i) => {
        const [low, high] = ranges[i]!;
        return Array.from({ length: LINE_POINTS }, (_, g) =>
          event.with(i % dim, low + ((g + 0.5) / LINE_POINTS) * (high - low)),
        );
      });
      const logs = this.#logProbs(row, points);
      const densities = lines.map((_, i) => {
        const some = logs.slice(i * LINE_POINTS, (i + 1) * LINE_POINTS);
        const most = Math.max(row.logProbs[i]!, ...some);
        return some.map((value) => portableMath.exp(value - most));
      });
      if (pass === 0) {
        // Again, where there is something: a mode may be narrow.
        ranges = ranges.map(([low, high], i) => {
          const own = lines[i]![i % dim]!;
          const width = (high - low) / LINE_POINTS;
          const there = densities[i]!.flatMap((p, g) => (p > 1e-4 ? [low + g * width] : []));
          const [from, to] = [Math.min(own, ...there), Math.max(own, ...there)];
          return [Math.max(low, from - width), Math.min(high, to + 2 * width)] as const;
        });
        continue;
      }
      shares = lines.map((event, i) => {
        const [low, high] = ranges[i]!;
        const at = ((event[i % dim]! - low) / (high - low)) * LINE_POINTS;
        const below = densities[i]!.reduce((sum, p, g) => sum + p * Math.min(1, Math.max(0, at - g)), 0);
        return below / densities[i]!.reduce((sum, p) => sum + p, 0);
      });
    }
    for (let k = -1; k < (dim <= 4 ? dim : 0); k++) {
      const own = shares.filter((share, i) => Number.isFinite(share) && (k < 0 || i % dim === k));
      const mean = own.reduce((sum, share) => sum + share, 0) / own.length;
      const square = own.reduce((sum, share) => sum + squared(share - 0.5), 0) / own.length;
      const [meanError, squareError] = [12, 180].map((inverse) => ERRORS / Math.sqrt(inverse * own.length));
      if (Math.abs(mean - 0.5) <= meanError! + 0.005 && Math.abs(square - 1 / 12) <= squareError! + 0.003) continue;
      const which = k < 0 ? 'a number' : `number ${k}`;
      this.fail(
        `sample: ${which} given the others lies at its quantile ${mean} ± ${Math.sqrt(square)} by the density, expected 0.5 ± 0.289`,
      );
    }
  }

  /** The mean log-density by distances of neighbours, less the bias that it has of as many normal numbers; and whether they lie on a surface. */
  #byNeighbours(row: Row, covariance: readonly (readonly number[])[]): { logProb: number; isSurface: boolean } {
    const { angles } = this.#distribution;
    const dim = this.#dim;
    const some = row.events.slice(0, NEIGHBOURS);
    const whitening = angles ? undefined : inverseOf(choleskyOf(covariance));
    const white = whitening
      ? some.map((event) => whitening.map((line) => line.reduce((sum, entry, k) => sum + entry * event[k]!, 0)))
      : some;
    const noise = this.#rng.split('noise');
    const normal = some.map(() => Array.from({ length: dim }, () => noise.normal()));
    const [own, reference] = [neighboursOf(white, angles), neighboursOf(normal, false)];
    const normalLogProb = -mean(
      normal.map((z) => (z.reduce((sum, value) => sum + value * value, 0) + dim * LOG_TWO_PI) / 2),
    );
    const logVolume = whitening ? logAbsDeterminant(whitening) : 0;
    return {
      logProb: normalLogProb + dim * (reference.logDistance - own.logDistance) + logVolume,
      isSurface: own.dimension / reference.dimension < (dim - 0.6) / dim,
    };
  }

  /** Rule 4. */
  #checkSlopes(x: tf.Tensor): void {
    const some = tf.slice(x, [0], [Math.min(64, this.#samples)]);
    const { eventShape, angles } = this.#distribution;
    const logProb = (at: tf.Tensor) => this.#distribution.logProb(at);
    const slopes = slopesOf(logProb, some);
    this.numbers('logProb: gradient by x', slopes, some.shape);
    // On a surface a step leaves it.
    if (this.advice.includes(SURFACE)) return;
    const scale = angles ? 1 : tf.sqrt(tf.moments(x, 0).variance);
    const way = tf.mul(this.#rng.split('way').normalTensor(some.shape), scale);
    const events = eventShape.map((_, i) => some.rank - eventShape.length + i);
    this.slopes(
      ['logProb: gradient by x'],
      [tf.sum(tf.mul(slopes, way), events)],
      (step) => [logProb(tf.add(some, tf.mul(way, step)))],
      { step: 2e-3, allowed: (size) => 0.03 * size + 0.02 },
    );
  }

  /** Rule 5. */
  #checkMoments(x: tf.Tensor, angles: boolean): void {
    const { batchShape, eventShape } = this.#distribution;
    const shape = [...batchShape, ...eventShape];
    const means = this.#known(() => this.#distribution.mean());
    const variances = this.#known(() => this.#distribution.variance());
    const mean = means && this.numbers('mean', means, shape, { areFinite: false });
    const variance = variances && this.numbers('variance', variances, shape, { areFinite: false });
    const flat = x.dataSync();
    const size = tf.util.sizeFromShape(shape);
    for (let k = 0; k < size; k++) {
      const draws = Float64Array.from({ length: this.#samples }, (_, i) => flat[i * size + k]!);
      const center = angles
        ? portableMath.atan2(average(draws, portableMath.sin), average(draws, portableMath.cos))
        : average(draws, (value) => value);
      const apart = (value: number) => (angles ? 2 * portableMath.sin((value - center) / 2) : value - center);
      const spread = average(draws, (value) => squared(apart(value)));
      const fourth = average(draws, (value) => squared(squared(apart(value))));
      if (!angles && fourth * FEWEST > this.#samples * spread * spread && (mean || variance)) {
        this.advise('mean and variance were not checked: few samples, far out, decide them');
        continue;
      }
      if (mean && Number.isFinite(mean[k]!)) {
        const allowed = ERRORS * Math.sqrt(spread / this.#samples) + TOLERANCE * (1e-3 + Math.abs(center));
        const away = angles ? Math.abs(2 * portableMath.sin((mean[k]! - center) / 2)) : Math.abs(mean[k]! - center);
        // Of angles that are spread evenly there is no direction.
        const isKnown = !angles || spread < 1.6;
        if (isKnown && away > allowed)
          this.fail(`mean: got ${mean[k]}, expected ${center} ± ${allowed / ERRORS} by samples`);
      }
      if (variance && Number.isFinite(variance[k]!)) {
        // 1 − cos t = 2 sin²(t / 2).
        const [wanted, error] = [spread, Math.sqrt(Math.max(0, fourth - spread * spread) / this.#samples)].map(
          (value) => (angles ? value / 2 : value),
        ) as [number, number];
        if (Math.abs(variance[k]! - wanted) > ERRORS * error + 3 * TOLERANCE * wanted) {
          this.fail(`variance: got ${variance[k]}, expected ${wanted} ± ${error} by samples`);
        }
      }
    }
  }

  #checkEntropy(logProb: Float32Array): void {
    const known = this.#known(() => this.#distribution.entropy());
    if (known === undefined) return;
    const got = this.numbers('entropy', known, this.#distribution.batchShape);
    const draws = Array.from(got, (_, b) =>
      Float64Array.from({ length: this.#samples }, (__, i) => -logProb[i * this.#batch + b]!),
    );
    const wanted = draws.map((each) => average(each, (value) => value));
    this.near('entropy', got, wanted, {
      allowed: (mean, _, b) =>
        ERRORS * Math.sqrt(average(draws[b]!, (value) => squared(value - mean)) / this.#samples) +
        TOLERANCE * (1 + Math.abs(mean)),
      as: 'the mean of −logProb over samples',
    });
  }

  #checkMode(logProb: Float32Array): void {
    const mode = this.#known(() => this.#distribution.mode());
    if (mode === undefined) return;
    const { batchShape, eventShape } = this.#distribution;
    this.numbers('mode', mode, [...batchShape, ...eventShape], { areFinite: false });
    this.#distribution
      .logProb(mode)
      .dataSync()
      .forEach((got, b) => {
        let most = Number.NEGATIVE_INFINITY;
        for (let i = 0; i < this.#samples; i++) most = Math.max(most, logProb[i * this.#batch + b]!);
        // NaN where the density has no greatest value.
        if (got < most - 10 * TOLERANCE * (1 + Math.abs(most))) {
          this.fail(`mode: got a log-density of ${got} there, expected at least that of a sample, ${most}`);
        }
      });
  }

  #checkTails(x: tf.Tensor, isDiscrete: boolean): void {
    const { batchShape, eventShape } = this.#distribution;
    const count = 64;
    const some = tf.slice(x, [0], [count]);
    const flat = x.dataSync() as Float32Array;
    const [batch, dim] = [this.#batch, this.#dim];
    const draws = Array.from({ length: batch * dim }, (_, k) =>
      Float64Array.from({ length: this.#samples }, (__, i) => flat[i * batch * dim + k]!),
    );
    const share = (isCounted: (i: number) => boolean) => {
      let found = 0;
      for (let i = 0; i < this.#samples; i++) if (isCounted(i)) found++;
      return found / this.#samples;
    };
    const allowed = (p: number) => ERRORS * Math.sqrt(Math.max(p * (1 - p), 1e-4) / this.#samples) + TOLERANCE;
    const known = this.#known(() => this.#distribution.cdf(some));
    if (known !== undefined) {
      const cdf = this.numbers('cdf', known, [count, ...batchShape]);
      const survival = this.numbers('survival', this.#distribution.survival(some), [count, ...batchShape]);
      const rest = cdf.map((value) => 1 - value);
      this.near('survival', survival, rest, { allowed: () => TOLERANCE, as: '1 less its cdf' });
      const linesOf = Array.from({ length: batch }, (_, b) => draws.slice(b * dim, (b + 1) * dim));
      const counted = Array.from(cdf, (_, i) => {
        const [at, b] = [Math.floor(i / batch), i % batch];
        return b < ROWS ? share((n) => linesOf[b]!.every((line) => line[n]! <= line[at]!)) : Number.NaN;
      });
      this.near('cdf', cdf, counted, { allowed, at: () => ' at a sample', as: 'by counts of the samples' });
      if (!isDiscrete && dim === 1) this.#checkCdfSlope(some);
    }
    if (dim !== 1) return;
    const shares = [0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98];
    const p = tf.tensor(shares, [shares.length, ...batchShape.map(() => 1)]);
    const quantiles = this.#known(() => this.#distribution.quantile(p));
    if (quantiles === undefined) return;
    const values = this.numbers('quantile', quantiles, [shares.length, ...batchShape, ...eventShape]);
    values.forEach((got, i) => {
      const [wanted, b] = [shares[Math.floor(i / batch)]!, i % batch];
      if (b >= ROWS) return;
      const [below, upTo] = [share((n) => draws[b]![n]! < got), share((n) => draws[b]![n]! <= got)];
      if (below > wanted + allowed(wanted) || upTo < wanted - allowed(wanted)) {
        this.fail(
          `quantile: got ${got} for ${wanted}, expected what a share of ${wanted} of the samples is below; ${upTo} are`,
        );
      }
    });
    if (known === undefined || isDiscrete) return;
    const wanted = values.map((_, i) => shares[Math.floor(i / batch)]!);
    const again = this.#distribution.cdf(quantiles).dataSync();
    this.near('cdf of the quantile', again, wanted, { allowed: () => TOLERANCE, as: 'of which it is the quantile' });
  }

  #checkCdfSlope(some: tf.Tensor): void {
    const slopes = slopesOf((at) => this.#distribution.cdf(at), some).dataSync();
    const logProbs = this.#distribution.logProb(some).dataSync();
    const failed = Array.from(logProbs.keys()).filter((i) => {
      const density = portableMath.exp(logProbs[i]!);
      return !(Math.abs(slopes[i]! - density) <= 10 * TOLERANCE * (density + 1e-3));
    });
    if (failed.length <= logProbs.length / 4) return;
    const i = failed[0]!;
    this.fail(`cdf: gradient by x: got ${slopes[i]}, expected the density, ${portableMath.exp(logProbs[i]!)}`);
  }
}

/** Samples of one distribution of the batch. */
interface Row {
  readonly b: number;
  readonly events: readonly number[][];
  readonly logProbs: readonly number[];
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function squared(x: number): number {
  return x * x;
}

function average(values: Float64Array, f: (value: number) => number): number {
  return values.reduce((sum, value) => sum + f(value), 0) / values.length;
}

function covarianceOf(events: readonly (readonly number[])[]): number[][] {
  const centers = events[0]!.map((_, k) => mean(events.map((event) => event[k]!)));
  return centers.map((a, i) => centers.map((b, j) => mean(events.map((event) => (event[i]! - a) * (event[j]! - b)))));
}

/** L with L Lᵀ = A, lower triangular. */
function choleskyOf(matrix: readonly (readonly number[])[]): number[][] {
  const rows = matrix.map((row) => row.map(() => 0));
  matrix.forEach((row, i) => {
    for (let j = 0; j <= i; j++) {
      let rest = row[j]!;
      for (let k = 0; k < j; k++) rest -= rows[i]![k]! * rows[j]![k]!;
      rows[i]![j] = i === j ? Math.sqrt(rest) : rest / rows[j]![j]!;
    }
  });
  return rows;
}

/**
 * Means over points: of the logarithm of the distance to the fourth neighbour, and of how many dimensions the nearer ones fill, by Levina and
 * Bickel's estimate.
 */
function neighboursOf(
  points: readonly (readonly number[])[],
  angles: boolean,
): { logDistance: number; dimension: number } {
  let [distances, ratios] = [0, 0];
  points.forEach((point, i) => {
    const nearest = new Array<number>(NEIGHBOUR).fill(Number.POSITIVE_INFINITY);
    points.forEach((other, j) => {
      if (i === j) return;
      let square = 0;
      for (let k = 0; k < point.length; k++) {
        let apart = point[k]! - other[k]!;
        if (angles) apart -= TWO_PI * Math.round(apart / TWO_PI);
        square += apart * apart;
      }
      if (square >= nearest[NEIGHBOUR - 1]!) return;
      let at = NEIGHBOUR - 1;
      while (at > 0 && nearest[at - 1]! > square) {
        nearest[at] = nearest[at - 1]!;
        at--;
      }
      nearest[at] = square;
    });
    const logs = nearest.map((square) => portableMath.log(Math.max(square, 1e-30)) / 2);
    distances += logs[NEIGHBOUR - 1]!;
    ratios += logs.reduce((sum, log) => sum + logs[NEIGHBOUR - 1]! - log, 0);
  });
  return { logDistance: distances / points.length, dimension: ((NEIGHBOUR - 1) * points.length) / ratios };
}
