/**
 * The metres, or tenths of them and so on, from `middle` − `half` to `middle` + `half`.
 * @param extent by which their distance is chosen: the largest power of ten that is not above it
 */
export function rulerMarks(
  middle: number,
  half: number,
  extent = half,
): { readonly at: number; readonly text: string }[] {
  let [step, digits] = [1, 0];
  while (step > extent) [step, digits] = [step / 10, digits + 1];
  while (10 * step <= extent) step *= 10;
  const marks = [];
  for (let i = Math.ceil((middle - half) / step); i * step <= middle + half; i++) {
    const text = `${i < 0 ? '−' : ''}${(Math.abs(i) * step).toFixed(digits)} m`;
    marks.push({ at: i * step, text });
  }
  return marks;
}
