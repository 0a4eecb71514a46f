import { costOf } from './graphCost.ts';
import type { Runtime } from './runtime.ts';

/**
 * Up to how many floating-point operations of its products an operation of a graph counts as small. ONNX Runtime spends about a
 * microsecond on each operation; a WebAssembly module next to nothing, but it multiplies four floats at a time where ONNX Runtime
 * multiplies eight or sixteen. On one thread of an AMD EPYC with AVX-512, ONNX Runtime's time ÷ WebAssembly's, for PPO steps and
 * sampling of a Gaussian, RealNVP and a spline flow of 64 × 64 and 256 × 256: 3.6 to 27 up to 5 kFLOP an operation, 1.5 to 12 at
 * 5 to 30, .8 to 1.6 at 30 to 100, .2 to .7 above.
 */
const SMALL = 40_000;

/**
 * Runs programs of small operations in `small`, others in `large`, by a rule on their shapes alone, so that the same program always
 * runs in the same one. Variables are in the storage of `small`, which `large` reads and writes in place too.
 */
export function autoRuntime(small: Runtime, large: Runtime): Runtime {
  return {
    name: `${small.name} and ${large.name}`,
    allocate: small.allocate,
    load(program) {
      const { nodes, productFlops } = costOf(program.outputs);
      return (productFlops <= SMALL * nodes ? small : large).load(program);
    },
  };
}
