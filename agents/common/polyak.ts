import * as tf from '@tensorflow/tfjs-core';
import { flatten, unflatten } from '../../src/engine/optimizers/flat.ts';
import type { Module } from '../../src/index.ts';

/** All variables of `target` become those of `source`, a module of the same architecture. */
export function copyFrom(target: Module, source: Module): void {
  target.loadStateDict(source.stateDict());
}

/**
 * Polyak's averaging: θ′ ← θ′ + τ (θ − θ′) for all trainable variables; the two modules have the same architecture.
 *
 * Polyak and Juditsky, "Acceleration of Stochastic Approximation by Averaging", 1992.
 */
export function polyak(target: Module, source: Module, tau: number): void {
  const targets = target.trainableVariables();
  tf.tidy(() => {
    const [slow, fast] = [flatten(targets), flatten(source.trainableVariables())];
    const mean = tf.add(slow, tf.mul(tf.sub(fast, slow), tau));
    unflatten(mean, targets).forEach((value, i) => {
      targets[i]!.assign(value);
    });
  });
}
