import * as tf from '@tensorflow/tfjs-core';
import { Module } from '../module.ts';
import { Optimizer } from './optimizers.ts';
import { groupVariables } from './pack.ts';

/** A property that leads to variables or tensors, or may when it is set, with what it held when these were collected. */
interface Link {
  readonly object: Readonly<Record<string, unknown>>;
  readonly key: string;
  readonly held: unknown;
}

const isHolder = (value: unknown): value is object =>
  value instanceof Module || Array.isArray(value) || isDistribution(value);

/** The properties of modules, distributions and arrays through which variables and tensors are found. */
function linksFrom(state: readonly StateItem[]): Link[] {
  const seen = new Set<unknown>();
  const pending: unknown[] = [state];
  const links: Link[] = [];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (!isHolder(value) || seen.has(value)) continue;
    seen.add(value);
    const object = value as Link['object'];
    if (Array.isArray(value)) links.push({ object, key: 'length', held: value.length });
    for (const [key, held] of Object.entries(object)) {
      const isLink = isHolder(held) || held instanceof tf.Tensor || held === null || held === undefined;
      if (isLink) links.push({ object, key, held });
      if (isHolder(held)) pending.push(held);
    }
  }
  return links;
}

function isAmong<T>(list: readonly T[], set: ReadonlySet<T>): boolean {
  return list.length === set.size && list.every((item) => set.has(item));
}

/** A model of tfjs-layers, with the weights that it had when the variables were collected. */
interface Model {
  readonly model: LayersWeights;
  readonly held: LayersWeights['weights'];
}

function modelsIn(state: readonly StateItem[]): Model[] {
  return state.flatMap((item) => {
    if (Array.isArray(item)) return modelsIn(item);
    return !(item instanceof Module) && isLayersWeights(item) ? [{ model: item, held: item.weights }] : [];
  });
}

const isConstant = (value: unknown): value is tf.Tensor =>
  value instanceof tf.Tensor && !(value instanceof tf.Variable);

/** The variables of all that a compiled function lists as its state, and the other tensors there, which are constants. */
export class ModuleState {
  readonly #name: string;
  readonly #state: readonly StateItem[];
  #links: readonly Link[] | undefined;
  #models: readonly Model[] = [];
  #variables: readonly tf.Variable[] = [];
  #constants: readonly tf.Tensor[] = [];

  /**
   * @param name the compiled function's, for errors
   * @throws if `state` is no array of what has variables
   */
  constructor(name: string, state: readonly StateItem[]) {
    if (!Array.isArray(state)) {
      throw new Error(
        `compile('${name}'): \`state\` must be an array of the modules, optimizers, distributions, tensors and models of tfjs-layers that ` +
          'the function uses; [] for none',
      );
    }
    this.#name = name;
    this.#state = state;
    variableGroups(name, state);
  }

  /**
   * The variables as they are now, each once; of an optimizer also those that it updates. Those of a module are packed together.
   * The array is the same one until a variable or another tensor is added, replaced or removed.
   *
   * @throws if a variable or such a tensor is disposed, or a variable of another type than float32, int32 and bool
   */
  variables(): readonly tf.Variable[] {
    if (!this.#isLinked()) this.#collect();
    for (const variable of this.#variables) {
      if (!variable.isDisposed) continue;
      throw new Error(`compile('${this.#name}'): the variable '${variable.name}' in the state is disposed`);
    }
    for (const { isDisposed, shape } of this.#constants) {
      if (isDisposed) throw new Error(`compile('${this.#name}'): a tensor [${shape}] in the state is disposed`);
    }
    return this.#variables;
  }

  /** The tensors that are no variables, as {@link variables} has found them. */
  get constants(): readonly tf.Tensor[] {
    return this.#constants;
  }

  /** Whether all is as it was when the variables were collected. */
  #isLinked(): boolean {
    if (this.#links === undefined) return false;
    for (const link of this.#links) if (link.object[link.key] !== link.held) return false;
    for (const { model, held } of this.#models) {
      const { weights } = model;
      if (weights.length !== held.length || weights.some((weight, i) => weight !== held[i])) return false;
    }
    return true;
  }

  #collect(): void {
    const found = new Set<tf.Variable>();
    for (const group of variableGroups(this.#name, this.#state)) {
      groupVariables(group);
      for (const variable of group) found.add(variable);
    }
    for (const { name, dtype } of found) {
      if (!['float32', 'int32', 'bool'].includes(dtype)) {
        throw new Error(
          `compile('${this.#name}'): the variable '${name}' in the state is ${dtype}, expected float32, int32 or bool`,
        );
      }
    }
    this.#links = linksFrom(this.#state);
    const constants = [...new Set(this.#links.map(({ held }) => held).filter(isConstant))];
    const isSame = isAmong(this.#variables, found) && isAmong(this.#constants, new Set(constants));
    if (!isSame) this.#variables = [...found];
    this.#constants = constants;
    this.#models = modelsIn(this.#state);
  }
}

/** What the engine uses of a model or a layer of tfjs-layers: `read()` of a weight is its `tf.Variable`. */
interface LayersWeights {
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

function isDistribution(item: unknown): item is DistributionLike {
  if (typeof item !== 'object' || item === null) return false;
  const { batchShape, eventShape, logProb } = item as Partial<DistributionLike>;
  return Array.isArray(batchShape) && Array.isArray(eventShape) && typeof logProb === 'function';
}

const isPart = (value: unknown): value is StateItem =>
  value instanceof tf.Tensor ||
  value instanceof Module ||
  isDistribution(value) ||
  (Array.isArray(value) && value.every(isPart));

function isLayersWeights(item: unknown): item is LayersWeights {
  return typeof item === 'object' && item !== null && 'weights' in item && Array.isArray(item.weights);
}

/**
 * The variables of a state, in groups that are best packed together: those of a module, those that an optimizer updates, the
 * weights of a model, the plain variables of an array.
 *
 * @param name the compiled function's, for errors
 * @throws if an item is none of what {@link StateItem} says
 */
function variableGroups(name: string, items: readonly StateItem[], path = 'state'): (readonly tf.Variable[])[] {
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
    `compile('${name}'): ${place}: got ${got}, expected a module, an optimizer, a distribution, a tensor, a model or a layer of ` +
      'tfjs-layers, or an array of these',
  );
}
