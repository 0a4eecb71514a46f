import type { Node, Value } from '../graph/value.ts';
import type { Emitter } from './emitter.ts';

/** Emits a node by `emit`; a choice between bools, which ONNX Runtime does not have, as one between integers. */
export function emitInSupportedType(e: Emitter, node: Node, emit: (node: Node) => void): void {
  const [condition, ...branches] = node.inputs;
  if (node.op !== 'Where' || branches[0]!.dtype !== 'bool') {
    emit(node);
    return;
  }
  const [output] = node.outputs as [Value];
  const result: Value = { id: output.id, shape: output.shape, dtype: 'int32' };
  e.name(result, `/result${output.id}`);
  const inputs = [condition!, ...branches.map((value) => e.castOf(value, 'int32'))];
  emit({ ...node, inputs, outputs: [result] });
  e.cast(result, output);
}
