import * as tf from '@tensorflow/tfjs-core';
import { Adam, clipByGlobalNorm, Module, type Policy } from '../../src/index.ts';

export interface PolicyOptimizerOptions {
  /** The rate of the policy's {@link Policy.shapeVariables}, as a share of the others'. */
  readonly shapeRate: number;
  /** The largest global norm of the gradient by either kind of variables. */
  readonly maxGradientNorm: number;
  readonly epsilon: number;
}

/**
 * Adam for policy gradients of any policy. Variables that shape the distribution and those that move and stretch it have rates and
 * gradient bounds of their own: a large gradient by the former must not make the latter's step small, nor Adam's memory of it.
 */
export class PolicyOptimizer extends Module {
  /** Of the policy's place and width. */
  readonly main: Adam;
  /** Of its shape; absent where the policy tells no such variables apart. */
  readonly shape: Adam | undefined;
  readonly #options: PolicyOptimizerOptions;

  constructor(policy: Policy, options: PolicyOptimizerOptions) {
    super();
    const { epsilon } = options;
    // Anyone's policy will do, a subclass or not.
    const shape = policy.shapeVariables?.() ?? [];
    this.main = new Adam(
      policy.trainableVariables().filter((variable) => !shape.includes(variable)),
      { epsilon },
    );
    if (shape.length > 0) this.shape = new Adam(shape, { epsilon });
    this.#options = options;
  }

  /** The variables that {@link update} changes. */
  get parameters(): readonly tf.Variable[] {
    return [...this.main.parameters, ...(this.shape?.parameters ?? [])];
  }

  /**
   * One step down the gradients.
   * @param gradients one for each of {@link parameters}, in their order
   * @returns the global norm of the gradient by the variables of place and width, before it was bounded
   */
  update(gradients: readonly tf.Tensor[], learningRate: tf.Tensor): tf.Tensor {
    const { shapeRate, maxGradientNorm } = this.#options;
    const count = this.main.parameters.length;
    const main = clipByGlobalNorm(gradients.slice(0, count), maxGradientNorm);
    this.main.update(main.gradients, learningRate);
    if (this.shape !== undefined) {
      const shape = clipByGlobalNorm(gradients.slice(count), maxGradientNorm);
      this.shape.update(shape.gradients, tf.mul(learningRate, shapeRate));
    }
    return main.norm;
  }
}
