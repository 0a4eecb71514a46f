import * as tf from '@tensorflow/tfjs-core';
import type { Rng } from '../../random.ts';
import { Graph } from '../graph/graph.ts';
import { concat, reshape, split } from '../graph/shapes.ts';
import { type InputValue, type NamedPort, type Port, type Ported, sameShape, type Value } from '../graph/value.ts';
import type { Pack } from '../pack.ts';
import type { Program } from '../runtime/runtime.ts';
import { type InputSignature, namedTensors } from '../signature.ts';
import { type Draw, TensorRng } from './tensorRng.ts';
import { traceBackend, withTrace } from './traceBackend.ts';

/** A function as it is traced: from named tensors and an Rng to named tensors. */
export type TracedFunction = (inputs: Record<string, tf.Tensor>, rng: Rng) => Record<string, tf.Tensor>;

/** What is traced, and the values that stand for what the function gets. */
interface TraceRequest {
  /** The compiled function's name, for errors. */
  readonly name: string;
  readonly fn: TracedFunction;
  readonly graph: Graph;
  readonly inputs: readonly (InputSignature & { readonly value: Value })[];
  readonly packs: readonly Pack[];
  /** Those of the packs that the function may use. */
  readonly variables: ReadonlySet<tf.Variable>;
  /** Tensors from outside that the function may use, as they are now. */
  readonly constants: readonly tf.Tensor[];
  /** For each pack the values of its variables at the start, each as a vector. */
  readonly flats: readonly (readonly Value[])[];
  draw(draw: Draw, index: number): Value;
}

interface Trace {
  readonly outputs: readonly (readonly [port: NamedPort, value: Value])[];
  /** The draws, in order. */
  readonly draws: readonly Draw[];
  /** The values of the packs after the function, undefined for those it does not change. */
  readonly newState: readonly (Value | undefined)[];
}

/**
 * Runs `fn` once with tensors that stand for values of a graph.
 * @throws what `fn` throws; the variables and the active backend are as before then too
 */
export function trace({ name, fn, graph, inputs, packs, variables, constants, flats, draw }: TraceRequest): Trace {
  const backend = traceBackend();
  const engine = tf.engine();
  const asTensor = (value: Value): tf.Tensor =>
    engine.makeTensorFromTensorInfo(
      { dataId: backend.put(value), shape: [...value.shape], dtype: value.dtype as tf.DataType },
      backend,
    );
  const held: { readonly variable: tf.Variable; readonly dataId: object }[] = [];

  /** Makes a variable stand for `value`, without touching what it held. */
  const hold = (variable: tf.Variable, value: Value): void => {
    const { dataId } = asTensor(value);
    backend.incRef(dataId);
    held.push({ variable, dataId: variable.dataId });
    variable.dataId = dataId;
  };
  const release = (): void => {
    for (const { variable, dataId } of held) {
      if (backend.disposeData(variable.dataId)) engine.removeDataId(variable.dataId, backend);
      variable.dataId = dataId;
    }
  };

  const run = (): Trace => {
    packs.forEach((pack, i) => {
      pack.variables.forEach((variable, j) => {
        if (variables.has(variable)) hold(variable, reshape(graph, flats[i]![j]!, variable.shape));
      });
    });
    const tensors = Object.fromEntries(inputs.map((input) => [input.name, asTensor(input.value)]));
    const draws: Draw[] = [];
    const rng = new TensorRng(name, (each) => asTensor(draw(each, draws.push(each) - 1)));
    const starts = new Map([...variables].map((variable) => [variable, backend.lookUp(variable)]));
    const returned = namedTensors(name, fn(tensors, rng));
    const outputs = returned.map(
      ([key, tensor]) => [{ kind: 'output', name: key } as const, backend.lookUp(tensor)] as const,
    );
    const newState = packs.map((pack, i) => {
      const before = flats[i]!;
      const after = pack.variables.map((variable, j) => {
        const value = variables.has(variable) ? backend.lookUp(variable) : undefined;
        return value === undefined || value === starts.get(variable)
          ? before[j]!
          : reshape(graph, value, [variable.size]);
      });
      return after.every((value, j) => value === before[j]) ? undefined : concat(graph, after, 0);
    });
    return { outputs, draws, newState };
  };
  // Not returned through tf.tidy, which looks for tensors in all that it is given, down to the first node of the graph.
  let traced: Trace | undefined;
  const context = { graph, name, constants: new Map(constants.map((tensor) => [tensor.dataId, tensor])) };
  withTrace(context, () =>
    tf.tidy(() => {
      try {
        traced = guarded(name, run);
      } finally {
        release();
      }
    }),
  );
  return traced!;
}

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

const TFJS_OPTIMIZERS = [
  tf.AdadeltaOptimizer,
  tf.AdagradOptimizer,
  tf.AdamOptimizer,
  tf.AdamaxOptimizer,
  tf.MomentumOptimizer,
  tf.RMSPropOptimizer,
  tf.SGDOptimizer,
];

/** Puts `value` in the place of a property until the returned function is called. */
function replace(target: object, key: string, value: unknown): () => void {
  const own = Object.getOwnPropertyDescriptor(target, key);
  Object.defineProperty(target, key, { value, configurable: true, writable: true });
  return () => {
    if (own === undefined) Reflect.deleteProperty(target, key);
    else Object.defineProperty(target, key, own);
  };
}

/** `Date` without the present: other dates can be made. */
function dateWithoutNow(refuse: () => never): DateConstructor {
  return new Proxy(Date, {
    construct: (target, args, newTarget) => (args.length === 0 ? refuse() : Reflect.construct(target, args, newTarget)),
    apply: refuse,
    get: (target, key) => (key === 'now' ? refuse : Reflect.get(target, key)),
  });
}

/**
 * Runs a compiled function's body, traced or eager. What it must not do is an error meanwhile: take random numbers or the time
 * from elsewhere than its arguments, which would be frozen into the graph, make variables, use an optimizer of tfjs, or change the
 * tfjs backend.
 */
export function guarded<T>(name: string, body: () => T): T {
  const refusing = (message: string) => (): never => {
    throw new Error(`compile('${name}'): ${message}`);
  };
  const noClock = refusing(
    'the function reads the clock, which would be frozen into the compiled function: pass the time in `inputs`',
  );
  const restore = [
    replace(
      Math,
      'random',
      refusing(
        'the function draws random numbers elsewhere than from its rng (Math.random; tf.randomNormal, tf.dropout and a layer of ' +
          'tfjs-layers that makes its weights use it), ' +
          'which would be frozen into the compiled function: use rng.normalTensor or rng.uniformTensor',
      ),
    ),
    replace(globalThis, 'Date', dateWithoutNow(noClock)),
    replace(performance, 'now', noClock),
    replace(
      tf.engine(),
      'makeVariable',
      refusing('the function makes a variable: make it outside, and list it or its module in `state`'),
    ),
    ...TFJS_OPTIMIZERS.map(({ prototype }) =>
      replace(
        prototype,
        'applyGradients',
        refusing(
          'the function uses an optimizer of tf.train, which keeps its numbers where a compiled function does not see them: ' +
            'use Adam, RmsProp or Sgd of oxbow, and list it in `state`',
        ),
      ),
    ),
    replace(
      tf.engine(),
      'setBackend',
      refusing('the function changes the tfjs backend: call tf.setBackend outside of it'),
    ),
  ];
  try {
    return body();
  } finally {
    for (const undo of restore.reverse()) undo();
  }
}
