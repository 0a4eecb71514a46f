import { type Attributes, type ElementType, elementCount, type OutputSpec, sameShape, type Value } from './value.ts';

// What every operation needs of its inputs, and the shape and type of what it makes. Nothing joins a graph that does not fit: the code of
// WebAssembly kernels takes its bounds from these shapes.

type Shape = readonly number[];

/** A problem as the errors of this file say it; the operation and the shapes are added by who catches it. */
function need(holds: boolean, problem: () => string): asserts holds {
  if (!holds) throw new Error(problem());
}

const isSize = (size: number): boolean => Number.isSafeInteger(size) && size >= 0;

/** @throws if the axis is none of so many */
function checkAxis(axis: number, rank: number): void {
  need(Number.isInteger(axis) && axis >= 0 && axis < rank, () => `the axis ${axis} is none of ${rank}`);
}

/** @throws if the shapes do not go together */
export function broadcastShape(a: Shape, b: Shape): Shape {
  if (b.length === 0 || sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const [x, y] = [a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1];
    need(x === y || x === 1 || y === 1, () => `[${a}] and [${b}] do not broadcast: ${x} and ${y} differ`);
    return x === 1 ? y : x;
  });
}

/** @throws if `from` does not broadcast to `to` */
export function checkExpansion(from: Shape, to: Shape): void {
  const added = to.length - from.length;
  const fits = added >= 0 && to.every((size, i) => isSize(size) && (i < added || [1, size].includes(from[i - added]!)));
  need(fits, () => `[${from}] does not broadcast to [${to}]`);
}

/** @throws if the shapes have not equally many elements */
export function checkReshape(from: Shape, to: Shape): void {
  const count = elementCount(from);
  const fits = to.every(isSize) && elementCount(to) === count;
  need(fits, () => `[${to}] has not the ${count} element${count === 1 ? '' : 's'} of [${from}]`);
}

export function permutedShape(shape: Shape, perm: Shape): number[] {
  const isPermutation = perm.length === shape.length && shape.every((_, axis) => perm.includes(axis));
  need(isPermutation, () => `(${perm}) is no permutation of the ${shape.length} axes of [${shape}]`);
  return perm.map((axis) => shape[axis]!);
}

export function joinedShape(shapes: readonly Shape[], axis: number): number[] {
  const [first] = shapes as [Shape];
  checkAxis(axis, first.length);
  for (const shape of shapes) {
    const fits = shape.length === first.length && shape.every((size, i) => i === axis || size === first[i]);
    need(fits, () => `[${first}] and [${shape}] differ in more than axis ${axis}`);
  }
  return first.map((size, i) => (i === axis ? shapes.reduce((sum, shape) => sum + shape[axis]!, 0) : size));
}

/** @throws if the slice reaches beyond the tensor */
export function checkSlice(shape: Shape, begin: Shape, size: Shape): void {
  need(
    begin.length === shape.length && size.length === shape.length,
    () => `(${begin}), (${size}) is no slice of [${shape}]`,
  );
  const fits = shape.every((whole, i) => isSize(begin[i]!) && isSize(size[i]!) && begin[i]! + size[i]! <= whole);
  need(fits, () => `a slice of [${size}] from (${begin}) reaches beyond [${shape}]`);
}

/** @throws if the sizes do not make up the axis */
export function checkSplit(shape: Shape, sizes: Shape, axis: number): void {
  checkAxis(axis, shape.length);
  const fits = sizes.every(isSize) && sizes.reduce((sum, size) => sum + size, 0) === shape[axis];
  need(fits, () => `parts of (${sizes}) do not make up axis ${axis} of [${shape}]`);
}

/** The gap before and after, for each axis. */
export type Paddings = readonly (readonly [number, number])[];

export function paddedShape(shape: Shape, paddings: Paddings): number[] {
  const fits = paddings.length === shape.length && paddings.every((pair) => pair.length === 2 && pair.every(isSize));
  need(fits, () => `paddings of (${paddings.map((pair) => `[${pair}]`)}) do not fit [${shape}]`);
  return shape.map((size, i) => size + paddings[i]![0] + paddings[i]![1]);
}

/** The shape of `shape` with `axes` reduced. */
export function reducedShape(shape: Shape, axes: Shape, keepDims: boolean): number[] {
  for (const axis of axes) checkAxis(axis, shape.length);
  need(new Set(axes).size === axes.length, () => `an axis is named twice in (${axes})`);
  return shape.flatMap((size, axis) => (axes.includes(axis) ? (keepDims ? [1] : []) : [size]));
}

/** The shape of a product of matrices, batched over the leading axes. */
export function productShape(a: Shape, b: Shape, transA: boolean, transB: boolean): number[] {
  need(a.length >= 2 && b.length >= 2, () => 'expected matrices');
  const [rows, inner] = transA ? [a.at(-1)!, a.at(-2)!] : [a.at(-2)!, a.at(-1)!];
  const [other, columns] = transB ? [b.at(-1)!, b.at(-2)!] : [b.at(-2)!, b.at(-1)!];
  need(inner === other, () => `the inner sizes ${inner} and ${other} differ`);
  return [...broadcastShape(a.slice(0, -2), b.slice(0, -2)), rows, columns];
}

/** How long each letter of an equation is, and the shape of the result. */
export function einsumShape(equation: string, shapes: readonly Shape[]): number[] {
  const [left, result] = equation.split('->') as [string, string];
  const terms = left.split(',');
  need(terms.length === shapes.length, () => `'${equation}' is of ${terms.length} tensors, got ${shapes.length}`);
  const sizes = new Map<string, number>();
  terms.forEach((term, i) => {
    const shape = shapes[i]!;
    need(term.length === shape.length, () => `'${term}' of '${equation}' does not fit [${shape}]`);
    [...term].forEach((letter, axis) => {
      const [known, size] = [sizes.get(letter) ?? shape[axis]!, shape[axis]!];
      need(known === size, () => `'${letter}' of '${equation}' is ${known} and ${size}`);
      sizes.set(letter, size);
    });
  });
  return [...result].map((letter) => {
    need(sizes.has(letter), () => `'${letter}' of '${equation}' is in no tensor`);
    return sizes.get(letter)!;
  });
}

/** An operation that is to join a graph. */
interface Candidate {
  readonly inputs: readonly Value[];
  readonly outputs: readonly OutputSpec[];
  readonly attributes: Attributes;
}

/** Shapes and types of what an operation makes of its inputs. */
type Rule = (candidate: Candidate) => readonly OutputSpec[];

const NUMBERS: readonly ElementType[] = ['float32', 'int32', 'int64'];
const FLOATS: readonly ElementType[] = ['float32'];
const INTEGERS: readonly ElementType[] = ['int32', 'int64'];
const BOOLS: readonly ElementType[] = ['bool'];
const ALL: readonly ElementType[] = [...NUMBERS, ...BOOLS];

function checkType({ dtype }: Value, types: readonly ElementType[]): void {
  need(types.includes(dtype), () => `got ${dtype}, expected ${types.join(' or ')}`);
}

/** @throws if the values are of several types */
export function checkAlike(values: readonly Value[]): void {
  const { dtype } = values[0]!;
  for (const value of values) {
    if (value.dtype !== dtype) throw new Error(`the types ${values.map((each) => each.dtype).join(' and ')} differ`);
  }
}

/** Elementwise on inputs of one type, broadcast. */
const elementwise =
  (types: readonly ElementType[], dtype?: ElementType): Rule =>
  ({ inputs }) => {
    const [first] = inputs as [Value];
    checkType(first, types);
    checkAlike(inputs);
    let { shape } = first;
    for (let i = 1; i < inputs.length; i++) shape = broadcastShape(shape, inputs[i]!.shape);
    return [{ shape, dtype: dtype ?? first.dtype }];
  };

const rules = (names: string, rule: Rule): Record<string, Rule> =>
  Object.fromEntries(names.split(' ').map((name) => [name, rule]));

/** The numbers of a constant input that says shapes, axes or bounds. */
function numbers(value: Value | undefined): number[] {
  need(value?.constant !== undefined, () => 'expected constant numbers');
  return Array.from(value.constant, Number);
}

const isPair = (value: unknown): value is readonly [number, number] => Array.isArray(value) && value.length === 2;

/** @throws if so many windows do not fit the images, which have `axis` for their height and the next for their width */
function checkWindows(images: Shape, kernel: Shape, counts: Shape, { attributes }: Candidate, axis = 1): void {
  const { strides, dilations, pads = [0, 0, 0, 0] } = attributes as Record<string, readonly number[]>;
  const isWhole = isPair(strides) && isPair(dilations) && [...strides, ...dilations].every((n) => isSize(n) && n > 0);
  need(isWhole, () => `strides of (${strides}) and dilations of (${dilations})`);
  need(pads.every(isSize), () => `paddings of (${pads})`);
  const fits = [0, 1].every((i) => {
    const framed = images[axis + i]! + pads[i]! + pads[i + 2]!;
    return (counts[i]! - 1) * strides[i]! + (kernel[i]! - 1) * dilations[i]! + 1 <= framed || counts[i] === 0;
  });
  need(fits, () => `${counts[0]} by ${counts[1]} windows of [${kernel}] do not fit [${images}]`);
}

/** Of images, a filter and results, all with channels last. */
function checkConvolution(images: Shape, filter: Shape, results: Shape, candidate: Candidate): void {
  const fits =
    [images, filter, results].every(({ length }) => length === 4) &&
    images[0] === results[0] &&
    images[3] === filter[2] &&
    filter[3] === results[3];
  need(fits, () => `images [${images}], a filter [${filter}] and results [${results}] do not go together`);
  checkWindows(images, filter, results.slice(1, 3), candidate);
}

const reduction: Rule = ({ inputs: [x, axes], attributes }) => {
  checkType(x!, NUMBERS);
  const along = axes === undefined ? x!.shape.map((_, i) => i) : numbers(axes);
  return [{ shape: reducedShape(x!.shape, along, attributes.keepdims === 1), dtype: x!.dtype }];
};

const argument: Rule = ({ inputs: [x], attributes }) => {
  checkType(x!, NUMBERS);
  const { axis, keepdims } = attributes;
  need(typeof axis === 'number', () => 'expected an axis');
  const shape = reducedShape(x!.shape, [axis], keepdims === 1);
  need(elementCount(shape) === 0 || x!.shape[axis]! > 0, () => `axis ${axis} of [${x!.shape}] is empty`);
  return [{ shape, dtype: 'int64' }];
};

/** How many elements of an axis a slice of ONNX takes. */
function taken(size: number, start: number, end: number, step: number): number {
  need(Number.isInteger(step) && step !== 0, () => `a step of ${step}`);
  const bounded = (at: number, low: number, high: number): number =>
    Math.min(Math.max(at < 0 ? at + size : at, low), high);
  const [low, high] = step < 0 ? [-1, size - 1] : [0, size];
  return Math.max(0, Math.ceil((bounded(end, low, high) - bounded(start, Math.max(0, low), high)) / step));
}

/** The sizes of slices of `data` at tuples of indices. */
function slicesShape(data: Shape, indices: Shape): number[] {
  const depth = indices.at(-1) ?? 0;
  need(indices.length > 0 && depth <= data.length, () => `indices of [${indices}] do not fit [${data}]`);
  return [...indices.slice(0, -1), ...data.slice(depth)];
}

const same: Rule = ({ inputs: [x] }) => [x!];

const RULES: Readonly<Record<string, Rule>> = {
  ...rules('Add Sub Mul Div Mod Max Min Pow', elementwise(NUMBERS)),
  ...rules('Neg Abs Sign Relu Clip', elementwise(NUMBERS)),
  ...rules('Less LessOrEqual Greater GreaterOrEqual', elementwise(NUMBERS, 'bool')),
  ...rules('Equal', elementwise(ALL, 'bool')),
  ...rules('And Or Not', elementwise(BOOLS)),
  ...rules('IsNaN IsInf', elementwise(FLOATS, 'bool')),
  ...rules(
    'Sqrt Ceil Floor Round Reciprocal Exp Log Log1p Expm1 Softplus Sigmoid HardSigmoid Tanh Erf',
    elementwise(FLOATS),
  ),
  ...rules('Elu Selu LeakyRelu Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh', elementwise(FLOATS)),
  Where: ({ inputs: [condition, ...branches] }) => {
    checkType(condition!, BOOLS);
    const [{ shape, dtype }] = elementwise(ALL)({ inputs: branches, outputs: [], attributes: {} }) as [OutputSpec];
    return [{ shape: broadcastShape(condition!.shape, shape), dtype }];
  },
  Cast: ({ inputs: [x], outputs: [y] }) => {
    need(ALL.includes(y!.dtype), () => `no cast to ${y!.dtype}`);
    return [{ shape: x!.shape, dtype: y!.dtype }];
  },

  Identity: same,
  Reshape: ({ inputs: [x, shape] }) => {
    const to = numbers(shape);
    checkReshape(x!.shape, to);
    return [{ shape: to, dtype: x!.dtype }];
  },
  Expand: ({ inputs: [x, shape] }) => {
    const to = numbers(shape);
    checkExpansion(x!.shape, to);
    return [{ shape: to, dtype: x!.dtype }];
  },
  Transpose: ({ inputs: [x], attributes }) => [
    { shape: permutedShape(x!.shape, attributes.perm as Shape), dtype: x!.dtype },
  ],
  Concat: ({ inputs, attributes }) => {
    checkAlike(inputs);
    return [
      {
        shape: joinedShape(
          inputs.map(({ shape }) => shape),
          attributes.axis as number,
        ),
        dtype: inputs[0]!.dtype,
      },
    ];
  },
  Slice: ({ inputs: [x, starts, ends, axes, steps] }) => {
    const [from, to, along] = [starts, ends, axes].map(numbers) as [number[], number[], number[]];
    const by = steps === undefined ? along.map(() => 1) : numbers(steps);
    reducedShape(x!.shape, along, true);
    need(
      [from, to, by].every(({ length }) => length === along.length),
      () => 'expected bounds for each axis',
    );
    const shape = x!.shape.map((size, axis) => {
      const i = along.indexOf(axis);
      return i < 0 ? size : taken(size, from[i]!, to[i]!, by[i]!);
    });
    return [{ shape, dtype: x!.dtype }];
  },
  Split: ({ inputs: [x, sizes], attributes }) => {
    const axis = attributes.axis as number;
    checkSplit(x!.shape, numbers(sizes), axis);
    return numbers(sizes).map((size) => ({ shape: x!.shape.with(axis, size), dtype: x!.dtype }));
  },
  Pad: ({ inputs: [x, pads, fill], attributes }) => {
    const counts = numbers(pads);
    const rank = x!.shape.length;
    need(counts.length === 2 * rank, () => `${counts.length} paddings do not fit [${x!.shape}]`);
    const shape = paddedShape(
      x!.shape,
      x!.shape.map((_, i) => [counts[i]!, counts[rank + i]!]),
    );
    const reflects = attributes.mode === 'reflect';
    need(
      !reflects || counts.every((count, i) => count === 0 || count < x!.shape[i % rank]!),
      () => `(${counts}) reflects beyond [${x!.shape}]`,
    );
    if (fill !== undefined) checkAlike([x!, fill]);
    return [{ shape, dtype: x!.dtype }];
  },
  Tile: ({ inputs: [x, reps] }) => {
    const counts = numbers(reps);
    need(
      counts.length === x!.shape.length && counts.every(isSize),
      () => `(${counts}) repetitions do not fit [${x!.shape}]`,
    );
    return [{ shape: x!.shape.map((size, i) => size * counts[i]!), dtype: x!.dtype }];
  },

  ...rules('ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd', reduction),
  ...rules('ArgMax ArgMin', argument),
  CumSum: ({ inputs: [x, axis] }) => {
    checkType(x!, NUMBERS);
    checkAxis(numbers(axis)[0]!, x!.shape.length);
    return [x!];
  },
  Softmax: ({ inputs: [x], attributes }) => {
    checkType(x!, FLOATS);
    const rank = x!.shape.length;
    const axis = attributes.axis as number;
    checkAxis(axis < 0 ? axis + rank : axis, rank);
    return [x!];
  },
  TopK: ({ inputs: [x, k] }) => {
    checkType(x!, NUMBERS);
    const [count] = numbers(k) as [number];
    const length = x!.shape.at(-1);
    need(
      length !== undefined && isSize(count) && count <= length,
      () => `[${x!.shape}] has no ${count} numbers in a row`,
    );
    const shape = x!.shape.with(-1, count);
    return [
      { shape, dtype: x!.dtype },
      { shape, dtype: 'int64' },
    ];
  },

  Gather: ({ inputs: [x, indices], attributes }) => {
    const axis = attributes.axis as number;
    checkAxis(axis, x!.shape.length);
    checkType(indices!, INTEGERS);
    need(indices!.shape.length === 1, () => 'expected a vector of indices');
    return [{ shape: x!.shape.with(axis, indices!.shape[0]!), dtype: x!.dtype }];
  },
  GatherElements: ({ inputs: [x, indices], attributes }) => {
    const axis = attributes.axis as number;
    const { shape } = indices!;
    checkAxis(axis, x!.shape.length);
    checkType(indices!, INTEGERS);
    const fits = shape.length === x!.shape.length && shape.every((size, i) => i === axis || size <= x!.shape[i]!);
    need(fits, () => `indices of [${shape}] do not fit [${x!.shape}]`);
    return [{ shape, dtype: x!.dtype }];
  },
  GatherND: ({ inputs: [x, indices] }) => {
    checkType(indices!, INTEGERS);
    return [{ shape: slicesShape(x!.shape, indices!.shape), dtype: x!.dtype }];
  },
  ScatterND: ({ inputs: [x, indices, updates] }) => {
    checkType(indices!, INTEGERS);
    checkAlike([x!, updates!]);
    const wanted = slicesShape(x!.shape, indices!.shape);
    need(
      sameShape(wanted, updates!.shape),
      () => `indices of [${indices!.shape}] take [${wanted}], got [${updates!.shape}]`,
    );
    return [x!];
  },

  MatMul: ({ inputs: [a, b], attributes: { transA, transB } }) => {
    checkType(a!, NUMBERS);
    checkAlike([a!, b!]);
    return [{ shape: productShape(a!.shape, b!.shape, transA === 1, transB === 1), dtype: a!.dtype }];
  },
  Einsum: ({ inputs, attributes }) => {
    checkType(inputs[0]!, NUMBERS);
    checkAlike(inputs);
    const shapes = inputs.map(({ shape }) => shape);
    return [{ shape: einsumShape(attributes.equation as string, shapes), dtype: inputs[0]!.dtype }];
  },

  Conv2D: (candidate) => {
    const { inputs, outputs } = candidate;
    checkConvolution(inputs[0]!.shape, inputs[1]!.shape, outputs[0]!.shape, candidate);
    return [{ shape: outputs[0]!.shape, dtype: 'float32' }];
  },
  Conv2DBackpropInput: (candidate) => {
    const { inputs, outputs } = candidate;
    checkConvolution(outputs[0]!.shape, inputs[1]!.shape, inputs[0]!.shape, candidate);
    return [{ shape: outputs[0]!.shape, dtype: 'float32' }];
  },
  Conv2DBackpropFilter: (candidate) => {
    const { inputs, outputs } = candidate;
    checkConvolution(inputs[0]!.shape, outputs[0]!.shape, inputs[1]!.shape, candidate);
    return [{ shape: outputs[0]!.shape, dtype: 'float32' }];
  },
  Im2Col: (candidate) => windowsRule(candidate.inputs[0]!, candidate.outputs[0]!, candidate),
  Col2Im: (candidate) => windowsRule(candidate.outputs[0]!, candidate.inputs[0]!, candidate),
  // ONNX's convolutions have channels second.
  Conv: (candidate) => {
    const [x, filter] = candidate.inputs as [Value, Value];
    const [{ shape }] = candidate.outputs as [OutputSpec];
    checkWindows(x.shape, filter.shape.slice(2), shape.slice(2), candidate, 2);
    need(x.shape[1] === filter.shape[1], () => `${x.shape[1]} and ${filter.shape[1]} channels`);
    return [{ shape: [x.shape[0]!, filter.shape[0]!, ...shape.slice(2)], dtype: 'float32' }];
  },
  ConvTranspose: (candidate) => {
    const [x, filter] = candidate.inputs as [Value, Value];
    const [{ shape }] = candidate.outputs as [OutputSpec];
    checkWindows(shape, filter.shape.slice(2), x.shape.slice(2), candidate, 2);
    need(x.shape[1] === filter.shape[0], () => `${x.shape[1]} and ${filter.shape[0]} channels`);
    return [{ shape: [x.shape[0]!, filter.shape[1]!, ...shape.slice(2)], dtype: 'float32' }];
  },
};

/** Windows on images: either is the output. */
function windowsRule(images: OutputSpec, windows: OutputSpec, candidate: Candidate): OutputSpec[] {
  const [batch, height, width, ...kernel] = windows.shape;
  const fits =
    images.shape.length === 4 &&
    windows.shape.length === 6 &&
    batch === images.shape[0] &&
    kernel[2] === images.shape[3];
  need(fits, () => `windows [${windows.shape}] are none of [${images.shape}]`);
  checkWindows(images.shape, kernel, [height!, width!], candidate);
  return [{ shape: candidate.outputs[0]!.shape, dtype: candidate.inputs[0]!.dtype }];
}

const described = ({ dtype, shape }: OutputSpec): string =>
  dtype === 'float32' ? `[${shape}]` : `${dtype} [${shape}]`;

/** Shapes, and types other than float32, as errors name them. */
export function describeShapes(values: readonly OutputSpec[]): string {
  return values.map(described).join(', ');
}

/** @throws if an operation is not one on such inputs, or makes something else of them; the graph adds nothing then */
export function checkOperation(op: string, candidate: Candidate): void {
  const { inputs, outputs } = candidate;
  const rule = RULES[op];
  need(rule !== undefined, () => `the graph has no operation ${op}`);
  let made: readonly OutputSpec[];
  try {
    made = rule(candidate);
  } catch (error) {
    throw new Error(`${op} of ${describeShapes(inputs)}: ${(error as Error).message}`, { cause: error });
  }
  let isAsSaid = made.length === outputs.length;
  for (let i = 0; isAsSaid && i < made.length; i++) {
    const [{ shape, dtype }, said] = [made[i]!, outputs[i]!];
    isAsSaid = dtype === said.dtype && sameShape(shape, said.shape);
  }
  if (isAsSaid) return;
  throw new Error(`${op} of ${describeShapes(inputs)} makes ${describeShapes(made)}, not ${describeShapes(outputs)}`);
}
