import { portableMath } from '../../../src/index.ts';
import { type BanditTask, banditOptimum, SHORE } from './banditOptimum.ts';
import { normalCdf, normalDensity } from './normalCdf.ts';

/** N(mean, deviation²) on SoftBandit-v0. */
export interface BanditGaussian {
  readonly mean: number;
  readonly deviation: number;
  /** KL(N ‖ π*), nats. */
  readonly kl: number;
  /** Its mass in the water, |a| < ½. */
  readonly water: number;
}

const HALF_LOG_TWO_PI_E = 0.5 * portableMath.log(2 * Math.PI * Math.E);

/**
 * A Gaussian on SoftBandit-v0, in closed form: KL = −log σ − ½ log 2πe − E[r] / τ + log ∫ exp(r / τ), and
 * E[r] = −½ (μ² + σ² − 2 E|a| + 1) − penalty · P(|a| < ½), E|a| = 2σ φ(μ/σ) + μ (2Φ(μ/σ) − 1).
 */
export function gaussianOnBandit(
  mean: number,
  deviation: number,
  task: BanditTask,
  { logTotal } = banditOptimum(task),
): BanditGaussian {
  const z = mean / deviation;
  const size = 2 * deviation * normalDensity(z) + mean * (2 * normalCdf(z) - 1);
  const water = normalCdf((SHORE - mean) / deviation) - normalCdf((-SHORE - mean) / deviation);
  const reward = -0.5 * (mean * mean + deviation * deviation - 2 * size + 1) - task.penalty * water;
  const entropy = portableMath.log(deviation) + HALF_LOG_TWO_PI_E;
  return { mean, deviation, kl: logTotal - entropy - reward / task.temperature, water };
}

/** Where it is searched: means from 0 to 2 (the mirror image of a Gaussian is as good), log deviations from −3 to 1. */
const BOX = { mean: 1, logDeviation: -1, halfWidth: 1, halfHeight: 2 };
/** Points on each side of the middle of a grid: of the first, which finds the lower of several minima, and of those that refine it. */
const COARSE = 20;
const FINE = 4;
const ROUNDS = 24;

/** The Gaussian of least KL(N ‖ π*), over all means and deviations: the best of a grid, refined about its best until it is 1e-7 fine. */
export function bestGaussian(task: BanditTask): BanditGaussian {
  const optimum = banditOptimum(task);
  let best = gaussianOnBandit(0, 1, task, optimum);
  let { mean, logDeviation, halfWidth, halfHeight } = BOX;
  for (let round = 0; round < ROUNDS; round++) {
    const steps = round === 0 ? COARSE : FINE;
    for (let i = -steps; i <= steps; i++) {
      for (let j = -steps; j <= steps; j++) {
        const at = Math.abs(mean + (i / steps) * halfWidth);
        const deviation = portableMath.exp(logDeviation + (j / steps) * halfHeight);
        const candidate = gaussianOnBandit(at, deviation, task, optimum);
        if (candidate.kl < best.kl) best = candidate;
      }
    }
    [mean, logDeviation] = [best.mean, portableMath.log(best.deviation)];
    halfWidth /= 2;
    halfHeight /= 2;
  }
  return best;
}

/** The temperature at which the best Gaussian leaves its bank for the water, by bisection. */
export function gaussianFlip(penalty: number): number {
  let [bank, water] = [0.02, 1];
  while (water - bank > 1e-4) {
    const temperature = (bank + water) / 2;
    if (bestGaussian({ temperature, penalty }).mean > SHORE) bank = temperature;
    else water = temperature;
  }
  return water;
}
