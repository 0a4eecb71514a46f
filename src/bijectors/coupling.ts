import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { layerOptions, Mlp } from '../nn/mlp.ts';
import { split } from '../nn/tensors.ts';
import { parseOptions } from '../options/parse.ts';
import { applied, ConditionalBijector, type Direction, onRows, type WithLogDet } from './bijector.ts';
import { type ElementwiseFamily, elementwiseFamilySchema } from './families.ts';

const couplingOptions = z.strictObject({
  ...layerOptions,
  transformed: z
    .union([z.enum(['first', 'second', 'even', 'odd']), z.array(z.int()).readonly()])
    .describe("entries that are transformed; a half (of an odd dim 'second' is the longer), or their indices"),
  family: elementwiseFamilySchema.describe('what each transformed entry goes through'),
});

/** Options of {@link Coupling}. */
export type CouplingOptions = z.input<typeof couplingOptions>;

/**
 * Coupling layer: some entries of x pass unchanged, the others go through an elementwise bijector whose parameters a network
 * computes from those that pass and the context. Its Jacobian is triangular, so the log-determinant is that of the elementwise
 * bijector. The identity at first, since the network's last layer is zero.
 *
 * With {@link affineFamily} it is RealNVP's layer (Dinh et al., arXiv:1605.08803), with {@link additiveFamily} NICE's
 * (arXiv:1410.8516), with {@link rationalQuadraticSplineFamily} that of neural spline flows (Durkan et al., arXiv:1906.04032).
 */
export class Coupling extends ConditionalBijector {
  readonly network: Mlp;
  readonly #family: ElementwiseFamily;
  readonly #partition: Partition;
  readonly #transformedDim: number;

  /** @throws if no entry passes or none is transformed, an index is out of range or twice there, or a size is not positive */
  constructor(options: CouplingOptions) {
    const { dim, contextDim, transformed, family, ...network } = parseOptions('Coupling', couplingOptions, options);
    super(dim, contextDim);
    const selected = selectedEntries(dim, transformed);
    this.#transformedDim = selected.filter(Boolean).length;
    const passedDim = dim - this.#transformedDim;
    if (passedDim === 0 || this.#transformedDim === 0) {
      throw new Error(
        `Coupling: got ${passedDim} and ${this.#transformedDim} of ${dim}, expected entries that pass and entries that are transformed; ` +
          'for a map of all entries by the context alone there is Conditioned',
      );
    }
    this.#family = family;
    this.#partition = new Partition(selected);
    this.network = new Mlp({
      ...network,
      inputDim: passedDim * (family.features?.size ?? 1) + contextDim,
      outputDim: family.parameterCount * this.#transformedDim,
      outputScale: 0,
    });
  }

  /** Where the family's determinant does not depend on its parameters, which depend on the entries that pass. */
  override get isConstantJacobian(): boolean {
    return this.#family.isVolumePreserving ?? false;
  }

  transform(input: tf.Tensor, direction: Direction, context?: tf.Tensor): WithLogDet {
    return onRows(input, context, (rows, repeated) => {
      const [passed, entries] = this.#partition.split(rows);
      const shown = this.#family.features?.of(passed) ?? passed;
      const seen = repeated === undefined ? shown : tf.concat([shown, repeated], 1);
      const bijector = this.#family.bijector(this.network.apply(seen), this.#transformedDim);
      const [values, logDets] = applied(bijector, entries, direction);
      return [this.#partition.merge(passed, values), logDets];
    });
  }
}

/** Whether entry i belongs to a part of `dim` entries. */
const PARTS = {
  first: (i: number, dim: number) => i < Math.floor(dim / 2),
  second: (i: number, dim: number) => i >= Math.floor(dim / 2),
  even: (i: number) => i % 2 === 0,
  odd: (i: number) => i % 2 === 1,
};

function selectedEntries(dim: number, transformed: CouplingOptions['transformed']): boolean[] {
  const entries = Array.from({ length: dim }, (_, i) => i);
  if (typeof transformed === 'string') return entries.map((i) => PARTS[transformed](i, dim));
  if (transformed.some((i) => !entries.includes(i)) || new Set(transformed).size !== transformed.length) {
    throw new Error(`Coupling: got [${transformed}], expected distinct indices from 0 to ${dim - 1}`);
  }
  return entries.map((i) => transformed.includes(i));
}

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
