import * as tf from '@tensorflow/tfjs-core';
import type { Module } from '../../src/module.ts';
import type { Rng } from '../../src/random.ts';

/** Adds normal noise to every variable: most modules begin as the identity, where wrong code looks right. */
export function perturb<M extends Module>(module: M, rng: Rng, std = 0.3): M {
  tf.tidy(() => {
    for (const variable of module.variables()) {
      variable.assign(tf.add(variable, tf.mul(rng.normalTensor(variable.shape), std)));
    }
  });
  return module;
}
