/** Seconds of a training on the soft lake by SAC, on a quiet core. */
export function sacSeconds({ steps }: { readonly steps: number }): number {
  return 0.5 + 1.5e-3 * steps;
}
