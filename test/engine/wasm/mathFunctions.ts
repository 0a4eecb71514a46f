import { Code, encodeModule, hold } from '../../../src/engine/wasm/code.ts';
import { type ScalarName, scalarFunction } from '../../../src/engine/wasm/math/scalar.ts';
import * as simd from '../../../src/engine/wasm/math/simd.ts';
import { erf } from '../../oracle/erf.ts';

/** How many numbers one call takes. */
export const BLOCK = 4096;

/** Applies a function to a block of floats. */
export type BlockFunction = (x: Float32Array) => Float32Array;

function vectorized(f: simd.SimdFunction): BlockFunction {
  const code = new Code();
  const at = code.local('i32');
  code.count(at, 0, 4 * BLOCK, 16, () => {
    const x = hold(code, (c) => {
      c.get(at);
      c.memory('v128.load', 0);
    });
    const y = hold(code, f(code, x));
    code.get(at);
    y(code);
    code.memory('v128.store', 4 * BLOCK);
  });
  const memory = new WebAssembly.Memory({ initial: 1 });
  const module = new WebAssembly.Module(encodeModule([{ name: 'run', code }]));
  const { run } = new WebAssembly.Instance(module, { env: { memory } }).exports;
  const [input, output] = [
    new Float32Array(memory.buffer, 0, BLOCK),
    new Float32Array(memory.buffer, 4 * BLOCK, BLOCK),
  ];
  return (x) => {
    input.set(x);
    (run as () => void)();
    return output.slice(0, x.length);
  };
}

/** A function of one or two float64 numbers. */
export function scalar(name: ScalarName): (x: number, y?: number) => number {
  const module = new WebAssembly.Module(encodeModule([{ name: 'run', code: scalarFunction(name) }]));
  const memory = new WebAssembly.Memory({ initial: 1 });
  return new WebAssembly.Instance(module, { env: { memory } }).exports.run as (x: number, y?: number) => number;
}

function oneByOne(name: ScalarName): BlockFunction {
  const f = scalar(name);
  return (x) => Float32Array.from(x, (value) => f(value));
}

export interface MathFunction {
  readonly compiled: BlockFunction;
  /** The same in float64. */
  readonly reference: (x: number) => number;
  /** The largest error, in units of the last place of the exact result. */
  readonly ulps: number;
  /** The largest value, where the function has one that no result may pass. */
  readonly bound?: number;
}

const SCALARS = ['Acos', 'Acosh', 'Asin', 'Asinh', 'Atan', 'Atanh', 'Cos', 'Cosh', 'Sin', 'Sinh', 'Tan'] as const;

export const MATH_FUNCTIONS: Readonly<Record<string, MathFunction>> = {
  exp: { compiled: vectorized(simd.exp), reference: Math.exp, ulps: 1 },
  expm1: { compiled: vectorized(simd.expm1), reference: Math.expm1, ulps: 2 },
  log: { compiled: vectorized(simd.log), reference: Math.log, ulps: 1 },
  log1p: { compiled: vectorized(simd.log1p), reference: Math.log1p, ulps: 2 },
  softplus: {
    compiled: vectorized(simd.softplus),
    reference: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    ulps: 2,
  },
  tanh: { compiled: vectorized(simd.tanh), reference: Math.tanh, ulps: 3, bound: 1 },
  sigmoid: {
    compiled: vectorized(simd.sigmoid),
    reference: (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
    ulps: 1,
    bound: 1,
  },
  Erf: { compiled: oneByOne('Erf'), reference: erf, ulps: 0.51, bound: 1 },
  ...Object.fromEntries(
    SCALARS.map((name) => [
      name,
      { compiled: oneByOne(name), reference: Math[name.toLowerCase() as 'sin'], ulps: 0.51 } satisfies MathFunction,
    ]),
  ),
};

const bits = new DataView(new ArrayBuffer(4));

/** The float with these bits. */
export function floatOf(pattern: number): number {
  bits.setUint32(0, pattern);
  return bits.getFloat32(0);
}

/** The distance between the floats around y. */
export function unitInLastPlace(y: number): number {
  return 2 ** Math.max(-149, Math.floor(Math.log2(Math.abs(y))) - 23);
}

export interface Accuracy {
  /** The largest error in units of the last place, and where. */
  ulps: number;
  at: number;
  /** Arguments whose result is wrong in kind: not the right zero, infinity or NaN, or beyond the bound. */
  wrong: number[];
}

/** Compares the results of a block of arguments. */
export function compare(f: MathFunction, x: Float32Array, accuracy: Accuracy): void {
  const results = f.compiled(x);
  x.forEach((argument, i) => {
    const [got, exact] = [results[i]!, f.reference(argument)];
    const wanted = Math.fround(exact);
    if (f.bound !== undefined && Math.abs(got) > f.bound) accuracy.wrong.push(argument);
    if (!Number.isFinite(wanted) || exact === 0) {
      // What rounds to infinity may as well be the largest float.
      const isLargest = Number.isFinite(exact) && Math.abs(got) === 3.4028234663852886e38;
      if (!Object.is(got, wanted) && !isLargest) accuracy.wrong.push(argument);
      return;
    }
    const error = Math.abs(got - exact) / unitInLastPlace(exact);
    if (!(error <= accuracy.ulps)) {
      accuracy.ulps = error;
      accuracy.at = argument;
    }
  });
}
