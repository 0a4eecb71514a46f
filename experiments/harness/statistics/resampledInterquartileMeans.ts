/**
 * The interquartile mean of each bootstrap resample of `strata`, over all strata together: a weighted walk over the sorted values.
 *
 * @param drawn of each stratum, how often each of its runs is drawn, as `drawResamples` gives it.
 */
export function resampledInterquartileMeans(
  strata: readonly (readonly number[])[],
  drawn: readonly Uint16Array[],
): Float64Array {
  const sorted = strata
    .flatMap((values, stratum) => values.map((value, run) => ({ value, stratum, run })))
    .sort((a, b) => a.value - b.value);
  const cut = Math.floor(sorted.length / 4);
  const end = sorted.length - cut;
  const value = Float64Array.from(sorted, (entry) => entry.value);
  const run = Int32Array.from(sorted, (entry) => entry.run);
  const size = Int32Array.from(sorted, (entry) => strata[entry.stratum]!.length);
  const source = sorted.map((entry) => drawn[entry.stratum]!);
  return new Float64Array(drawn[0]!.length / strata[0]!.length).map((_, resample) => {
    let seen = 0;
    let sum = 0;
    for (let i = 0; seen < end; i++) {
      const before = Math.max(seen, cut);
      seen += source[i]![resample * size[i]! + run[i]!]!;
      // The part of these equal copies that lies among the middle half.
      if (seen > before) sum += value[i]! * (Math.min(seen, end) - before);
    }
    return sum / (end - cut);
  });
}
