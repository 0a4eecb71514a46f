import type { ElementType, Node, Value } from '../graph/value.ts';
import type { Emitter } from './emitter.ts';

// The element types that ONNX Runtime's CPU provider takes, found by making a session of each operation with each of them.
// What is not listed takes all.

/** int32 and float32: bools are calculated as int32. */
const NUMBERS = new Set(
  (
    'Add Sub Mul Div Max Min Pow Mod Greater GreaterOrEqual Less LessOrEqual Neg Abs Sign Relu Clip Where MatMul Einsum ' +
    'ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd ArgMax ArgMin CumSum TopK'
  ).split(' '),
);
/** float32 only. */
const FLOATS = new Set(
  (
    'Ceil Floor Round Reciprocal Sqrt Exp Log Erf Sigmoid Elu Selu LeakyRelu Tanh Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh ' +
    'Acosh Atanh IsNaN IsInf Softmax'
  ).split(' '),
);
/** bool only. */
const LOGICAL = new Set('And Or Not'.split(' '));
/** Their results are bools, whatever they compare. */
const TESTS = new Set('Greater GreaterOrEqual Less LessOrEqual Equal IsNaN IsInf'.split(' '));

/** The type in which an operation on `dtype` is calculated. */
function supportedType({ op, attributes }: Node, dtype: ElementType): ElementType {
  if (FLOATS.has(op)) return 'float32';
  if (LOGICAL.has(op)) return 'bool';
  const isArithmetic = NUMBERS.has(op) || attributes.reduction === 'add';
  return isArithmetic && dtype === 'bool' ? 'int32' : dtype;
}

/**
 * Emits a node by `emit`, with casts around it where ONNX Runtime does not take its type. What a cast back makes of the result
 * is what tfjs makes of it: whole numbers of fractions, and true of all but 0.
 */
export function emitInSupportedType(e: Emitter, node: Node, emit: (node: Node) => void): void {
  // The condition of a choice is a bool, whatever is chosen.
  const first = node.op === 'Where' ? 1 : 0;
  const dtype = node.inputs[first]!.dtype;
  const wanted = supportedType(node, dtype);
  if (wanted === dtype) {
    emit(node);
    return;
  }
  const inputs = node.inputs.map((value, i) => (i < first || value.dtype !== dtype ? value : e.castOf(value, wanted)));
  const casts: (readonly [from: Value, to: Value])[] = [];
  const outputs = node.outputs.map((value): Value => {
    if (value.dtype !== dtype || TESTS.has(node.op)) return value;
    const result: Value = { id: value.id, shape: value.shape, dtype: wanted };
    e.name(result, `/result${value.id}`);
    casts.push([result, value]);
    return result;
  });
  emit({ ...node, inputs, outputs });
  for (const [from, to] of casts) e.cast(from, to);
}
