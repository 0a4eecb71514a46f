import { checkArgument } from '../../../src/options/parse.ts';
import { checkMethods } from '../checks.ts';
import { describe } from '../describe.ts';
import type { AnyEnv, Env } from '../env.ts';
import { Box } from '../spaces/box.ts';
import { TransformAction } from './transformAction.ts';

/**
 * Rescales the actions: the box [minAction, maxAction] in place of the env's [low, high], entry by entry,
 * inner = low + (action − minAction) (high − low) / (maxAction − minAction). An action beyond its bounds is not clipped.
 */
export class RescaleAction<Observation> extends TransformAction<Observation, Float32Array> {
  /**
   * @param minAction the new lower bound of every entry, or of each; maxAction likewise.
   * @throws when the env's action space is not a bounded float32 `Box`, or the new bounds are not finite with minAction < maxAction.
   */
  constructor(
    env: Env<Observation, Float32Array> | Env<Observation>,
    minAction: number | ArrayLike<number> = -1,
    maxAction: number | ArrayLike<number> = 1,
  ) {
    checkMethods('RescaleAction', env as AnyEnv);
    checkArgument('RescaleAction', 'minAction', minAction, [Number, Array]);
    checkArgument('RescaleAction', 'maxAction', maxAction, [Number, Array]);
    const inner = env.actionSpace;
    if (!(inner instanceof Box) || inner.dtype !== 'float32' || !inner.bounded) {
      throw new Error(`RescaleAction: needs a bounded float32 Box of actions, got ${inner}`);
    }
    const outer = new Box({ low: minAction, high: maxAction, shape: inner.shape });
    const isProper = outer.bounded && outer.low.every((low, i) => low < outer.high[i]!);
    if (!isProper) {
      const got = `${describe(minAction)} and ${describe(maxAction)}`;
      throw new Error(`RescaleAction: needs finite bounds with minAction < maxAction, got ${got}`);
    }
    // Gymnasium's arithmetic, in float32.
    const slope = outer.low.map((low, i) => (outer.high[i]! - low) / (inner.high[i]! - inner.low[i]!));
    const shift = outer.low.map((low, i) => low - Math.fround(slope[i]! * inner.low[i]!));
    const rescaled = new Float32Array(inner.size);
    const rescale = (action: Float32Array) => {
      for (let i = 0; i < rescaled.length; i++) rescaled[i] = Math.fround(action[i]! - shift[i]!) / slope[i]!;
      return rescaled;
    };
    super(env as Env<Observation, Float32Array>, rescale, outer);
  }
}
