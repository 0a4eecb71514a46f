import type { Policy } from '../../src/index.ts';
import { withArticle } from './withArticle.ts';

/**
 * @param owner who asks, as errors name it: `Ppo`
 * @throws if the policy has samples and no density
 */
export function checkDensity(owner: string, policy: Policy): void {
  if (policy.hasDensity !== false) return;
  throw new Error(
    `${owner}: policy: got ${withArticle(policy.constructor.name)}, which has samples and no density, expected one that has ` +
      'log-probabilities, as a Gaussian or a flow',
  );
}
