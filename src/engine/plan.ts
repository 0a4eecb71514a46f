import * as tf from '@tensorflow/tfjs-core';
import type { Rng } from '../random.ts';
import { elementCount, newData } from './graph/value.ts';
import { Recording } from './recording.ts';
import type { Executable, GraphCost, Runtime, Slot } from './runtime/runtime.ts';
import { type CallInputs, type CallSignature, disposedInput } from './signature.ts';
import { type Pack, packsOf } from './state/pack.ts';
import { missingRngMessage } from './trace/refusingRng.ts';
import type { TracedFunction } from './trace/trace.ts';

interface PlanInput extends CallSignature {
  readonly slot: Slot;
}

interface PlanDraw {
  readonly kind: 'normal' | 'uniform';
  readonly slot: Slot;
}

interface PlanOutput {
  readonly name: string;
  readonly shape: number[];
  readonly dtype: tf.DataType;
  readonly slot: Slot;
}

interface PlanPack {
  readonly pack: Pack;
  readonly input: string;
  /** Undefined where the function does not change the pack. */
  readonly output: string | undefined;
}

/** A function compiled for inputs of certain names, types and shapes, and certain variables. */
export class Plan {
  readonly #name: string;
  readonly #inputs: readonly PlanInput[];
  readonly #draws: readonly PlanDraw[];
  readonly #outputs: readonly PlanOutput[];
  readonly #packs: readonly PlanPack[];
  /** Absent where the function returns nothing and changes nothing. */
  readonly #executable: Executable | undefined;
  /** Kept until the second call has shown that the function is repeatable. */
  #recording: Recording | undefined;
  #hasRun = false;

  /** @throws what `fn` throws, or if it cannot be traced or run */
  constructor(
    name: string,
    fn: TracedFunction,
    signature: readonly CallSignature[],
    variables: readonly tf.Variable[],
    runtime: Runtime,
  ) {
    const packs = packsOf(variables, runtime);
    const recording = new Recording(name, fn, signature, packs, variables);
    const { draws, outputs, newState } = recording.trace;
    const executable = recording.program.outputs.length === 0 ? undefined : runtime.load(recording.program);
    this.#name = name;
    this.#recording = recording;
    this.#executable = executable;
    // What the graph does not use gets an array all the same.
    const inputSlot = (key: string, dtype: CallSignature['dtype'], shape: readonly number[]): Slot =>
      executable?.input(key) ?? { data: newData(dtype, elementCount(shape)) };
    this.#inputs = signature.map((input) => ({
      ...input,
      slot: inputSlot(`input.${input.name}`, input.dtype, input.shape),
    }));
    this.#draws = draws.map(({ kind, shape }, i) => ({
      kind,
      slot: inputSlot(`draw.${i}`, 'float32', shape),
    }));
    this.#outputs = outputs.map(([key, { shape, dtype }]) => ({
      name: key,
      shape: [...shape],
      dtype: dtype as tf.DataType,
      slot: executable!.output(`output.${key}`),
    }));
    this.#packs = packs.map((pack, i) => ({
      pack,
      input: `state.${i}`,
      output: newState[i] === undefined ? undefined : `next.${i}`,
    }));
  }

  /** Undefined where the function returns nothing and changes nothing. */
  get cost(): GraphCost | undefined {
    return this.#executable?.cost;
  }

  /** Whether this plan is for such inputs. */
  matches(inputs: CallInputs): boolean {
    if (typeof inputs !== 'object' || inputs === null) return false;
    let count = 0;
    for (const _ in inputs) count++;
    if (count !== this.#inputs.length) return false;
    for (const input of this.#inputs) {
      const value = inputs[input.name];
      if (input.isNumber) {
        if (typeof value !== 'number') return false;
      } else {
        if (!(value instanceof tf.Tensor) || value.dtype !== input.dtype) return false;
        const { shape } = value;
        if (shape.length !== input.shape.length) return false;
        for (let i = 0; i < shape.length; i++) if (shape[i] !== input.shape[i]) return false;
      }
    }
    return true;
  }

  /** @throws if an input is disposed, an rng is missing, or the second trace, at the second call, differs from the first */
  run(inputs: CallInputs, rng: Rng | undefined): Record<string, tf.Tensor> {
    if (this.#recording !== undefined && this.#hasRun) this.#checkRepeatable(this.#recording);
    const engine = tf.engine();
    this.#feed(engine, inputs);
    this.#draw(rng, () => this.#execute());
    const results: Record<string, tf.Tensor> = {};
    for (const { name, slot, shape, dtype } of this.#outputs) {
      results[name] = engine.makeTensor(slot.data.slice() as tf.DataTypeMap['float32'], shape, dtype);
    }
    this.#hasRun = true;
    return results;
  }

  dispose(): void {
    this.#executable?.dispose();
  }

  #checkRepeatable(recording: Recording): void {
    if (!recording.isRepeatable()) {
      throw new Error(
        `compile('${this.#name}'): the function is not the same when it is traced again at its second call: ` +
          'it uses something that has changed since and is neither in `inputs` nor in the state; pass it in `inputs`',
      );
    }
    this.#recording = undefined;
  }

  #feed(engine: ReturnType<typeof tf.engine>, inputs: CallInputs): void {
    for (const { name, isNumber, slot } of this.#inputs) {
      const value = inputs[name]!;
      if (isNumber) slot.data[0] = value as number;
      else {
        const tensor = value as tf.Tensor;
        if (tensor.isDisposed) throw disposedInput(this.#name, name);
        (slot.data as Float32Array).set(engine.readSync(tensor.dataId) as Float32Array);
      }
    }
  }

  /** Fills the draws for `body`; if it throws, the rng is where it was. */
  #draw(rng: Rng | undefined, body: () => void): void {
    if (this.#draws.length === 0) {
      body();
      return;
    }
    if (rng === undefined) throw new Error(missingRngMessage(this.#name, `${this.#draws[0]!.kind}Tensor`));
    const position = rng.state();
    try {
      for (const { kind, slot } of this.#draws) {
        if (kind === 'normal') rng.fillNormal(slot.data as Float32Array);
        else rng.fillUniform(slot.data as Float32Array);
      }
      body();
    } catch (error) {
      rng.restore(position);
      throw error;
    }
  }

  #execute(): void {
    const executable = this.#executable;
    if (executable === undefined) return;
    for (const { pack, input, output } of this.#packs) {
      pack.refresh();
      executable.readFrom(input, pack.current);
      if (output !== undefined) executable.writeTo(output, pack.next);
    }
    executable.run();
    for (const { pack, output } of this.#packs) if (output !== undefined) pack.commit();
  }
}
