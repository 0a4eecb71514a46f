import { divide, subtract, unary } from '../graph/elementwise.ts';
import { reduce } from '../graph/reductions.ts';
import type { Expansion } from '../graph/rewrite.ts';

/** exp(x − max) / Σ exp(x − max) along an axis. */
const softmax: Expansion = (g, [x], { attributes }) => {
  const rank = x!.shape.length;
  const axes = [((attributes.axis as number) + rank) % rank];
  const powers = unary(g, 'Exp', subtract(g, x!, reduce(g, 'ReduceMax', x!, axes, true)));
  return [divide(g, powers, reduce(g, 'ReduceSum', powers, axes, true))];
};

/** Operations of the graph that are made of others here. */
export const EXPANSIONS: Readonly<Record<string, Expansion>> = { Softmax: softmax };
