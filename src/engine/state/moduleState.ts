import * as tf from '@tensorflow/tfjs-core';
import { Module } from '../../module.ts';
import { groupVariables } from './pack.ts';
import { isLayersWeights, type LayersWeights, type StateItem, variableGroups } from './stateItem.ts';

/** A property that leads to variables, or may when it is set, with what it held when the variables were collected. */
interface Link {
  readonly object: Readonly<Record<string, unknown>>;
  readonly key: string;
  readonly held: unknown;
}

const isHolder = (value: unknown): value is object => value instanceof Module || Array.isArray(value);

/** The properties of modules and arrays through which variables are found. */
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
      const isLink = isHolder(held) || held instanceof tf.Variable || held === null || held === undefined;
      if (isLink) links.push({ object, key, held });
      if (isHolder(held)) pending.push(held);
    }
  }
  return links;
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

/** The variables of all that a compiled function lists as its state. */
export class ModuleState {
  readonly #name: string;
  readonly #state: readonly StateItem[];
  #links: readonly Link[] | undefined;
  #models: readonly Model[] = [];
  #variables: readonly tf.Variable[] = [];

  /**
   * @param name the compiled function's, for errors
   * @throws if `state` is no array of what has variables
   */
  constructor(name: string, state: readonly StateItem[]) {
    if (!Array.isArray(state)) {
      throw new Error(
        `compile('${name}'): \`state\` must be an array of the modules, optimizers, variables and models of tfjs-layers that ` +
          'the function uses; [] for none',
      );
    }
    this.#name = name;
    this.#state = state;
    variableGroups(name, state);
  }

  /**
   * The variables as they are now, each once; of an optimizer also those that it updates. Those of a module are packed together.
   * The array is the same one until a variable is added, replaced or removed.
   *
   * @throws if a variable is disposed or of another type than float32, int32 and bool
   */
  variables(): readonly tf.Variable[] {
    if (!this.#isLinked()) this.#collect();
    for (const variable of this.#variables) {
      if (!variable.isDisposed) continue;
      throw new Error(`compile('${this.#name}'): the variable '${variable.name}' in the state is disposed`);
    }
    return this.#variables;
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
          `compile('${this.#name}'): the variable '${name}' in the state is ${dtype}, wanted float32, int32 or bool`,
        );
      }
    }
    const isSame = found.size === this.#variables.length && this.#variables.every((variable) => found.has(variable));
    if (!isSame) this.#variables = [...found];
    this.#links = linksFrom(this.#state);
    this.#models = modelsIn(this.#state);
  }
}
