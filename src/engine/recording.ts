import type * as tf from '@tensorflow/tfjs-core';
import { Graph } from './graph/graph.ts';
import type { Port, Ported } from './graph/port.ts';
import { split } from './graph/shapes.ts';
import { type InputValue, sameShape } from './graph/value.ts';
import type { Program } from './runtime/runtime.ts';
import type { InputSignature } from './signature.ts';
import type { Pack } from './state/pack.ts';
import type { Draw } from './trace/tensorRng.ts';
import { type Trace, type TracedFunction, trace } from './trace/trace.ts';

/** A pack of variables, and where its values enter and leave the program. */
export interface RecordedPack {
  readonly pack: Pack;
  readonly state: Port;
  /** Undefined where the function does not change the pack. */
  readonly next: Port | undefined;
}

/** A function traced into a graph. */
export class Recording {
  readonly trace: Trace;
  readonly program: Program;
  /** What the function gets, in the order of its signature. */
  readonly inputs: readonly InputValue[];
  /** What it draws, in order. */
  readonly draws: InputValue[] = [];
  readonly packs: readonly RecordedPack[];
  readonly #graph = new Graph();
  readonly #again: () => Trace;

  /** @throws what `fn` throws, or what it does that cannot be traced */
  constructor(
    name: string,
    fn: TracedFunction,
    signature: readonly InputSignature[],
    packs: readonly Pack[],
    variables: readonly tf.Variable[],
    constants: readonly tf.Tensor[] = [],
  ) {
    const graph = this.#graph;
    this.inputs = signature.map((input) => graph.input({ kind: 'input', name: input.name }, input.shape, input.dtype));
    const states = packs.map((_, index): Port => ({ kind: 'state', index }));
    const flats = packs.map((pack, i) => {
      const sizes = pack.variables.map((variable) => variable.size);
      return split(graph, graph.input(states[i]!, [pack.size], pack.dtype), sizes, 0);
    });
    this.#again = () =>
      trace({
        name,
        fn,
        graph,
        inputs: signature.map((input, i) => ({ ...input, value: this.inputs[i]! })),
        packs,
        variables: new Set(variables),
        constants,
        flats,
        draw: (draw, i) => this.#draw(draw, i),
      });
    this.trace = this.#again();
    const { outputs, newState } = this.trace;
    const assigned = newState.map((value, index): Ported | undefined => value && [{ kind: 'next', index }, value]);
    this.packs = packs.map((pack, i) => ({ pack, state: states[i]!, next: assigned[i]?.[0] }));
    this.program = {
      name,
      outputs: [...outputs, ...assigned.filter((each) => each !== undefined)],
      moving: new Set(this.packs.flatMap(({ state, next }) => (next === undefined ? state : [state, next]))),
    };
  }

  /** Whether the function is the same when it is traced again. Equal nodes are made once, so it ends in the same values then. */
  isRepeatable(): boolean {
    const [first, second] = [this.trace, this.#again()];
    return (
      JSON.stringify(first.draws) === JSON.stringify(second.draws) &&
      first.outputs.length === second.outputs.length &&
      first.outputs.every(([{ name }, value], i) => {
        const [port, again] = second.outputs[i]!;
        return port.name === name && again === value;
      }) &&
      first.newState.every((value, i) => value === second.newState[i])
    );
  }

  /** The value of a draw, the same one when the function is traced again. */
  #draw({ shape }: Draw, index: number): InputValue {
    const known = this.draws[index];
    if (known !== undefined && sameShape(known.shape, shape)) return known;
    const value = this.#graph.input({ kind: 'draw', index }, shape, 'float32');
    this.draws[index] ??= value;
    return value;
  }
}
