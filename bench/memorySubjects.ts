import * as tf from '@tensorflow/tfjs-core';
import { Adam, compile, Rng, valueAndGradients } from '../src/index.ts';
import { memories, memoryNames } from '../src/nn/recurrent.ts';
import { largestDifference } from './matchingSubjects.ts';
import type { Row } from './rows.ts';
import type { Subject } from './subjects.ts';

/** Shapes that the twins share, in `peers/serve.py`. */
const INPUT = 8;
const UNITS = 64;
const TIME = 32;
const LEARNING_RATE = 3e-4;

/** One update of a recurrent network by the mean square of its outputs: 32 steps from a state of 0, gradients through all of them, Adam. */
function memoryStep(name: keyof typeof memories, batch: number): Subject {
  const rng = new Rng('bench');
  const network = memories[name]({ inputDim: INPUT, units: UNITS, rng: rng.split('network') });
  const parameters = network.trainableVariables();
  const optimizer = new Adam(parameters);
  const shape = [TIME * batch, INPUT];
  const inputs = rng.split('data').fillNormal(new Float32Array(TIME * batch * INPUT));
  const update = ({ inputs }: { inputs: tf.Tensor }) => {
    const { loss, gradients } = valueAndGradients(() => {
      const { outputs } = network.unroll({ inputs, state: tf.zeros([batch, network.stateDim]) });
      return { loss: tf.mean(tf.square(outputs)) };
    }, parameters);
    optimizer.update(gradients, LEARNING_RATE);
    return { loss };
  };
  const step = compile(update, { name: `bench/memory-step/${name}`, state: [network, optimizer] });
  const onArrays = step.onArrays({ inputs: { shape } });
  const run = () => onArrays({ inputs }).loss[0]!;
  const losses = () => Array.from({ length: 8 }, run);
  return {
    run,
    inputs: {
      parameters: network.variables().map((variable) => [...variable.dataSync()]),
      data: { inputs: [...inputs], time: TIME },
    },
    show: () => ({ losses: losses() }),
    difference: ({ losses: theirs }) => largestDifference(losses(), theirs!),
    cost: step.cost,
    dispose() {
      step.dispose();
      optimizer.dispose();
      network.dispose();
    },
  };
}

/** Updates of recurrent networks: `memory-step/gru`. */
export const MEMORY_ROWS: readonly Row[] = memoryNames.map((name) => ({
  name: `memory-step/${name}`,
  trains: true,
  batches: [64],
  make: (batch) => memoryStep(name, batch),
}));
