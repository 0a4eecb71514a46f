import type * as tf from '@tensorflow/tfjs-core';
import type { Bijector, Direction } from './bijector.ts';

/** One use of a bijector, of those too that others are made of and make for a moment: a coupling's splines. */
export interface BijectorUse {
  readonly bijector: Bijector;
  readonly direction: Direction;
  readonly input: tf.Tensor;
  readonly output: tf.Tensor;
  readonly logDet: tf.Tensor;
}

type Observer = (use: BijectorUse) => void;

let observer: Observer | undefined;

/** What `fn` returns; `see` is told of every use of a bijector in it, the parts before the whole. */
export function observeBijectors<T>(see: Observer, fn: () => T): T {
  const before = observer;
  observer = see;
  try {
    return fn();
  } finally {
    observer = before;
  }
}

/** Whether there is somebody to tell. */
export function isObserved(): boolean {
  return observer !== undefined;
}

/** For the base class alone: tells who observes, if anyone does. */
export function tellObserver(use: BijectorUse): void {
  observer?.(use);
}
