import * as tf from '@tensorflow/tfjs-core';
import { split } from '../../nn/split.ts';

/**
 * The last axis cut into two groups of entries, and put together again. Entries that are neighbours in a group move together:
 * halves take one node to cut and one to join.
 */
export class Partition {
  readonly #runs: readonly { readonly size: number; readonly selected: boolean }[];

  /** @param selected which entries belong to the second group */
  constructor(selected: readonly boolean[]) {
    const runs: { size: number; selected: boolean }[] = [];
    for (const entry of selected) {
      const last = runs.at(-1);
      if (last?.selected === entry) last.size += 1;
      else runs.push({ size: 1, selected: entry });
    }
    this.#runs = runs;
  }

  /** Both groups, `[..., n₁]` and `[..., n₂]`. */
  split(x: tf.Tensor): [rest: tf.Tensor, selected: tf.Tensor] {
    const pieces = tf.split(x, this.#sizes(), -1);
    const group = (selected: boolean) => join(pieces.filter((_, i) => this.#runs[i]!.selected === selected));
    return [group(false), group(true)];
  }

  /** The inverse of {@link split}. */
  merge(rest: tf.Tensor, selected: tf.Tensor): tf.Tensor {
    const pieces = [
      split(rest, this.#sizes(false), -1).values(),
      split(selected, this.#sizes(true), -1).values(),
    ] as const;
    return join(this.#runs.map((run) => pieces[run.selected ? 1 : 0].next().value!));
  }

  #sizes(selected?: boolean): number[] {
    return this.#runs.filter((run) => selected === undefined || run.selected === selected).map((run) => run.size);
  }
}

function join(pieces: tf.Tensor[]): tf.Tensor {
  return pieces.length === 1 ? pieces[0]! : tf.concat(pieces, -1);
}
