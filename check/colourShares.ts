import { decode } from 'fast-png';

/** How much of a picture each colour takes, the most frequent first: in [0, 1]. */
export function colourShares(png: Uint8Array): number[] {
  const { data, channels } = decode(png);
  const counts = new Map<string, number>();
  for (let i = 0; i < data.length; i += channels) {
    const colour = data.slice(i, i + 3).join();
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  const total = data.length / channels;
  return [...counts.values()].sort((one, other) => other - one).map((count) => count / total);
}
