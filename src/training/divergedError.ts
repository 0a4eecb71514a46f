/**
 * A loss or gradient stopped being a number, though the data are: the step and the quantity are in the message. An update
 * has then gone too far, and a smaller rate makes it shorter; Adam's steps hardly depend on the gradient's scale.
 */
export class DivergedError extends Error {
  override readonly name = 'DivergedError';

  /**
   * @param restored the updates after which the weights were those that are there again, if they are
   * @param advice what usually helps
   */
  constructor(
    owner: string,
    step: number,
    quantity: string,
    value: number,
    restored?: number,
    advice = 'a smaller learningRate usually helps',
  ) {
    const again = restored === undefined ? '' : `the weights are those of step ${restored} again; `;
    super(`${owner}: ${quantity} is ${value} at step ${step}; ${again}${advice}`);
  }
}
