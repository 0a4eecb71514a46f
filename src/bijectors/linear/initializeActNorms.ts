import * as tf from '@tensorflow/tfjs-core';
import { checkArgument } from '../../options/checkArguments.ts';
import { Bijector } from '../bijector.ts';
import { Chain } from '../chain.ts';
import { ActNorm } from './actNorm.ts';

/**
 * Sends data through a bijector to its noise and initializes each {@link ActNorm} of its chains by what arrives there.
 * @param y `[batch, dim]`
 * @param context `[batch, contextDim]`, where the bijector takes one
 */
export function initializeActNorms(bijector: Bijector, y: tf.Tensor, context?: tf.Tensor): void {
  checkArgument('initializeActNorms', 'bijector', bijector, Bijector);
  checkArgument('initializeActNorms', 'y', y, tf.Tensor);
  tf.tidy(() => {
    let value = y;
    const visit = (part: Bijector): void => {
      if (part instanceof Chain) {
        part.bijectors.forEach(visit);
        return;
      }
      if (part instanceof ActNorm) part.initialize(value);
      value = part.given(context).inverse(value);
    };
    visit(bijector);
  });
}
