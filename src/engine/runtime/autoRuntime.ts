import { CONVOLUTIONS, convolutionOf } from '../graph/convolution.ts';
import { reachable } from '../graph/graph.ts';
import { elementCount, type Node } from '../graph/value.ts';
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

// Where all pairs of a row are compared, as quantiles are with their targets, ONNX Runtime goes through memory for each operation, and
// WebAssembly, which fuses them, once for all. What has more elements than so many results of the largest product counts by its elements.
// An update of TQC takes less time on WebAssembly by a factor of 2.1 with networks of 64-64, by 1.4 with 128-128, and as much or up to 1.4 times
// more with 256-256 (batches of 256, 25 quantiles of two critics, processor time beside other work).
const PAIRS_PER_RESULT = 4;
const PAIRS_PER_OPERATION = 1000;

/**
 * Floating-point operations of a program's products for each of its operations beside the arithmetic on variables. Each image of a convolution
 * counts as several, and so does an operation on many more elements than any product has.
 */
export function flopsPerOperation(program: Program, stages: readonly Stage[] = partition(program)): number {
  const { productFlops } = costOf(program.outputs);
  if (productFlops === 0) return 0;
  const nodes = stages.filter(({ part }) => part === 'products').map(nodesOf);
  const largest = Math.max(...nodes.flat().filter(isProduct).map(elementsOf));
  return productFlops / nodes.flat().reduce((sum, node) => sum + operationsOf(node, largest), 0);
}

function nodesOf({ outputs }: Stage): readonly Node[] {
  return reachable(outputs.map(([, value]) => value));
}

function isProduct({ op }: Node): boolean {
  return op === 'MatMul' || CONVOLUTIONS.has(op);
}

/** The largest of what it reads and writes. */
function elementsOf({ inputs, outputs }: Node): number {
  return Math.max(...[...inputs, ...outputs].map(({ shape }) => elementCount(shape)));
}

/** @param largest elements of the largest product */
function operationsOf(node: Node, largest: number): number {
  if (CONVOLUTIONS.has(node.op)) return 1 + OPERATIONS_PER_IMAGE * convolutionOf(node).images[0];
  const elements = elementsOf(node);
  return elements > PAIRS_PER_RESULT * largest ? elements / PAIRS_PER_OPERATION : 1;
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
