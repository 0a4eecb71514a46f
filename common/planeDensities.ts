import { Chain } from '../src/bijectors/composition.ts';
import { ShiftScale } from '../src/bijectors/shiftScale.ts';
import { Flow } from '../src/flows/flow.ts';
import { portableMath } from '../src/portableMath.ts';
import type { Rng } from '../src/random.ts';

const { exp, log, cosTurns, sinTurns } = portableMath;

const square = (x: number) => x * x;

/** A density over the plane that can be drawn from and evaluated, so that how far a model is above its entropy is known. */
export interface PlaneDensity {
  readonly title: string;
  /** Its pictures show the square [−extent, extent]². */
  readonly extent: number;
  /** How many draws there are to learn from; as many as a fit takes unless given. */
  readonly rows?: number;
  draw(rng: Rng): readonly [x: number, y: number];
  /** log p(x, y), nats. */
  logPdf(x: number, y: number): number;
}

/** `count` draws, row by row. */
export function drawRows(density: PlaneDensity, rng: Rng, count: number): Float32Array {
  const rows = new Float32Array(2 * count);
  for (let i = 0; i < count; i++) rows.set(density.draw(rng), 2 * i);
  return rows;
}

const CHECKERBOARD_LOG_AREA = log(32);

/** Uniform on every other of the 16 squares of side 2 in [−4, 4]². Its entropy is ln 32 = 3.466 nats. */
export const checkerboard: PlaneDensity = {
  title: 'checkerboard',
  extent: 4.5,
  draw(rng) {
    const column = rng.integer(0, 4);
    const row = 2 * rng.integer(0, 2) + (column % 2);
    return [2 * (column - 2) + 2 * rng.uniform(), 2 * (row - 2) + 2 * rng.uniform()];
  },
  logPdf(x, y) {
    const [column, row] = [Math.floor(x / 2), Math.floor(y / 2)];
    const isInside = Math.max(Math.abs(x), Math.abs(y)) <= 4 && (column + row) % 2 === 0;
    return isInside ? -CHECKERBOARD_LOG_AREA : Number.NEGATIVE_INFINITY;
  },
};

const GAUSSIANS_RADIUS = 4 / Math.SQRT2;
const GAUSSIANS_STD = 0.5 / Math.SQRT2;
const GAUSSIANS_CENTERS = Array.from(
  { length: 8 },
  (_, i) => [GAUSSIANS_RADIUS * cosTurns(i / 8), GAUSSIANS_RADIUS * sinTurns(i / 8)] as const,
);

/** Eight Gaussians on a circle, as "FFJORD", arXiv:1810.01367, has them. Its entropy is 2.833 nats. */
export const eightGaussians: PlaneDensity = {
  title: '8 Gaussians',
  extent: 4.5,
  draw(rng) {
    const [x, y] = GAUSSIANS_CENTERS[rng.integer(0, 8)]!;
    return [rng.normal(x, GAUSSIANS_STD), rng.normal(y, GAUSSIANS_STD)];
  },
  logPdf(x, y) {
    const kernels = GAUSSIANS_CENTERS.map(
      ([cx, cy]) => -(square(x - cx) + square(y - cy)) / (2 * square(GAUSSIANS_STD)),
    );
    const most = Math.max(...kernels);
    const sum = kernels.reduce((total, kernel) => total + exp(kernel - most), 0);
    return most + log(sum / 8 / (2 * Math.PI * square(GAUSSIANS_STD)));
  },
};

const MOONS_NOISE = 0.05;
/** The mean and the standard deviation of the moons with their noise; E[sin θ] on half a circle is 2/π. */
const MOONS_MEAN = [0.5, 0.25] as const;
const MOONS_STD = [
  Math.sqrt(0.75 + square(MOONS_NOISE)),
  Math.sqrt((0.5 + 0.75 - 2 / Math.PI) / 2 - 0.0625 + square(MOONS_NOISE)),
] as const;

/** A point of the outer or the inner moon, half a turn long. */
function onMoon(isOuter: boolean, share: number): readonly [number, number] {
  const [cos, sin] = [cosTurns(share / 2), sinTurns(share / 2)];
  return isOuter ? [cos, sin] : [1 - cos, 0.5 - sin];
}

const MOONS_NODES = 1200;
const moonsPoints = Float64Array.from(
  Array.from({ length: MOONS_NODES }, (_, i) =>
    onMoon(i % 2 === 0, (Math.floor(i / 2) + 0.5) / (MOONS_NODES / 2)),
  ).flat(),
);

/** Two moons with noise 0.05, brought to mean 0 and variance 1; 1,000 draws to learn from. */
export const twoMoons: PlaneDensity = {
  title: 'two moons, 1,000 draws',
  extent: 2.2,
  rows: 1000,
  draw(rng: Rng) {
    const [x, y] = onMoon(rng.uniform() < 0.5, rng.uniform());
    return [
      (rng.normal(x, MOONS_NOISE) - MOONS_MEAN[0]) / MOONS_STD[0],
      (rng.normal(y, MOONS_NOISE) - MOONS_MEAN[1]) / MOONS_STD[1],
    ];
  },
  logPdf: (x, y) =>
    logOfBlurred(moonsPoints, MOONS_NOISE, x * MOONS_STD[0] + MOONS_MEAN[0], y * MOONS_STD[1] + MOONS_MEAN[1]) +
    log(MOONS_STD[0] * MOONS_STD[1]),
};

const RINGS_NOISE = 0.08;
const RINGS_RADII = [3, 2.25, 1.5, 0.75];
const RINGS_NODES = 800;

const ringsPoints = Float64Array.from(
  RINGS_RADII.flatMap((radius) =>
    Array.from({ length: RINGS_NODES }, (_, i) => [
      radius * cosTurns(i / RINGS_NODES),
      radius * sinTurns(i / RINGS_NODES),
    ]),
  ).flat(),
);

/** Four rings of equal weight with noise 0.08. */
export const rings: PlaneDensity = {
  title: 'rings',
  extent: 3.6,
  draw(rng) {
    const radius = RINGS_RADII[rng.integer(0, RINGS_RADII.length)]!;
    const turn = rng.uniform();
    return [rng.normal(radius * cosTurns(turn), RINGS_NOISE), rng.normal(radius * sinTurns(turn), RINGS_NOISE)];
  },
  logPdf: (x, y) => logOfBlurred(ringsPoints, RINGS_NOISE, x, y),
};

/**
 * log of the density of a point chosen evenly of `points` plus normal noise: with points dense beside the noise, that of a curve.
 * @param points `[x, y]`, row by row
 */
function logOfBlurred(points: Float64Array, std: number, x: number, y: number): number {
  const scale = -1 / (2 * std * std);
  let nearest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < points.length; i += 2) {
    nearest = Math.min(nearest, square(points[i]! - x) + square(points[i + 1]! - y));
  }
  let sum = 0;
  for (let i = 0; i < points.length; i += 2) {
    const further = square(points[i]! - x) + square(points[i + 1]! - y) - nearest;
    // Below e⁻⁴⁰ of the nearest one's share.
    if (further * scale > -40) sum += exp(further * scale);
  }
  return nearest * scale + log(sum / (points.length / 2) / (2 * Math.PI * std * std));
}

const PINWHEEL_ARMS = 5;
const PINWHEEL_RADIAL = 0.3;
const PINWHEEL_TANGENTIAL = 0.1;
/** Radians by which an arm is turned at its root, growing as exp of the distance along it. */
const PINWHEEL_RATE = 0.25;
const PINWHEEL_SIZE = 2;

const turnsAt = (arm: number, along: number): number =>
  arm / PINWHEEL_ARMS + (PINWHEEL_RATE * exp(along)) / (2 * Math.PI);

/** log of the density of one arm's own coordinates: normal, less that of the area by which the turning stretches it. */
function logOfArm(along: number, across: number): number {
  const area = 1 - PINWHEEL_RATE * exp(along) * across;
  const kernel = -0.5 * (square((along - 1) / PINWHEEL_RADIAL) + square(across / PINWHEEL_TANGENTIAL));
  return kernel - log(2 * Math.PI * PINWHEEL_RADIAL * PINWHEEL_TANGENTIAL * Math.abs(area));
}

/** Five arms, each a Gaussian that is turned the more the further out. */
export const pinwheel: PlaneDensity = {
  title: 'pinwheel',
  extent: 4.2,
  draw(rng) {
    const arm = rng.integer(0, PINWHEEL_ARMS);
    const [along, across] = [rng.normal(1, PINWHEEL_RADIAL), rng.normal(0, PINWHEEL_TANGENTIAL)];
    const turns = turnsAt(arm, along);
    const [cos, sin] = [cosTurns(turns), sinTurns(turns)];
    return [PINWHEEL_SIZE * (along * cos - across * sin), PINWHEEL_SIZE * (along * sin + across * cos)];
  },
  logPdf(x, y) {
    const distance = Math.sqrt(x * x + y * y) / PINWHEEL_SIZE;
    let total = 0;
    for (let arm = 0; arm < PINWHEEL_ARMS; arm++) {
      /** How far the point lies along the arm that is turned as at `along`, less `along`: 0 where they agree. */
      const miss = (along: number): number => {
        const turns = turnsAt(arm, along);
        return (x * cosTurns(turns) + y * sinTurns(turns)) / PINWHEEL_SIZE - along;
      };
      for (const along of roots(
        miss,
        Math.max(-distance, 1 - 8 * PINWHEEL_RADIAL),
        Math.min(distance, 1 + 8 * PINWHEEL_RADIAL),
      )) {
        const turns = turnsAt(arm, along);
        total += exp(logOfArm(along, (y * cosTurns(turns) - x * sinTurns(turns)) / PINWHEEL_SIZE));
      }
    }
    return log(total / PINWHEEL_ARMS / square(PINWHEEL_SIZE));
  },
};

/** Where a function changes its sign on an interval that 64 steps resolve. */
function roots(f: (t: number) => number, low: number, high: number): number[] {
  const found: number[] = [];
  let [before, atBefore] = [low, f(low)];
  for (let i = 1; i <= 64; i++) {
    const at = low + ((high - low) * i) / 64;
    const value = f(at);
    if (atBefore < 0 !== value < 0) found.push(bisect(f, before, at, atBefore < 0));
    [before, atBefore] = [at, value];
  }
  return found;
}

function bisect(f: (t: number) => number, low: number, high: number, rises: boolean): number {
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (f(middle) < 0 === rises) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** x₂ ~ N(0, 4²), x₁ ~ N(x₂²/4, 1): the banana of the tutorial. */
export function drawBanana(rng: Rng, count: number): Float32Array {
  const rows = rng.fillNormal(new Float32Array(2 * count));
  for (let i = 0; i < rows.length; i += 2) {
    const x2 = 4 * rows[i + 1]!;
    rows[i] = rows[i]! + square(x2) / 4;
    rows[i + 1] = x2;
  }
  return rows;
}

const LOG_TWO_PI = log(2 * Math.PI);

/** log p(x₁, x₂). */
export function bananaLogDensity(x1: number, x2: number): number {
  return -0.5 * (square(x1 - square(x2) / 4) + square(x2 / 4)) - LOG_TWO_PI - log(4);
}

/** What is exactly known of it; nats. */
export const BANANA = {
  /** The least mean negative log-likelihood that any model can have. */
  entropy: LOG_TWO_PI + 1 + log(4),
  /** That of the best Gaussian, of the same mean and covariance: its variances are 33 and 16, and its covariance is 0. */
  gaussian: LOG_TWO_PI + 1 + 0.5 * log(33 * 16),
  mean: [4, 0],
  variance: [33, 16],
} as const;

/** How flows see it. About one draw of 2000 is beyond the bound. */
export const BANANA_STANDARD: Standard = { mean: BANANA.mean, deviation: BANANA.variance.map(Math.sqrt), bound: 8 };

/** What is known of data before a flow learns them. */
export interface Standard {
  /** Number by number. */
  readonly mean: readonly number[];
  /** Standard deviations, number by number. */
  readonly deviation: readonly number[];
  /** Splines act on [−bound, bound], in standard deviations from the mean. */
  readonly bound: number;
}

/** A flow from N(0, I) whose outermost layer gives the data their mean and deviation: the layers within are made for numbers near 1. */
export function standardized({ dim, bijector }: Flow, { mean, deviation }: Standard): Flow {
  return new Flow({ dim, bijector: new Chain([new ShiftScale({ shift: mean, scale: deviation }), bijector]) });
}
