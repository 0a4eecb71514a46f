import type * as tf from '@tensorflow/tfjs-core';
import makeWabt from 'wabt';
import { reachable } from '../../src/engine/graph/graph.ts';
import type { Ported, Value } from '../../src/engine/graph/value.ts';
import { ModuleState } from '../../src/engine/moduleState.ts';
import { tensorName } from '../../src/engine/onnx/emitter.ts';
import { packsOf } from '../../src/engine/pack.ts';
import { plainStorage } from '../../src/engine/runtime/runtime.ts';
import { type InputSpec, namedSignature } from '../../src/engine/signature.ts';
import { Recording, type TracedFunction } from '../../src/engine/trace/trace.ts';
import { lowerToWasm } from '../../src/engine/wasm/lower.ts';
import type { Module } from '../../src/module.ts';

/** What a function becomes on its way to WebAssembly, as text: its graph, its kernels, and the module. */
export interface Stages {
  readonly graph: string;
  readonly kernels: string;
  /** The second kernel, and the function that calls all. */
  readonly wat: string;
}

export async function stagesOf(
  fn: TracedFunction,
  module: Module,
  inputs: Readonly<Record<string, InputSpec>>,
): Promise<Stages> {
  const variables: readonly tf.Variable[] = new ModuleState('stages', [module]).variables();
  const { program } = new Recording('stages', fn, namedSignature(inputs), packsOf(variables, plainStorage), variables);
  const lowered = lowerToWasm(program.outputs, {
    isRelaxed: false,
    largestModule: Number.POSITIVE_INFINITY,
    moving: program.moving,
    allocate: () => 64,
  });
  const kernels = lowered.kernels.map(
    ({ label, bytesRead, bytesWritten }, i) =>
      `kernel${i}  ${label.padEnd(26)} ${String(bytesRead).padStart(4)} bytes in ${String(bytesWritten).padStart(4)} out`,
  );
  return {
    graph: graphText(program.outputs),
    kernels: kernels.join('\n'),
    wat: await functionsOf(lowered.modules[0]!, ['kernel1', 'run']),
  };
}

/** A line for each operation: %3 [8,4] = Add %2, state.0. */
function graphText(outputs: readonly Ported[]): string {
  const names = new Map<Value, string>();
  const nameOf = (value: Value): string => {
    if (value.input !== undefined) return tensorName(value.input, false);
    if (value.constant !== undefined) return `(${Array.from(value.constant, Number).join(' ')})`;
    const known = names.get(value) ?? `%${names.size + 1}`;
    names.set(value, known);
    return known;
  };
  const lines = reachable(outputs.map(([, value]) => value)).map(({ op, inputs, outputs: made }) => {
    const operands = inputs.map(nameOf).join(', ');
    return `${made.map((value) => `${nameOf(value)} [${value.shape}]`).join(', ')} = ${op} ${operands}`;
  });
  return [...lines, ...outputs.map(([port, value]) => `${tensorName(port, false)} = ${nameOf(value)}`)].join('\n');
}

type Expression = string | Expression[];

async function functionsOf(module: Uint8Array, names: readonly string[]): Promise<string> {
  const wabt = await makeWabt();
  const features = { simd: true, bulk_memory: true, mutable_globals: true };
  const parsed = wabt.readWasm(module, { ...features, readDebugNames: true });
  parsed.generateNames();
  parsed.applyNames();
  const text = parsed.toText({ foldExprs: true, inlineExport: true });
  parsed.destroy();
  const functions = parse(text).filter((part) => part[0] === 'func' && names.some((name) => part[1] === `$${name}`));
  return functions.map((part) => print(part, 0)).join('\n');
}

/** The parts of a module. */
function parse(text: string): Expression[] {
  const stack: Expression[][] = [[]];
  for (const [token] of text.matchAll(/[()]|"[^"]*"|[^\s()]+/g)) {
    if (token === '(') stack.push([]);
    else if (token === ')') stack.at(-2)!.push(stack.pop()!);
    else stack.at(-1)!.push(token);
  }
  return stack[0]![0] as Expression[];
}

const WIDTH = 120;

const inline = (part: Expression): string => (typeof part === 'string' ? part : `(${part.map(inline).join(' ')})`);

/** An expression in one line where it fits; of others, and of functions and loops, each operand has a line of its own. */
function print(expression: Expression, indent: number): string {
  const line = inline(expression);
  const isBlock = ['func', 'loop', 'block'].includes(expression[0] as string);
  if (typeof expression === 'string' || (!isBlock && indent + line.length <= WIDTH)) return line;
  const begin = expression.findIndex(isStatement);
  const head = expression.slice(0, begin).map(inline).join(' ');
  const lines = expression.slice(begin).map((part) => `${' '.repeat(indent + 2)}${print(part, indent + 2)}`);
  return `(${head}\n${lines.join('\n')})`;
}

/** Whether an operand is code, and not what a function says about itself. */
function isStatement(part: Expression): boolean {
  return typeof part !== 'string' && !['export', 'type', 'param', 'local'].includes(part[0] as string);
}
