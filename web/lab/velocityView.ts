import * as tf from '@tensorflow/tfjs-core';
import { actionDensity, compile, type Policy, Rng } from 'oxbow';
import { type ActionView, SAMPLES, type VelocityDensity } from './actionView.ts';

const EXTENT = 1.5;
const SIZE = 48;
const CELLS = SIZE * SIZE;

/** Velocities of a policy, on a grid. */
export class VelocityView implements ActionView {
  readonly #policy: Policy;
  readonly #densities;
  readonly #actions = new Float32Array(2 * CELLS);
  readonly #observations = new Float32Array(2 * CELLS);

  constructor(policy: Policy) {
    this.#policy = policy;
    for (let i = 0; i < CELLS; i++) {
      this.#actions[2 * i] = -EXTENT + (((i % SIZE) + 0.5) * 2 * EXTENT) / SIZE;
      this.#actions[2 * i + 1] = -EXTENT + ((Math.floor(i / SIZE) + 0.5) * 2 * EXTENT) / SIZE;
    }
    const evaluateDensity = compile(
      (inputs: { observations: tf.Tensor; actions: tf.Tensor }) => {
        const distribution = policy.given(inputs.observations);
        return { density: tf.exp(distribution.logProb(distribution.unsquash(inputs.actions))) };
      },
      { name: 'lab/density', state: [policy] },
    );
    this.#densities = evaluateDensity.onArrays({
      observations: { shape: [CELLS, 2] },
      actions: { shape: [CELLS, 2] },
    });
  }

  density(x: number, y: number): VelocityDensity {
    for (let i = 0; i < CELLS; i++) {
      this.#observations[2 * i] = x;
      this.#observations[2 * i + 1] = y;
    }
    const { density } = this.#densities({ observations: this.#observations, actions: this.#actions });
    const samples = tf.tidy(
      () =>
        actionDensity(this.#policy, [x, y]).sample(new Rng('lab/probe'), [SAMPLES]).dataSync().slice() as Float32Array,
    );
    return { kind: 'velocity', extent: EXTENT, size: SIZE, density: density.slice() as Float32Array, samples };
  }
}
