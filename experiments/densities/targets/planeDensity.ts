import type { Rng } from '../../../src/index.ts';

/** A density over the plane that can be drawn from and evaluated, so that how far a model is above its entropy is known. */
export interface PlaneDensity {
  readonly title: string;
  /** Its pictures show the square [−extent, extent]². */
  readonly extent: number;
  /** How many draws there are to learn from; as many as a fit takes unless given. */
  readonly rows?: number;
  draw(rng: Rng): readonly [x: number, y: number];
  /** log p(x, y), nats. */
  logPdf(x: number, y: number): number;
}

/** `count` draws, row by row. */
export function drawRows(density: PlaneDensity, rng: Rng, count: number): Float32Array {
  const rows = new Float32Array(2 * count);
  for (let i = 0; i < count; i++) rows.set(density.draw(rng), 2 * i);
  return rows;
}
