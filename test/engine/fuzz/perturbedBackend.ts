import * as tf from '@tensorflow/tfjs-core';
import { Rng } from '../../../src/random.ts';
import { type Cpu, type Kernel, numbersIn, ofPairs, referenceKernel, registerLikeCpu } from './referenceBackend.ts';

/** How far another correct implementation of a kernel may be from tfjs-cpu, in units of the last place. */
interface Freedom {
  /** The freedom of each float input. */
  readonly inputs?: number;
  readonly outputs?: number;
  /** An absolute error besides. */
  readonly absolute?: number;
  /** A result of 0 may be a few subnormal units. */
  readonly underflows?: true;
  /** Another order of the terms rounds each partial sum, and it may overflow, where tfjs-cpu adds in float64. */
  readonly sums?: true;
  /** Partial products likewise, and they may underflow. */
  readonly products?: true;
}

const few = (names: string, freedom: Freedom): Record<string, Freedom> =>
  Object.fromEntries(names.split(' ').map((name) => [name, freedom]));

/** What is not here is exact: arithmetic of IEEE 754, comparisons, whatever moves numbers. */
const FREEDOMS: Readonly<Record<string, Freedom>> = {
  ...few('Log Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh Reciprocal Rsqrt Log1p Atan2', { outputs: 4 }),
  ...few('Elu Selu Erf', { outputs: 8 }),
  ...few('Exp Pow', { outputs: 4, underflows: true }),
  ...few('Sigmoid Softplus', { outputs: 8, underflows: true }),
  ...few('Tanh Expm1', { outputs: 8, absolute: 1e-41 }),
  // tfjs-cpu rounds once.
  ...few('LeakyRelu SquaredDifference', { outputs: 2 }),
  // Ours has no subnormal results.
  Softmax: { inputs: 1, outputs: 8, absolute: 2 ** -125 },
  ...few('Sum Cumsum BatchMatMul Einsum ScatterNd UnsortedSegmentSum Conv2D Conv2DBackpropInput Conv2DBackpropFilter', {
    outputs: 1,
    sums: true,
  }),
  FusedBatchNorm: { inputs: 2, outputs: 4 },
  ...few('Prod Cumprod', { inputs: 1, outputs: 1, products: true }),
};

let rng = new Rng('perturbation');

/** A unit of the last place, or two. */
function unit(x: number): number {
  return Math.max(2 ** -126, Math.abs(x)) * 2 ** -23;
}

function setEach(values: Float32Array, of: (value: number) => number): void {
  values.forEach((value, i) => {
    values[i] = of(value);
  });
}

function perturb(values: Float32Array, { ulps = 0, absolute = 0, underflows = false }): void {
  for (let i = 0; i < values.length; i++) {
    const x = values[i]!;
    const sign = rng.uniform() < 0.5 ? -1 : 1;
    // No engine keeps the sign of a zero.
    if (x === 0) values[i] = sign * ((underflows ? ulps * 2 ** -149 : 0) + absolute * rng.uniform());
    // All that is so small may be lost, and only 0 is false.
    else if (Math.abs(x) <= absolute && rng.uniform() < 0.5) values[i] = 0;
    else if (Number.isFinite(x)) values[i] = x + sign * (ulps * unit(x) + absolute) * rng.uniform();
  }
}

function floats(cpu: Cpu, info: tf.TensorInfo): Float32Array {
  return numbersIn(cpu, info) as Float32Array;
}

/** The inputs of a kernel with their floats changed. */
function mapped(cpu: Cpu, inputs: unknown, change: (values: Float32Array) => void): unknown {
  const one = (info: tf.TensorInfo | undefined | null): tf.TensorInfo | undefined | null => {
    if (info?.dtype !== 'float32') return info;
    const values = floats(cpu, info).slice();
    change(values);
    return cpu.makeTensorInfo(info.shape, 'float32', values);
  };
  if (Array.isArray(inputs)) return inputs.map(one);
  return Object.fromEntries(Object.entries(inputs as object).map(([name, info]) => [name, one(info)]));
}

/** Where a kernel's result is not finite, or subnormal, for changed inputs, another order of its steps may matter: NaN, or not. */
function markHazards(
  cpu: Cpu,
  results: tf.TensorInfo[],
  others: tf.TensorInfo[],
  isHazard: (x: number) => boolean,
): void {
  if (rng.uniform() < 0.5) return;
  results.forEach((result, k) => {
    if (result.dtype !== 'float32') return;
    const values = floats(cpu, result);
    floats(cpu, others[k]!).forEach((x, i) => {
      if (isHazard(x)) values[i] = Number.NaN;
    });
  });
}

/**
 * n terms added in float32, in any order, are within about √n·2⁻²⁴·Σ|term| of their sum (Higham & Mary, 2019, SIAM J. Sci. Comput.):
 * twice that. `sizes` are the sums of the absolute terms, `counts` those of ones.
 */
function roundPartialSums(cpu: Cpu, results: tf.TensorInfo[], sizes: tf.TensorInfo[], counts: tf.TensorInfo[]): void {
  results.forEach((result, k) => {
    if (result.dtype !== 'float32') return;
    const [values, size, count] = [result, sizes[k]!, counts[k]!].map((info) => floats(cpu, info)) as Float32Array[];
    values!.forEach((x, i) => {
      values![i] = x + (rng.uniform() - 0.5) * Math.sqrt(count![i]!) * 2 ** -22 * size![i]!;
    });
  });
}

const { fround } = Math;

/** What a call may be instead, as likely as not. */
const ALTERNATIVES: Readonly<Record<string, (own: Kernel) => Kernel>> = {
  // tfjs-cpu folds constants.
  Elu: (own) => own,
  Selu: (own) => own,
  // With each step rounded to float32.
  FloorDiv: (own) => (given) => {
    const { a, b } = given.inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
    if (a.dtype !== 'float32') return own(given);
    const x = ofPairs(given.backend as Cpu, [a, b], (p, q) => Math.floor(fround(p / q)));
    return on(given.backend, 'Cast', { x }, { dtype: 'int32' });
  },
  Mod: (own) => (given) => {
    const { a, b } = given.inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
    if (a.dtype !== 'float32') return own(given);
    return ofPairs(given.backend as Cpu, [a, b], (p, q) => (p < 0 === q < 0 ? p % q : fround((p % q) + q) % q));
  },
};

function perturbedKernel(kernelName: string, own: Kernel): Kernel {
  const freedom = FREEDOMS[kernelName] ?? {};
  const reference = referenceKernel(kernelName, own);
  const alternative = ALTERNATIVES[kernelName]?.(own);
  return (
    COMPOSED[kernelName] ??
    (({ inputs: given0, attrs, backend }) => {
      const inputs = given0 as Record<string, tf.TensorInfo>;
      const kernel = alternative !== undefined && rng.uniform() < 0.5 ? alternative : reference;
      const cpu = backend as Cpu;
      const run = (given: unknown): tf.TensorInfo[] => [kernel({ inputs: given, attrs, backend })].flat();
      const given = freedom.inputs ? mapped(cpu, inputs, (x) => perturb(x, { ulps: freedom.inputs })) : inputs;
      const result = kernel({ inputs: given, attrs, backend });
      const results = [result].flat();
      if (freedom.sums) {
        const sizes = run(mapped(cpu, inputs, (x) => setEach(x, Math.abs)));
        markHazards(cpu, results, sizes, (x) => !Number.isFinite(x));
        roundPartialSums(cpu, results, sizes, run(mapped(cpu, inputs, (x) => x.fill(1))));
      }
      if (freedom.products) {
        const large = run(mapped(cpu, inputs, (x) => setEach(x, (v) => Math.max(1, Math.abs(v)))));
        markHazards(cpu, results, large, (x) => !Number.isFinite(x));
        const small = run(mapped(cpu, inputs, (x) => setEach(x, (v) => (v === 0 ? 1 : Math.min(1, Math.abs(v))))));
        markHazards(cpu, results, small, (x) => x < 2 ** -120);
      }
      const shared = new Set(Object.values(inputs).map((info) => (info as tf.TensorInfo)?.dataId));
      for (const info of results) {
        if (info.dtype !== 'float32' || shared.has(info.dataId)) continue;
        perturb(floats(cpu, info), {
          ulps: freedom.outputs,
          absolute: freedom.absolute,
          underflows: freedom.underflows,
        });
      }
      return result;
    })
  );
}

/** Runs a kernel with its freedom. */
function on(backend: unknown, name: string, inputs: object, attrs: object = {}): tf.TensorInfo {
  const kernel = tf.getKernel(name, 'perturbed')!.kernelFunc as unknown as Kernel;
  return kernel({ inputs, attrs, backend }) as tf.TensorInfo;
}

/** Kernels that are others one after another, whose freedoms they have. */
const COMPOSED: Readonly<Record<string, Kernel>> = {
  Mean: ({ inputs, attrs, backend }) => {
    const { x } = inputs as { x: tf.TensorInfo };
    const axes = tf.util.parseAxisParam((attrs as { axis: number[] }).axis, x.shape);
    const count = axes.reduce((product, axis) => product * x.shape[axis]!, 1);
    const number = (backend as Cpu).makeTensorInfo([], 'float32', Float32Array.of(count));
    const float = on(backend, 'Cast', { x }, { dtype: 'float32' });
    // tfjs-cpu divides first, where the sum may overflow.
    if (rng.uniform() < 0.5) {
      return on(backend, 'Sum', { x: on(backend, 'RealDiv', { a: float, b: number }) }, attrs as object);
    }
    return on(backend, 'RealDiv', { a: on(backend, 'Sum', { x: float }, attrs as object), b: number });
  },
  _FusedMatMul: ({ inputs, attrs, backend }) => {
    const { a, b, bias } = inputs as Record<string, tf.TensorInfo>;
    const product = on(backend, 'BatchMatMul', { a, b }, attrs as object);
    const sum = bias === undefined ? product : on(backend, 'Add', { a: product, b: bias });
    const { activation } = attrs as { activation: string };
    const name = activation.charAt(0).toUpperCase() + activation.slice(1);
    return name === 'Linear' ? sum : on(backend, name, { x: sum });
  },
};

let isRegistered = false;

export function seedPerturbations(seed: number): void {
  rng = new Rng(seed);
}

/** The name of a backend that computes as tfjs-cpu does, but for roundings, which are random. */
export function perturbedBackend(): string {
  if (!isRegistered) {
    isRegistered = true;
    registerLikeCpu('perturbed', perturbedKernel);
  }
  return 'perturbed';
}
