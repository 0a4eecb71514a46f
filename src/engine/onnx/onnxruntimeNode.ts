import type { Data } from '../graph/value.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { type CreateSession, DISABLED_OPTIMIZERS, onnxRuntime, type Session } from './executable.ts';
import { OPTIMIZED_NODES } from './lower.ts';
import { encodeModel, type Model, type TensorSpec } from './model.ts';

/** An onnxruntime-node tensor, which looks at the array it is made of. */
type Tensor = object;
type TensorConstructor = new (dtype: string, data: Data, shape: readonly number[]) => Tensor;

/** The synchronous session beneath onnxruntime-node's promises; its version is pinned for this reason. */
interface NativeSession {
  loadModel(buffer: ArrayBufferLike, offset: number, length: number, options: object): void;
  run(feeds: Record<string, Tensor>, fetches: Record<string, Tensor>, options: object): unknown;
  dispose(): void;
  endProfiling(): void;
}

interface NativeBinding {
  readonly binding: { readonly InferenceSession: new () => NativeSession };
  initOrt(): void;
}

const FATAL = 4;

export type Provider = 'cpu' | 'cuda';

class NodeSession implements Session {
  readonly #native: NativeSession;
  readonly #Tensor: TensorConstructor;
  readonly #inputs: readonly TensorSpec[];
  readonly #outputs: readonly TensorSpec[];
  readonly #feeds: Record<string, Tensor> = {};
  readonly #fetches: Record<string, Tensor> = {};
  /** State alternates between two arrays, so most tensors are made once. */
  readonly #tensors: Map<Data, Tensor>[];
  readonly #options = {};

  constructor(
    native: NativeSession,
    Tensor: TensorConstructor,
    inputs: readonly TensorSpec[],
    outputs: readonly TensorSpec[],
  ) {
    this.#native = native;
    this.#Tensor = Tensor;
    this.#inputs = inputs;
    this.#outputs = outputs;
    this.#tensors = [...inputs, ...outputs].map(() => new Map());
  }

  setInput(index: number, data: Data): void {
    const spec = this.#inputs[index]!;
    this.#feeds[spec.name] = this.#tensor(index, spec, data);
  }

  setOutput(index: number, data: Data): void {
    const spec = this.#outputs[index]!;
    this.#fetches[spec.name] = this.#tensor(this.#inputs.length + index, spec, data);
  }

  run(): void {
    this.#native.run(this.#feeds, this.#fetches, this.#options);
  }

  dispose(): void {
    this.#native.dispose();
  }

  #tensor(slot: number, { dtype, shape }: TensorSpec, data: Data): Tensor {
    const known = this.#tensors[slot]!;
    let tensor = known.get(data);
    if (tensor === undefined) {
      tensor = new this.#Tensor(dtype, data, shape as number[]);
      if (known.size >= 2) known.clear();
      known.set(data, tensor);
    }
    return tensor;
  }
}

/** onnxruntime-node, one thread, called without promises. */
export function createNodeRuntime(load: (id: string) => unknown, provider: Provider = 'cpu'): Runtime {
  const { Tensor } = load('onnxruntime-node') as { Tensor: TensorConstructor };
  const { binding, initOrt } = load('onnxruntime-node/dist/binding') as NativeBinding;
  initOrt();
  const options = {
    executionProviders: provider === 'cuda' ? ['cuda', 'cpu'] : ['cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    // Errors come as exceptions.
    logSeverityLevel: FATAL,
    extra: { optimization: { disable_specified_optimizers: DISABLED_OPTIMIZERS } },
  };
  const createSession: CreateSession = (model) => {
    const native = new binding.InferenceSession();
    const { buffer, byteOffset, byteLength } = encodeModel(model);
    const graphOptimizationLevel = model.nodes.length > OPTIMIZED_NODES ? 'disabled' : 'all';
    native.loadModel(buffer, byteOffset, byteLength, { ...options, graphOptimizationLevel });
    return new NodeSession(native, Tensor, model.inputs, model.outputs);
  };
  // Whether a provider is there shows only when a session is made.
  if (provider === 'cuda') createSession(identityModel()).dispose();
  return onnxRuntime(provider === 'cuda' ? 'onnxruntime-node (CUDA)' : 'onnxruntime-node', createSession);
}

function identityModel(): Model {
  const [x, y] = ['x', 'y'].map((name): TensorSpec => ({ name, dtype: 'float32', shape: [1] })) as [
    TensorSpec,
    TensorSpec,
  ];
  const node = { name: 'identity', op: 'Identity', inputs: ['x'], outputs: ['y'], attributes: {} };
  return { name: 'probe', nodes: [node], initializers: [], inputs: [x], outputs: [y] };
}
