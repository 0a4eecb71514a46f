import { lake, type Point } from '../envs/lake/lakeMap.ts';
import { portableMath } from '../src/portableMath.ts';

const { atan2, cos, sin } = portableMath;

/** Directions, radians. */
interface LakeView {
  readonly middle: number;
  /** Half the angle under which the lake is seen. */
  readonly half: number;
}

/** The directions in which a straight walk meets the lake; undefined in the water, where it is all about. */
export function lakeView(from: Point): LakeView | undefined {
  const [x, y] = [lake.x - from.x, lake.y - from.y];
  const tangent = x * x + y * y - lake.radius * lake.radius;
  if (tangent <= 0) return undefined;
  return { middle: atan2(y, x), half: atan2(lake.radius, Math.sqrt(tangent)) };
}

/**
 * A density over headings, at the middles of equal cells from −π on, as a closed curve about the state: the further from it, the denser,
 * on a square-root scale, so that areas are masses.
 */
export function headingCurve(density: readonly number[]): Point[] {
  return Array.from({ length: density.length + 1 }, (_, i) => {
    const angle = ((i + 0.5) / density.length) * 2 * Math.PI - Math.PI;
    const radius = Math.sqrt(density[i % density.length]!);
    return { x: radius * cos(angle), y: radius * sin(angle) };
  });
}

/** The half-width of a square that holds the curves of densities. */
export function headingExtent(...densities: readonly (readonly number[])[]): number {
  return 1.05 * Math.sqrt(Math.max(...densities.flat()));
}
