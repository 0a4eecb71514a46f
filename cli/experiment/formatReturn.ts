/** A return, or how long an episode was, with three digits at least: `0.88`, `-4.02`, `-190.6`. */
export function formatReturn(value: number): string {
  return value.toFixed(Math.abs(value) < 9.995 ? 2 : 1);
}
