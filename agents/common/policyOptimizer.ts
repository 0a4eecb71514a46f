import * as tf from '@tensorflow/tfjs-core';
import { clipByGlobalNorm, Module, type Optimizer, type Policy, Sgd } from '../../src/index.ts';

export interface PolicyOptimizerOptions {
  /** The rate of the policy's {@link Policy.shapeVariables}, as a share of the others'. */
  readonly shapeRate: number;
  /** The largest global norm of the gradient by either kind of variables. */
  readonly maxGradientNorm: number;
  /** Makes the optimizer of all variables but those of shape. */
  readonly optimizer: (parameters: readonly tf.Variable[]) => Optimizer;
  /** Variables that learn beside the policy's place and width, as those of a value function; none. */
  readonly others?: readonly tf.Variable[];
}

/**
 * For policy gradients of any policy: an optimizer of one's choice for the variables that move and stretch the distribution, plain
 * gradient descent for those that shape it, and a bound of the gradient for either.
 *
 * Adam makes steps of about one size whatever the gradient. Of a flow's many variables most have a gradient that is little more
 * than the noise of the sample; normalized, it moves the density as far as a signal would, and uses up what a clipped objective
 * allows. Gradient descent moves a shape as far as the samples agree about it. The bounds are apart because a large gradient by shape
 * must not make the others' step small, nor their optimizer's memory of it.
 */
export class PolicyOptimizer extends Module {
  /** The optimizer of the policy's place and width, and of the others. */
  readonly main: Optimizer;
  /** The optimizer of the policy's shape; absent where the policy tells no such variables apart. */
  readonly shape: Sgd | undefined;
  readonly #options: PolicyOptimizerOptions;

  constructor(policy: Policy, options: PolicyOptimizerOptions) {
    super();
    // Anyone's policy will do, a subclass or not.
    const shape = policy.shapeVariables?.() ?? [];
    const rest = policy.trainableVariables().filter((variable) => !shape.includes(variable));
    this.main = options.optimizer([...rest, ...(options.others ?? [])]);
    if (shape.length > 0) this.shape = new Sgd(shape);
    this.#options = options;
  }

  /** The variables that {@link update} changes. */
  get parameters(): readonly tf.Variable[] {
    return [...this.main.parameters, ...(this.shape?.parameters ?? [])];
  }

  /**
   * One step down the gradients.
   * @param gradients one for each of {@link parameters}, in their order
   * @returns the global norm of the gradient by all variables but those of shape, before it was bounded
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
