import type { Mode } from '../../src/index.ts';

/**
 * Modes of a density on the circle, at the middles of equal cells from −π on: its peaks, each with the mass around it, the densest
 * first. Peaks are one mode where the log-density falls by no more than `dip` nats between them, below the lower one.
 */
export function circularModes(density: readonly number[], { dip }: { readonly dip: number }): Mode[] {
  const cells = density.length;
  // From the densest cell on, each joins the mode that it borders on; where two meet, the lower one stays if it stands out.
  const modeOf = new Array<number | undefined>(cells);
  const order = density.map((_, i) => i).sort((a, b) => density[b]! - density[a]!);
  for (const i of order) {
    const [first, second] = [modeOf[(i + cells - 1) % cells], modeOf[(i + 1) % cells]]
      .filter((mode) => mode !== undefined)
      .sort((a, b) => density[b]! - density[a]!);
    modeOf[i] = first ?? i;
    if (first === undefined || second === undefined || first === second) continue;
    if (density[i]! < density[second]! * Math.exp(-dip)) continue;
    modeOf.forEach((mode, each) => {
      if (mode === second) modeOf[each] = first;
    });
  }
  const total = density.reduce((sum, value) => sum + value, 0);
  const angle = (i: number) => ((2 * i + 1) / cells - 1) * Math.PI;
  return order
    .filter((i) => modeOf[i] === i)
    .map((peak) => ({
      x: [angle(peak)],
      logProb: Math.log(density[peak]!),
      share: density.reduce((sum, value, i) => (modeOf[i] === peak ? sum + value / total : sum), 0),
      standardError: 0,
    }));
}
