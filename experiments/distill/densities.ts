import { drawRows, twoMoons } from '../../src/flows/planeDensities.ts';
import { portableMath, type Rng } from '../../src/index.ts';

/** A distribution to learn, known by its samples. */
export interface Density {
  readonly dim: number;
  /** What it is, in a sentence or two, for the report. */
  readonly about: string;
  /** Nats: no model has a lower negative log-likelihood. Absent where it has no closed form. */
  readonly entropy?: number;
  /** `count` events, row by row. */
  draw(rng: Rng, count: number): Float32Array;
}

const NORMAL_ENTROPY = 0.5 * (1 + portableMath.log(2 * Math.PI));

const STEPS = 8;
const STEP_NOISE = 0.5;

/** A time series: the first number is N(0, 1), each further one N(mean(x), 0.5²) for the number x before it. */
function series(about: string, mean: (x: number) => number): Density {
  return {
    dim: STEPS,
    about,
    entropy: STEPS * NORMAL_ENTROPY + (STEPS - 1) * portableMath.log(STEP_NOISE),
    draw(rng, count) {
      const events = new Float32Array(STEPS * count);
      for (let i = 0; i < count; i++) {
        let x = rng.normal();
        for (let t = 0; t < STEPS; t++) {
          if (t > 0) x = rng.normal(mean(x), STEP_NOISE);
          events[STEPS * i + t] = x;
        }
      }
      return events;
    },
  };
}

export const densities = {
  moons: {
    dim: 2,
    about: 'Two moons: half circles that reach into each other, with noise, brought to mean 0 and variance 1.',
    draw: (rng, count) => drawRows(twoMoons, rng, count),
  },
  swing: series(
    'A time series of 8 numbers: the first one is N(0, 1), each further one N(1.5 cos x, 0.5²) for the number x before it, ' +
      'so that it swings.',
    (x) => 1.5 * portableMath.cos(x),
  ),
  wells: series(
    'A time series of 8 numbers: the first one is N(0, 1), each further one N(2 sin x, 0.5²) for the number x before it, ' +
      'so that it stays near 1.9 or near −1.9 for long: two wells.',
    (x) => 2 * portableMath.sin(x),
  ),
} as const satisfies Record<string, Density>;

export type DensityName = keyof typeof densities;
