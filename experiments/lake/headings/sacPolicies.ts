import type { Settings } from '../../harness/tuning/searchSpace.ts';
import type { HeadingPolicy } from './headingPolicies.ts';

/**
 * The policies over headings that SAC trains, with their options. Gaussians begin nearly flat, as the spline does; gradients of samples
 * reach the weights of a mixture by the distributional transform.
 */
export const sacPolicies: { readonly [policy in HeadingPolicy]?: Settings } = {
  gaussian: { initialScale: 2 },
  mixture: { initialScale: 2, components: 4, reparameterize: true },
  spline: {},
};
