import type { z } from 'zod';
import { Chain } from '../bijectors/chain.ts';
import { affineFamily } from '../bijectors/elementwise/elementwiseFamily.ts';
import { Conditioned } from '../bijectors/layers/conditioned.ts';
import { luFamily } from '../bijectors/layers/luFamily.ts';
import { ActNorm } from '../bijectors/linear/actNorm.ts';
import { parseOptions } from '../options/parseOptions.ts';
import { couplingLayers } from './couplingFlow.ts';
import { Flow } from './flow.ts';
import type { FlowDefinition } from './flowDefinition.ts';
import { layeredSizes, layersOption } from './flowOptions.ts';

const options = { layers: layersOption(4, 'steps of Glow, each with a coupling') };

export const glowOptions = layeredSizes.extend(options);

/** Options of {@link glow}. */
export type GlowOptions = z.input<typeof glowOptions>;

/**
 * Glow's steps on vectors: {@link ActNorm}, a linear map L U in the place of a fixed permutation, and an affine coupling. With a context, L U
 * is a function of it too. Before training it is N(0, I); `initializeActNorms` sets it to the data's scale.
 *
 * Kingma & Dhariwal, "Glow: Generative Flow with Invertible 1×1 Convolutions", arXiv:1807.03039.
 */
export function glow(options: GlowOptions): Flow {
  const parsed = parseOptions('glow', glowOptions, options);
  const { dim, contextDim, hidden, activation, initialScale, rng } = parsed;
  const couplings = couplingLayers(affineFamily, { ...parsed, initialScale: 1 }) as Chain;
  const steps = couplings.bijectors.flatMap((coupling, i) => [
    new ActNorm(dim),
    new Conditioned({ dim, contextDim, family: luFamily, hidden, activation, rng: rng.split(`lu${i}`) }),
    coupling,
  ]);
  return new Flow({ dim, contextDim, bijector: new Chain(steps) }).scaledBy(initialScale);
}

export const glowDefinition = {
  description: 'Glow flow: ActNorm, a linear map L U and an affine coupling in each layer',
  schema: glowOptions,
  options,
  make: glow,
} satisfies FlowDefinition;
