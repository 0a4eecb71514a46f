import * as tf from '@tensorflow/tfjs-core';
import { Module } from '../../module.ts';
import { Optimizer } from '../optimizers/optimizer.ts';
import { groupVariables } from './pack.ts';

/** A property that leads to variables, or may when it is set, with what it held when the variables were collected. */
interface Link {
  readonly object: Readonly<Record<string, unknown>>;
  readonly key: string;
  readonly held: unknown;
}

const isHolder = (value: unknown): value is object => value instanceof Module || Array.isArray(value);

/** The properties of modules and arrays through which {@link Module.namedVariables} finds variables. */
function linksFrom(modules: readonly Module[]): Link[] {
  const seen = new Set<unknown>();
  const pending: unknown[] = [...modules];
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

/** The variables of the modules that a compiled function lists as its state. */
export class ModuleState {
  readonly #name: string;
  readonly #modules: readonly Module[];
  #links: readonly Link[] | undefined;
  #variables: readonly tf.Variable[] = [];

  /**
   * @param name the compiled function's, for errors
   * @throws if `modules` is no array of modules
   */
  constructor(name: string, modules: readonly Module[]) {
    if (!Array.isArray(modules) || !modules.every((module) => module instanceof Module)) {
      throw new Error(
        `compile('${name}'): \`state\` must list the modules and optimizers whose variables the function uses; [] for none`,
      );
    }
    this.#name = name;
    this.#modules = modules;
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
    return true;
  }

  #collect(): void {
    const found = new Set<tf.Variable>();
    for (const module of this.#modules) {
      const own = module.variables();
      groupVariables(own);
      for (const variable of own) found.add(variable);
      if (module instanceof Optimizer) for (const variable of module.parameters) found.add(variable);
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
    this.#links = linksFrom(this.#modules);
  }
}
