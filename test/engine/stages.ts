import type * as tf from '@tensorflow/tfjs-core';
import { reachable } from '../../src/engine/graph/graph.ts';
import type { Port, Ported, Value } from '../../src/engine/graph/value.ts';
import { ModuleState } from '../../src/engine/moduleState.ts';
import { packsOf } from '../../src/engine/pack.ts';
import { plainStorage } from '../../src/engine/runtime/runtime.ts';
import { type InputSpec, namedSignature } from '../../src/engine/signature.ts';
import { Recording, type TracedFunction } from '../../src/engine/trace/trace.ts';
import { lower } from '../../src/engine/wasm/lower.ts';
import type { Module } from '../../src/module.ts';

/** What a function becomes on its way to WebAssembly, as text: its graph and its kernels. */
export interface Stages {
  readonly graph: string;
  readonly kernels: string;
}

export function stagesOf(fn: TracedFunction, module: Module, inputs: Readonly<Record<string, InputSpec>>): Stages {
  const variables: readonly tf.Variable[] = new ModuleState('stages', [module]).variables();
  const { program } = new Recording('stages', fn, namedSignature(inputs), packsOf(variables, plainStorage), variables);
  const lowered = lower(program.outputs, {
    moving: program.moving,
    allocate: () => 64,
  });
  const kernels = lowered.kernels.map(({ label }, i) => {
    const { bytesRead, bytesWritten } = lowered.traffic[i]!;
    return `kernel${i}  ${label.padEnd(26)} ${String(bytesRead).padStart(4)} bytes in ${String(bytesWritten).padStart(4)} out`;
  });
  return {
    graph: graphText(program.outputs),
    kernels: kernels.join('\n'),
  };
}

/** A line for each operation: %3 [8,4] = Add %2, state.0. */
function graphText(outputs: readonly Ported[]): string {
  const names = new Map<Value, string>();
  const nameOf = (value: Value): string => {
    if (value.input !== undefined) return portText(value.input);
    if (value.constant !== undefined) return `(${Array.from(value.constant, Number).join(' ')})`;
    const known = names.get(value) ?? `%${names.size + 1}`;
    names.set(value, known);
    return known;
  };
  const lines = reachable(outputs.map(([, value]) => value)).map(({ op, inputs, outputs: made }) => {
    const operands = inputs.map(nameOf).join(', ');
    return `${made.map((value) => `${nameOf(value)} [${value.shape}]`).join(', ')} = ${op} ${operands}`;
  });
  return [...lines, ...outputs.map(([port, value]) => `${portText(port)} = ${nameOf(value)}`)].join('\n');
}

function portText(port: Port): string {
  return `${port.kind}.${'name' in port ? port.name : port.index}`;
}
