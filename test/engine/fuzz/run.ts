import * as tf from '@tensorflow/tfjs-core';
import { compile } from '../../../src/engine/compile.ts';
import { withBackend } from '../../../src/engine/tfjs.ts';
import { Module } from '../../../src/module.ts';
import { resultsOf } from './evaluate.ts';
import { perturbedBackend, seedPerturbations } from './perturbedBackend.ts';
import { type Input, type Program, tensorOf } from './program.ts';
import { referenceBackend } from './referenceBackend.ts';

export interface Numbers {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly values: ArrayLike<number>;
}

/** What the calls of a program gave: outputs, gradients and, after the last, variables. */
export type Results = ReadonlyMap<string, Numbers>;

/** Programs with state run twice, so that the second call sees what the first has assigned. */
const CALLS = 2;

class State extends Module {
  readonly held: readonly tf.Variable[];

  constructor(held: readonly tf.Variable[]) {
    super();
    this.held = held;
  }
}

function numbersOf(tensor: tf.Tensor): Numbers {
  return { shape: [...tensor.shape], dtype: tensor.dtype, values: tensor.dataSync().slice() };
}

/** Calls the program with fresh inputs and variables; `prepare` makes the function that is called. */
function collect(
  program: Program,
  prepare: (state: State) => (inputs: Record<string, tf.Tensor>) => Record<string, tf.Tensor>,
  make: (input: Input) => tf.Tensor = tensorOf,
): Results {
  const results = new Map<string, Numbers>();
  tf.tidy(() => {
    const variables = program.inputs.map((input) => (input.isVariable ? tf.variable(make(input)) : undefined));
    const state = new State(variables.filter((variable) => variable !== undefined));
    try {
      const fn = prepare(state);
      const inputs: Record<string, tf.Tensor> = {};
      program.inputs.forEach((input, i) => {
        if (!input.isVariable) inputs[`x${i}`] = make(input);
      });
      for (let call = 0; call < (state.held.length > 0 ? CALLS : 1); call++) {
        for (const [key, tensor] of Object.entries(fn(inputs))) results.set(`${key}, call ${call}`, numbersOf(tensor));
      }
      state.held.forEach((variable, i) => void results.set(`variable ${i}`, numbersOf(variable)));
    } finally {
      state.held.forEach((variable) => void variable.dispose());
    }
  });
  return results;
}

/** The program as a function of its inputs that are no variables. */
function functionOf(program: Program, state: State) {
  return (given: Record<string, tf.Tensor>): Record<string, tf.Tensor> => {
    const variables = [...state.held];
    const inputs = program.inputs.map((input, i) => (input.isVariable ? variables.shift()! : given[`x${i}`]!));
    return resultsOf(program, inputs);
  };
}

export function runEager(program: Program, make?: (input: Input) => tf.Tensor): Results {
  return collect(program, (state) => functionOf(program, state), make);
}

/** As eager, without the faults of tfjs-cpu. */
export function runReference(program: Program): Results {
  return withBackend(referenceBackend(), () => runEager(program));
}

/** As the reference, with random roundings and signs of zeros: one run for each seed. */
export function runPerturbed(program: Program, seeds: readonly number[]): Results[] {
  // A product with 1 is perturbed only where it is 0.
  const perturbed = (input: Input): tf.Tensor =>
    input.dtype === 'float32' ? tf.mul(tensorOf(input), 1) : tensorOf(input);
  return withBackend(perturbedBackend(), () =>
    seeds.map((seed) => {
      seedPerturbations(seed);
      return runEager(program, perturbed);
    }),
  );
}

export function runCompiled(program: Program): Results {
  let dispose = (): void => {};
  try {
    return collect(program, (state) => {
      const compiled = compile(functionOf(program, state), { name: 'fuzz', state: [state] });
      dispose = compiled.dispose;
      return compiled;
    });
  } finally {
    dispose();
  }
}
