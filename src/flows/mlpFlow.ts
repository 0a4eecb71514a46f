import type { Bijector } from '../bijectors/bijector.ts';
import { Chain } from '../bijectors/chain.ts';
import { PRelu } from '../bijectors/elementwise/prelu.ts';
import { Conditioned } from '../bijectors/layers/conditioned.ts';
import { lowRankAffineFamily } from '../bijectors/layers/lowRankAffineFamily.ts';
import { positiveInteger } from '../nn/positiveInteger.ts';
import { Flow } from './flow.ts';
import type { FlowSizes } from './flowSizes.ts';

/** At 1 a PReLU is no bend, and where it might be one makes no difference. With its reciprocal in turn they begin near the identity. */
const INITIAL_SLOPE = 0.9;

/** Options of {@link mlpFlow}. */
export interface MlpFlowOptions extends FlowSizes {
  /** How many affine maps; there is a PReLU between any two. */
  readonly layers?: number;
  /** The columns of V; 2, or the dimension where that is less. */
  readonly rank?: number;
  /** Whether M is lower triangular (the default) or diagonal, which is linear in the dimension. */
  readonly triangular?: boolean;
  /** One slope a PReLU (the default), or one for each dimension. */
  readonly slopes?: 'shared' | 'perDimension';
  /** See {@link PRelu}; 0.1 by default, and 0 for the gradient of each log-density by itself. */
  readonly crossingWidth?: number;
}

/**
 * A flow that is built as a multilayer perceptron, of maps that can be inverted: affine maps shift + (M + V D Vᵀ) x and between them
 * PReLUs with learned slopes. Near the identity at first. With a context, the affine maps are functions of it.
 *
 * The flow of Eric Jang's "Normalizing Flows Tutorial, Part 1: Distributions and Determinants", 2018. It bends space once a layer,
 * and takes many for what one coupling does.
 */
export function mlpFlow({
  dim,
  contextDim = 0,
  layers = 6,
  rank,
  triangular = true,
  slopes = 'shared',
  crossingWidth = 0.1,
  hidden,
  activation,
  rng,
}: MlpFlowOptions): Flow {
  positiveInteger('mlpFlow', 'layers', layers);
  const family = lowRankAffineFamily({ triangular, ...(rank !== undefined && { rank }) });
  // From the data to the noise.
  const bijectors = Array.from({ length: layers }, (_, i): Bijector[] => {
    const affine = new Conditioned({
      dim,
      contextDim,
      family,
      ...(hidden !== undefined && { hidden }),
      activation,
      rng: rng.split(i),
    });
    if (i === 0) return [affine];
    const initialSlope = i % 2 === 1 ? INITIAL_SLOPE : 1 / INITIAL_SLOPE;
    return [new PRelu({ initialSlope, crossingWidth, ...(slopes === 'perDimension' && { dim }) }), affine];
  });
  return new Flow({ dim, contextDim, bijector: new Chain(bijectors.flat()) });
}
