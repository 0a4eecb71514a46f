/// <reference lib="esnext.disposable" preserve="true" />
import * as tf from '@tensorflow/tfjs-core';
import { type JsonVariableState, VariableState } from './json.ts';
import { shortened, show } from './options/describe.ts';
import { checkArgument } from './options/parse.ts';

/** Values of variables by path, as {@link Module.stateDict} gives and {@link Module.loadStateDict} takes them. */
export type StateDict = Record<string, { readonly shape: readonly number[]; readonly values: Float32Array }>;

/** What becomes of a {@link StateDict} in `JSON.parse(JSON.stringify(state))`: the same numbers, to the bit. */
export type JsonStateDict = Record<string, JsonVariableState>;

/**
 * An object that holds variables, itself or in the modules it is made of.
 *
 * A subclass only assigns its variables and submodules to properties, or to arrays in properties: they are found there and
 * named by their path, `'layers.0.kernel'`. A variable that two modules share is listed once, under the first path.
 */
export abstract class Module {
  /** Every variable by its path, in the order in which the properties were assigned. */
  namedVariables(): Map<string, tf.Variable> {
    return new Map(this.#held().filter((entry): entry is [string, tf.Variable] => entry[1] instanceof tf.Variable));
  }

  /** Itself, and the modules and variables in it, each by its path. */
  #held(): [path: string, held: tf.Variable | Module][] {
    const found: [string, tf.Variable | Module][] = [];
    const seen = new Set<unknown>();
    const visit = (value: unknown, path: string): void => {
      if (typeof value !== 'object' || value === null || seen.has(value)) return;
      if (value instanceof tf.Variable) {
        seen.add(value);
        found.push([path, value]);
      } else if (value instanceof Module) {
        seen.add(value);
        found.push([path, value]);
        for (const [name, child] of Object.entries(value)) visit(child, under(path, name));
      } else if (Array.isArray(value)) {
        value.forEach((child, i) => {
          visit(child, `${path}.${i}`);
        });
      }
    };
    visit(this, '');
    return found;
  }

  /**
   * By the names of their properties, what makes the parts that the module does not always have: such as the ones that only data can
   * give it. {@link loadStateDict} makes those that a state has, and takes away those that it lacks.
   */
  protected optionalParts(): Readonly<Record<string, () => Module>> {
    return {};
  }

  /** Every variable, trainable or not. */
  variables(): tf.Variable[] {
    return [...this.namedVariables().values()];
  }

  /** The variables that gradients are taken of. */
  trainableVariables(): tf.Variable[] {
    return this.variables().filter((variable) => variable.trainable);
  }

  /** The number of trainable numbers. */
  parameterCount(): number {
    return this.trainableVariables().reduce((count, variable) => count + variable.size, 0);
  }

  /** A copy of the values of all variables, integers to 2²⁴. It may go through JSON. */
  stateDict(): StateDict {
    const state: StateDict = {};
    for (const [path, variable] of this.namedVariables()) {
      state[path] = new VariableState(variable.shape, Float32Array.from(variable.dataSync()));
    }
    return state;
  }

  /**
   * Sets all variables.
   * @param state of {@link stateDict}, or what JSON made of it
   * @throws if a path is missing, unknown, or of another shape, or a value is NaN; nothing is changed then.
   */
  loadStateDict(state: StateDict | JsonStateDict): void {
    checkArgument('loadStateDict', 'state', state, Object);
    const changes = this.#partsFor(Object.keys(state));
    const put = (which: 'before' | 'after'): void => {
      for (const { module, name, ...parts } of changes) Object.assign(module, { [name]: parts[which] });
    };
    put('after');
    let loaded: { variable: tf.Variable; values: ArrayLike<number> }[];
    try {
      loaded = this.#loadable(state);
    } catch (error) {
      put('before');
      for (const { after } of changes) after?.dispose();
      throw error;
    }
    for (const { before } of changes) before?.dispose();
    for (const { variable, values } of loaded) {
      const { shape, dtype } = variable;
      const value = tf.tensor(dtype === 'float32' ? Float32Array.from(values) : Array.from(values), shape, dtype);
      variable.assign(value);
      value.dispose();
    }
  }

  /** The optional parts in which the module differs from one that has variables of these paths. */
  #partsFor(paths: readonly string[]) {
    return this.#held().flatMap(([path, module]) => {
      if (!(module instanceof Module)) return [];
      return Object.entries(module.optionalParts()).flatMap(([name, make]) => {
        const before = (module as unknown as Record<string, Module | undefined>)[name];
        const isIn = paths.some((each) => each.startsWith(`${under(path, name)}.`));
        if (isIn === (before !== undefined)) return [];
        return [{ module, name, before, after: isIn ? make() : undefined }];
      });
    });
  }

  #loadable(state: StateDict | JsonStateDict) {
    const variables = this.namedVariables();
    for (const path of Object.keys(state)) {
      if (!variables.has(path))
        throw new Error(`loadStateDict: ${this.constructor.name} has no variable '${shortened(path)}'`);
    }
    return [...variables].map(([path, variable]) => {
      const entry = state[path];
      if (entry === undefined) throw new Error(`loadStateDict: the state has no '${path}'`);
      const { shape, values } = variableState(path, entry);
      if (!tf.util.arraysEqual([...shape], variable.shape) || values.length !== variable.size) {
        throw new Error(
          `loadStateDict: '${path}' has shape [${shape}] with ${values.length} values, expected [${variable.shape}]`,
        );
      }
      const wrong = values.findIndex((value) => typeof value !== 'number' || Number.isNaN(value));
      if (wrong >= 0)
        throw new Error(`loadStateDict: '${path}': value ${wrong} is ${show(values[wrong])}, expected a number`);
      return { variable, values };
    });
  }

  /** Frees all variables. The module is of no use afterwards. */
  dispose(): void {
    for (const variable of this.variables()) variable.dispose();
  }

  /** {@link dispose}, at the end of the block that says `using module = …`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

const under = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

function variableState(path: string, entry: StateDict[string] | JsonStateDict[string] | null): StateDict[string] {
  const { shape, values, float32 } = (entry ?? {}) as Partial<StateDict[string] & JsonStateDict[string]>;
  if (Array.isArray(shape) && values?.length !== undefined) return { shape, values };
  if (!Array.isArray(shape) || typeof float32 !== 'string') {
    throw new Error(`loadStateDict: '${shortened(path)}' is no { shape, values } or its JSON`);
  }
  try {
    return VariableState.from({ shape, float32 });
  } catch (error) {
    throw new Error(`loadStateDict: '${path}': ${(error as Error).message}`);
  }
}
