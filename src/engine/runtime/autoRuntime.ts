import { elementCount } from '../graph/value.ts';
import { costOf } from './graphCost.ts';
import type { Program, Runtime } from './runtime.ts';

// What ONNX Runtime spends on an operation, and on a number of the state that is changed (it copies what it hands over, and an optimizer
// is a dozen passes over it), in floating-point operations of matrix products: so many more it does in that time than WebAssembly, which
// multiplies four floats at once where ONNX Runtime multiplies eight or sixteen. Fitted to PPO steps and to sampling of a Gaussian, RealNVP
// and a spline flow with networks of 64 × 64 and 256 × 256, batches from 1 to 2048, on one thread of two AMD EPYC: on one (AVX2) the rule
// takes the faster engine, or one within 5 %, in all 72 rows; on the other (AVX-512) in 10 of 11 near the border, and ONNX Runtime where
// WebAssembly is 1.3 times faster in one (Gaussian step, 64 × 64, 256 rows). Further from the border the differences grow to 37 times and
// to .2.
const FLOPS_PER_OPERATION = 30_500;
const FLOPS_PER_STATE = 106;

function isSmall({ outputs, moving }: Program): boolean {
  const { nodes, productFlops } = costOf(outputs);
  const state = outputs
    .filter(([name]) => moving.includes(name))
    .reduce((sum, [, { shape }]) => sum + elementCount(shape), 0);
  return productFlops <= FLOPS_PER_OPERATION * nodes + FLOPS_PER_STATE * state;
}

/**
 * Runs programs of small operations in `small`, others in `large`, by a rule on their shapes alone, so that the same program always
 * runs in the same one. Variables are in the storage of `small`, which `large` reads and writes in place too.
 */
export function autoRuntime(small: Runtime, large: Runtime): Runtime {
  return {
    name: `${small.name} and ${large.name}`,
    allocate: small.allocate,
    load: (program) => (isSmall(program) ? small : large).load(program),
  };
}
