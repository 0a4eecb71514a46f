import type * as tf from '@tensorflow/tfjs-core';
import { Graph } from './graph/graph.ts';
import { split } from './graph/shapes.ts';
import type { ElementType, Value } from './graph/value.ts';
import type { Program } from './runtime/runtime.ts';
import type { InputSignature } from './signature.ts';
import type { Pack } from './state/pack.ts';
import { type Trace, type TracedFunction, trace } from './trace/trace.ts';

/** A function traced into a graph with the inputs `input.*`, `draw.*`, `state.*` and the outputs `output.*`, `next.*`. */
export class Recording {
  readonly trace: Trace;
  readonly program: Program;
  readonly #graph = new Graph();
  readonly #inputs = new Map<string, Value>();
  readonly #again: () => Trace;

  /** @throws what `fn` throws, or what it does that cannot be traced */
  constructor(
    name: string,
    fn: TracedFunction,
    signature: readonly InputSignature[],
    packs: readonly Pack[],
    variables: readonly tf.Variable[],
  ) {
    this.#again = () =>
      trace({
        name,
        fn,
        graph: this.#graph,
        inputs: signature.map((input) => ({
          ...input,
          value: this.#input(`input.${input.name}`, input.shape, input.dtype),
        })),
        packs,
        variables: new Set(variables),
        flats: (pack, i) => {
          const sizes = pack.variables.map((variable) => variable.size);
          return split(this.#graph, this.#input(`state.${i}`, [pack.size], pack.dtype), sizes, 0);
        },
        draw: ({ shape }, i) => this.#input(`draw.${i}`, shape, 'float32'),
      });
    this.trace = this.#again();
    const { outputs, newState } = this.trace;
    this.program = {
      name,
      moving: packs.flatMap((_, i) => [`state.${i}`, `next.${i}`]),
      outputs: [
        ...outputs.map(([key, value]) => [`output.${key}`, value] as const),
        ...newState.flatMap((value, i) => (value === undefined ? [] : [[`next.${i}`, value] as const])),
      ],
    };
  }

  /** Whether the function is the same when it is traced again. Equal nodes are made once, so it ends in the same values then. */
  isRepeatable(): boolean {
    const [first, second] = [this.trace, this.#again()];
    return (
      JSON.stringify(first.draws) === JSON.stringify(second.draws) &&
      first.outputs.length === second.outputs.length &&
      first.outputs.every(([key, value], i) => second.outputs[i]![0] === key && second.outputs[i]![1] === value) &&
      first.newState.every((value, i) => value === second.newState[i])
    );
  }

  #input(name: string, shape: readonly number[], dtype: ElementType): Value {
    const key = `${name}[${shape}]`;
    const known = this.#inputs.get(key) ?? this.#graph.input(name, shape, dtype);
    this.#inputs.set(key, known);
    return known;
  }
}
