import * as tf from '@tensorflow/tfjs-core';
import { actionDensity, compile, type Mode, modes, type Policy, Rng, type StateDict } from 'oxbow';
import { measureWalks, type WalkMetrics } from '../../experiments/lake/walks.ts';
import type { Setting } from './setting.ts';

/** How so many walks ended. */
export type LabMetrics = WalkMetrics & { readonly walks: number };

/** π(· | here) on a square grid of velocities, row by row from the lowest vy, with some of its samples. */
export interface LabDensity {
  readonly extent: number;
  readonly size: number;
  readonly density: Float32Array;
  /** vx₀, vy₀, vx₁, … */
  readonly samples: Float32Array;
}

const EXTENT = 1.5;
const SIZE = 48;
const CELLS = SIZE * SIZE;
const SAMPLES = 24;

/** One policy of the lab: its weights at each report of its training, its walks and its densities. */
export class LabPolicy {
  readonly policy: Policy;
  readonly #snapshots: StateDict[] = [];
  readonly #logProb;
  readonly #actions = new Float32Array(2 * CELLS);
  readonly #observations = new Float32Array(2 * CELLS);

  constructor(policy: Policy) {
    this.policy = policy;
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
    this.#logProb = evaluateDensity.onArrays({
      observations: { shape: [CELLS, 2] },
      actions: { shape: [CELLS, 2] },
    });
  }

  /** Keeps the present weights, and returns their number. */
  keep(): number {
    return this.#snapshots.push(this.policy.stateDict()) - 1;
  }

  /** Does something with the weights of a snapshot, and puts the present ones back. */
  at<T>(snapshot: number | undefined, use: () => T): T {
    const kept = snapshot === undefined ? undefined : this.#snapshots[snapshot];
    if (kept === undefined) return use();
    const present = this.policy.stateDict();
    try {
      this.policy.loadStateDict(kept);
      return use();
    } finally {
      this.policy.loadStateDict(present);
    }
  }

  density(x: number, y: number): LabDensity {
    for (let i = 0; i < CELLS; i++) {
      this.#observations[2 * i] = x;
      this.#observations[2 * i + 1] = y;
    }
    const { density } = this.#logProb({ observations: this.#observations, actions: this.#actions });
    const samples = tf.tidy(
      () =>
        actionDensity(this.policy, [x, y]).sample(new Rng('lab/probe'), [SAMPLES]).dataSync().slice() as Float32Array,
    );
    return { extent: EXTENT, size: SIZE, density: density.slice() as Float32Array, samples };
  }

  /** Modes of π(· | x, y) that hold at least a twentieth of it. */
  modes(x: number, y: number): Mode[] {
    const found = modes(actionDensity(this.policy, [x, y]), {
      rng: new Rng('lab/modes'),
      starts: 40,
      steps: 80,
      dip: 0.2,
    });
    return found.filter(({ share }) => share >= 0.05);
  }

  /** Walks with sampled actions, some of them with their ways. */
  walk({ env, blocked }: Pick<Setting, 'env' | 'blocked'>, episodes: number, keep: number, rng: Rng) {
    const { metrics, walks } = measureWalks({ env, options: { blocked }, policy: this.policy, episodes, keep, rng });
    return { metrics: { ...metrics, walks: episodes }, walks };
  }
}
