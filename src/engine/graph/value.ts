/** Element types of the graph. `int64` occurs only in shapes and indices that ONNX wants in it. */
export type ElementType = 'float32' | 'int32' | 'bool' | 'int64';
export type Data = Float32Array | Int32Array | Uint8Array | BigInt64Array;
/** An integer, integers, a string, or a float (wrapped, since 1 and 1.0 are one number here and two types in ONNX). */
export type Attribute = number | readonly number[] | string | { readonly float: number };
export type Attributes = Readonly<Record<string, Attribute>>;

/** One tensor of a graph: an input, a constant, or an output of a node. */
export interface Value {
  readonly id: number;
  readonly shape: readonly number[];
  readonly dtype: ElementType;
  /** What computes it; absent for inputs and constants. */
  readonly node?: Node;
  readonly constant?: Data;
  /** Where a graph input enters. */
  readonly input?: Port;
}

/** A graph input. */
export interface InputValue extends Value {
  readonly input: Port;
}

/**
 * One operation. Names and semantics are ONNX's, but `MatMul` may have `transA` and `transB`, `Log1p`, `Expm1` and convolutions of
 * images with channels last ({@link CONVOLUTIONS} of `convolution.ts`) are operations too,
 * and at the edges all is as in tfjs: casts and sums of int32 wrap, the extremes of numbers with a NaN are NaN, |tanh| ≤ 1.
 */
export interface Node {
  readonly op: string;
  readonly inputs: readonly Value[];
  readonly attributes: Attributes;
  readonly outputs: readonly Value[];
  /** The tfjs kernel that made it, '' for none. */
  readonly origin: string;
}

export interface OutputSpec {
  readonly shape: readonly number[];
  readonly dtype: ElementType;
}

export function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (const size of shape) count *= size;
  return count;
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

export function newData(dtype: ElementType, content: number | Iterable<number | bigint>): Data {
  switch (dtype) {
    case 'float32':
      return typeof content === 'number' ? new Float32Array(content) : Float32Array.from(content as Iterable<number>);
    case 'int32':
      return typeof content === 'number' ? new Int32Array(content) : Int32Array.from(content as Iterable<number>);
    case 'bool':
      return typeof content === 'number' ? new Uint8Array(content) : Uint8Array.from(content as Iterable<number>);
    case 'int64':
      return typeof content === 'number' ? new BigInt64Array(content) : BigInt64Array.from(content as Iterable<bigint>);
  }
}

/** What the caller of a function gives, or what the function returns. */
export interface NamedPort {
  readonly kind: 'input' | 'output';
  readonly name: string;
}

/** Draws of random numbers, in their order; the variables before and after a run, by their pack. */
interface NumberedPort {
  readonly kind: 'draw' | 'state' | 'next';
  readonly index: number;
}

/** Where a tensor enters or leaves a graph, and in which role. Each is one object, made once, and is told from others by identity. */
export type Port = NamedPort | NumberedPort;

/** A value, and the port through which it enters or leaves a graph. */
export type Ported = readonly [port: Port, value: Value];
