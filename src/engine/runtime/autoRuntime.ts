import { costOf } from './graphCost.ts';
import { partition, type Stage } from './partition.ts';
import type { Program, Runtime } from './runtime.ts';
import { StagedExecutable } from './stagedExecutable.ts';

// What ONNX Runtime spends on an operation, in floating-point operations of matrix products: so many more it does in that time than
// WebAssembly, which multiplies four floats at once where ONNX Runtime multiplies eight or sixteen. Where both take as long, PPO's steps
// of a Gaussian, RealNVP and a spline flow have 39,000, 36,000 and 36,000 on one AMD EPYC with AVX-512, and 30,000, 30,000 and 28,000 on
// another, where an update of SAC has 42,000 (networks of 64 × 64, batches of 64 to 256, one thread; bench --border).
const FLOPS_PER_OPERATION = 36_000;

/** Floating-point operations of a program's products for each of its operations beside the arithmetic on variables. */
export function flopsPerOperation(program: Program, stages: readonly Stage[] = partition(program)): number {
  const nodes = stages
    .filter(({ part }) => part === 'products')
    .reduce((sum, stage) => sum + costOf(stage.outputs).nodes, 0);
  const { productFlops } = costOf(program.outputs);
  return productFlops === 0 ? 0 : productFlops / nodes;
}

/**
 * Runs programs of small operations in `small`. Of others the matrix products and what surrounds them run in `large`, and the arithmetic on
 * variables, an optimizer's say, in `small`, which changes them where they are. What runs where is decided by a rule on shapes alone, so
 * that the same program always runs in the same way. Variables are in the storage of `small`, which `large` reads in place too.
 *
 * @param border the floating-point operations for each operation up to which a program is one of small operations
 */
export function autoRuntime(small: Runtime, large: Runtime, border = FLOPS_PER_OPERATION): Runtime {
  return {
    name: `${small.name} and ${large.name}`,
    allocate: small.allocate,
    dispose: () => small.dispose?.(),
    load(program) {
      const stages = partition(program);
      if (flopsPerOperation(program, stages) <= border) return small.load(program);
      if (stages.length === 1) return large.load(program);
      const runtimeOf = ({ part }: Stage): Runtime => (part === 'products' ? large : small);
      return new StagedExecutable(program, `${large.name} and ${small.name}`, stages, runtimeOf, small);
    },
  };
}
