import type { Rng } from '../random.ts';
import { claimNumbers } from './sizes.ts';

/** Values for a kernel `[fanIn, fanOut]`, row by row. */
export type Initializer = (fanIn: number, fanOut: number, rng: Rng) => Float32Array;

/** Every entry 0. */
export const zeros: Initializer = (fanIn, fanOut) => new Float32Array(fanIn * fanOut);

/** U(±gain·√(3 / fanIn)): variance gain²/fanIn. LeCun et al., "Efficient BackProp", 1998; He's rule has gain √2. */
export function lecunUniform(gain = 1): Initializer {
  return (fanIn, fanOut, rng) => {
    const limit = gain * Math.sqrt(3 / fanIn);
    return Float32Array.from({ length: fanIn * fanOut }, () => rng.uniform(-limit, limit));
  };
}

/**
 * `gain` × a uniformly random (semi-)orthogonal matrix: the shorter side's vectors are orthogonal and of length `gain`.
 *
 * Saxe, McClelland & Ganguli, "Exact solutions to the nonlinear dynamics of learning", arXiv:1312.6120.
 */
export function orthogonal(gain = 1): Initializer {
  return (fanIn, fanOut, rng) => {
    // A matrix that is no variable, as a flow's turns.
    claimNumbers(fanIn * fanOut);
    const vectors = Math.min(fanIn, fanOut);
    const length = Math.max(fanIn, fanOut);
    const basis = orthonormalVectors(vectors, length, rng);
    const kernel = new Float32Array(fanIn * fanOut);
    for (let v = 0; v < vectors; v++) {
      for (let i = 0; i < length; i++) kernel[fanIn <= fanOut ? v * fanOut + i : i * fanOut + v] = gain * basis[v]![i]!;
    }
    return kernel;
  };
}

/** Gram–Schmidt on Gaussian vectors, each reduced twice: once is not enough when a vector nearly lies in the span. */
function orthonormalVectors(count: number, length: number, rng: Rng): Float64Array[] {
  const basis: Float64Array[] = [];
  for (let v = 0; v < count; v++) {
    const vector = rng.fillNormal(new Float64Array(length));
    for (let pass = 0; pass < 2; pass++) {
      const blocks = v - (v % 4);
      for (let other = 0; other < blocks; other += 4) reduceByFour(vector, basis, other);
      for (let other = blocks; other < v; other++) reduce(vector, basis[other]!);
    }
    const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
    basis.push(vector.map((value) => value / norm));
  }
  return basis;
}

/** Takes from a vector what lies along another of length 1. */
function reduce(vector: Float64Array, other: Float64Array): void {
  let dot = 0;
  for (let i = 0; i < vector.length; i++) dot += vector[i]! * other[i]!;
  for (let i = 0; i < vector.length; i++) vector[i]! -= dot * other[i]!;
}

/** The same for four that are orthogonal: their sums do not wait for each other, which takes half the time. */
function reduceByFour(vector: Float64Array, basis: readonly Float64Array[], first: number): void {
  const [p, q, r, s] = basis.slice(first, first + 4) as [Float64Array, Float64Array, Float64Array, Float64Array];
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < vector.length; i++) {
    const x = vector[i]!;
    a += x * p[i]!;
    b += x * q[i]!;
    c += x * r[i]!;
    d += x * s[i]!;
  }
  for (let i = 0; i < vector.length; i++) vector[i]! -= a * p[i]! + b * q[i]! + c * r[i]! + d * s[i]!;
}
