import { roundFloat32 } from '../float32.ts';

/** Bounds of every entry, or of each entry of the last axis. */
export interface Bounds {
  readonly low: number | ArrayLike<number>;
  readonly high: number | ArrayLike<number>;
}

/**
 * The bounds of each entry, rounded to float32 inwards.
 * @param wanted how the error begins: `Sigmoid: wanted`
 * @throws if the bounds differ in length, or one is not finite, or low ≥ high in float32
 */
export function roundedBounds(wanted: string, { low, high }: Bounds) {
  const dim = typeof low !== 'number' ? low.length : typeof high !== 'number' ? high.length : undefined;
  const rounded = (bound: number | ArrayLike<number>, inwards: 1 | -1) =>
    Array.from(typeof bound === 'number' ? { length: dim ?? 1 } : bound, (value) =>
      roundFloat32(typeof bound === 'number' ? bound : (value as number), inwards),
    );
  const bounds = { dim, low: rounded(low, 1), high: rounded(high, -1) };
  const fits = (from: number, i: number) =>
    from < bounds.high[i]! && Number.isFinite(Math.fround(bounds.high[i]! - from));
  if (bounds.low.length === bounds.high.length && bounds.low.length > 0 && bounds.low.every(fits)) return bounds;
  const text = (bound: number | ArrayLike<number>) => (typeof bound === 'number' ? bound : `[${Array.from(bound)}]`);
  throw new Error(`${wanted} finite bounds low < high, got low ${text(low)}, high ${text(high)}`);
}
