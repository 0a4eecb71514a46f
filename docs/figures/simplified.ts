import type { Point } from './plot.ts';

/**
 * The line through fewer of its points, of which none is farther than `tolerance` from it.
 *
 * Douglas & Peucker, "Algorithms for the reduction of the number of points required to represent a digitized line", 1973.
 */
export function simplified(line: readonly Point[], tolerance: number): readonly Point[] {
  if (line.length < 3) return line;
  const [first, last] = [line[0]!, line.at(-1)!];
  let [farthest, most] = [0, tolerance];
  for (let i = 1; i < line.length - 1; i++) {
    const distance = fromSegment(line[i]!, first, last);
    if (distance > most) [farthest, most] = [i, distance];
  }
  if (farthest === 0) return [first, last];
  const head = simplified(line.slice(0, farthest + 1), tolerance);
  return [...head.slice(0, -1), ...simplified(line.slice(farthest), tolerance)];
}

/** How far a point is from the segment between two others. */
function fromSegment([x, y]: Point, [x0, y0]: Point, [x1, y1]: Point): number {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const square = dx * dx + dy * dy;
  const share = square === 0 ? 0 : Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / square));
  const [offX, offY] = [x - x0 - share * dx, y - y0 - share * dy];
  return Math.sqrt(offX * offX + offY * offY);
}
