import { CONVOLUTIONS, convolutionOf } from '../graph/convolution.ts';
import { reachable } from '../graph/graph.ts';
import { costOf } from './graphCost.ts';
import { partition, type Stage } from './partition.ts';
import type { Program, Runtime } from './runtime.ts';
import { StagedExecutable } from './stagedExecutable.ts';

// What ONNX Runtime spends on an operation, in floating-point operations of matrix products: so many more it does in that time than
// WebAssembly, which multiplies four floats at once where ONNX Runtime multiplies eight or sixteen. Where both take as long, PPO's steps
// of a Gaussian, RealNVP and a spline flow have 39,000, 36,000 and 36,000 on one AMD EPYC with AVX-512, and 30,000, 30,000 and 28,000 on
// another, where an update of SAC has 42,000 (networks of 64 × 64, batches of 64 to 256, one thread; bench --border).
const FLOPS_PER_OPERATION = 36_000;

// ONNX Runtime makes a convolution image by image: it gathers the windows of each, which is a product of its own, and channels come second
// before it and last after it. So many operations take as long as that does for an image beside the floating-point operations. Both would
// take as long with 2.4 to 2.8 of them for networks of two convolutions on 7 × 7 pixels, with 4 to 5 on 8 × 8 (16 and 32 filters of 3 × 3,
// batches of 32 to 256, forward and training steps, processor time on the same processor).
const OPERATIONS_PER_IMAGE = 4;

/**
 * Floating-point operations of a program's products for each of its operations beside the arithmetic on variables. Each image of a convolution
 * counts as several.
 */
export function flopsPerOperation(program: Program, stages: readonly Stage[] = partition(program)): number {
  const operations = stages
    .filter(({ part }) => part === 'products')
    .reduce((sum, stage) => sum + operationsOf(stage), 0);
  const { productFlops } = costOf(program.outputs);
  return productFlops === 0 ? 0 : productFlops / operations;
}

function operationsOf({ outputs }: Stage): number {
  return reachable(outputs.map(([, value]) => value)).reduce((sum, node) => {
    const images = CONVOLUTIONS.has(node.op) ? convolutionOf(node).images[0] : 0;
    return sum + 1 + OPERATIONS_PER_IMAGE * images;
  }, 0);
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
