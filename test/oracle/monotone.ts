import { type FamilyOracle, own } from './bijectors.ts';

/** Elementwise increasing maps that are affine beyond ±bound, in float64: from their densities and distribution functions. */

const bounded = (raw: number, greatest: number): number => greatest * Math.tanh(raw / greatest);
const slopeOf = (raw: number): number => Math.exp(bounded(raw, 5));
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** A map of single numbers and its slope. */
interface Curve {
  readonly value: (x: number) => number;
  readonly slope: (x: number) => number;
}

/** A family of curves, each given by `count` parameters and continued by its tangents beyond ±bound. */
const curves =
  (count: number, bound: number, curve: (parameters: number[]) => Curve): FamilyOracle =>
  (parameters) => {
    const made: Curve[] = [];
    return (x) =>
      x.map((number, i) => {
        made[i] ??= curve(own(parameters, x.length, i, 0, count));
        const inside = Math.min(Math.max(number, -bound), bound);
        const value = made[i].value(inside);
        return number === inside ? value : value + (number - inside) * made[i].slope(inside);
      });
  };

/** Gauss's rule of five points on [−1, 1]: 0 and two pairs. */
const OUTER = [Math.sqrt(5 - 2 * Math.sqrt(10 / 7)) / 3, Math.sqrt(5 + 2 * Math.sqrt(10 / 7)) / 3] as const;
const WEIGHTS = [(322 + 13 * Math.sqrt(70)) / 900, (322 - 13 * Math.sqrt(70)) / 900] as const;

/** ∫₀ˣ f by Gauss's rule on pieces. */
function integral(f: (t: number) => number, x: number, pieces: number): number {
  const half = x / pieces / 2;
  let sum = 0;
  for (let i = 0; i < pieces; i++) {
    const middle = (2 * i + 1) * half;
    sum += (128 / 225) * f(middle);
    OUTER.forEach((node, k) => {
      sum += WEIGHTS[k]! * (f(middle + node * half) + f(middle - node * half));
    });
  }
  return sum * half;
}

/** de Casteljau's algorithm. */
function bezier(points: number[], u: number): number {
  let row = points;
  while (row.length > 1) row = row.slice(1).map((next, k) => (1 - u) * row[k]! + u * next);
  return row[0]!;
}

export const bernstein = (degree: number, bound: number): FamilyOracle =>
  curves(1 + degree, bound, ([shift, ...raw]) => {
    const slopes = raw.map(slopeOf);
    const control = [0];
    for (const slope of slopes) control.push(control.at(-1)! + (slope * 2 * bound) / degree);
    const middle = (control[0]! + control.at(-1)!) / 2;
    const u = (x: number) => (x + bound) / (2 * bound);
    return {
      value: (x) => shift! + bezier(control, u(x)) - middle,
      slope: (x) => bezier(slopes, u(x)),
    };
  });

/** For a degree of 4 at most, where the rule is exact. */
export const sumOfSquares = (polynomials: number, degree: number, bound: number): FamilyOracle =>
  curves(1 + polynomials * (degree + 1), bound, ([shift, ...raw]) => {
    const slope = (x: number): number => {
      let sum = 0;
      for (let k = 0; k < polynomials; k++) {
        const centre = polynomials === 1 ? 0 : -1 + (2 * k) / (polynomials - 1);
        let p = 1;
        for (let r = 0; r <= degree; r++) {
          p += bounded(raw[k * (degree + 1) + r]!, 5) * ((x / bound - centre) / (1 + Math.abs(centre))) ** r;
        }
        sum += p * p;
      }
      return 1e-3 + (0.999 * sum) / polynomials;
    };
    return { value: (x) => shift! + integral(slope, x, 1), slope };
  });

/** One layer: of its number and its slope. */
function sigmoidal(raw: number[], units: number): Curve {
  const mixture = (weights: number[], steepness: number[], locations: number[]): Curve => {
    const over = (f: (z: number, k: number) => number) => (x: number) =>
      weights.reduce((sum, weight, k) => sum + weight * f(steepness[k]! * (x - locations[k]!), k), 0);
    const below = over((z) => sigmoid(z));
    const above = over((z) => sigmoid(-z));
    const density = over((z, k) => steepness[k]! * sigmoid(z) * sigmoid(-z));
    return { value: (x) => Math.log(below(x) / above(x)), slope: (x) => density(x) / (below(x) * above(x)) };
  };
  const evenly = Array.from({ length: units }, (_, k) => -4 + (8 * (k + 0.5)) / units);
  const exponentials = raw.slice(0, units).map(Math.exp);
  const total = exponentials.reduce((a, b) => a + b, 0);
  const g = mixture(
    exponentials.map((each) => each / total),
    raw.slice(units, 2 * units).map(slopeOf),
    raw.slice(2 * units, 3 * units).map((move, k) => move + evenly[k]!),
  );
  const g0 = mixture(
    evenly.map(() => 1 / units),
    evenly.map(() => 1),
    evenly,
  );
  const alpha = slopeOf(raw[3 * units]!);
  return {
    value: (x) => alpha * (x - 0.9 * g0.value(x)) + 0.9 * g.value(x),
    slope: (x) => alpha * (1 - 0.9 * g0.slope(x)) + 0.9 * g.slope(x),
  };
}

export const deepSigmoidal = (layers: number, units: number, bound: number): FamilyOracle =>
  curves(layers * (3 * units + 1), bound, (raw) => {
    const size = 3 * units + 1;
    const each = Array.from({ length: layers }, (_, i) => sigmoidal(raw.slice(i * size, (i + 1) * size), units));
    return {
      value: (x) => each.reduce((y, layer) => layer.value(y), x),
      slope: (x) => {
        let [y, slope] = [x, 1];
        for (const layer of each) [y, slope] = [layer.value(y), slope * layer.slope(y)];
        return slope;
      },
    };
  });

export const gaussianization = (components: number, bound: number): FamilyOracle => deepSigmoidal(1, components, bound);

export const unconstrainedMonotonic = (units: number, bound: number): FamilyOracle =>
  curves(2 + 3 * units, bound, ([shift, constant, ...raw]) => {
    const slope = (x: number): number => {
      let sum = constant!;
      for (let j = 0; j < units; j++) {
        const centre = raw[2 * units + j]! - 4 + (8 * (j + 0.5)) / units;
        const steepness = Math.exp(bounded(raw[units + j]!, Math.LN2));
        sum += bounded(raw[j]!, 2) * Math.tanh(steepness * ((5 * x) / bound - centre));
      }
      return slopeOf(sum);
    };
    return { value: (x) => shift! + integral(slope, x, 12), slope };
  });
