import { start } from '../../../../envs/lake/lakeMap.ts';
import { SoftOptimum, type SoftOptimumOptions } from '../../../../envs/lake/softOptimum.ts';
import { portableMath } from '../../../../src/portableMath.ts';

/** How far π*(· | start) moves, as total variation ½ ∫ |π − π′|, when the grid has half the width, or the mean over actions. */
export interface RefinementError {
  readonly cells: number;
  readonly points: number;
}

/** Solves a lake twice more, each time twice as finely in one respect. */
export function refinementError(
  options: SoftOptimumOptions & { readonly cells: number; readonly points: number },
): RefinementError {
  const { cells, points } = options;
  const density = (own: SoftOptimumOptions) => new SoftOptimum(own).policyAt(start, 4 * points);
  const coarse = density(options);
  const moved = (own: Partial<SoftOptimumOptions>): number => {
    const fine = density({ ...options, ...own });
    return coarse.logDensity.reduce((sum, logDensity, i) => {
      const difference = portableMath.exp(logDensity) - portableMath.exp(fine.logDensity[i]!);
      return sum + 0.5 * Math.abs(difference) * coarse.cell;
    }, 0);
  };
  return { cells: moved({ cells: 2 * cells }), points: moved({ points: 2 * points }) };
}
