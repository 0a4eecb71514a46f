import { portableMath } from '../../src/portableMath.ts';
import { Drawing } from '../drawing/drawing.ts';

function height(position: number): number {
  return 0.45 * portableMath.sin(3 * position) + 0.55;
}

const hill = Array.from({ length: 91 }, (_, i) => {
  const position = -1.2 + (1.8 * i) / 90;
  return [position, height(position)] as const;
});

/** The valley with the car at `position` and a flag at the goal, as both mountain cars draw themselves. */
export function drawMountainCar(position: number, goal: number): string {
  const slope = 1.35 * portableMath.cos(3 * position);
  const norm = Math.sqrt(1 + slope * slope);
  const along = [1 / norm, slope / norm] as const;
  /** A point of the car: so far along the hill and above it. */
  const at = (x: number, y: number) =>
    [position + x * along[0] - y * along[1], height(position) + x * along[1] + y * along[0]] as const;
  const flag = height(goal);
  return new Drawing({ x: [-1.25, 0.65], y: [0, 1.3], label: 'a car in a valley' })
    .polyline([[-1.2, 1.3], ...hill], { stroke: 'faint', width: 1.5 })
    .line([goal, flag], [goal, flag + 0.2], { stroke: 'ink', width: 1.5 })
    .polygon(
      [
        [goal, flag + 0.2],
        [goal + 0.07, flag + 0.17],
        [goal, flag + 0.13],
      ],
      { fill: 'ink' },
    )
    .polygon([at(-0.06, 0.03), at(0.06, 0.03), at(0.06, 0.07), at(-0.06, 0.07)], { fill: 'ink' })
    .circle(at(-0.035, 0.022), 0.022, { fill: 'muted', stroke: 'paper', width: 1 })
    .circle(at(0.035, 0.022), 0.022, { fill: 'muted', stroke: 'paper', width: 1 })
    .toString();
}
