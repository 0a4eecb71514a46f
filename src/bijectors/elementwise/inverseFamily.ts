import { Invert } from '../invert.ts';
import type { ElementwiseFamily } from './elementwiseFamily.ts';

/** The family of the inverses of a family's bijectors: forward and inverse, and what each costs, change places. */
export function inverseFamily(family: ElementwiseFamily): ElementwiseFamily {
  return {
    ...family,
    name: `inverse ${family.name}`,
    bijector: (parameters, dim) => new Invert(family.bijector(parameters, dim)),
  };
}
