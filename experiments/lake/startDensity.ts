import * as tf from '@tensorflow/tfjs-core';
import { compile, type Policy, portableMath } from '../../src/index.ts';

/** π(velocity | start) on a square grid, row by row from the lowest vy; each row from the lowest vx. */
export interface StartDensity {
  /** The grid covers [−extent, extent]². */
  readonly extent: number;
  /** Points along one side; densities are those of cell centres. */
  readonly size: number;
  readonly density: readonly number[];
}

const EXTENT = 1.5;
const SIZE = 48;

/** The density of a policy over velocities at the start, (−1.5, 0). */
export function startDensity(policy: Policy): StartDensity {
  const cells = SIZE * SIZE;
  const center = (index: number): number => -EXTENT + ((index + 0.5) * 2 * EXTENT) / SIZE;
  const observations = new Float32Array(2 * cells);
  const actions = new Float32Array(2 * cells);
  for (let i = 0; i < cells; i++) {
    observations[2 * i] = -1.5;
    actions[2 * i] = center(i % SIZE);
    actions[2 * i + 1] = center(Math.floor(i / SIZE));
  }
  const evaluate = compile(
    (inputs: { observations: tf.Tensor; actions: tf.Tensor }) => {
      const distribution = policy.given(inputs.observations);
      return { logProb: distribution.logProb(distribution.unsquash(inputs.actions)) };
    },
    { name: 'lake/start-density', state: [policy] },
  );
  const density = tf.tidy(() => {
    const { logProb } = evaluate({
      observations: tf.tensor2d(observations, [cells, 2]),
      actions: tf.tensor2d(actions, [cells, 2]),
    });
    return Array.from(logProb.dataSync(), (value) => Number(portableMath.exp(value).toPrecision(3)));
  });
  evaluate.dispose();
  return { extent: EXTENT, size: SIZE, density };
}
