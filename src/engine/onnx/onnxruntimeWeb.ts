import type { Data } from '../graph/value.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { onnxRuntime } from './executable.ts';
import { ELEMENT_TYPE, encodeModel, type TensorSpec } from './model.ts';
import { DISABLED_OPTIMIZERS, type Session } from './session.ts';
import { OPTIMIZED_NODES } from './tuning.ts';

/**
 * The WebAssembly module beneath onnxruntime-web. Its public interface only gives promises, but what runs under them is
 * synchronous, so the module's C functions are called here directly; its version is pinned for this reason.
 */
interface OrtModule {
  readonly HEAPU8: Uint8Array;
  readonly PTR_SIZE: number;
  _malloc(size: number): number;
  _free(pointer: number): void;
  getValue(pointer: number, type: '*' | 'i32'): number;
  setValue(pointer: number, value: number, type: '*'): void;
  lengthBytesUTF8(text: string): number;
  stringToUTF8(text: string, pointer: number, size: number): void;
  UTF8ToString(pointer: number): string;
  _OrtInit(threads: number, logLevel: number): number;
  _OrtGetLastError(code: number, message: number): number;
  _OrtCreateSessionOptions(...options: (number | boolean)[]): number;
  _OrtReleaseSessionOptions(handle: number): number;
  _OrtAddSessionConfigEntry(options: number, key: number, value: number): number;
  _OrtCreateSession(model: number, size: number, options: number): number;
  _OrtReleaseSession(handle: number): number;
  _OrtCreateTensor(type: number, data: number, bytes: number, dims: number, rank: number, location: number): number;
  _OrtReleaseTensor(handle: number): number;
  _OrtRun(
    session: number,
    inputNames: number,
    inputs: number,
    inputCount: number,
    outputNames: number,
    outputCount: number,
    outputs: number,
    options: number,
  ): number;
}

type OrtFactory = (config: { numThreads: number; locateFile?: (file: string) => string }) => Promise<OrtModule>;

export interface WebRuntimeOptions {
  /** Imports `onnxruntime-web/ort-wasm-simd-threaded.mjs`, where it lies elsewhere than in the installed package. */
  readonly load?: () => Promise<{ readonly default: OrtFactory }>;
  /** The address of `ort-wasm-simd-threaded.wasm`; by default beside the module. */
  readonly wasmUrl?: string;
}

const WARNING = 2;
const OPTIMIZE_NOTHING = 0;
const OPTIMIZE_ALL = 99;
const SEQUENTIAL = 0;
const CPU_MEMORY = 1;

/** One array of a session: its place in the module's memory, and the array outside that it stands for. */
interface Slot {
  readonly pointer: number;
  readonly size: number;
  bytes: Uint8Array;
}

function bytesOf(data: Data): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

const BYTES = { float32: 4, int32: 4, bool: 1, int64: 8 } as const;

class WebSession implements Session {
  readonly #ort: OrtModule;
  readonly #session: number;
  readonly #inputs: Slot[];
  readonly #outputs: Slot[];
  readonly #tensors: number[] = [];
  readonly #memory: number[] = [];
  /** Arrays of pointers: names and tensors of inputs and outputs. */
  readonly #arguments: readonly [number, number, number, number];

  constructor(ort: OrtModule, session: number, inputs: readonly TensorSpec[], outputs: readonly TensorSpec[]) {
    this.#ort = ort;
    this.#session = session;
    const inputTensors: number[] = [];
    const outputTensors: number[] = [];
    this.#inputs = inputs.map((spec) => this.#slot(spec, inputTensors));
    this.#outputs = outputs.map((spec) => this.#slot(spec, outputTensors));
    const names = (specs: readonly TensorSpec[]): number =>
      this.#pointers(
        specs.map(({ name }) => {
          const pointer = newString(ort, name);
          this.#memory.push(pointer);
          return pointer;
        }),
      );
    this.#arguments = [names(inputs), this.#pointers(inputTensors), names(outputs), this.#pointers(outputTensors)];
  }

  setInput(index: number, data: Data): void {
    const slot = this.#inputs[index]!;
    if (slot.bytes.buffer !== data.buffer || slot.bytes.byteOffset !== data.byteOffset) slot.bytes = bytesOf(data);
  }

  setOutput(index: number, data: Data): void {
    const slot = this.#outputs[index]!;
    if (slot.bytes.buffer !== data.buffer || slot.bytes.byteOffset !== data.byteOffset) slot.bytes = bytesOf(data);
  }

  run(): void {
    const ort = this.#ort;
    for (const { bytes, pointer } of this.#inputs) ort.HEAPU8.set(bytes, pointer);
    const [inputNames, inputs, outputNames, outputs] = this.#arguments;
    const code = ort._OrtRun(
      this.#session,
      inputNames,
      inputs,
      this.#inputs.length,
      outputNames,
      this.#outputs.length,
      outputs,
      0,
    );
    if (code !== 0) throw lastError(ort);
    // The memory may have grown, and HEAPU8 with it.
    for (const { bytes, pointer, size } of this.#outputs) bytes.set(ort.HEAPU8.subarray(pointer, pointer + size));
  }

  dispose(): void {
    for (const tensor of this.#tensors) this.#ort._OrtReleaseTensor(tensor);
    this.#ort._OrtReleaseSession(this.#session);
    for (const pointer of this.#memory) this.#ort._free(pointer);
  }

  #allocate(size: number): number {
    const pointer = this.#ort._malloc(Math.max(size, 1));
    if (pointer === 0) throw new Error(`onnxruntime-web: no memory for ${size} bytes`);
    this.#memory.push(pointer);
    return pointer;
  }

  #pointers(values: readonly number[]): number {
    const width = this.#ort.PTR_SIZE;
    const pointer = this.#allocate(values.length * width);
    values.forEach((value, i) => {
      this.#ort.setValue(pointer + i * width, value, '*');
    });
    return pointer;
  }

  #slot({ dtype, shape }: TensorSpec, tensors: number[]): Slot {
    const sizes = shape as readonly number[];
    const size = sizes.reduce((count, length) => count * length, BYTES[dtype]);
    const pointer = this.#allocate(size);
    const dims = this.#pointers(sizes);
    const tensor = this.#ort._OrtCreateTensor(ELEMENT_TYPE[dtype], pointer, size, dims, sizes.length, CPU_MEMORY);
    if (tensor === 0) throw lastError(this.#ort);
    this.#tensors.push(tensor);
    tensors.push(tensor);
    return { pointer, size, bytes: new Uint8Array(size) };
  }
}

function newString(ort: OrtModule, text: string): number {
  const size = ort.lengthBytesUTF8(text) + 1;
  const pointer = ort._malloc(size);
  ort.stringToUTF8(text, pointer, size);
  return pointer;
}

function configure(ort: OrtModule, sessionOptions: number, key: string, value: string): void {
  const pointers = [newString(ort, key), newString(ort, value)] as const;
  const code = ort._OrtAddSessionConfigEntry(sessionOptions, ...pointers);
  for (const pointer of pointers) ort._free(pointer);
  if (code !== 0) throw lastError(ort);
}

function lastError(ort: OrtModule): Error {
  const pointer = ort._malloc(2 * ort.PTR_SIZE);
  ort._OrtGetLastError(pointer, pointer + ort.PTR_SIZE);
  const message = ort.getValue(pointer + ort.PTR_SIZE, '*');
  const text = message === 0 ? 'unknown error' : ort.UTF8ToString(message);
  ort._free(pointer);
  return new Error(`onnxruntime-web: ${text}`);
}

let started: Promise<OrtModule> | undefined;

async function start({ load, wasmUrl }: WebRuntimeOptions): Promise<OrtModule> {
  // A variable, since the package has no types for this file.
  const file = 'onnxruntime-web/ort-wasm-simd-threaded.mjs';
  const { default: factory } = await (load?.() ?? (import(file) as Promise<{ default: OrtFactory }>));
  const ort = await factory({ numThreads: 1, ...(wasmUrl === undefined ? {} : { locateFile: () => wasmUrl }) });
  if (ort._OrtInit(1, WARNING) !== 0) throw lastError(ort);
  return ort;
}

/** onnxruntime-web's WebAssembly, one thread, for browsers and Node. */
export async function createWebRuntime(options: WebRuntimeOptions = {}): Promise<Runtime> {
  started ??= start(options);
  const ort = await started;
  return onnxRuntime('onnxruntime-web', (model) => {
    const bytes = encodeModel(model);
    const pointer = ort._malloc(bytes.length);
    ort.HEAPU8.set(bytes, pointer);
    // Memory arena and patterns on; no profiling, log id or file.
    const sessionOptions = ort._OrtCreateSessionOptions(
      model.nodes.length > OPTIMIZED_NODES ? OPTIMIZE_NOTHING : OPTIMIZE_ALL,
      true,
      true,
      SEQUENTIAL,
      false,
      0,
      0,
      WARNING,
      0,
      0,
    );
    if (sessionOptions === 0) throw lastError(ort);
    try {
      configure(ort, sessionOptions, 'optimization.disable_specified_optimizers', DISABLED_OPTIMIZERS);
      const session = ort._OrtCreateSession(pointer, bytes.length, sessionOptions);
      if (session === 0) throw lastError(ort);
      return new WebSession(ort, session, model.inputs, model.outputs);
    } finally {
      ort._OrtReleaseSessionOptions(sessionOptions);
      ort._free(pointer);
    }
  });
}
