import { reachable } from '../../src/engine/graph/graph.ts';
import { elementCount, type Node, type Value } from '../../src/engine/graph/value.ts';
import { erf } from './erf.ts';

/** The elements of a tensor in float64, row by row; bools are 0 and 1. */
type Elements = Float64Array | readonly number[];

/** All indices of a shape, row by row. */
function* indices(shape: readonly number[]): Generator<number[]> {
  const count = elementCount(shape);
  for (let i = 0; i < count; i++) {
    let rest = i;
    yield shape
      .map((_, axis) => {
        const size = shape[shape.length - 1 - axis]!;
        const digit = rest % size;
        rest = Math.floor(rest / size);
        return digit;
      })
      .reverse();
  }
}

function placeOf(shape: readonly number[], index: readonly number[]): number {
  return shape.reduce((place, size, axis) => place * size + index[axis]!, 0);
}

/** The place of an element of `shape` that is broadcast to an index of more or longer axes. */
function broadcastPlace(shape: readonly number[], index: readonly number[]): number {
  const own = index.slice(index.length - shape.length).map((i, axis) => (shape[axis] === 1 ? 0 : i));
  return placeOf(shape, own);
}

const floatAttribute = (node: Node, name: string, otherwise: number): number => {
  const value = node.attributes[name];
  return typeof value === 'object' && 'float' in value ? value.float : otherwise;
};

const roundToEven = (x: number): number => {
  const low = Math.floor(x);
  const gap = x - low;
  return gap < 0.5 ? low : gap > 0.5 ? low + 1 : low % 2 === 0 ? low : low + 1;
};

/** Operations on single elements, by the node for its attributes. */
const ELEMENTWISE: Readonly<Record<string, (node: Node, ...x: number[]) => number>> = {
  Add: (_, a, b) => a! + b!,
  Sub: (_, a, b) => a! - b!,
  Mul: (_, a, b) => a! * b!,
  Div: ({ outputs }, a, b) => (outputs[0]!.dtype === 'float32' ? a! / b! : b === 0 ? 0 : Math.trunc(a! / b!)),
  Mod: ({ outputs }, a, b) => {
    if (outputs[0]!.dtype === 'float32') return a! % b!;
    return b === 0 ? 0 : ((a! % b!) + b!) % b!;
  },
  Pow: (_, a, b) => a! ** b!,
  Max: (_, a, b) => Math.max(a!, b!),
  Min: (_, a, b) => Math.min(a!, b!),
  Equal: (_, a, b) => Number(a === b),
  Less: (_, a, b) => Number(a! < b!),
  LessOrEqual: (_, a, b) => Number(a! <= b!),
  Greater: (_, a, b) => Number(a! > b!),
  GreaterOrEqual: (_, a, b) => Number(a! >= b!),
  And: (_, a, b) => Number(a !== 0 && b !== 0),
  Or: (_, a, b) => Number(a !== 0 || b !== 0),
  Not: (_, a) => Number(a === 0),
  Where: (_, condition, a, b) => (condition !== 0 ? a! : b!),
  Clip: (_, x, low, high) => (Number.isNaN(x) ? x! : Math.min(Math.max(x!, low!), high!)),
  Neg: (_, x) => -x!,
  Abs: (_, x) => Math.abs(x!),
  Sign: (_, x) => Math.sign(x!),
  Sqrt: (_, x) => Math.sqrt(x!),
  Exp: (_, x) => Math.exp(x!),
  Log: (_, x) => Math.log(x!),
  Tanh: (_, x) => Math.tanh(x!),
  Sigmoid: (_, x) => 1 / (1 + Math.exp(-x!)),
  Softplus: (_, x) => Math.max(x!, 0) + Math.log1p(Math.exp(-Math.abs(x!))),
  Log1p: (_, x) => Math.log1p(x!),
  Expm1: (_, x) => Math.expm1(x!),
  Relu: (_, x) => Math.max(x!, 0),
  Reciprocal: (_, x) => 1 / x!,
  Ceil: (_, x) => Math.ceil(x!),
  Floor: (_, x) => Math.floor(x!),
  Round: (_, x) => roundToEven(x!),
  Erf: (_, x) => erf(x!),
  IsNaN: (_, x) => Number(Number.isNaN(x)),
  IsInf: (_, x) => Number(Math.abs(x!) === Number.POSITIVE_INFINITY),
  Elu: (node, x) => (x! > 0 ? x! : floatAttribute(node, 'alpha', 1) * Math.expm1(x!)),
  LeakyRelu: (node, x) => (x! < 0 ? floatAttribute(node, 'alpha', 0.01) * x! : x!),
  Cast: ({ outputs }, x) => {
    const { dtype } = outputs[0]!;
    if (dtype === 'bool') return Number(x !== 0);
    return dtype === 'float32' ? x! : dtype === 'int32' ? x! | 0 : Math.trunc(x!);
  },
  ...Object.fromEntries(
    (['Acos', 'Acosh', 'Asin', 'Asinh', 'Atan', 'Atanh', 'Cos', 'Cosh', 'Sin', 'Sinh', 'Tan'] as const).map((name) => {
      const f = Math[name.toLowerCase() as 'sin'];
      return [name, (_: Node, x: number) => f(x)];
    }),
  ),
};

const REDUCTIONS: Readonly<Record<string, (values: readonly number[]) => number>> = {
  ReduceSum: (values) => values.reduce((sum, x) => sum + x, 0),
  ReduceMean: (values) => values.reduce((sum, x) => sum + x, 0) / values.length,
  ReduceProd: (values) => values.reduce((product, x) => product * x, 1),
  ReduceMax: (values) => values.reduce((most, x) => Math.max(most, x), Number.NEGATIVE_INFINITY),
  ReduceMin: (values) => values.reduce((least, x) => Math.min(least, x), Number.POSITIVE_INFINITY),
};

type Get = (value: Value) => Elements;
type Evaluate = (node: Node, get: Get) => readonly Elements[];

/** Builds an output from its elements' indices. */
function build(value: Value, element: (index: number[]) => number): Elements {
  return [...indices(value.shape)].map(element);
}

/** Where each element of a shape comes from in one that is broadcast to it. */
function broadcastPlaces(from: readonly number[], to: readonly number[]): number[] {
  const count = elementCount(to);
  if (elementCount(from) === count) return Array.from({ length: count }, (_, i) => i);
  return [...indices(to)].map((index) => broadcastPlace(from, index));
}

/** The rule of an operation on single elements, which finds once where the operands of each lie. */
function elementwise(node: Node, operation: (node: Node, ...x: number[]) => number): Evaluate {
  const [{ shape }] = node.outputs as [Value];
  const places = node.inputs.map((x) => broadcastPlaces(x.shape, shape));
  const count = elementCount(shape);
  const none: Elements = [];
  return (_, get) => {
    const [a = none, b = none, c = none] = node.inputs.map(get);
    const [atA = none, atB = none, atC = none] = places;
    const result = new Float64Array(count);
    for (let i = 0; i < count; i++) result[i] = operation(node, a[atA[i]!]!, b[atB[i]!]!, c[atC[i]!]!);
    return [result];
  };
}

/** The rule of an operation that moves elements, which finds once where each of an output's lies in the only input. */
const moving =
  (source: (node: Node, index: readonly number[], output: number) => number) =>
  (node: Node): Evaluate => {
    const places = node.outputs.map(({ shape }, k) => [...indices(shape)].map((index) => source(node, index, k)));
    return ({ inputs: [x] }, get) => {
      const elements = get(x!);
      return places.map((from) => Float64Array.from(from, (place) => elements[place]!));
    };
  };

function matMul(node: Node): Evaluate {
  const [a, b] = node.inputs as [Value, Value];
  const [output] = node.outputs as [Value];
  const flags = [node.attributes.transA === 1, node.attributes.transB === 1] as const;
  const inner = a.shape.at(flags[0] ? -2 : -1)!;
  const [leftStep, rightStep] = [flags[0] ? a.shape.at(-1)! : 1, flags[1] ? 1 : b.shape.at(-1)!];
  const starts = [...indices(output.shape)].map((index) => {
    const [row, column] = index.slice(-2) as [number, number];
    const lead = index.slice(0, -2);
    return [
      broadcastPlace(a.shape, [...lead, ...(flags[0] ? [0, row] : [row, 0])]),
      broadcastPlace(b.shape, [...lead, ...(flags[1] ? [column, 0] : [0, column])]),
    ] as const;
  });
  return (_, get) => {
    const [left, right] = [get(a), get(b)];
    return [
      starts.map(([leftStart, rightStart]) => {
        let sum = 0;
        for (let k = 0; k < inner; k++) sum += left[leftStart + k * leftStep]! * right[rightStart + k * rightStep]!;
        return sum;
      }),
    ];
  };
}

/** Finds once which part each element lies in, and where. */
function concat(node: Node): Evaluate {
  const axis = node.attributes.axis as number;
  const sources = [...indices(node.outputs[0]!.shape)].map((index) => {
    let along = index[axis]!;
    for (const [k, { shape }] of node.inputs.entries()) {
      if (along < shape[axis]!) return [k, placeOf(shape, index.with(axis, along))] as const;
      along -= shape[axis]!;
    }
    throw new Error('beyond the parts');
  });
  return ({ inputs }, get) => {
    const parts = inputs.map(get);
    return [sources.map(([k, place]) => parts[k]![place]!)];
  };
}

const split = moving(({ inputs: [x], outputs, attributes }, index, output) => {
  const axis = attributes.axis as number;
  const begin = outputs.slice(0, output).reduce((sum, { shape }) => sum + shape[axis]!, 0);
  return placeOf(x!.shape, index.with(axis, index[axis]! + begin));
});

const slice: Evaluate = (node, get) => {
  const [x, starts, , axes, steps] = node.inputs;
  return [
    build(node.outputs[0]!, (index) => {
      const source = [...index];
      get(axes!).forEach((axis, i) => {
        const size = x!.shape[axis]!;
        const step = steps === undefined ? 1 : get(steps)[i]!;
        const start = get(starts!)[i]!;
        const begin = start < 0 ? start + size : start;
        source[axis] = begin + step * index[axis]!;
      });
      return get(x!)[placeOf(x!.shape, source)]!;
    }),
  ];
};

const pad: Evaluate = (node, get) => {
  const [x, pads, fill] = node.inputs;
  return [
    build(node.outputs[0]!, (index) => {
      const source = index.map((i, axis) => i - get(pads!)[axis]!);
      const isInside = source.every((i, axis) => i >= 0 && i < x!.shape[axis]!);
      if (isInside) return get(x!)[placeOf(x!.shape, source)]!;
      if (node.attributes.mode === 'constant') return get(fill!)[0]!;
      const reflected = source.map((i, axis) => {
        const last = x!.shape[axis]! - 1;
        return i < 0 ? -i : i > last ? 2 * last - i : i;
      });
      return get(x!)[placeOf(x!.shape, reflected)]!;
    }),
  ];
};

/** Finds once which elements go together. */
function reduction(node: Node): Evaluate {
  const [x, axesInput] = node.inputs as [Value, Value | undefined];
  const [output] = node.outputs as [Value];
  const axes = axesInput === undefined ? x.shape.map((_, i) => i) : Array.from(axesInput.constant!, Number);
  const groups = Array.from({ length: elementCount(output.shape) }, (): number[] => []);
  [...indices(x.shape)].forEach((index, i) => {
    const kept =
      output.shape.length === x.shape.length
        ? index.map((each, axis) => (axes.includes(axis) ? 0 : each))
        : index.filter((_, axis) => !axes.includes(axis));
    groups[placeOf(output.shape, kept)]!.push(i);
  });
  const reduce = REDUCTIONS[node.op]!;
  return (_, get) => {
    const elements = get(x);
    return [groups.map((group) => reduce(group.map((i) => elements[i]!)))];
  };
}

/** Rules that find places once, for their node. */
const PREPARED: Readonly<Record<string, (node: Node) => Evaluate>> = {
  MatMul: matMul,
  Concat: concat,
  Split: split,
  Expand: moving(({ inputs: [x] }, index) => broadcastPlace(x!.shape, index)),
  Transpose: moving(({ inputs: [x], attributes }, index) => {
    const perm = attributes.perm as readonly number[];
    return placeOf(
      x!.shape,
      x!.shape.map((_, axis) => index[perm.indexOf(axis)]!),
    );
  }),
  ...Object.fromEntries(Object.keys(REDUCTIONS).map((op) => [op, reduction])),
};

const OTHERS: Readonly<Record<string, Evaluate>> = {
  Slice: slice,
  Pad: pad,
  Reshape: ({ inputs: [x] }, get) => [get(x!)],
};

function ruleOf(node: Node): Evaluate {
  const operation = ELEMENTWISE[node.op];
  if (operation !== undefined) return elementwise(node, operation);
  const rule = PREPARED[node.op]?.(node) ?? OTHERS[node.op];
  if (rule === undefined) throw new Error(`evaluateGraph: no ${node.op}`);
  return rule;
}

/** A node, with what it was given last and gave: it is asked again where that has changed, as of what one variable moves. */
interface Step {
  readonly node: Node;
  readonly rule: Evaluate;
  given: readonly Elements[] | undefined;
  found: readonly Elements[];
}

/**
 * What the values of a graph are, calculated in float64 element by element: the reference of everything that runs graphs.
 * @returns the outputs as a function of the elements of the graph's inputs: an array that has changed is another array
 */
export function evaluateGraph(outputs: readonly Value[]): (inputs: ReadonlyMap<Value, Elements>) => Elements[] {
  const steps = reachable(outputs).map((node): Step => ({ node, rule: ruleOf(node), given: undefined, found: [] }));
  const constants = new Map<Value, Elements>();
  return (inputs) => {
    const known = new Map(inputs);
    const get: Get = (value) => {
      const elements = known.get(value) ?? constants.get(value);
      if (elements !== undefined) return elements;
      const constant = Array.from(value.constant!, Number);
      constants.set(value, constant);
      return constant;
    };
    for (const step of steps) {
      const { node, rule, given: before } = step;
      const given = node.inputs.map(get);
      const isSame = before !== undefined && given.every((elements, i) => elements === before[i]);
      if (!isSame) Object.assign(step, { given, found: rule(node, get) });
      step.found.forEach((elements, i) => known.set(node.outputs[i]!, elements));
    }
    return outputs.map(get);
  };
}
