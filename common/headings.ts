import type * as tf from '@tensorflow/tfjs-core';
import { type Point, walk } from '../envs/lake/lakeMap.ts';
import { compile, type Policy, portableMath } from '../src/index.ts';
import type { SoftOptimum } from './softOptimum.ts';

const { exp, cos, sin } = portableMath;

/** Headings of a quadrature at the start; it is certified by the one with half as many. */
export const FINE_POINTS = 4096;

/** A policy over headings at one state, against the soft optimum. */
interface HeadingMeasure {
  /** KL(π(· | s) ‖ π*(· | s)), nats. */
  readonly kl: number;
  /** The probability that the next step drowns. */
  readonly water: number;
  /** π at the middles of equal cells of the circle, from −π on, per radian. */
  readonly density: readonly number[];
  /** π* there. */
  readonly optimal: readonly number[];
}

/** Measures a policy over headings, with its present variables, by the midpoint rule on `points` headings. To be disposed. */
export class HeadingMeter {
  readonly #optimum: SoftOptimum;
  readonly #points: number;
  readonly #evaluate;
  readonly #logProbs;

  constructor(policy: Policy, { optimum, points }: { readonly optimum: SoftOptimum; readonly points: number }) {
    this.#optimum = optimum;
    this.#points = points;
    this.#evaluate = compile(
      (inputs: { observations: tf.Tensor; actions: tf.Tensor }) => ({
        logProb: policy.given(inputs.observations).logProb(inputs.actions),
      }),
      { name: 'lake/headings', state: [policy] },
    );
    this.#logProbs = this.#evaluate.onArrays({
      observations: { shape: [points, 2] },
      actions: { shape: [points, 1] },
    });
  }

  measure(from: Point): HeadingMeasure {
    const points = this.#points;
    const { stride } = this.#optimum;
    const { actions, logDensity, cell } = this.#optimum.policyAt(from, points);
    const observations = Float32Array.from({ length: 2 * points }, (_, i) => (i % 2 === 0 ? from.x : from.y));
    const { logProb } = this.#logProbs({ observations, actions: Float32Array.from(actions) });
    const density = Array.from(logProb, exp);
    let [kl, water] = [0, 0];
    density.forEach((p, i) => {
      kl += p * (logProb[i]! - logDensity[i]!) * cell;
      const { outcome } = walk(from, stride * cos(actions[i]!), stride * sin(actions[i]!));
      if (outcome === 'drowned') water += p * cell;
    });
    return { kl, water, density, optimal: Array.from(logDensity, exp) };
  }

  dispose(): void {
    this.#evaluate.dispose();
  }
}

/** Measures a policy over headings at each of the states, by the midpoint rule on `points` headings. */
export function measureHeadings(
  policy: Policy,
  { states, ...options }: { optimum: SoftOptimum; states: readonly Point[]; points: number },
): HeadingMeasure[] {
  const meter = new HeadingMeter(policy, options);
  const measures = states.map((from) => meter.measure(from));
  meter.dispose();
  return measures;
}
