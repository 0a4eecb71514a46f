import * as tf from '@tensorflow/tfjs-core';

/** Values of variables by path, as {@link Module.stateDict} gives and {@link Module.loadStateDict} takes them. */
export type StateDict = Record<string, { readonly shape: readonly number[]; readonly values: Float32Array }>;

/**
 * An object that holds variables, itself or in the modules it is made of.
 *
 * A subclass only assigns its variables and submodules to properties, or to arrays in properties: they are found there and
 * named by their path, `'layers.0.kernel'`. A variable that two modules share is listed once, under the first path.
 */
export abstract class Module {
  /** Every variable by its path, in the order in which the properties were assigned. */
  namedVariables(): Map<string, tf.Variable> {
    const found = new Map<string, tf.Variable>();
    const seen = new Set<unknown>();
    const visit = (value: unknown, path: string): void => {
      if (typeof value !== 'object' || value === null || seen.has(value)) return;
      if (value instanceof tf.Variable) {
        seen.add(value);
        found.set(path, value);
      } else if (value instanceof Module) {
        seen.add(value);
        for (const [name, child] of Object.entries(value)) visit(child, path === '' ? name : `${path}.${name}`);
      } else if (Array.isArray(value)) {
        value.forEach((child, i) => {
          visit(child, `${path}.${i}`);
        });
      }
    };
    visit(this, '');
    return found;
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

  /** A copy of the values of all variables. */
  stateDict(): StateDict {
    const state: StateDict = {};
    for (const [path, variable] of this.namedVariables()) {
      state[path] = { shape: variable.shape, values: Float32Array.from(variable.dataSync()) };
    }
    return state;
  }

  /**
   * Sets all variables.
   * @throws if a path is missing, unknown, or of another shape; nothing is changed then.
   */
  loadStateDict(state: StateDict): void {
    const variables = this.namedVariables();
    for (const path of Object.keys(state)) {
      if (!variables.has(path)) throw new Error(`loadStateDict: ${this.constructor.name} has no variable '${path}'`);
    }
    for (const [path, variable] of variables) {
      const entry = state[path];
      if (entry === undefined) throw new Error(`loadStateDict: the state has no '${path}'`);
      if (!tf.util.arraysEqual([...entry.shape], variable.shape) || entry.values.length !== variable.size) {
        throw new Error(
          `loadStateDict: '${path}' has shape [${entry.shape}] with ${entry.values.length} values, ` +
            `wanted [${variable.shape}]`,
        );
      }
    }
    for (const [path, variable] of variables) {
      const entry = state[path]!;
      const value = tf.tensor(Float32Array.from(entry.values), variable.shape);
      variable.assign(value);
      value.dispose();
    }
  }

  /** Frees all variables. The module is of no use afterwards. */
  dispose(): void {
    for (const variable of this.variables()) variable.dispose();
  }
}
