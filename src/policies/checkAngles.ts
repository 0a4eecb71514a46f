import type { BoxSpace } from './boxSpace.ts';

/**
 * Checks that the actions of a space are angles.
 * @throws if a component has other bounds than −π and π
 */
export function checkAngles(owner: string, { low, high }: BoxSpace): void {
  const isTurn = (bound: number, i: number) =>
    Math.fround(bound) === -Math.fround(Math.PI) && Math.fround(high[i]!) === Math.fround(Math.PI);
  if (!Array.from(low).every(isTurn)) {
    throw new Error(
      `${owner}: wanted actions that are angles from −π to π, got low [${Array.from(low)}], high [${Array.from(high)}]`,
    );
  }
}
