import { shortened } from '../../options/describe.ts';
import { fromBfloat16, fromFloat16, packedVarints, protobufFields } from '../bytes.ts';

/** What a tensor of a file becomes: tfjs has no other types of numbers. */
export type TensorType = 'float32' | 'int32' | 'bool';

/** Numbers of a file, in a type of tfjs. */
export interface FileTensor {
  readonly shape: readonly number[];
  readonly dtype: TensorType;
  readonly data: Float32Array | Int32Array | Uint8Array;
}

/** An input or an output of a file. */
export interface FileValue {
  readonly name: string;
  /** The file's type, by TensorProto's names in small letters: `float`, `double`, `int64`, `uint8`; undefined where it says none. */
  readonly type: string | undefined;
  /** A text is the name of a size that is free, '' where it has none; undefined where the file says nothing. */
  readonly shape: readonly (number | string)[] | undefined;
}

export type FileAttribute =
  | number
  | string
  | FileTensor
  | readonly number[]
  | readonly string[]
  | FileGraph
  | { readonly ref: string };

export interface FileNode {
  readonly name: string;
  readonly op: string;
  /** '' for the operators of the standard. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, FileAttribute>;
}

/** What runs: a model's graph, the branch of a condition, or the body of a function. */
export interface FileGraph {
  readonly nodes: readonly FileNode[];
  readonly initializers: ReadonlyMap<string, FileTensor>;
  /** Without those that an initializer gives. */
  readonly inputs: readonly FileValue[];
  readonly outputs: readonly FileValue[];
}

/** A function that nodes name as an operator, `domain:name`. */
export interface FileFunction {
  readonly graph: FileGraph;
  readonly defaults: ReadonlyMap<string, FileAttribute>;
}

export interface FileModel {
  readonly graph: FileGraph;
  /** The version of the standard's operators. */
  readonly opset: number;
  readonly functions: ReadonlyMap<string, FileFunction>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** Graphs within graphs. */
const MOST_LEVELS = 16;
const MOST_RANK = 8;
/** Fields of a message: each takes memory of its own, however short it is. */
const MOST_FIELDS = 1 << 20;

/** TensorProto.DataType, with bytes of one number in raw data, and how they are read. */
interface NumberFormat {
  readonly type: string;
  readonly dtype: TensorType;
  readonly bytes: number;
  read(view: DataView, at: number): number;
}

const format = (type: string, dtype: TensorType, bytes: number, read: NumberFormat['read']): NumberFormat => ({
  type,
  dtype,
  bytes,
  read,
});

const FORMATS: Readonly<Record<number, NumberFormat>> = {
  1: format('float', 'float32', 4, (v, at) => v.getFloat32(at, true)),
  2: format('uint8', 'int32', 1, (v, at) => v.getUint8(at)),
  3: format('int8', 'int32', 1, (v, at) => v.getInt8(at)),
  4: format('uint16', 'int32', 2, (v, at) => v.getUint16(at, true)),
  5: format('int16', 'int32', 2, (v, at) => v.getInt16(at, true)),
  6: format('int32', 'int32', 4, (v, at) => v.getInt32(at, true)),
  7: format('int64', 'int32', 8, (v, at) => clampedInt(v.getBigInt64(at, true))),
  9: format('bool', 'bool', 1, (v, at) => Number(v.getUint8(at) !== 0)),
  10: format('float16', 'float32', 2, (v, at) => fromFloat16(v.getUint16(at, true))),
  11: format('double', 'float32', 8, (v, at) => v.getFloat64(at, true)),
  12: format('uint32', 'int32', 4, (v, at) => Math.min(v.getUint32(at, true), LAST_INT)),
  13: format('uint64', 'int32', 8, (v, at) => clampedInt(v.getBigUint64(at, true))),
  16: format('bfloat16', 'float32', 2, (v, at) => fromBfloat16(v.getUint16(at, true))),
};

const LAST_INT = 0x7fffffff;

/** The nearest 32-bit integer: ends of slices are 2⁶³ − 1, which means "to the end". */
function clampedInt(value: bigint): number {
  if (value > LAST_INT) return LAST_INT;
  return value < -LAST_INT - 1 ? -LAST_INT - 1 : Number(value);
}

/** The type of tfjs that holds a type of the standard by its number, with its name. @throws if none does */
export function typeOf(code: number): { readonly type: string; readonly dtype: TensorType } {
  const found = FORMATS[code];
  if (found === undefined) throw new Error(`type ${code}, expected numbers or bools`);
  return found;
}

/** The type of tfjs that holds the numbers of a type of the standard by its name. */
export function typeNamed(name: string): TensorType {
  return Object.values(FORMATS).find(({ type }) => type === name)!.dtype;
}

/** The fields of a message by their numbers: of each all values, in their order. */
class Message {
  readonly #fields = new Map<number, (bigint | Uint8Array)[]>();

  constructor(bytes: Uint8Array) {
    let count = 0;
    for (const [field, value] of protobufFields(bytes)) {
      if (++count > MOST_FIELDS) throw new Error(`a message has more than ${MOST_FIELDS} fields`);
      const known = this.#fields.get(field);
      if (known === undefined) this.#fields.set(field, [value]);
      else known.push(value);
    }
  }

  has(field: number): boolean {
    return this.#fields.has(field);
  }

  all(field: number): Uint8Array[] {
    return (this.#fields.get(field) ?? []).map((value) => {
      if (typeof value === 'bigint') throw new Error(`field ${field} is an integer, expected bytes`);
      return value;
    });
  }

  messages(field: number): Message[] {
    return this.all(field).map((bytes) => new Message(bytes));
  }

  bytes(field: number): Uint8Array | undefined {
    return this.all(field).at(-1);
  }

  text(field: number): string {
    const bytes = this.bytes(field);
    return bytes === undefined ? '' : nameIn(bytes);
  }

  texts(field: number): string[] {
    return this.all(field).map(nameIn);
  }

  /** Signed integers, packed or one by one. */
  ints(field: number): bigint[] {
    const values = this.#fields.get(field) ?? [];
    return values
      .flatMap((value) => (typeof value === 'bigint' ? [value] : packedVarints(value)))
      .map((value) => BigInt.asIntN(64, value));
  }

  int(field: number): number | undefined {
    const value = this.ints(field).at(-1);
    return value === undefined ? undefined : clampedInt(value);
  }

  /** The bytes of fixed numbers, packed or one by one. */
  fixed(field: number): Uint8Array {
    const parts = this.all(field);
    const [first] = parts;
    if (parts.length <= 1) return first ?? new Uint8Array();
    const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      joined.set(part, at);
      at += part.length;
    }
    return joined;
  }

  floats(field: number): number[] {
    const view = viewOf(this.fixed(field));
    return Array.from({ length: Math.floor(view.byteLength / 4) }, (_, i) => view.getFloat32(4 * i, true));
  }
}

const decoder = new TextDecoder();
/** A name, which stays in its line: errors have names. */
const nameIn = (bytes: Uint8Array): string => decoder.decode(bytes).replaceAll(/\p{Cc}/gu, '\ufffd');
const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);

/**
 * Reads an ONNX ModelProto: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. Numbers of 64 bits become those of 32.
 * @throws one line, if the bytes are no model, or hold what is not read: weights in other files, sparse ones, texts
 */
export function readModel(bytes: Uint8Array): FileModel {
  const model = new Message(bytes);
  const graphs = model.all(7);
  if (graphs.length !== 1 || !model.has(8)) throw new Error('no ONNX model: it has no graph, or no set of operators');
  const opsets = model.messages(8).map((each) => [each.text(1), each.int(2) ?? 0] as const);
  const opset = opsets.find(([domain]) => domain === '' || domain === 'ai.onnx')?.[1];
  if (opset === undefined || opset < 1) throw new Error('it names no set of standard operators');
  const functions = model.messages(25).map((each): [string, FileFunction] => {
    const defaults = each.messages(11).map((attribute) => readAttribute(attribute, 0));
    const value = (name: string): FileValue => ({ name, type: undefined, shape: undefined });
    const graph: FileGraph = {
      nodes: each.messages(7).map((node) => readNode(node, 0)),
      initializers: new Map(),
      inputs: each.texts(4).map(value),
      outputs: each.texts(5).map(value),
    };
    return [`${domainOf(each.text(10))}:${each.text(1)}`, { graph, defaults: new Map(defaults) }];
  });
  return {
    graph: readGraph(new Message(graphs[0]!), 0),
    opset,
    functions: new Map(functions),
    metadata: new Map(model.messages(14).map((entry) => [entry.text(1), decoder.decode(entry.bytes(2))])),
  };
}

const domainOf = (domain: string): string => (domain === 'ai.onnx' ? '' : domain);

function readGraph(graph: Message, level: number): FileGraph {
  if (level > MOST_LEVELS) throw new Error(`graphs nested deeper than ${MOST_LEVELS} levels`);
  if (graph.has(15)) throw new Error('it has sparse initializers, expected dense ones');
  const initializers = new Map(
    graph.messages(5).map((tensor) => {
      const name = tensor.text(8);
      return [name, named(`initializer '${shortened(name)}'`, () => readTensor(tensor))];
    }),
  );
  return {
    nodes: graph.messages(1).map((node) => readNode(node, level)),
    initializers,
    inputs: graph
      .messages(11)
      .map(readValue)
      .filter(({ name }) => !initializers.has(name)),
    outputs: graph.messages(12).map(readValue),
  };
}

/** What `read` gives, its errors with a name. */
function named<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`);
  }
}

function readNode(node: Message, level: number): FileNode {
  const [name, op] = [node.text(3), node.text(4)];
  return named(`node '${shortened(name)}' (${shortened(op)})`, () => ({
    name,
    op,
    domain: domainOf(node.text(7)),
    inputs: node.texts(1),
    outputs: node.texts(2),
    attributes: new Map(node.messages(5).map((attribute) => readAttribute(attribute, level))),
  }));
}

/** AttributeProto.AttributeType, of what is read. */
const ATTRIBUTE = { float: 1, int: 2, string: 3, tensor: 4, graph: 5, floats: 6, ints: 7, strings: 8 };

function readAttribute(attribute: Message, level: number): [string, FileAttribute] {
  const name = attribute.text(1);
  return named(shortened(name), () => {
    const ref = attribute.text(21);
    if (ref !== '') return [name, { ref }];
    switch (attribute.int(20)) {
      case ATTRIBUTE.float:
        return [name, attribute.floats(2).at(-1) ?? 0];
      case ATTRIBUTE.int:
        return [name, attribute.int(3) ?? 0];
      case ATTRIBUTE.string:
        return [name, attribute.text(4)];
      case ATTRIBUTE.tensor:
        return [name, readTensor(new Message(attribute.bytes(5) ?? new Uint8Array()))];
      case ATTRIBUTE.graph:
        return [name, readGraph(new Message(attribute.bytes(6) ?? new Uint8Array()), level + 1)];
      case ATTRIBUTE.floats:
        return [name, attribute.floats(7)];
      case ATTRIBUTE.ints:
        return [name, attribute.ints(8).map(clampedInt)];
      case ATTRIBUTE.strings:
        return [name, attribute.texts(9)];
      default:
        // Of a kind that no operator here has: it matters only to whoever asks for it.
        return [name, ''];
    }
  });
}

function readValue(value: Message): FileValue {
  const name = value.text(1);
  return named(`'${shortened(name)}'`, () => {
    const tensor = value.messages(2).at(-1)?.messages(1).at(-1);
    if (tensor === undefined) throw new Error('got no tensor, expected one');
    const code = tensor.int(1);
    const shape = tensor
      .messages(2)
      .at(-1)
      ?.messages(1)
      .map((dim) => dim.int(1) ?? dim.text(2));
    const wrong = shape?.find((size) => typeof size === 'number' && size < 0);
    if (wrong !== undefined) throw new Error(`a size is ${wrong}`);
    return { name, type: code === undefined ? undefined : typeOf(code).type, shape };
  });
}

const EXTERNAL = 1;

function readTensor(tensor: Message): FileTensor {
  if (tensor.int(14) === EXTERNAL || tensor.has(13)) {
    throw new Error(
      'its numbers are in another file, which is not read: export the model with its weights inside (in PyTorch external_data=False)',
    );
  }
  const code = tensor.int(2) ?? 0;
  const found = FORMATS[code];
  if (found === undefined) throw new Error(`type ${code}, expected numbers or bools`);
  const shape = tensor.ints(1).map(Number);
  const wrong = shape.find((size) => !(size >= 0 && size <= LAST_INT));
  if (wrong !== undefined || shape.length > MOST_RANK) {
    throw new Error(`shape [${shape.slice(0, MOST_RANK + 1)}], expected up to ${MOST_RANK} sizes`);
  }
  const { dtype } = found;
  const size = shape.reduce((product, n) => product * n, 1);
  const values = numbersOf(tensor, code, found);
  if (values.length !== size) throw new Error(`${values.length} numbers, expected ${size} of shape [${shape}]`);
  return { shape, dtype, data: values };
}

/** The numbers, which are raw bytes or those of the field of their type. */
function numbersOf(tensor: Message, code: number, { dtype, bytes, read }: NumberFormat): FileTensor['data'] {
  const make = (length: number) =>
    dtype === 'float32'
      ? new Float32Array(length)
      : dtype === 'int32'
        ? new Int32Array(length)
        : new Uint8Array(length);
  const raw = tensor.bytes(9);
  if (raw !== undefined || code === 1 || code === 11) {
    const given = raw ?? tensor.fixed(code === 1 ? 4 : 10);
    const view = viewOf(given);
    if (given.length % bytes !== 0) throw new Error(`${given.length} bytes, expected a multiple of ${bytes}`);
    const data = make(given.length / bytes);
    for (let i = 0; i < data.length; i++) data[i] = read(view, i * bytes);
    return data;
  }
  const isWide = code === 7;
  const given = tensor.ints(isWide ? 7 : code === 12 || code === 13 ? 11 : 5);
  const data = make(given.length);
  // In fields of 32 bits the numbers of fewer stand as they are, those of 16-bit floats by their bits.
  const view = new DataView(new ArrayBuffer(8));
  for (let i = 0; i < data.length; i++) {
    view.setBigInt64(0, given[i]!, true);
    data[i] = read(view, 0);
  }
  return data;
}
