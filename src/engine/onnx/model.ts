import { ProtobufWriter } from '../bytes.ts';
import type { Attribute, Data, ElementType } from '../graph/value.ts';

export interface TensorSpec {
  readonly name: string;
  readonly dtype: ElementType;
  /** A string is a size that differs from run to run. */
  readonly shape: readonly (number | string)[];
  /** What a reader of the model is told of it. */
  readonly doc?: string;
}

export interface ModelNode {
  readonly name: string;
  readonly op: string;
  readonly domain?: string | undefined;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface Model {
  readonly name: string;
  readonly nodes: readonly ModelNode[];
  readonly initializers: readonly {
    readonly name: string;
    readonly dtype: ElementType;
    readonly shape: readonly number[];
    readonly data: Data;
  }[];
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /** What programs may read of the model, by key. */
  readonly metadata?: Readonly<Record<string, string>>;
}

const OPSET = 18;
const IR_VERSION = 9;
/** TensorProto.DataType. */
export const ELEMENT_TYPE = { float32: 1, int32: 6, int64: 7, bool: 9 } as const;
/** AttributeProto.AttributeType. */
const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, ints: 7 } as const;

function writeAttribute(w: ProtobufWriter, name: string, value: Attribute): void {
  w.string(1, name);
  if (typeof value === 'number') w.int(3, value).int(20, ATTRIBUTE_TYPE.int);
  else if (typeof value === 'string') w.string(4, value).int(20, ATTRIBUTE_TYPE.string);
  else if ('float' in value) w.float(2, value.float).int(20, ATTRIBUTE_TYPE.float);
  else {
    for (const integer of value) w.int(8, integer);
    w.int(20, ATTRIBUTE_TYPE.ints);
  }
}

function writeNode(w: ProtobufWriter, node: ModelNode): void {
  for (const input of node.inputs) w.string(1, input);
  for (const output of node.outputs) w.string(2, output);
  w.string(3, node.name).string(4, node.op);
  for (const [name, value] of Object.entries(node.attributes)) w.message(5, (a) => writeAttribute(a, name, value));
  if (node.domain !== undefined) w.string(7, node.domain);
}

function writeTensorType(w: ProtobufWriter, { name, dtype, shape, doc }: TensorSpec): void {
  w.string(1, name).message(2, (type) =>
    type.message(1, (tensor) =>
      tensor.int(1, ELEMENT_TYPE[dtype]).message(2, (dims) => {
        for (const size of shape) {
          dims.message(1, (dim) => (typeof size === 'string' ? dim.string(2, size) : dim.int(1, size)));
        }
      }),
    ),
  );
  if (doc !== undefined) w.string(3, doc);
}

/** An ONNX ModelProto: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. */
export function encodeModel(model: Model): Uint8Array {
  const domains = [...new Set(model.nodes.flatMap(({ domain }) => domain ?? []))];
  return new ProtobufWriter()
    .int(1, IR_VERSION)
    .string(2, 'oxbow')
    .message(7, (graph) => {
      graph.messages(1, model.nodes, writeNode).string(2, model.name);
      graph.messages(5, model.initializers, (tensor, { name, dtype, shape, data }) => {
        for (const size of shape) tensor.int(1, size);
        tensor.int(2, ELEMENT_TYPE[dtype]).string(8, name);
        tensor.bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      });
      graph.messages(11, model.inputs, writeTensorType).messages(12, model.outputs, writeTensorType);
    })
    .message(8, (opset) => opset.string(1, '').int(2, OPSET))
    .messages(8, domains, (opset, domain) => opset.string(1, domain).int(2, 1))
    .messages(14, Object.entries(model.metadata ?? {}), (entry, [key, value]) => entry.string(1, key).string(2, value))
    .finish();
}
