/** Operators of ONNX on plain numbers, by their definitions element by element. */

/** A tensor as its shape and its elements, row-major. */
export interface Plain {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** All indices of a shape, row-major. */
export function indicesOf(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (all, size) => all.flatMap((index) => Array.from({ length: size }, (_, i) => [...index, i])),
    [[]],
  );
}

export function at({ shape, data }: Plain, index: readonly number[]): number {
  return data[index.reduce((place, i, axis) => place * shape[axis]! + i, 0)]!;
}

export function build(shape: readonly number[], value: (index: number[]) => number): Plain {
  return { shape, data: indicesOf(shape).map(value) };
}

/** One operation on two tensors, broadcast as numpy does. */
export function broadcast(a: Plain, b: Plain, f: (x: number, y: number) => number): Plain {
  const rank = Math.max(a.shape.length, b.shape.length);
  const laid = ({ shape }: Plain) => [...new Array<number>(rank - shape.length).fill(1), ...shape];
  const [left, right] = [laid(a), laid(b)];
  const shape = left.map((size, i) => Math.max(size, right[i]!));
  const place = (own: readonly number[], index: number[]) => index.map((i, axis) => (own[axis] === 1 ? 0 : i));
  return build(shape, (index) =>
    f(at({ shape: left, data: a.data }, place(left, index)), at({ shape: right, data: b.data }, place(right, index))),
  );
}

/** A reduction of the numbers along axes. */
export function reduce(x: Plain, axes: readonly number[], keepDims: boolean, f: (numbers: number[]) => number): Plain {
  const inner = axes.map((axis) => x.shape[axis]!);
  const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const result = build(kept, (index) =>
    f(
      indicesOf(inner).map((within) =>
        at(
          x,
          index.map((i, axis) => (axes.includes(axis) ? within[axes.indexOf(axis)]! : i)),
        ),
      ),
    ),
  );
  return keepDims ? result : { shape: x.shape.filter((_, axis) => !axes.includes(axis)), data: result.data };
}

export interface WindowOptions {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Before each axis, then behind each. */
  readonly pads: readonly number[];
  readonly counts: readonly number[];
}

/** y[n, o, …] = b[o] + Σ x[n, c, place] w[o, c mod C/G, k], over the channels of o's group. */
export function conv(x: Plain, w: Plain, b: readonly number[], groups: number, options: WindowOptions): Plain {
  const { strides, dilations, pads, counts } = options;
  const [batch, channels] = x.shape as [number, number];
  const [outputs, each] = w.shape as [number, number];
  const kernel = w.shape.slice(2);
  return build([batch, outputs, ...counts], ([n, o, ...place]) => {
    const group = Math.floor(o! / (outputs / groups));
    let sum = b[o!] ?? 0;
    for (let c = 0; c < each; c++) {
      for (const k of indicesOf(kernel)) {
        const pixel = k.map((i, axis) => place[axis]! * strides[axis]! + i * dilations[axis]! - pads[axis]!);
        if (pixel.some((i, axis) => i < 0 || i >= x.shape[2 + axis]!)) continue;
        sum += at(x, [n!, group * (channels / groups) + c, ...pixel]) * at(w, [o!, c, ...k]);
      }
    }
    return sum;
  });
}

/** What lies under each window together: numbers of the image, and how many places are padding that is not beyond `pads`. */
export function pool(
  x: Plain,
  kernel: readonly number[],
  options: WindowOptions,
  f: (numbers: number[], padding: number) => number,
): Plain {
  const { strides, dilations, pads, counts } = options;
  const axes = kernel.length;
  return build([...x.shape.slice(0, 2), ...counts], ([n, c, ...place]) => {
    const numbers: number[] = [];
    let padding = 0;
    for (const k of indicesOf(kernel)) {
      const pixel = k.map((i, axis) => place[axis]! * strides[axis]! + i * dilations[axis]! - pads[axis]!);
      const isInside = pixel.every((i, axis) => i >= 0 && i < x.shape[2 + axis]!);
      if (isInside) numbers.push(at(x, [n!, c!, ...pixel]));
      else if (pixel.every((i, axis) => i < x.shape[2 + axis]! + pads[axes + axis]!)) padding++;
    }
    return f(numbers, padding);
  });
}

/** a · b of the last two axes. */
export function matMul(a: Plain, b: Plain): Plain {
  const [rows, inner] = a.shape.slice(-2) as [number, number];
  const columns = b.shape.at(-1)!;
  const outer = a.shape.length >= b.shape.length ? a.shape.slice(0, -2) : b.shape.slice(0, -2);
  const own = (x: Plain, index: number[]) => {
    const axes = x.shape.slice(0, -2);
    return index.slice(index.length - axes.length).map((i, axis) => (axes[axis] === 1 ? 0 : i));
  };
  return build([...outer, rows, columns], (index) => {
    const [i, j] = index.slice(-2) as [number, number];
    const lead = index.slice(0, -2);
    let sum = 0;
    for (let k = 0; k < inner; k++) sum += at(a, [...own(a, lead), i, k]) * at(b, [...own(b, lead), k, j]);
    return sum;
  });
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

export interface CellWeights {
  /** `[gates · units][inputs]` and `[gates · units][units]`. */
  readonly w: readonly (readonly number[])[];
  readonly r: readonly (readonly number[])[];
  /** Of both sides, one after the other. */
  readonly b: readonly number[];
  readonly p: readonly number[];
}

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

/** One step of an LSTM for one row; gates in ONNX's order i, o, f, c. */
export function lstmCell({ w, r, b, p }: CellWeights, x: number[], h: number[], c: number[]): [number[], number[]] {
  const units = h.length;
  const before = (gate: number, unit: number) => {
    const row = gate * units + unit;
    return dot(w[row]!, x) + dot(r[row]!, h) + b[row]! + b[4 * units + row]!;
  };
  const cell = c.map((old, u) => {
    const input = sigmoid(before(0, u) + (p[u] ?? 0) * old);
    const forget = sigmoid(before(2, u) + (p[2 * units + u] ?? 0) * old);
    return forget * old + input * Math.tanh(before(3, u));
  });
  const out = cell.map((now, u) => sigmoid(before(1, u) + (p[units + u] ?? 0) * now) * Math.tanh(now));
  return [out, cell];
}

/** One step of a GRU for one row; gates in ONNX's order z, r, h. */
export function gruCell({ w, r, b }: CellWeights, x: number[], h: number[], isAfter: boolean): number[] {
  const units = h.length;
  const side = (gate: number, unit: number) => dot(w[gate * units + unit]!, x) + b[gate * units + unit]!;
  const past = (gate: number, unit: number, state: number[]) =>
    dot(r[gate * units + unit]!, state) + b[(3 + gate) * units + unit]!;
  const gates = [0, 1].map((gate) => h.map((_, u) => sigmoid(side(gate, u) + past(gate, u, h))));
  const [z, reset] = gates as [number[], number[]];
  return h.map((old, u) => {
    const seen = isAfter
      ? reset[u]! * past(2, u, h)
      : past(
          2,
          u,
          h.map((value, i) => value * reset[i]!),
        );
    return (1 - z[u]!) * Math.tanh(side(2, u) + seen) + z[u]! * old;
  });
}
