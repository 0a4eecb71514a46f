/**
 * Numbers ≥ 0 with the sums over parts of them, in a binary tree: a number is set, and the one at which a running sum passes a value is found, in
 * O(log n). Each inner node is the sum of its two children, rounded once, so the tree depends on the numbers alone and not on the order
 * in which they were set.
 */
export class SumTree {
  readonly count: number;
  /** Node 1 is the root, those of i are 2 i and 2 i + 1; the leaves are the last half. */
  readonly #nodes: Float64Array;
  readonly #leaves: number;

  /** All are 0. */
  constructor(count: number) {
    this.count = count;
    let leaves = 1;
    while (leaves < count) leaves *= 2;
    this.#leaves = leaves;
    this.#nodes = new Float64Array(2 * leaves);
  }

  /** The sum of all. */
  get total(): number {
    return this.#nodes[1]!;
  }

  get(i: number): number {
    return this.#nodes[this.#leaves + i]!;
  }

  set(i: number, value: number): void {
    const nodes = this.#nodes;
    let at = this.#leaves + i;
    nodes[at] = value;
    for (at >>>= 1; at >= 1; at >>>= 1) nodes[at] = nodes[2 * at]! + nodes[2 * at + 1]!;
  }

  /** The first `count` numbers. */
  first(count: number): Float64Array {
    return this.#nodes.slice(this.#leaves, this.#leaves + count);
  }

  /** Sets the first numbers, and all others to 0. */
  setFirst(values: Float64Array): void {
    const nodes = this.#nodes;
    nodes.fill(0);
    nodes.set(values, this.#leaves);
    for (let at = this.#leaves - 1; at >= 1; at--) nodes[at] = nodes[2 * at]! + nodes[2 * at + 1]!;
  }

  /** The i with Σ_{j < i} xⱼ ≤ sum < Σ_{j ≤ i} xⱼ, or one next to it by rounding; never one of number 0, unless all are. */
  find(sum: number): number {
    const nodes = this.#nodes;
    let rest = sum;
    let at = 1;
    while (at < this.#leaves) {
      const left = nodes[2 * at]!;
      if (rest < left || nodes[2 * at + 1] === 0) {
        at = 2 * at;
      } else {
        rest -= left;
        at = 2 * at + 1;
      }
    }
    return at - this.#leaves;
  }
}
