import * as tf from '@tensorflow/tfjs-core';
import { start } from '../../envs/lake/lakeMap.ts';
import { compile, type Policy, portableMath, withDensity } from '../../src/index.ts';

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

/** The density of a policy over velocities at the start, (−1.5, 0). @throws if it has samples and no density */
export function startDensity(policy: Policy): StartDensity {
  const cells = SIZE * SIZE;
  const center = (index: number): number => -EXTENT + ((index + 0.5) * 2 * EXTENT) / SIZE;
  const velocities = new Float32Array(2 * cells);
  for (let i = 0; i < cells; i++) {
    velocities[2 * i] = center(i % SIZE);
    velocities[2 * i + 1] = center(Math.floor(i / SIZE));
  }
  const density = Array.from(logProbsAtStart(policy, velocities), (value) =>
    Number(portableMath.exp(value).toPrecision(3)),
  );
  return { extent: EXTENT, size: SIZE, density };
}

/**
 * log π(v | start) of velocities.
 * @param velocities `[count, 2]`, row by row
 * @throws if it has samples and no density
 */
export function logProbsAtStart(policy: Policy, velocities: Float32Array): Float32Array {
  const densities = withDensity('logProbsAtStart', policy);
  const count = velocities.length / 2;
  const observations = Float32Array.from({ length: 2 * count }, (_, i) => (i % 2 === 0 ? start.x : start.y));
  const evaluate = compile(
    (inputs: { observations: tf.Tensor; velocities: tf.Tensor }) => {
      const distribution = densities.given(inputs.observations);
      return { logProb: distribution.logProb(distribution.unsquash(inputs.velocities)) };
    },
    { name: 'lake/log-probs-at-start', state: [densities] },
  );
  const logProbs = tf.tidy(() => {
    const { logProb } = evaluate({
      observations: tf.tensor2d(observations, [count, 2]),
      velocities: tf.tensor2d(velocities, [count, 2]),
    });
    return logProb.dataSync() as Float32Array;
  });
  evaluate.dispose();
  return logProbs;
}
