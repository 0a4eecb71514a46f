import { elementCount, type Node } from '../graph/value.ts';
import type { Words } from '../native/words.ts';
import { type Code, i32, local, op } from './code.ts';
import { isElementwise, type Library } from './elementwise.ts';
import { type Buffer, ELEMENT_BYTES, type View } from './layout.ts';

/** One function of a module: a stretch of the program with what it reads and writes. */
export interface Kernel {
  /** What it does, for profiles. */
  readonly label: string;
  readonly reads: ReadonlySet<Buffer>;
  readonly writes: ReadonlySet<Buffer>;
  /** Buffers that nothing else uses. */
  readonly scratch: readonly Buffer[];
  /** How many parts it has, each done by a call with its number, in any order; absent where one call does all. */
  readonly parts?: number | undefined;
  /** Writes the code; addresses are settled by then. */
  emit(code: Code, library: Library): void;
  /** Says what it does to the native engine; addresses need not be settled. */
  describe(words: Words): void;
}

/** A kernel that reads and writes where these views are. */
export function kernelOf(
  label: string,
  reads: readonly View[],
  writes: readonly View[],
  { emit, describe, parts }: Pick<Kernel, 'emit' | 'describe' | 'parts'>,
): Kernel {
  const buffersOf = (views: readonly View[]) => new Set(views.map(({ buffer }) => buffer));
  return { label, reads: buffersOf(reads), writes: buffersOf(writes), scratch: [], parts, emit, describe };
}

/** An axis of a kernel's index space in parts that can be calculated at the same time: all of one size, but for the last. */
interface Division {
  readonly axis: number;
  readonly parts: number;
  readonly size: number;
  readonly last: number;
}

/** Parts begin at multiples of so many indices: of a product's tile, and of a cache line if they lie one after another. */
const GRAIN = 16;
/** More parts than threads, so that a thread that is late does fewer. */
const PARTS_OF_A_THREAD = 2;
/** Nanoseconds of work that a part has at least; to hand it to another thread takes less than one thousand. */
const LEAST_PART = 5_000;
/** Nanoseconds of such work that a program has at least; to wake the threads takes some ten thousand. */
const LEAST_PROGRAM = 100_000;

const SLOW = new Set([
  'Exp',
  'Log',
  'Log1p',
  'Expm1',
  'Softplus',
  'Sigmoid',
  'Tanh',
  'Pow',
  'Div',
  'Sqrt',
  'Erf',
  'Sin',
  'Cos',
]);

/** Nanoseconds, roughly, that an operation takes on one thread: by its shapes alone, so that every machine divides alike. */
export function workOf({ op, inputs, outputs, attributes }: Node): number {
  const elements = elementCount(outputs[0]!.shape);
  if (op === 'MatMul') return (elements * inputs[0]!.shape.at(attributes.transA === 1 ? -2 : -1)!) / 25;
  if (op.startsWith('Reduce')) return elementCount(inputs[0]!.shape) / 20;
  return isElementwise(op) ? elements * (SLOW.has(op) ? 0.8 : 0.1) : 0;
}

/** Whether wider vectors make an operation faster: divisions and roots take as long by the element, and sums as long by the byte. */
export function isWide({ op }: Node): boolean {
  return op === 'MatMul' || op.startsWith('Reduce') || (SLOW.has(op) && op !== 'Div' && op !== 'Sqrt');
}

/** Among how many threads a program is divided: 1 if it has too little work to wake others for. */
export function usefulThreads(nodes: readonly Node[], threads: number): number {
  return nodes.reduce((sum, node) => sum + workOf(node), 0) < LEAST_PROGRAM ? 1 : threads;
}

/**
 * Cuts the longest axis of an index space, if the work is worth it.
 * @param views those that are read and written; one that runs backwards prevents it
 */
export function divide(
  sizes: readonly number[],
  work: number,
  views: readonly View[],
  threads: number,
): Division | undefined {
  const most = Math.min(PARTS_OF_A_THREAD * threads, Math.floor(work / LEAST_PART));
  if (threads === 1 || most < 2 || views.some(({ strides }) => strides.some((stride) => stride < 0))) return undefined;
  const length = Math.max(0, ...sizes);
  if (length <= GRAIN) return undefined;
  const size = GRAIN * Math.ceil(length / (GRAIN * most));
  const parts = Math.ceil(length / size);
  return { axis: sizes.indexOf(length), parts, size, last: length - (parts - 1) * size };
}

/** The function of a kernel that is divided takes the number of the part. */
const PART = 0;

/**
 * Writes the code of a part.
 *
 * @param steps for each view, how many elements further the next part's begins
 * @param emit writes the code for a part of a size, given the views that begin there
 */
export function emitPart(
  code: Code,
  { parts, size, last }: Division,
  views: readonly View[],
  steps: readonly number[],
  emit: (size: number, views: readonly View[]) => void,
): void {
  // Views of one step share a pointer, and so do the loops over them.
  const pointers = new Map<string, number>();
  const pointed = views.map((view, i): View => {
    const step = steps[i]!;
    const { global } = view.buffer;
    if (step === 0) return view;
    const key = `${global} ${step}`;
    let pointer = pointers.get(key);
    if (pointer === undefined) {
      pointer = code.local('i32');
      pointers.set(key, pointer);
      op('i32.mul', local(PART), i32(ELEMENT_BYTES * step))(code);
      if (global !== undefined) {
        code.getGlobal(global);
        code.op('i32.add');
      }
      code.set(pointer);
    }
    return { ...view, pointer };
  });
  const until = (part: number): View[] => pointed.map((view, i) => ({ ...view, travel: part * steps[i]! }));
  if (last === size) {
    emit(size, until(parts - 1));
    return;
  }
  op('i32.lt_s', local(PART), i32(parts - 1))(code);
  code.branch(
    () => emit(size, until(parts - 2)),
    () => emit(last, until(parts - 1)),
  );
}
