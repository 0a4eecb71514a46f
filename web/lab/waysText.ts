import { bankOfStroke, type Stroke } from './strokes.ts';

/** How many ways there are, by bank. */
export function waysText(strokes: readonly Stroke[]): string {
  if (strokes.length === 0) return 'No way is drawn yet.';
  const by = (bank: 'upper' | 'lower') => strokes.filter((stroke) => bankOfStroke(stroke) === bank).length;
  const [upper, lower] = [by('upper'), by('lower')];
  const ways = (count: number) => `${count} ${count === 1 ? 'way' : 'ways'}`;
  if (lower === 0) return `${ways(upper)} by the upper bank.`;
  if (upper === 0) return `${ways(lower)} by the lower bank.`;
  return `${ways(upper)} by the upper bank, ${lower} by the lower.`;
}
