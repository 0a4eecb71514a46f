import * as tf from '@tensorflow/tfjs-core';
import { Module } from '../../module.ts';
import { Optimizer } from '../optimizers/optimizer.ts';

/** What the engine uses of a model or a layer of tfjs-layers: `read()` of a weight is its `tf.Variable`. */
export interface LayersWeights {
  readonly weights: readonly { read(): tf.Tensor }[];
}

/** What the engine uses of a distribution: it holds tensors, modules and other distributions as its properties. */
interface DistributionLike {
  readonly batchShape: readonly number[];
  readonly eventShape: readonly number[];
  logProb(x: tf.Tensor): tf.Tensor;
}

/**
 * What a compiled function lists as its state: a module or an optimizer, a distribution, a plain variable, another tensor, which is a
 * constant, a model or a layer of tfjs-layers, or an array of these.
 */
export type StateItem = Module | DistributionLike | tf.Tensor | LayersWeights | readonly StateItem[];

export function isDistribution(item: unknown): item is DistributionLike {
  if (typeof item !== 'object' || item === null) return false;
  const { batchShape, eventShape, logProb } = item as Partial<DistributionLike>;
  return Array.isArray(batchShape) && Array.isArray(eventShape) && typeof logProb === 'function';
}

const isPart = (value: unknown): value is StateItem =>
  value instanceof tf.Tensor ||
  value instanceof Module ||
  isDistribution(value) ||
  (Array.isArray(value) && value.every(isPart));

export function isLayersWeights(item: unknown): item is LayersWeights {
  return typeof item === 'object' && item !== null && 'weights' in item && Array.isArray(item.weights);
}

/**
 * The variables of a state, in groups that are best packed together: those of a module, those that an optimizer updates, the
 * weights of a model, the plain variables of an array.
 *
 * @param name the compiled function's, for errors
 * @throws if an item is none of what {@link StateItem} says
 */
export function variableGroups(name: string, items: readonly StateItem[], path = 'state'): (readonly tf.Variable[])[] {
  const plain: tf.Variable[] = [];
  const groups = items.flatMap((item, i): (readonly tf.Variable[])[] => {
    const place = `${path}[${i}]`;
    if (item instanceof tf.Variable) {
      plain.push(item);
      return [];
    }
    if (item instanceof tf.Tensor) return [];
    if (item instanceof Optimizer) return [item.variables(), item.parameters];
    if (item instanceof Module) return [item.variables()];
    if (Array.isArray(item)) return variableGroups(name, item, place);
    if (isDistribution(item)) return variableGroups(name, Object.values(item).filter(isPart), place);
    if (!isLayersWeights(item)) throw wrongItem(name, place, item);
    return [
      item.weights.map((weight, j) => {
        const variable = weight.read?.();
        if (variable instanceof tf.Variable) return variable;
        throw wrongItem(name, `${place}.weights[${j}]`, weight);
      }),
    ];
  });
  return [...groups, plain];
}

function wrongItem(name: string, place: string, item: unknown): Error {
  const got = (item as object | null | undefined)?.constructor?.name ?? String(item);
  return new Error(
    `compile('${name}'): wanted ${place} to be a module, an optimizer, a distribution, a tensor, a model or a layer of ` +
      `tfjs-layers, or an array of these, got ${got}`,
  );
}
