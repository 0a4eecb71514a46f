import { type Policy, portableMath } from '../../../src/index.ts';
import { logProbsAtStart } from './logProbsAtStart.ts';

/** π(velocity | start) on a square grid, row by row from the lowest vy; each row from the lowest vx. */
export interface StartDensity {
  /** The grid covers [−extent, extent]². */
  readonly extent: number;
  /** Points along one side; densities are those of cell centres. */
  readonly size: number;
  readonly density: readonly number[];
}

const EXTENT = 1.5;
const SIZE = 48;

/** The density of a policy over velocities at the start, (−1.5, 0). */
export function startDensity(policy: Policy): StartDensity {
  const cells = SIZE * SIZE;
  const center = (index: number): number => -EXTENT + ((index + 0.5) * 2 * EXTENT) / SIZE;
  const velocities = new Float32Array(2 * cells);
  for (let i = 0; i < cells; i++) {
    velocities[2 * i] = center(i % SIZE);
    velocities[2 * i + 1] = center(Math.floor(i / SIZE));
  }
  const density = Array.from(logProbsAtStart(policy, velocities), (value) =>
    Number(portableMath.exp(value).toPrecision(3)),
  );
  return { extent: EXTENT, size: SIZE, density };
}
