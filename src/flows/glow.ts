import { Chain } from '../bijectors/chain.ts';
import { affineFamily } from '../bijectors/elementwise/elementwiseFamily.ts';
import { Conditioned } from '../bijectors/layers/conditioned.ts';
import { luFamily } from '../bijectors/layers/luFamily.ts';
import { ActNorm } from '../bijectors/linear/actNorm.ts';
import { type CouplingFlowOptions, couplingLayers } from './couplingFlow.ts';
import { Flow } from './flow.ts';

/**
 * Glow's steps on vectors: {@link ActNorm}, a linear map L U in the place of a fixed permutation, and an affine coupling. With a context, L U
 * is a function of it too. Before training it is N(0, I); `initializeActNorms` sets it to the data's scale.
 *
 * Kingma & Dhariwal, "Glow: Generative Flow with Invertible 1×1 Convolutions", arXiv:1807.03039.
 */
export function glow({ layers = 4, ...options }: CouplingFlowOptions): Flow {
  const { dim, contextDim = 0, hidden, activation, rng } = options;
  const couplings = couplingLayers(affineFamily, { ...options, layers }) as Chain;
  const steps = couplings.bijectors.flatMap((coupling, i) => [
    new ActNorm(dim),
    new Conditioned({
      dim,
      contextDim,
      family: luFamily,
      ...(hidden !== undefined && { hidden }),
      activation,
      rng: rng.split(`lu${i}`),
    }),
    coupling,
  ]);
  return new Flow({ dim, contextDim, bijector: new Chain(steps) });
}
