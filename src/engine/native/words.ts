import type { Node, Value } from '../graph/value.ts';
import { laneType } from '../wasm/elementwise.ts';
import type { Kernel } from '../wasm/kernel.ts';
import { type Buffer, numberOf, uniformConstant, type View } from '../wasm/layout.ts';
import { laneAxis, merged } from '../wasm/loops.ts';

/** The first word of every program; that of native/kernels.c. */
const VERSION = 1;

/** The kinds of operations, in the order of native/kernels.c. */
const KIND = {
  grid: 0,
  copy: 1,
  fill: 2,
  reduction: 3,
  product: 4,
  cumulative: 5,
  best: 6,
  sums: 7,
  indexed: 8,
} as const;
const RULE = { sum: 0, max: 1, min: 2, prod: 3 } as const;
/** How many of them: those of integers come after those of floats. */
const RULES = 4;
const INDEXING = { gather: 0, scatter: 1, addFloats: 2, addIntegers: 3 } as const;

/** Bytes that the strips of a kernel may have together, so that they stay in the first cache. */
const STRIPS = 24 * 1024;
/** Elements of a strip. */
const [SHORTEST_STRIP, LONGEST_STRIP] = [64, 1024];

const shared = new Float32Array(1);
const sharedBits = new Int32Array(shared.buffer);

/** The bits of a float32. */
function floatBits(number: number): number {
  shared[0] = number;
  return sharedBits[0]!;
}

/** A number as an element of a type. */
function elementBits(number: number, dtype: Value['dtype']): number {
  const type = laneType(dtype);
  return type === 'f32' ? floatBits(number) : type === 'mask' ? -Number(number !== 0) : number | 0;
}

/** A matrix by how far its next row and column are, in elements. */
interface Matrix {
  readonly row: number;
  readonly column: number;
}

/** A program of the native engine as integers: what its C reads, in the same order. */
export class Words {
  /** The number of an elementwise operation by its name there. */
  readonly #operations: ReadonlyMap<string, number>;
  readonly #isFused: boolean;
  readonly #buffers = new Map<Buffer, number>();
  #list: number[] = [];
  #count = 0;

  constructor(operations: ReadonlyMap<string, number>, isFused: boolean) {
    this.#operations = operations;
    this.#isFused = isFused;
  }

  /**
   * The program of these kernels.
   * @param operations numbers of elementwise operations, by their names
   * @param place.addresses where it is said, in bytes, how moving tensors are placed
   * @param isFused whether products add with one rounding
   */
  static program(
    kernels: readonly Kernel[],
    operations: ReadonlyMap<string, number>,
    { addresses, faults }: { readonly addresses: number; readonly faults: number },
    isFused: boolean,
  ): Int32Array {
    const words = new Words(operations, isFused);
    const bodies = kernels.map((kernel) => words.#kernel(kernel));
    const head = [VERSION, addresses, faults, words.#buffers.size, kernels.length, words.#count];
    for (const { global, address, size } of words.#buffers.keys()) {
      head.push(global ?? -1, global === undefined ? address : 0, size);
    }
    return Int32Array.from([...head, ...bodies.flat()]);
  }

  #kernel(kernel: Kernel): number[] {
    const before = this.#count;
    this.#list = [];
    kernel.describe(this);
    const operations = this.#count - before;
    this.#count = before + operations;
    return [operations, ...this.#list];
  }

  #begin(kind: keyof typeof KIND): void {
    this.#count++;
    this.#list.push(KIND[kind]);
  }

  #push(...words: readonly (number | boolean)[]): void {
    for (const word of words) this.#list.push(Number(word));
  }

  #space(sizes: readonly number[]): void {
    this.#push(sizes.length, ...sizes);
  }

  #view({ buffer, offset }: View, strides: readonly number[]): void {
    let index = this.#buffers.get(buffer);
    if (index === undefined) {
      index = this.#buffers.size;
      this.#buffers.set(buffer, index);
    }
    this.#push(index, offset, ...strides);
  }

  /** Elementwise operations on one index space; see `gridKernel`. Stored values lie at `stored`, operands at `loaded`. */
  grid(
    shape: readonly number[],
    loaded: ReadonlyMap<Value, View>,
    stored: ReadonlyMap<Value, View>,
    nodes: readonly Node[],
  ): void {
    const views = [...loaded.values(), ...stored.values()];
    const { sizes, strides } = merged(
      shape,
      views.map((view) => view.strides),
    );
    const lane = laneAxis(sizes, strides);
    const length = sizes[lane] ?? 1;
    const rows = rowAxis(sizes, strides, lane);
    const outer = sizes.flatMap((_, axis) => (axis === lane || axis === rows ? [] : [axis]));

    const strips = new Map<Value, number>();
    const constants: number[] = [];
    const constantStrips = new Map<number, number>();
    for (const value of loaded.keys()) strips.set(value, strips.size);
    for (const value of stored.keys()) strips.set(value, strips.size);
    const first = strips.size;
    const constantOf = (value: Value): number | undefined => {
      const number = loaded.has(value) || strips.has(value) ? undefined : uniformConstant(value);
      return number === undefined ? undefined : elementBits(number, value.dtype);
    };
    for (const bits of nodes.flatMap(({ inputs }) => inputs.flatMap((value) => constantOf(value) ?? []))) {
      if (constantStrips.has(bits)) continue;
      constantStrips.set(bits, first + constants.length);
      constants.push(bits);
    }

    const lastUse = new Map<Value, number>();
    nodes.forEach(({ inputs }, i) => {
      for (const value of inputs) lastUse.set(value, i);
    });
    const free: number[] = [];
    let count = first + constants.length;
    const code = nodes.flatMap((node, i) => {
      const operands = node.inputs.map((value) => strips.get(value) ?? constantStrips.get(constantOf(value)!)!);
      const [output] = node.outputs as [Value];
      for (const value of new Set(node.inputs)) {
        const strip = strips.get(value);
        if (strip !== undefined && strip >= first && lastUse.get(value) === i) free.push(strip);
      }
      if (!strips.has(output)) strips.set(output, free.pop() ?? count++);
      const [a = 0, b = a, c = a] = operands;
      return [
        this.#operation(node),
        strips.get(output)!,
        a,
        b,
        c,
        floatBits(numberOf(node, 'alpha', ALPHA[node.op] ?? 0)),
      ];
    });

    const room = Math.floor(STRIPS / 4 / Math.max(1, count));
    const elements = Math.min(LONGEST_STRIP, Math.max(SHORTEST_STRIP, room - (room % 16)));
    const rowsOfStrip = length >= elements ? 1 : Math.max(1, Math.floor(elements / Math.max(1, length)));
    const part = Math.max(1, rowsOfStrip === 1 ? Math.min(elements, length) : length);

    this.#begin('grid');
    this.#space(outer.map((axis) => sizes[axis]!));
    this.#push(rows === undefined ? 1 : sizes[rows]!, length, rowsOfStrip, part);
    this.#push(loaded.size, stored.size, constants.length, count, nodes.length);
    views.forEach((view, i) => {
      const own = strides[i]!;
      this.#view(
        view,
        outer.map((axis) => own[axis]!),
      );
      // Of one element it does not matter, and what is contiguous needs no copy.
      this.#push(rows === undefined ? 0 : own[rows]!, length === 1 ? 1 : own[lane]!);
    });
    this.#push(...constants, ...code);
  }

  /** @throws if the engine has no such operation */
  #operation({ op, inputs, outputs }: Node): number {
    const type = laneType(inputs[0]!.dtype);
    const to = laneType(outputs[0]!.dtype);
    const names =
      op === 'Cast'
        ? [type === to ? 'copy' : `Cast ${type} ${to}`]
        : [`${op} ${type}`, `${op} ${type === 'mask' ? 'i32' : 'mask'}`];
    for (const name of names) {
      const found = this.#operations.get(name);
      if (found !== undefined) return found;
    }
    throw new Error(`the native engine has no ${op} of ${type}`);
  }

  /** Adds what lies in `from` to what lies in `to`: line by line, so that an element may lie in several. */
  accumulate(shape: readonly number[], from: View, to: View, dtype: Value['dtype']): void {
    const [{ sizes, strides }] = [merged(shape, [from.strides, to.strides])];
    const lane = laneAxis(sizes, strides);
    const outer = sizes.flatMap((_, axis) => (axis === lane ? [] : [axis]));
    const length = sizes[lane] ?? 1;
    this.#begin('grid');
    this.#space(outer.map((axis) => sizes[axis]!));
    this.#push(1, length, 1, Math.min(LONGEST_STRIP, Math.max(1, length)), 2, 1, 0, 3, 1);
    for (const [i, view] of [from, to, to].entries()) {
      const own = strides[Math.min(i, 1)]!;
      this.#view(
        view,
        outer.map((axis) => own[axis]!),
      );
      this.#push(0, own[lane] ?? 0);
    }
    this.#push(this.#operations.get(`Add ${laneType(dtype) === 'f32' ? 'f32' : 'i32'}`)!, 2, 1, 0, 0, 0);
  }

  copy(shape: readonly number[], from: View, to: View): void {
    const { sizes, strides } = merged(shape, [from.strides, to.strides]);
    const lane = laneAxis(sizes, strides);
    const outer = <T>(list: readonly T[]): T[] => list.filter((_, axis) => axis !== lane);
    this.#begin('copy');
    this.#space(outer(sizes));
    this.#push(sizes[lane] ?? 1);
    for (const [i, view] of [from, to].entries()) {
      this.#view(view, outer(strides[i]!));
      this.#push(strides[i]![lane] ?? 0);
    }
  }

  fill(shape: readonly number[], to: View, number: number, dtype: Value['dtype']): void {
    this.#begin('fill');
    this.#space(shape);
    this.#view(to, to.strides);
    this.#push(elementBits(number, dtype));
  }

  /**
   * @param spec.from along the kept axes, then `steps` along the reduced ones
   * @param spec.across the reduced axis that the lanes run along, or −1
   * @param spec.lane otherwise the kept one, or −1
   */
  reduction(spec: {
    readonly rule: keyof typeof RULE;
    readonly isFloat: boolean;
    /** A mean's count; 0 for others. */
    readonly count: number;
    readonly neutral: number;
    readonly kept: readonly number[];
    readonly reduced: readonly number[];
    readonly from: View;
    readonly to: View;
    readonly steps: readonly number[];
    readonly across: number;
    readonly lane: number;
  }): void {
    this.#begin('reduction');
    this.#push(RULE[spec.rule] + (spec.isFloat ? 0 : RULES), floatBits(spec.count));
    this.#push(spec.isFloat ? floatBits(spec.neutral) : spec.neutral | 0);
    this.#space(spec.kept);
    this.#space(spec.reduced);
    this.#view(spec.from, spec.from.strides);
    this.#view(spec.to, spec.to.strides);
    this.#push(...spec.steps, spec.across, spec.lane);
  }

  /** c[i, j] = Σ a[i, p] · b[p, j] for each index of the leading axes, along which the views' strides are. */
  product(
    isFloat: boolean,
    leading: readonly number[],
    { m, n, k }: { readonly m: number; readonly n: number; readonly k: number },
    factors: readonly (readonly [View, Matrix])[],
  ): void {
    this.#begin('product');
    this.#push(!isFloat ? 0 : this.#isFused ? 2 : 1);
    this.#space(leading);
    this.#push(m, n, k);
    for (const [view, { row, column }] of factors) {
      this.#view(view, view.strides);
      this.#push(row, column);
    }
  }

  /** Running totals along an axis; the views' other strides are those of `lines`. */
  cumulative(
    isFloat: boolean,
    isExclusive: boolean,
    lines: readonly number[],
    length: number,
    views: readonly (readonly [View, number])[],
  ): void {
    this.#begin('cumulative');
    this.#push(isFloat, isExclusive);
    this.#space(lines);
    this.#push(length);
    for (const [view, step] of views) {
      this.#view(view, view.strides);
      this.#push(step);
    }
  }

  /** The indices of the `count` greatest, or least, of each line; then, if a third view is there, what they are. */
  best(
    isFloat: boolean,
    isLeast: boolean,
    lines: readonly number[],
    length: number,
    count: number,
    views: readonly (readonly [View, number])[],
  ): void {
    this.#begin('best');
    this.#push(isFloat, isLeast, views.length === 3);
    this.#space(lines);
    this.#push(length, count);
    for (const [view, step] of views) {
      this.#view(view, view.strides);
      this.#push(step);
    }
  }

  /** Sums over some letters of products of tensors; `steps` go along those. */
  sums(
    isFloat: boolean,
    kept: readonly number[],
    summed: readonly number[],
    to: View,
    terms: readonly (readonly [View, readonly number[]])[],
  ): void {
    this.#begin('sums');
    this.#push(isFloat, terms.length);
    this.#space(kept);
    this.#space(summed);
    this.#view(to, to.strides);
    for (const [view, steps] of terms) {
      this.#view(view, view.strides);
      this.#push(...steps);
    }
  }

  /** Rows of `data` at tuples of indices: copied to `other`, or from there, or with it added. Strides are along `outer`, then `inner`. */
  indexed(spec: {
    readonly kind: keyof typeof INDEXING;
    readonly outer: readonly number[];
    readonly inner: readonly number[];
    /** Bounds of the tuple's indices, and how far one more moves in `data`. */
    readonly bounds: readonly number[];
    readonly moves: readonly number[];
    readonly tupleStep: number;
    readonly indices: View;
    readonly data: View;
    readonly other: View;
  }): void {
    const { length } = spec.outer;
    this.#begin('indexed');
    this.#push(INDEXING[spec.kind]);
    this.#space(spec.outer);
    this.#space(spec.inner);
    this.#push(spec.bounds.length, spec.tupleStep, ...spec.bounds, ...spec.moves);
    this.#view(spec.indices, spec.indices.strides.slice(0, length));
    for (const { buffer, offset, strides } of [spec.data, spec.other]) {
      this.#view({ buffer, offset, strides }, strides.slice(0, length));
      this.#push(...strides.slice(length));
    }
  }
}

/** What ONNX has where a node does not say. */
const ALPHA: Readonly<Record<string, number>> = { Elu: 1, LeakyRelu: 0.01 };

/** The axis whose rows make up a strip: one along which most tensors run on, or the last. */
function rowAxis(sizes: readonly number[], strides: readonly (readonly number[])[], lane: number): number | undefined {
  let best: number | undefined;
  let most = -1;
  sizes.forEach((_, axis) => {
    if (axis === lane) return;
    const direct = strides.filter((own) => own[lane] === 1 && own[axis] === sizes[lane]).length;
    if (direct >= most) [best, most] = [axis, direct];
  });
  return best;
}
