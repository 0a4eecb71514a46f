import * as tf from '@tensorflow/tfjs-core';
import { Module } from '../../module.ts';
import { checkArgument, checkOptions, type Kind } from '../../options/checkArguments.ts';
import { groupVariables } from '../state/pack.ts';
import { flatten, unflatten } from './flat.ts';

/**
 * A first-order optimizer. Its own state (moments, decay sums) is packed: one flat vector for each kind, over all the
 * parameters, so that a compiled step moves a few large buffers and not hundreds of small ones.
 */
export abstract class Optimizer extends Module {
  /** The variables that {@link update} changes. Listed in a function's `state` through the optimizer. */
  readonly #parameters: readonly tf.Variable[];
  /** The number of all parameters together. */
  protected readonly size: number;

  /**
   * @param kinds of the options that there are
   * @throws for an unknown option, or if there are no parameters, or one is not float32 or is given twice
   */
  constructor(parameters: readonly tf.Variable[], options: object, kinds: Readonly<Record<string, Kind>>) {
    super();
    const name = this.constructor.name;
    checkOptions<object>(name, options, kinds);
    checkArgument(name, 'parameters', parameters, Array);
    for (const [i, parameter] of parameters.entries()) {
      checkArgument(name, `parameters.${i}`, parameter, tf.Variable);
    }
    if (parameters.length === 0) throw new Error(`${name}: wanted at least one parameter, got none`);
    if (new Set(parameters).size !== parameters.length) throw new Error(`${name}: a parameter is given twice`);
    for (const { dtype, name: variable } of parameters) {
      if (dtype !== 'float32') throw new Error(`${name}: the parameter '${variable}' is ${dtype}, wanted float32`);
    }
    this.#parameters = [...parameters];
    this.size = parameters.reduce((size, parameter) => size + parameter.size, 0);
    groupVariables(this.#parameters);
  }

  /** The variables that {@link update} changes; they are not among {@link variables}, so {@link dispose} leaves them. */
  get parameters(): readonly tf.Variable[] {
    return this.#parameters;
  }

  /**
   * One step down the gradients.
   * @param gradients one for each of `parameters`, in their order
   * @param learningRate a number, or a scalar tensor where it changes under compile
   * @throws if the gradients do not match the parameters, or the learning rate is no number ≥ 0
   */
  update(gradients: readonly tf.Tensor[], learningRate: tf.Tensor | number): void {
    const name = this.constructor.name;
    checkArgument(`${name}.update`, 'gradients', gradients, Array);
    checkArgument(`${name}.update`, 'learningRate', learningRate, [Number, tf.Tensor]);
    if (gradients.length !== this.#parameters.length) {
      throw new Error(`${name}.update: wanted ${this.#parameters.length} gradients, got ${gradients.length}`);
    }
    if (typeof learningRate === 'number' && !(Number.isFinite(learningRate) && learningRate >= 0)) {
      throw new Error(`${name}.update: wanted a learning rate ≥ 0, got ${learningRate}`);
    }
    gradients.forEach((gradient, i) => {
      checkArgument(`${name}.update`, `gradients.${i}`, gradient, tf.Tensor);
      const { shape } = gradient;
      const parameter = this.#parameters[i]!;
      if (!tf.util.arraysEqual(shape, parameter.shape)) {
        throw new Error(
          `${name}.update: the gradient of '${parameter.name}' has shape [${shape}], wanted [${parameter.shape}]`,
        );
      }
    });
    tf.tidy(() => {
      const updated = this.step(flatten(this.#parameters), flatten(gradients), learningRate);
      unflatten(updated, this.#parameters).forEach((value, i) => {
        this.#parameters[i]!.assign(value);
      });
    });
  }

  /** The new parameters from the old ones and the gradient, each a vector `[size]`; assigns the optimizer's own state. */
  protected abstract step(parameters: tf.Tensor, gradient: tf.Tensor, learningRate: tf.Tensor | number): tf.Tensor;

  /** A vector of zeros that belongs to the state, packed on its own. */
  protected zeros(size: number): tf.Variable {
    const variable = tf.tidy(() => tf.variable(tf.zeros([size]), false));
    groupVariables([variable]);
    return variable;
  }
}
