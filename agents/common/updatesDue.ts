/**
 * How many updates are due when `step` environment steps have been made and `done` updates. From `learningStarts` on there is a block of
 * updates every `updateEvery` steps, `updatesPerStep` of them for each step.
 */
export function updatesDue(
  step: number,
  done: number,
  options: { readonly learningStarts: number; readonly updateEvery: number; readonly updatesPerStep: number },
): number {
  const { learningStarts, updateEvery, updatesPerStep } = options;
  const blocks = Math.floor((step - learningStarts) / updateEvery);
  return Math.max(0, Math.floor(blocks * updateEvery * updatesPerStep) - done);
}
