import * as tf from '@tensorflow/tfjs-core';
import { actionDensity, compile, type Policy, Rng } from 'oxbow';
import { type ActionView, SAMPLES, type VelocityDensity } from './actionView.ts';

/** Half-widths of what is looked at: the first that holds the samples. */
const EXTENTS = [1.5, 2, 3, 4, 6, 8, 12, 16, 24] as const;
const SIZE = 48;
const CELLS = SIZE * SIZE;

/** Velocities of a policy, on a grid. */
export class VelocityView implements ActionView {
  readonly #policy: Policy;
  readonly #densities;
  readonly #grids = new Map<number, Float32Array>();
  readonly #observations = new Float32Array(2 * CELLS);

  constructor(policy: Policy) {
    this.#policy = policy;
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
    const samples = tf.tidy(
      () =>
        actionDensity(this.#policy, [x, y]).sample(new Rng('lab/probe'), [SAMPLES]).dataSync().slice() as Float32Array,
    );
    const farthest = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const extent = EXTENTS.find((each) => each >= farthest) ?? EXTENTS.at(-1)!;
    const { density } = this.#densities({ observations: this.#observations, actions: this.#grid(extent) });
    return { kind: 'velocity', extent, size: SIZE, density: density.slice() as Float32Array, samples };
  }

  /** The middles of the cells, row by row from the lowest vy. */
  #grid(extent: number): Float32Array {
    const known = this.#grids.get(extent);
    if (known !== undefined) return known;
    const at = (cell: number) => -extent + ((cell + 0.5) * 2 * extent) / SIZE;
    const grid = Float32Array.from({ length: 2 * CELLS }, (_, i) => {
      const cell = Math.floor(i / 2);
      return at(i % 2 === 0 ? cell % SIZE : Math.floor(cell / SIZE));
    });
    this.#grids.set(extent, grid);
    return grid;
  }
}
