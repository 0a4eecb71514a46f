import type { Walk } from '../../agents/lake.ts';
import { interpolate, lake, touchHalfLine } from '../../envs/lake/lakeMap.ts';

/**
 * The walk that it would have been with a bank blocked of which the walker has not been told: the same up to where it touches the
 * flooded half-line, where it drowns.
 */
export function blockWalk(walk: Walk, blocked: 'none' | 'upper' | 'lower'): Walk {
  if (blocked === 'none') return walk;
  const { positions } = walk;
  const side = blocked === 'upper' ? 1 : -1;
  for (let i = 0; i + 3 < positions.length; i += 2) {
    const from = { x: positions[i]!, y: positions[i + 1]! };
    const to = { x: positions[i + 2]!, y: positions[i + 3]! };
    const share = touchHalfLine(from, to, side, lake.radius);
    if (share > 1) continue;
    const { x, y } = interpolate(from, to, share);
    return { outcome: 'drowned', bank: walk.bank, positions: [...positions.slice(0, i + 2), x, y] };
  }
  return walk;
}
