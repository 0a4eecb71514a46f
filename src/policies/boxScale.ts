import type { Bijector } from '../bijectors/bijector.ts';
import { Identity } from '../bijectors/elementwise/identity.ts';
import { ShiftScale } from '../bijectors/linear/shiftScale.ts';
import { portableMath } from '../portableMath.ts';
import type { BoxSpace } from './boxSpace.ts';

type Bounds = Pick<BoxSpace, 'low' | 'high'>;

/** Half widths between which a policy's own numbers, of size 1, suit a box. */
const [LEAST_HALF, MOST_HALF] = [1 / 4, 4];

/** Bounds farther apart stand for none, as those at the ends of float32. */
const MOST_WIDTH = 2e9;

/** Half the width of the bounds of each component; 1 where that is infinite or 0. */
export function halfWidths({ low, high }: Bounds): number[] {
  return Array.from(low, (bound, i) => {
    const half = (high[i]! - bound) / 2;
    return Number.isFinite(half) && half > 0 ? half : 1;
  });
}

/**
 * y = middle + half · u of the bounds of each component, so that u in [−1, 1] is within them; a component without two finite bounds stays as it
 * is. In difference to `boxSquash` it does not keep actions within the box.
 */
export function boxScale(box: BoxSpace): Bijector {
  return new ShiftScale(unitsWhere(box, (low, high) => Number.isFinite(high - low) && high > low));
}

/**
 * `boxScale` of the components whose bounds are far from ordinary, half their width less than ¼ or more than 4, or their middle farther from
 * 0 than half their width; the others stay as they are, and so do those without bounds, or with bounds more than 2 · 10⁹ apart. The identity
 * where all do. A policy's numbers, which begin about 0 and of size 1, then suit the box: [0, 1000] as [−1, 1].
 */
export function boxRescale(box: BoxSpace): Bijector {
  const units = unitsWhere(box, isFarFromOrdinary);
  return units.shift.every((shift) => shift === 0) && units.scale.every((scale) => scale === 1)
    ? new Identity()
    : new ShiftScale(units);
}

/** log of the volume by which {@link boxRescale} stretches, nats: what is added to an entropy in units of the box. */
export function boxRescaleLogDet(box: Bounds): number {
  return unitsWhere(box, isFarFromOrdinary).scale.reduce((sum, half) => sum + portableMath.log(half), 0);
}

function isFarFromOrdinary(low: number, high: number): boolean {
  const half = (high - low) / 2;
  if (!(half > 0 && high - low <= MOST_WIDTH)) return false;
  return half < LEAST_HALF || half > MOST_HALF || Math.abs(low + half) > half;
}

/** Middle and half the width of the components whose bounds are chosen; 0 and 1 of the others. */
function unitsWhere({ low, high }: Bounds, isChosen: (low: number, high: number) => boolean) {
  const chosen = Array.from(low, (bound, i) => isChosen(bound, high[i]!));
  const halves = halfWidths({ low, high });
  return {
    shift: chosen.map((is, i) => (is ? low[i]! + halves[i]! : 0)),
    scale: chosen.map((is, i) => (is ? halves[i]! : 1)),
  };
}
