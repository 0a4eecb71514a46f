import { clamp } from '../core/clamp.ts';
import { Drawing } from '../drawing/drawing.ts';

const left = -2.5;
const right = 2.5;
const height = 2.4;
const points = 200;

export interface Curve {
  /** The mean reward of an action. */
  reward: (action: number) => number;
  /** The rewards at the bottom and at the top. */
  range: readonly [low: number, high: number];
  /** What the drawing shows. */
  label: string;
  /** |a| below it is drawn as water. */
  shore?: number;
  /** The last action. */
  action: number | undefined;
}

/** The reward of a bandit with one number as action, and where the last action lies on it. */
export function drawCurve({ reward, range: [low, high], label, shore, action }: Curve): string {
  const at = (a: number) => [a, (clamp((reward(a) - low) / (high - low), 0, 1) * height) as number] as const;
  const drawing = new Drawing({ x: [left - 0.1, right + 0.1], y: [-0.4, height + 0.15], label });
  if (shore !== undefined) drawing.rect([-shore, 0], [shore, height + 0.1], { fill: 'water' });
  const curve = Array.from({ length: points + 1 }, (_, i) => at(left + ((right - left) * i) / points));
  drawing.line([left, 0], [right, 0], { stroke: 'faint', width: 1 });
  for (const a of [-2, -1, 0, 1, 2]) drawing.text([a, -0.22], String(a).replace('-', '−'));
  drawing.polyline(curve, { stroke: 'muted', width: 1.5 });
  if (action !== undefined) drawing.circle(at(clamp(action, left, right)), 0.08, { fill: 'ink' });
  return drawing.toString();
}
