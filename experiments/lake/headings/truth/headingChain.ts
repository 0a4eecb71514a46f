import { type Point, walk } from '../../../../envs/lake/lakeMap.ts';
import { LandGrid } from '../../../../envs/lake/softOptimum.ts';
import { portableMath } from '../../../../src/portableMath.ts';

const { cos, sin } = portableMath;

/** Relative change of a sweep at which values are taken for converged. */
const CONVERGED = 1e-9;
/** Beyond it a policy walks on for ever. */
const MOST_SWEEPS = 20_000;

/** A lake of headings as a finite chain: the nodes of the grid of `SoftOptimum` for states, the middles of equal cells of the circle for headings. */
export class HeadingChain {
  readonly states: readonly Point[];
  /** Headings at each state. */
  readonly points: number;
  readonly #grid: LandGrid;
  /** Of the step to each heading from each state: the corner that it comes to, −1 where it ends the walk, and where in that cell. */
  readonly #corners: Int32Array;
  readonly #across: Float64Array;
  readonly #up: Float64Array;

  constructor({ stride, cells, points }: { readonly stride: number; readonly cells: number; readonly points: number }) {
    const grid = new LandGrid(cells);
    this.#grid = grid;
    this.points = points;
    this.states = Array.from({ length: grid.size }, (_, node) => grid.position(node));
    const moves = grid.size * points;
    this.#corners = new Int32Array(moves).fill(-1);
    this.#across = new Float64Array(moves);
    this.#up = new Float64Array(moves);
    this.states.forEach((from, node) => {
      for (let i = 0; i < points; i++) {
        const angle = Math.PI * ((2 * i + 1) / points - 1);
        const { position, outcome } = walk(from, stride * cos(angle), stride * sin(angle));
        if (outcome !== undefined) continue;
        const { corner, across, up } = grid.place(position.x, position.y);
        const move = node * points + i;
        this.#corners[move] = corner;
        this.#across[move] = across;
        this.#up[move] = up;
      }
    });
  }

  /** f where each step leads, `[states × points]`: 0 where it ends the walk, else bilinear between nodes. */
  next(values: Float64Array): Float64Array {
    const { columns } = this.#grid;
    const after = new Float64Array(this.#corners.length);
    // A plain loop: a walk's sum takes thousands of these.
    for (let move = 0; move < after.length; move++) {
      const corner = this.#corners[move]!;
      if (corner < 0) continue;
      const across = this.#across[move]!;
      const above = corner + columns;
      const low = values[corner]! + across * (values[corner + 1]! - values[corner]!);
      const high = values[above]! + across * (values[above + 1]! - values[above]!);
      after[move] = low + this.#up[move]! * (high - low);
    }
    return after;
  }

  /**
   * The expected sum of a cost along the walks of a policy, from each state: f = cost + Σⱼ qⱼ f(s′ⱼ), by sweeps.
   * @param masses of the headings at each state, `[states × points]`; they sum to 1 at each
   * @param cost of each state
   * @throws if the policy's walks do not end
   */
  sumAlong(masses: ArrayLike<number>, cost: ArrayLike<number>): Float64Array {
    const { points } = this;
    let values = Float64Array.from(cost);
    for (let sweep = 1; sweep <= MOST_SWEEPS; sweep++) {
      const after = this.next(values);
      let change = 0;
      const own = values;
      values = own.map((value, node) => {
        let sum = cost[node]!;
        for (let i = 0; i < points; i++) sum += masses[node * points + i]! * after[node * points + i]!;
        change = Math.max(change, Math.abs(sum - value) / (1 + Math.abs(sum)));
        return sum;
      });
      if (change < CONVERGED) return values;
    }
    throw new Error(
      `HeadingChain.sumAlong: the walks of the policy do not end: no convergence in ${MOST_SWEEPS} sweeps`,
    );
  }

  /** f at a place, bilinear between nodes. */
  at(values: ArrayLike<number>, { x, y }: Point): number {
    const { corner, across, up } = this.#grid.place(x, y);
    const above = corner + this.#grid.columns;
    const low = values[corner]! + across * (values[corner + 1]! - values[corner]!);
    const high = values[above]! + across * (values[above + 1]! - values[above]!);
    return low + up * (high - low);
  }
}
