import type * as tf from '@tensorflow/tfjs-core';
import { Plan } from './plan.ts';
import type { Runtime } from './runtime/runtime.ts';
import { type CallInputs, type CallSignature, signatureOf } from './signature.ts';
import type { ModuleState } from './state/moduleState.ts';
import type { TracedFunction } from './trace/trace.ts';

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
