import { elementCount } from '../graph/value.ts';
import { costOf } from './graphCost.ts';
import type { Program, Runtime } from './runtime.ts';

// What ONNX Runtime spends on an operation, and on a number of the state that is changed (it copies what it hands over, and an optimizer
// is a dozen passes over it), in floating-point operations of matrix products: so many more it does in that time than WebAssembly, which
// multiplies four floats at once where ONNX Runtime multiplies eight or sixteen. Fitted to PPO steps and to sampling of a Gaussian, RealNVP
// and a spline flow with networks of 64 × 64 and 256 × 256 on one thread of an AMD EPYC with AVX-512. ONNX Runtime's time ÷ WebAssembly's,
// where the rule takes WebAssembly: 1.5 (RealNVP step, 64 rows), 1.3 and 1.1 (Gaussian and spline step, 256), 1.5 (spline step, 256 × 256, 64),
// .94 (Gaussian step, 256 × 256, 64), 1.03 (RealNVP sampling, 64); where it takes ONNX Runtime: .82 (RealNVP step, 256), .88, .54, .96
// (sampling, 256), .62 to .99 (sampling, 256 × 256). Further from the border the differences grow to 37 times and to .2.
const FLOPS_PER_OPERATION = 25_000;
const FLOPS_PER_STATE = 300;

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
