import { portableMath, type Rng } from '../../src/index.ts';
import { SumTree } from './sumTree.ts';

/** ε, what is added to an error, so that no row is lost for ever. */
const LEAST = 1e-6;

export interface PrioritiesState {
  /** pᵢ^α of the rows that are held. */
  readonly powers: Float64Array;
  readonly largest: number;
}

/**
 * Prioritized draws: row i with probability P(i) = pᵢ^α / Σⱼ pⱼ^α, where pᵢ = |δᵢ| + ε is the size of its last error (of several critics
 * see `tdErrors`), and for a row that is new the largest there has been.
 *
 * Draws are stratified: one from each of `batch` parts of equal probability. That some rows come more often is made up for by the
 * importance weights wᵢ = (N P(i))^−β / maxⱼ wⱼ, the largest over the minibatch.
 *
 * Schaul, Quan, Antonoglou and Silver, "Prioritized Experience Replay", arXiv:1511.05952, the proportional variant.
 */
export class Priorities {
  readonly #alpha: number;
  readonly #tree: SumTree;
  /** max p. */
  #largest = 1;

  constructor(capacity: number, alpha: number) {
    this.#alpha = alpha;
    this.#tree = new SumTree(capacity);
  }

  clear(): void {
    this.#tree.setFirst(new Float64Array());
    this.#largest = 1;
  }

  /** A row that is new. */
  add(row: number): void {
    this.#tree.set(row, power(this.#largest, this.#alpha));
  }

  /** Sets the priority of a row by its error δ. @throws if it is not finite */
  update(row: number, error: number): void {
    const priority = Math.abs(error) + LEAST;
    if (!Number.isFinite(priority)) throw new Error(`the error of row ${row} is ${error}, expected a finite number`);
    this.#largest = Math.max(this.#largest, priority);
    this.#tree.set(row, power(priority, this.#alpha));
  }

  /**
   * Draws rows, and their weights.
   * @param held N, how many rows there are
   * @param beta β
   * @throws if there are none
   */
  draw(rng: Rng, rows: Int32Array, weights: Float32Array, held: number, beta: number): void {
    if (held === 0) throw new Error('Priorities.draw: there are no rows to draw from');
    const tree = this.#tree;
    const { total } = tree;
    // The largest weight is that of the least probable row.
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < rows.length; i++) {
      const row = tree.find(((i + rng.uniform()) / rows.length) * total);
      rows[i] = row;
      least = Math.min(least, tree.get(row));
    }
    for (let i = 0; i < rows.length; i++) weights[i] = power(least / tree.get(rows[i]!), beta);
  }

  /** @param held N */
  state(held: number): PrioritiesState {
    return { powers: this.#tree.first(held), largest: this.#largest };
  }

  setState({ powers, largest }: PrioritiesState): void {
    this.#tree.setFirst(powers);
    this.#largest = largest;
  }
}

/** x^y, x > 0. */
function power(x: number, y: number): number {
  return portableMath.exp(y * portableMath.log(x));
}
