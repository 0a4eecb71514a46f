import * as tf from '@tensorflow/tfjs-core';
import { Actor, actionDensity, compile, type Policy, Rng, withDensity } from 'oxbow';
import { type ActionView, type LabDensity, SAMPLES } from './actionView.ts';

/** Cells of the circle, and of each of its rays. */
const [DIRECTIONS, SPEEDS] = [180, 24];
const CELLS = DIRECTIONS * SPEEDS;
/** Actions that tell how long rays are. */
const DRAWS = 256;

/**
 * Which way a policy over velocities goes: ∫ π(v cos θ, v sin θ) v dv, by the midpoints of rays that are as long as its actions need. A
 * speed above full speed is not taken but changes no direction, so that this is the law of what the walker does.
 */
export class DirectionView implements ActionView {
  readonly #policy: Policy;
  readonly #actor: Actor;
  readonly #densities;
  readonly #observations = new Float32Array(2 * CELLS);
  readonly #actions = new Float32Array(2 * CELLS);

  constructor(policy: Policy) {
    this.#policy = policy;
    this.#actor = new Actor(policy, { rng: new Rng('lab/speeds'), batch: DRAWS });
    const densities = withDensity('DirectionView', policy);
    const evaluateDensity = compile(
      (inputs: { observations: tf.Tensor; actions: tf.Tensor }) => {
        const distribution = densities.given(inputs.observations);
        return { density: tf.exp(distribution.logProb(distribution.unsquash(inputs.actions))) };
      },
      { name: 'lab/density', state: [densities] },
    );
    this.#densities = evaluateDensity.onArrays({
      observations: { shape: [CELLS, 2] },
      actions: { shape: [CELLS, 2] },
    });
  }

  density(x: number, y: number): LabDensity {
    for (let i = 0; i < CELLS; i++) this.#observations.set([x, y], 2 * i);
    const width = this.#longestRay() / SPEEDS;
    const speedOf = (cell: number) => ((cell % SPEEDS) + 0.5) * width;
    for (let i = 0; i < CELLS; i++) {
      const angle = ((Math.floor(i / SPEEDS) + 0.5) / DIRECTIONS) * 2 * Math.PI - Math.PI;
      this.#actions[2 * i] = speedOf(i) * Math.cos(angle);
      this.#actions[2 * i + 1] = speedOf(i) * Math.sin(angle);
    }
    const { density } = this.#densities({ observations: this.#observations, actions: this.#actions });
    const masses = new Array<number>(DIRECTIONS).fill(0);
    for (let i = 0; i < CELLS; i++) masses[Math.floor(i / SPEEDS)]! += density[i]! * speedOf(i) * width;
    // What lies beyond the rays, or between them where a policy is very sure, is made up for.
    const total = (masses.reduce((sum, mass) => sum + mass, 0) * 2 * Math.PI) / DIRECTIONS;
    const samples = tf.tidy(
      () =>
        actionDensity(this.#policy, [x, y]).sample(new Rng('lab/probe'), [SAMPLES]).dataSync().slice() as Float32Array,
    );
    return { kind: 'velocity', density: masses.map((mass) => (total > 0 ? mass / total : 0)), samples };
  }

  /** Half as long again as the fastest of some actions where the observations are. */
  #longestRay(): number {
    const { action } = this.#actor.act(this.#observations.subarray(0, 2 * DRAWS), new Rng('lab/speeds'));
    let fastest = 0;
    for (let i = 0; i < 2 * DRAWS; i += 2) fastest = Math.max(fastest, Math.hypot(action[i]!, action[i + 1]!));
    return 1.5 * fastest;
  }
}
