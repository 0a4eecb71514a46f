import * as tf from '@tensorflow/tfjs-core';
import type { Rng } from '../random.ts';
import { elementCount, type InputValue, newData } from './graph/value.ts';
import type { ModuleState } from './moduleState.ts';
import { packsOf } from './pack.ts';
import { type Executable, type GraphCost, Profile, type Runtime, type Slot } from './runtime/runtime.ts';
import {
  type ArrayInputs,
  type CallInputs,
  type CallSignature,
  disposedInput,
  signatureOf,
  wrongArray,
} from './signature.ts';
import { missingRngMessage } from './trace/tensorRng.ts';
import { type RecordedPack, Recording, type TracedFunction } from './trace/trace.ts';

/** How many signatures (names, types and shapes of inputs) a compiled function keeps; the least recently used goes first. */
export const PLAN_LIMIT = 32;

/** The plans of one compiled function, each for one signature; all for one runtime and one set of variables. */
export class Plans {
  readonly #name: string;
  readonly #fn: TracedFunction;
  readonly #state: ModuleState;
  #runtime: Runtime | undefined;
  #variables: readonly tf.Variable[] | undefined;
  /** Those used last come first. */
  #plans: Plan[] = [];

  constructor(name: string, fn: TracedFunction, state: ModuleState) {
    this.#name = name;
    this.#fn = fn;
    this.#state = state;
  }

  /** The one that was used last. */
  get last(): Plan | undefined {
    return this.#plans[0];
  }

  /** Forgets the plans of another runtime or other variables than the present ones. @throws if a variable is disposed */
  renew(runtime: Runtime): void {
    const variables = this.#state.variables();
    if (runtime === this.#runtime && variables === this.#variables) return;
    this.dispose();
    this.#runtime = runtime;
    this.#variables = variables;
  }

  /** The plan for such inputs. @throws what {@link signatureOf} and {@link Plan} throw */
  forInputs(inputs: CallInputs): Plan {
    const { last } = this;
    if (last?.matches(inputs)) return last;
    return this.#used(this.#plans.find((plan) => plan.matches(inputs)) ?? this.#make(signatureOf(this.#name, inputs)));
  }

  /**
   * The plan for a signature.
   * @param known the one that it gave before for this signature, for speed
   * @throws what {@link Plan} throws
   */
  forSignature(signature: readonly CallSignature[], known: Plan | undefined): Plan {
    if (known !== undefined && known === this.last) return known;
    const isFor = (plan: Plan): boolean => plan === known || isSame(plan.signature, signature);
    return this.#used(this.#plans.find(isFor) ?? this.#make(signature));
  }

  dispose(): void {
    for (const plan of this.#plans) plan.dispose();
    this.#plans = [];
  }

  #make(signature: readonly CallSignature[]): Plan {
    const plan = new Plan(this.#name, this.#fn, signature, this.#variables!, this.#state.constants, this.#runtime!);
    if (this.#plans.length >= PLAN_LIMIT) this.#plans.pop()!.dispose();
    return plan;
  }

  #used(plan: Plan): Plan {
    const at = this.#plans.indexOf(plan);
    if (at >= 0) this.#plans.splice(at, 1);
    this.#plans.unshift(plan);
    return plan;
  }
}

function isSame(a: readonly CallSignature[], b: readonly CallSignature[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

interface PlanInput extends CallSignature {
  readonly size: number;
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

/** A function compiled for inputs of certain names, types and shapes, and certain variables. */
export class Plan {
  readonly signature: readonly CallSignature[];
  readonly #name: string;
  readonly #inputs: readonly PlanInput[];
  readonly #draws: readonly PlanDraw[];
  readonly #outputs: readonly PlanOutput[];
  readonly #packs: readonly RecordedPack[];
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
    constants: readonly tf.Tensor[],
    runtime: Runtime,
  ) {
    const recording = new Recording(name, fn, signature, packsOf(variables, runtime), variables, constants);
    const { trace, program, inputs, draws, packs } = recording;
    const executable = program.outputs.length === 0 ? undefined : runtime.load(program);
    this.signature = signature;
    this.#name = name;
    this.#recording = recording;
    this.#executable = executable;
    // What the graph does not use gets an array all the same.
    const slotOf = ({ input, dtype, shape }: InputValue): Slot =>
      executable?.input(input) ?? { data: newData(dtype, elementCount(shape)) };
    this.#inputs = signature.map((input, i) => ({
      ...input,
      size: elementCount(input.shape),
      slot: slotOf(inputs[i]!),
    }));
    this.#draws = trace.draws.map(({ kind }, i) => ({ kind, slot: slotOf(draws[i]!) }));
    this.#outputs = trace.outputs.map(([port, { shape, dtype }]) => ({
      name: port.name,
      shape: [...shape],
      dtype: dtype as tf.DataType,
      slot: executable!.output(port),
    }));
    this.#packs = packs;
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

  /** @throws if an input is disposed, and as {@link #run} */
  run(inputs: CallInputs, rng: Rng | undefined): Record<string, tf.Tensor> {
    const engine = tf.engine();
    this.#feed(engine, inputs);
    this.#run(rng);
    const results: Record<string, tf.Tensor> = {};
    for (const { name, slot, shape, dtype } of this.#outputs) {
      results[name] = engine.makeTensor(slot.data.slice() as tf.DataTypeMap['float32'], shape, dtype);
    }
    return results;
  }

  /** New arrays for the outputs. */
  newResults(): Record<string, tf.TypedArray> {
    return Object.fromEntries(
      this.#outputs.map(({ name, shape, dtype }) => [
        name,
        newData(dtype as 'float32', elementCount(shape)) as tf.TypedArray,
      ]),
    );
  }

  /**
   * As {@link run}, without tensors: the inputs are arrays of their elements, the outputs are written to `results`.
   * @throws if an array has another length than its input, and as {@link #run}
   */
  runOnArrays(inputs: ArrayInputs, rng: Rng | undefined, results: Record<string, tf.TypedArray>): void {
    for (const input of this.#inputs) {
      const { size, slot } = input;
      const value = inputs[input.name];
      if (typeof value === 'object' && value?.length === size) (slot.data as Float32Array).set(value);
      else if (typeof value === 'number' && input.shape.length === 0) slot.data[0] = value;
      else throw wrongArray(this.#name, input, value);
    }
    this.#run(rng);
    for (const { name, slot } of this.#outputs) results[name]!.set(slot.data as Float32Array);
  }

  /**
   * Times the kernels on such inputs. Neither variables nor the rng change.
   * @throws if there is nothing to compute, an input is disposed, an rng is missing, or the runtime fails
   */
  profile(inputs: CallInputs, rng: Rng | undefined): Profile {
    const executable = this.#executable;
    if (executable === undefined) throw new Error(`compile('${this.#name}').profile: it computes nothing`);
    this.#feed(tf.engine(), inputs);
    rng?.mark();
    try {
      this.#draw(rng);
      this.#bind(executable);
      return new Profile(this.#name, executable.cost.engine, executable.profile());
    } finally {
      rng?.rewind();
    }
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

  /**
   * Fills the draws and runs; if that fails, the rng is where it was.
   * @throws if an rng is missing, or the second trace, at the second call, differs from the first
   */
  #run(rng: Rng | undefined): void {
    if (this.#recording !== undefined && this.#hasRun) this.#checkRepeatable(this.#recording);
    if (this.#draws.length === 0) this.#execute();
    else {
      rng?.mark();
      try {
        this.#draw(rng);
        this.#execute();
      } catch (error) {
        rng?.rewind();
        throw error;
      }
    }
    this.#hasRun = true;
  }

  #draw(rng: Rng | undefined): void {
    for (const { kind, slot } of this.#draws) {
      if (rng === undefined) throw new Error(missingRngMessage(this.#name, `${kind}Tensor`));
      if (kind === 'normal') rng.fillNormal(slot.data as Float32Array);
      else rng.fillUniform(slot.data as Float32Array);
    }
  }

  #execute(): void {
    const executable = this.#executable;
    if (executable === undefined) return;
    this.#bind(executable);
    executable.run();
    for (const { pack, next } of this.#packs) if (next !== undefined) pack.commit();
  }

  /** Brings the variables up to date, and says where they are and where their new values go. */
  #bind(executable: Executable): void {
    for (const { pack, state, next } of this.#packs) {
      pack.refresh();
      executable.readFrom(state, pack.current);
      if (next !== undefined) executable.writeTo(next, pack.next);
    }
  }
}
