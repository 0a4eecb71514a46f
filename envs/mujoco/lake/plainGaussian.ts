import { type JsonVariableState, VariableState } from '../../../src/json.ts';
import { portableMath } from '../../../src/portableMath.ts';

/** Of `ObservationNormalizer`. */
const EPSILON = 1e-8;

interface SavedGaussian {
  readonly policy: { readonly options: { readonly activation: string; readonly clipObservations: number } };
  readonly variables: Readonly<Record<string, JsonVariableState>>;
}

interface Layer {
  /** `[inputs, outputs]`, row by row. */
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
}

/**
 * The greedy actions of a saved Gaussian policy, by plain numbers: the same bits everywhere, in microseconds, with no tensors. It is for
 * networks of tanh that normalize their observations and squash nothing, as `policyToJson` writes them.
 */
export class PlainGaussian {
  readonly #mean: Float32Array;
  readonly #deviation: Float64Array;
  readonly #clip: number;
  readonly #layers: readonly Layer[];

  /** @throws if the policy is of another kind */
  constructor(json: string) {
    const { policy, variables } = JSON.parse(json) as SavedGaussian;
    if (policy.options.activation !== 'tanh') {
      throw new Error(`PlainGaussian: got the activation ${policy.options.activation}, expected tanh`);
    }
    const values = (name: string): Float32Array => {
      const state = variables[name];
      if (state === undefined) throw new Error(`PlainGaussian: the policy has no ${name}`);
      return VariableState.from(state).values;
    };
    this.#mean = values('normalizer.mean');
    this.#deviation = Float64Array.from(values('normalizer.variance'), (variance) => Math.sqrt(variance + EPSILON));
    this.#clip = policy.options.clipObservations;
    const count = Object.keys(variables).filter((name) => /^network\.layers\.\d+\.kernel$/.test(name)).length;
    this.#layers = Array.from({ length: count }, (_, i) => ({
      kernel: values(`network.layers.${i}.kernel`),
      bias: values(`network.layers.${i}.bias`),
    }));
  }

  /** The mean of the actions, `[actions]`, for one observation. */
  act(observation: ArrayLike<number>): Float32Array {
    let values = Float64Array.from(this.#mean, (mean, i) => {
      const scaled = (Math.fround(observation[i]!) - mean) / this.#deviation[i]!;
      return Math.min(Math.max(scaled, -this.#clip), this.#clip);
    });
    this.#layers.forEach(({ kernel, bias }, l) => {
      const next = Float64Array.from(bias);
      const width = next.length;
      for (let i = 0; i < values.length; i++) {
        const value = values[i]!;
        for (let j = 0, at = i * width; j < width; j++, at++) next[j]! += value * kernel[at]!;
      }
      if (l < this.#layers.length - 1) for (let j = 0; j < width; j++) next[j] = tanh(next[j]!);
      values = next;
    });
    return Float32Array.from(values);
  }
}

function tanh(x: number): number {
  return 1 - 2 / (portableMath.exp(2 * x) + 1);
}
