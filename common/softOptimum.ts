import { lakeGrains } from '../envs/lake/lakeGrains.ts';
import { border, type Disc, home, lake, type Point, walk } from '../envs/lake/lakeMap.ts';
import { portableMath } from '../src/portableMath.ts';

const { exp, log, cos, sin } = portableMath;
const { stride: STRIDE, stepCost: STEP_COST } = lakeGrains['LakeStride-v0'];

/** A lake, and how finely {@link SoftOptimum} solves it. */
export interface SoftOptimumOptions {
  /** τ ≥ 0.003: beyond it e^(−2/τ) is no number any more. */
  readonly temperature: number;
  /** That of the stride lake by default, and so is the cost of a step. */
  readonly stride?: number;
  readonly stepCost?: number;
  /** Cells of the grid along one side of the land, an even number; 40 by default. */
  readonly cells?: number;
  /** The number of headings of the mean over all of them; 180 by default. */
  readonly points?: number;
}

/** π*(· | s) at the middles of equal cells of the circle. */
export interface OptimalPolicy {
  /** Headings in (−π, π). */
  readonly actions: Float64Array;
  /** log π*(a | s), nats, normalized over these cells. */
  readonly logDensity: Float64Array;
  /** Radians of one cell. */
  readonly cell: number;
}

/** Relative change of a sweep at which the values are taken for converged. */
const CONVERGED = 1e-8;

/**
 * The soft-optimal policy of the lake by soft value iteration on a grid:
 *
 *   Q(s, a) = r(s, a) + V(s′),  V(s) = τ log meanₐ exp(Q(s, a) / τ),  π*(a | s) = exp((Q(s, a) − V(s)) / τ) / |A|
 *
 * with V(s′) = 0 where the walk is over, without discount or time limit. The mean is over the circle of headings, |A| = 2π. So entropy is
 * measured against the uniform density, and π* maximizes the soft return Σ (r − τ log π(a | s) − τ log |A|). The last term, a constant a step, is what
 * an agent must subtract that knows r − τ log π: with it alone walking on for ever may pay. For every policy whose walks end,
 *
 *   V*(s₀) − V^π(s₀) = τ E[Σₜ KL(π(· | sₜ) ‖ π*(· | sₜ))].
 *
 * In z = exp((V − 1) / τ), which is what is iterated and interpolated, the equation is linear.
 *
 * Todorov, "Efficient computation of optimal actions", PNAS 106, 2009; Ziebart, "Modeling Purposeful Adaptive Behavior with the
 * Principle of Maximum Causal Entropy", 2010.
 */
export class SoftOptimum {
  readonly temperature: number;
  readonly stride: number;
  readonly #grid: LandGrid;
  readonly #points: number;
  /** exp(−stepCost / τ) */
  readonly #step: number;
  /** z of those who have drowned; of those at home it is 1. */
  readonly #drowned: number;
  /** z at the nodes. */
  readonly #z: Float64Array;

  /** @throws for an option out of range */
  constructor({ temperature, stride = STRIDE, stepCost = STEP_COST, cells = 40, points = 180 }: SoftOptimumOptions) {
    for (const [name, value, least] of [
      ['temperature', temperature, 0.003],
      ['stride', stride, 0.001],
      ['stepCost', stepCost, 0],
      ['points', points, 1],
    ] as const) {
      if (!(value >= least && value < Infinity)) {
        throw new Error(`SoftOptimum: ${name}: got ${value}, expected a number of at least ${least}`);
      }
    }
    this.temperature = temperature;
    this.stride = stride;
    this.#grid = new LandGrid(cells);
    this.#points = points;
    this.#step = exp(-stepCost / temperature);
    this.#drowned = exp(-2 / temperature);
    this.#z = new Float64Array(this.#grid.size).fill(this.#drowned);
    this.#iterate();
  }

  /** V(s), by one more backup from the grid's values. */
  value(from: Point): number {
    const outcomes = this.#outcomes(from, this.#steps(headings(this.#points)));
    const mean = outcomes.reduce((sum, z) => sum + z, 0) / outcomes.length;
    return 1 + this.temperature * log(this.#step * mean);
  }

  /** π*(· | s) on `points` headings. */
  policyAt(from: Point, points: number): OptimalPolicy {
    const actions = headings(points);
    const outcomes = this.#outcomes(from, this.#steps(actions));
    const cell = (2 * Math.PI) / points;
    const logTotal = log(outcomes.reduce((sum, z) => sum + z, 0) * cell);
    return { actions, logDensity: outcomes.map((z) => log(z) - logTotal), cell };
  }

  /** The steps of headings, as `LakeEnv` makes them. */
  #steps(angles: Float64Array): Point[] {
    const { stride } = this;
    return Array.from(angles, (angle) => ({ x: stride * cos(angle), y: stride * sin(angle) }));
  }

  /** z where each step leads. */
  #outcomes(from: Point, steps: readonly Point[]): Float64Array {
    return Float64Array.from(steps, ({ x, y }) => {
      const { position, outcome } = walk(from, x, y);
      if (outcome !== undefined) return outcome === 'home' ? 1 : this.#drowned;
      return this.#grid.at(this.#z, position);
    });
  }

  /** Sweeps over the grid, each from the values of the last, until they stay. */
  #iterate(): void {
    const { columns, size } = this.#grid;
    const steps = this.#steps(headings(this.#points));
    const count = steps.length;
    // The steps of a node that end its walk, summed up; and the others, one after another.
    const ended = new Float64Array(size);
    const ends = new Int32Array(size);
    const corners = new Int32Array(size * count);
    const across = new Float64Array(size * count);
    const up = new Float64Array(size * count);
    let moves = 0;
    for (let node = 0; node < size; node++) {
      const from = this.#grid.position(node);
      for (const { x, y } of steps) {
        const { position, outcome } = walk(from, x, y);
        if (outcome !== undefined) {
          ended[node]! += outcome === 'home' ? 1 : this.#drowned;
          continue;
        }
        const place = this.#grid.place(position.x, position.y);
        corners[moves] = place.corner;
        across[moves] = place.across;
        up[moves] = place.up;
        moves += 1;
      }
      ends[node] = moves;
    }
    const z = this.#z;
    const last = new Float64Array(size);
    for (;;) {
      last.set(z);
      let change = 0;
      let move = 0;
      for (let node = 0; node < size; node++) {
        let sum = ended[node]!;
        for (; move < ends[node]!; move++) {
          sum += bilinear(last, columns, corners[move]!, across[move]!, up[move]!);
        }
        const value = (this.#step * sum) / count;
        change = Math.max(change, Math.abs(value - last[node]!) / value);
        z[node] = value;
      }
      if (change < CONVERGED) return;
    }
  }
}

/** The middles of equal cells of the circle. */
function headings(points: number): Float64Array {
  return Float64Array.from({ length: points }, (_, i) => Math.PI * ((2 * i + 1) / points - 1));
}

export function bilinear(
  values: ArrayLike<number>,
  columns: number,
  corner: number,
  across: number,
  up: number,
): number {
  const above = corner + columns;
  const low = values[corner]! + across * (values[corner + 1]! - values[corner]!);
  const high = values[above]! + across * (values[above + 1]! - values[above]!);
  return low + up * (high - low);
}

/** How far from a shore or a line, where a walker cannot stand, the nodes on it are put. */
const ASIDE = 1e-9;

/** Where a point lies among the nodes: in the cell above and to the right of node `corner`, by these shares of its width. */
interface Place {
  readonly corner: number;
  readonly across: number;
  readonly up: number;
}

/**
 * A square grid on the land, for bilinear interpolation. The line x = 0 has two columns, one for each of its sides: nothing is
 * interpolated across it. Nodes in the lake and in home, where nobody stands, stand for the nearest point
 * ashore.
 */
export class LandGrid {
  /** How many nodes there are, row by row from the lowest y, each row from the lowest x. */
  readonly size: number;
  /** Nodes of a row. */
  readonly columns: number;
  readonly #cells: number;
  readonly #width: number;

  /** @throws if `cells`, along one side of the land, is not an even number of at least 2 */
  constructor(cells: number) {
    if (!(Number.isInteger(cells) && cells >= 2 && cells % 2 === 0)) {
      throw new Error(`LandGrid: cells: got ${cells}, expected an even number of at least 2`);
    }
    this.#cells = cells;
    this.#width = (2 * border) / cells;
    this.columns = cells + 2;
    this.size = (cells + 1) * this.columns;
  }

  /** Where a walker stands at a node. */
  position(node: number): Point {
    const column = node % this.columns;
    const y = -border + Math.floor(node / this.columns) * this.#width;
    const right = this.#cells / 2 + 1;
    const isRight = column >= right;
    const x = -border + (isRight ? column - 1 : column) * this.#width;
    const aside = column === right ? ASIDE : column === right - 1 ? -ASIDE : 0;
    return ashore(ashore({ x: x + aside, y }, lake), home);
  }

  /** Values of the nodes between them. */
  at(values: ArrayLike<number>, { x, y }: Point): number {
    const { corner, across, up } = this.place(x, y);
    return bilinear(values, this.columns, corner, across, up);
  }

  place(x: number, y: number): Place {
    const cells = this.#cells;
    const isRight = x >= 0;
    const column = Math.min(Math.floor((x + border) / this.#width), (isRight ? cells : cells / 2) - 1);
    const row = Math.min(Math.floor((y + border) / this.#width), cells - 1);
    return {
      corner: row * this.columns + column + (isRight ? 1 : 0),
      across: (x + border) / this.#width - column,
      up: (y + border) / this.#width - row,
    };
  }
}

/** The point on the disc's shore nearest to one within it; another point itself. */
function ashore(point: Point, disc: Disc): Point {
  const [x, y] = [point.x - disc.x, point.y - disc.y];
  const distance = Math.sqrt(x * x + y * y);
  if (distance > disc.radius || distance === 0) return point;
  const stretch = (disc.radius * (1 + ASIDE)) / distance;
  return { x: disc.x + x * stretch, y: disc.y + y * stretch };
}
