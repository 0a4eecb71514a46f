/** How many updates are due when `step` environment steps have been made and `done` updates. */
export function updatesDue(
  step: number,
  done: number,
  { learningStarts, updatesPerStep }: { readonly learningStarts: number; readonly updatesPerStep: number },
): number {
  return Math.max(0, Math.floor((step - learningStarts) * updatesPerStep) - done);
}
