import type { Bijector } from '../bijectors/bijector.ts';

/** @throws if the squash is of another size than the actions */
export function checkSquash(owner: string, squash: Bijector, actionDim: number): void {
  const { dim = actionDim, outputDim = actionDim } = squash;
  if (dim === actionDim && outputDim === actionDim) return;
  const got = dim === outputDim ? `${dim}` : `${dim} and ${outputDim}`;
  throw new Error(
    `${owner}: wanted a squash of ${actionDim} ${actionDim === 1 ? 'number' : 'numbers'}, as its actions have, got one of ${got}`,
  );
}
