import * as tf from '@tensorflow/tfjs-core';
import { actionDensity, type Policy, Rng } from 'oxbow';
import type { SoftLakeTask } from '../../agents/lake.ts';
import { FINE_POINTS, HeadingMeter } from '../../envs/lake/headings.ts';
import { home, lake, start } from '../../envs/lake/lakeMap.ts';
import { SoftOptimum } from '../../envs/lake/softOptimum.ts';
import { type ActionView, type LabDensity, SAMPLES } from './actionView.ts';

/** Headings of a policy beside the soft optimum of the task that it learned. */
export class HeadingView implements ActionView {
  readonly #policy: Policy;
  readonly #meter: HeadingMeter;

  constructor(policy: Policy, options: SoftLakeTask & { readonly cells: number; readonly points: number }) {
    this.#policy = policy;
    this.#meter = new HeadingMeter(policy, { optimum: new SoftOptimum(options), points: FINE_POINTS });
  }

  /** KL(π ‖ π*) at the start, nats, as the command line measures it. */
  klAtStart(): number {
    return this.#meter.measure(start).kl;
  }

  density(x: number, y: number): LabDensity {
    const { density, optimal, kl } = this.#meter.measure({ x, y });
    const isOver = [lake, home].some((disc) => Math.hypot(x - disc.x, y - disc.y) <= disc.radius);
    const samples = tf.tidy(
      () =>
        actionDensity(this.#policy, [x, y]).sample(new Rng('lab/probe'), [SAMPLES]).dataSync().slice() as Float32Array,
    );
    return {
      kind: 'heading',
      density,
      truth: isOver ? null : { density: optimal, kl },
      samples,
    };
  }
}
