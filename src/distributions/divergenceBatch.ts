import * as tf from '@tensorflow/tfjs-core';
import { broadcastShape } from '../bijectors/broadcastShape.ts';
import { checkArgument } from '../options/checkArguments.ts';
import { Distribution } from './distribution.ts';

/**
 * The batch shape of a divergence between two distributions.
 * @param owner who asks, as errors name it
 * @throws if their events differ, or their batches do not broadcast
 */
export function divergenceBatch(owner: string, p: Distribution, q: Distribution): number[] {
  checkArgument(owner, 'p', p, Distribution);
  checkArgument(owner, 'q', q, Distribution);
  const batch = broadcastShape(p.batchShape, q.batchShape);
  if (batch !== undefined && tf.util.arraysEqual(p.eventShape, q.eventShape)) return batch;
  throw new Error(
    `${owner}: wanted equal events and batches that broadcast, got events [${p.eventShape}] and [${q.eventShape}], ` +
      `batches [${p.batchShape}] and [${q.batchShape}]`,
  );
}
