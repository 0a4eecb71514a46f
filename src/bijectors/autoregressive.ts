import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { Dense } from '../nn/dense.ts';
import { type Initializer, orthogonal, zeros } from '../nn/initializers.ts';
import { Made, orderSchema } from '../nn/made.ts';
import { layerOptions, someWidths } from '../nn/mlp.ts';
import { checkNumbers } from '../nn/sizes.ts';
import { boundedLogScale, broadcast, split, unitSlices } from '../nn/tensors.ts';
import { choice } from '../options/fields.ts';
import { parseOptions } from '../options/parse.ts';
import { portableMath } from '../portableMath.ts';
import {
  applied,
  ConditionalBijector,
  type Direction,
  type Monotonicity,
  onRows,
  type WithLogDet,
} from './bijector.ts';
import { boundedLogSlope, type ElementwiseFamily, elementwiseFamilySchema } from './families.ts';
import { monotoneInverse } from './monotoneInverse.ts';

const parallel = choice(['inverse', 'forward'], 'inverse', 'direction that is one pass of the network');

const autoregressiveOptions = z.strictObject({
  ...layerOptions,
  family: elementwiseFamilySchema.describe('what each entry goes through'),
  parallel,
  order: orderSchema,
});

/** Options of {@link Autoregressive}. */
export type AutoregressiveOptions = z.input<typeof autoregressiveOptions>;

/**
 * Autoregressive layer: every entry goes through an elementwise bijector whose parameters a masked network computes from the
 * entries before it, in a fixed order, and the context. Its Jacobian is triangular in that order, exactly, so the log-determinant is
 * that of the elementwise bijector. The identity at first, since the network's last layer is zero.
 *
 * The network sees the input of the direction that is `parallel`, which is one pass for all entries. With 'inverse' it sees data,
 * xᵢ = f⁻¹(yᵢ; y before i): a density is one pass. With 'forward' it sees noise, yᵢ = f(xᵢ; x before i): a sample with its
 * log-probability is one pass. The other direction takes one entry after the other, unrolled; see {@link Made.unroll}.
 *
 * With {@link affineFamily} it is the layer of masked autoregressive flows (Papamakarios et al., arXiv:1705.07057) or, with 'forward',
 * of inverse autoregressive flows (Kingma et al., arXiv:1606.04934); with {@link rationalQuadraticSplineFamily} that of
 * autoregressive neural spline flows (Durkan et al., arXiv:1906.04032).
 */
export class Autoregressive extends ConditionalBijector {
  readonly network: Made;
  readonly #family: ElementwiseFamily;
  readonly #parallel: Direction;

  /** @throws if there are fewer than two entries, the order is none of them, or a size is not positive */
  constructor(options: AutoregressiveOptions) {
    const parsed = parseOptions('Autoregressive', autoregressiveOptions, options);
    const { family, parallel, ...network } = parsed;
    const { dim, contextDim } = network;
    super(dim, contextDim);
    if (dim === 1) {
      throw new Error(
        'Autoregressive: got a dim of 1, expected at least 2; for a map of all entries by the context alone there is Conditioned',
      );
    }
    this.#family = family;
    this.#parallel = parallel;
    this.network = new Made({
      ...network,
      features: family.features?.size ?? 1,
      outputs: family.parameterCount,
      outputScale: 0,
    });
  }

  transform(input: tf.Tensor, direction: Direction, context?: tf.Tensor): WithLogDet {
    return onRows(input, context, (rows, seen) =>
      direction === this.#parallel ? this.#atOnce(rows, direction, seen) : this.#inTurn(rows, direction, seen),
    );
  }

  #atOnce(rows: tf.Tensor, direction: Direction, context?: tf.Tensor): WithLogDet {
    return this.#elementwise(rows, this.network.apply(this.#shown(rows), context), direction);
  }

  #inTurn(rows: tf.Tensor, direction: Direction, context?: tf.Tensor): WithLogDet {
    const entries = tf.split(rows, this.dim, 1);
    const values: tf.Tensor[] = [];
    const logDets: tf.Tensor[] = [];
    this.network.unroll(rows.shape[0]!, context, (i, parameters) => {
      [values[i], logDets[i]] = this.#elementwise(entries[i]!, parameters, direction);
      return this.#shown(values[i]!);
    });
    return [tf.concat(values, 1), tf.concat(logDets, 1)];
  }

  #elementwise(x: tf.Tensor, parameters: tf.Tensor, direction: Direction): WithLogDet {
    return applied(this.#family.bijector(parameters, x.shape[1]!), x, direction);
  }

  /** What the network sees of entries. */
  #shown(x: tf.Tensor): tf.Tensor {
    return this.#family.features?.of(x) ?? x;
  }
}

/** How far the network moves a number at first, at most; of what that adds to the slope, about a half, the line has less. */
const INITIAL_SHARE = 0.2;

const blockAutoregressiveOptions = z
  .strictObject({
    ...layerOptions,
    hidden: someWidths.describe(
      'widths of the hidden layers; each number, and the context, has an even share of units',
    ),
    parallel,
  })
  .omit({ activation: true });

/** Options of {@link BlockAutoregressive}. */
export type BlockAutoregressiveOptions = z.input<typeof blockAutoregressiveOptions>;

/**
 * Block neural autoregressive layer: all numbers through one masked network that increases in each number, given those before it.
 *
 *     yᵢ = exp(sᵢ) xᵢ + mᵢ + Σₖ vᵢₖ hᵢₖ        vᵢₖ > 0, and h of tanh of sums over units before, with positive weights for own ones
 *
 * Each hidden unit belongs to a number or to the context. It sees the units of the layer before that belong to the same number
 * with weights exp(10 tanh(w/10)), and with free ones those of the numbers before and of the context. mᵢ and sᵢ, a
 * `boundedLogSlope`, are sums over the last units of the numbers before i and of the context. The Jacobian is triangular,
 * and its diagonal is exp(sᵢ) and a sum of products of positive numbers, the weights and tanh′. Nothing cancels in it, and it is
 * never less than e⁻⁵, so that no product needs a logarithm of its own.
 *
 * tanh alone would map to an interval. Since exp(sᵢ) xᵢ is there, each number goes onto ℝ, whatever the parameters; without h the
 * layer is affine autoregressive. Near the identity at first.
 *
 * The direction that is `parallel` is the formula. In the other one number is sought after the other, by {@link monotoneInverse}
 * between the ends that |h| < 1 sets.
 *
 * De Cao, Titov & Aziz, "Block neural autoregressive flow", arXiv:1904.04676; there the image is bounded, or bijective by a gate.
 */
export class BlockAutoregressive extends ConditionalBijector {
  /** The hidden layers, and v and m as the kernel and the sums of the last one. Raw weights where they are made positive. */
  readonly layers: readonly Dense[];
  /** From the last hidden units to s. */
  readonly slopes: Dense;
  readonly #parallel: Direction;
  /** Whom the inputs, each hidden layer's units and the outputs belong to: 0 is the context, i + 1 number i. In order. */
  readonly #owners: readonly (readonly number[])[];

  /** @throws if there is no hidden layer, or a size is not positive */
  constructor(options: BlockAutoregressiveOptions) {
    const parsed = parseOptions('BlockAutoregressive', blockAutoregressiveOptions, options);
    const { dim, contextDim, parallel, hidden, rng } = parsed;
    super(dim, contextDim);
    this.#parallel = parallel;
    checkNumbers(Math.max(...hidden));
    const numbers = Array.from({ length: dim }, (_, i) => i + 1);
    const first = contextDim > 0 ? 0 : 1;
    const share = (width: number) => (_: unknown, k: number) =>
      first + Math.floor(((k + 0.5) * (dim + 1 - first)) / width);
    this.#owners = [
      [...new Array<number>(contextDim).fill(0), ...numbers],
      ...hidden.map((width) => Array.from({ length: width }, share(width))),
      numbers,
    ];
    const last = hidden.length;
    this.layers = this.#owners.slice(1).map((owners, i) => {
      const seen = this.#owners[i]!;
      return new Dense({
        inputDim: seen.length,
        outputDim: owners.length,
        rng: rng.split(`layer${i}`),
        kernelInitializer:
          i < last
            ? withOwn(orthogonal(Math.SQRT2), seen, owners, 1, 0.5)
            : withOwn(zeros, seen, owners, INITIAL_SHARE, 0),
      });
    });
    // Units that bend in one place would stay alike.
    const bends = rng.split('bends').fillNormal(new Float32Array(hidden[0]!));
    tf.tidy(() => this.layers[0]!.bias!.assign(tf.tensor1d(bends)));
    this.slopes = new Dense({
      inputDim: hidden.at(-1)!,
      outputDim: dim,
      rng: rng.split('slopes'),
      kernelInitializer: zeros,
    });
    const line = portableMath.log(1 - INITIAL_SHARE / 2);
    tf.tidy(() => this.slopes.bias!.assign(tf.fill([dim], line)));
  }

  /** Rising for one number, undefined for several. */
  override monotonicity(): Monotonicity | undefined {
    return this.dim === 1 ? 1 : undefined;
  }

  transform(input: tf.Tensor, direction: Direction, context?: tf.Tensor): WithLogDet {
    return onRows(input, context, (rows, seen) =>
      direction === this.#parallel ? this.#atOnce(rows, seen) : this.#inTurn(rows, seen),
    );
  }

  /** The formula, for all numbers. */
  #atOnce(x: tf.Tensor, context?: tf.Tensor): WithLogDet {
    let h = context === undefined ? x : tf.concat([context, x], 1);
    let bent = h;
    // The derivative of each unit by the number that it belongs to.
    let slope: tf.Tensor | undefined;
    this.layers.forEach((layer, i) => {
      const [own, others] = this.#weights(i);
      const sums = tf.add(tf.matMul(h, tf.add(own, others)), layer.bias!);
      slope = slope === undefined ? tf.sum(own, 0) : tf.matMul(slope, own);
      bent = h;
      h = sums;
      if (i < this.layers.length - 1) {
        h = tf.tanh(sums);
        slope = tf.mul(slope, tanhSlope(sums));
      }
    });
    const raw = tf.add(tf.matMul(bent, this.#slopeWeights()), this.slopes.bias!);
    return withLine(x, tf.exp(boundedLogSlope(raw)), h, slope);
  }

  /** The inverse of the formula, number by number; what depends on known numbers alone is computed once for each. */
  #inTurn(y: tf.Tensor, context?: tf.Tensor): WithLogDet {
    const batch = y.shape[0]!;
    const targets = unitSlices(y, 1);
    const parts = this.layers.map(({ bias }, i) => {
      const [own, others] = this.#weights(i);
      return this.#byOwner(tf.add(own, others), bias!, i);
    });
    const slopeParts = this.#byOwner(this.#slopeWeights(), this.slopes.bias!, this.layers.length - 1);
    /** The inputs of each layer that belong to the context and to numbers that are found. */
    const known: (tf.Tensor | undefined)[] = this.layers.map(() => undefined);
    const learn = (inputs: readonly (tf.Tensor | undefined)[]): void =>
      inputs.forEach((input, i) => {
        if (input !== undefined) known[i] = known[i] === undefined ? input : tf.concat([known[i], input], 1);
      });
    const constants = (owner: number): (tf.Tensor | undefined)[] =>
      parts.map((byOwner, i) => constantSums(byOwner.get(owner), known[i], batch));
    const ofOwner = (owner: number) => parts.map((byOwner) => byOwner.get(owner)?.own);

    if (context !== undefined) learn(throughUnits(context, ofOwner(0), constants(0)).inputs);
    const found = targets.map((target, i): WithLogDet => {
      const weights = ofOwner(i + 1);
      const sums = constants(i + 1);
      const scale = tf.exp(boundedLogSlope(constantSums(slopeParts.get(i + 1), known.at(-1), batch)!));
      const f = (x: tf.Tensor): WithLogDet => {
        const { output, slope } = throughUnits(x, weights, sums);
        return withLine(x, scale, output!, slope);
      };
      const v = weights.at(-1);
      const reach = v === undefined ? tf.scalar(1e-3) : tf.add(tf.sum(v), 1e-3);
      const middle = tf.sub(target, sums.at(-1)!);
      const [x, logDet] = monotoneInverse(f, target, {
        low: tf.div(tf.sub(middle, reach), scale),
        high: tf.div(tf.add(middle, reach), scale),
      });
      learn(throughUnits(x, weights, sums).inputs);
      return [x, logDet];
    });
    return [
      tf.concat(
        found.map(([x]) => x),
        1,
      ),
      tf.concat(
        found.map(([, logDet]) => logDet),
        1,
      ),
    ];
  }

  /** A layer's weights between units of one number, which are positive, and the others; both 0 elsewhere. */
  #weights(layer: number): [own: tf.Tensor, others: tf.Tensor] {
    const { kernel } = this.layers[layer]!;
    const mask = (has: (seen: number, owner: number) => boolean) =>
      tf.tensor(maskOf(this.#owners[layer]!, this.#owners[layer + 1]!, has), kernel.shape);
    return [tf.mul(tf.exp(boundedLogScale(kernel, 1)), mask(isOwn)), tf.mul(kernel, mask(isBefore))];
  }

  #slopeWeights(): tf.Tensor {
    const { kernel } = this.slopes;
    return tf.mul(kernel, tf.tensor(maskOf(this.#owners.at(-2)!, this.#owners.at(-1)!, isBefore), kernel.shape));
  }

  /** What of a layer each owner's units take: weights from the units of those before and from its own, and biases. */
  #byOwner(kernel: tf.Tensor, bias: tf.Tensor, layer: number): Map<number, Part> {
    const seen = this.#owners[layer]!;
    const owners = this.#owners[layer + 1]!;
    const present = [...new Set(owners)];
    const sizes = present.map((owner) => owners.filter((other) => other === owner).length);
    const columns = split(kernel, sizes, 1);
    const biases = split(bias, sizes, 0);
    return new Map(
      present.map((owner, k) => {
        const counts = [-1, 0, 1].map((sign) => seen.filter((other) => Math.sign(other - owner) === sign).length);
        const [before, own] = rowsOf(columns[k]!, counts);
        return [owner, { before, own, bias: biases[k]! }];
      }),
    );
  }
}

/** A layer's part for the units of one number or of the context. */
interface Part {
  readonly before: tf.Tensor | undefined;
  readonly own: tf.Tensor | undefined;
  readonly bias: tf.Tensor;
}

/** A kernel's rows in pieces of these sizes; nothing where a size is 0. */
function rowsOf(kernel: tf.Tensor, sizes: readonly number[]): (tf.Tensor | undefined)[] {
  const present = sizes.filter((size) => size > 0);
  const pieces = split(kernel, present, 0).values();
  return sizes.map((size) => (size > 0 ? pieces.next().value : undefined));
}

const isOwn = (seen: number, owner: number): boolean => seen === owner && owner > 0;
const isBefore = (seen: number, owner: number): boolean => seen < owner || (seen === owner && owner === 0);

function maskOf(
  seen: readonly number[],
  owners: readonly number[],
  has: (seen: number, owner: number) => boolean,
): Float32Array {
  return Float32Array.from(seen.flatMap((other) => owners.map((owner) => Number(has(other, owner)))));
}

/** `others`, but for positive weights, which are near `sum` over the number of units that are seen, in logarithms. */
function withOwn(
  others: Initializer,
  seen: readonly number[],
  owners: readonly number[],
  sum: number,
  std: number,
): Initializer {
  return (fanIn, fanOut, rng) => {
    const values = others(fanIn, fanOut, rng);
    const noise = rng.split('own').fillNormal(new Float32Array(fanIn * fanOut));
    maskOf(seen, owners, isOwn).forEach((own, k) => {
      const owner = owners[k % fanOut]!;
      const count = seen.filter((other) => other === owner).length;
      if (own === 1) values[k] = portableMath.log(sum / count) + std * noise[k]!;
    });
    return values;
  };
}

/** The part of a layer's sums that does not depend on the units' own number; nothing where there are no units. */
function constantSums(part: Part | undefined, known: tf.Tensor | undefined, batch: number): tf.Tensor | undefined {
  if (part === undefined) return undefined;
  const { before, bias } = part;
  return known === undefined || before === undefined
    ? broadcast(bias, [batch, bias.size])
    : tf.add(tf.matMul(known, before), bias);
}

/**
 * The units of one number, or of the context, layer by layer.
 * @param x `[..., batch, n]`
 * @param weights of each layer, from the owner's units before
 * @param constants `[batch, units]`, the other part of their sums
 */
function throughUnits(
  x: tf.Tensor,
  weights: readonly (tf.Tensor | undefined)[],
  constants: readonly (tf.Tensor | undefined)[],
): { inputs: (tf.Tensor | undefined)[]; output: tf.Tensor | undefined; slope: tf.Tensor | undefined } {
  const inputs: (tf.Tensor | undefined)[] = [];
  let h: tf.Tensor | undefined = x;
  let slope: tf.Tensor | undefined;
  constants.forEach((constant, i) => {
    inputs.push(h);
    const kernel = weights[i];
    const seen = h !== undefined && kernel !== undefined;
    const sums: tf.Tensor | undefined = seen ? tf.add(product(h!, kernel), constant!) : constant;
    if (i === 0) slope = kernel && tf.sum(kernel, 0);
    else slope = seen && slope !== undefined ? product(slope, kernel) : undefined;
    h = sums;
    if (sums === undefined || i === constants.length - 1) return;
    h = tf.tanh(sums);
    slope = slope && tf.mul(slope, tanhSlope(sums));
  });
  return { inputs, output: h, slope };
}

/** scale · x + value and the logarithm of its slope. */
function withLine(x: tf.Tensor, scale: tf.Tensor, value: tf.Tensor, slope: tf.Tensor | undefined): WithLogDet {
  const whole = slope === undefined ? broadcast(scale, x.shape) : tf.add(scale, slope);
  return [tf.add(tf.mul(x, scale), value), tf.log(whole)];
}

/** x · kernel for x of any rank. */
function product(x: tf.Tensor, kernel: tf.Tensor): tf.Tensor {
  if (x.rank === 2) return tf.matMul(x, kernel);
  const [fanIn, fanOut] = kernel.shape as [number, number];
  return tf.reshape(tf.matMul(tf.reshape(x, [x.size / fanIn, fanIn]), kernel), [...x.shape.slice(0, -1), fanOut]);
}

/** tanh′ = 4 σ(2x) σ(−2x), to the last digits where tanh is near ±1. */
function tanhSlope(x: tf.Tensor): tf.Tensor {
  const twice = tf.mul(x, 2);
  return tf.mul(tf.mul(tf.sigmoid(twice), tf.sigmoid(tf.neg(twice))), 4);
}
