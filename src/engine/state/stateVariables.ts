import type * as tf from '@tensorflow/tfjs-core';
import type { Module } from '../../module.ts';
import { Optimizer } from '../optimizers/optimizer.ts';
import { groupVariables } from './pack.ts';

/** The variables of the modules, each once; of an optimizer also those that it updates. Those of a module are packed together. */
export function stateVariables(modules: readonly Module[]): tf.Variable[] {
  const found = new Set<tf.Variable>();
  for (const module of modules) {
    const own = module.variables();
    groupVariables(own);
    for (const variable of own) found.add(variable);
    if (module instanceof Optimizer) for (const variable of module.parameters) found.add(variable);
  }
  return [...found];
}
