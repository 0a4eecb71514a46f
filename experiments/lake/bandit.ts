import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { JobContext, JobResult } from '../../cli/experiment/experiment.ts';
import type { Settings } from '../../cli/experiment/tuned.ts';
import { makeLakePolicy, type PolicyName } from '../../common/lake.ts';
import {
  Adam,
  compile,
  cosineSchedule,
  type Distribution,
  type GaussianPolicy,
  geometricSchedule,
  type Policy,
  portableMath,
  Rng,
  type Schedule,
  SquashedDistribution,
  savePolicy,
  stopGradient,
  valueAndGradients,
} from '../../src/index.ts';
import { gaussLegendre } from '../../src/special/quadrature.ts';

export const BANDIT = 'SoftBandit-v0';

/** About as many in all policies. The bandit has nothing to observe, so that most of them are idle. */
const PARAMETERS = 2000;

/**
 * The policies that are compared on the bandit. Full covariance, NICE and RealNVP are not among them: in one dimension they
 * are Gaussians. Components of a mixture begin apart, since at the one observation, 0, nothing else would part them.
 */
const SETTINGS = {
  gaussian: {},
  'mixture-2': { spread: 0.5 },
  mixture: { spread: 0.5, components: 4 },
  spline: { layers: 2, bins: 16 },
} satisfies Partial<Record<PolicyName, Settings>>;

export type BanditPolicy = keyof typeof SETTINGS;
export const banditPolicies = Object.keys(SETTINGS) as BanditPolicy[];

/** Relative cost of an update of each. */
export const banditCost: Record<BanditPolicy, number> = { gaussian: 1, 'mixture-2': 2, mixture: 2, spline: 4 };

/** One of them, with mean 0 and standard deviation `initialScale` at first. */
export function makeBanditPolicy(name: BanditPolicy, rng: Rng, initialScale = 1): Policy {
  const settings = { ...SETTINGS[name], parameters: PARAMETERS, initialScale };
  return makeLakePolicy(name, { env: BANDIT, settings, rng, scale: 'free' });
}

/**
 * A policy's actions on SoftBandit-v0, whose only observation is 0: one distribution, however many actions are drawn from it.
 * @throws if the policy squashes its actions, or its distribution is of a kind of its own
 */
export function banditActions(policy: Policy): Distribution {
  const distribution = policy.given(tf.zeros([1, 1]));
  if (!(distribution instanceof SquashedDistribution) || distribution.bijector.constructor.name !== 'Identity') {
    throw new Error(`banditActions: wanted a policy that does not squash its actions, got ${policy.constructor.name}`);
  }
  return distribution.latent;
}

/** What a job on the bandit keeps for the figures. */
interface BanditData {
  /** π at `DRAWN_ACTIONS`. */
  readonly density: readonly number[];
  readonly parameters: number;
}

/** What {@link banditJob} trains. */
interface BanditTraining {
  readonly policy: BanditPolicy;
  readonly task: BanditTask;
  /** τ by the share of the updates that is done. */
  readonly temperature: Schedule;
  readonly noise: BanditNoise;
  /**
   * Whether a Gaussian is also trained from a start on a bank, at constant temperature, and the better of the two counts: its KL
   * has a minimum over the water and one on a bank.
   */
  readonly triesBank: boolean;
}

/** How long it trains, and how fast. */
type BanditSettings = Pick<SoftenOptions, 'steps' | 'batchSize' | 'learningRate'>;

/** Trains a policy on the bandit, measures it against the soft optimum and saves it. */
export function banditJob(
  { policy: name, task, temperature, noise, triesBank }: BanditTraining,
  settings: BanditSettings,
  { rng, directory, report }: JobContext,
): JobResult & { data: BanditData } {
  const starts = [
    { make: () => makeBanditPolicy(name, rng.split('policy')), temperature },
    ...(triesBank && name === 'gaussian'
      ? [{ make: () => gaussianOnBank(rng.split('policy')), temperature: () => task.temperature }]
      : []),
  ];
  const trained = starts.map((start, i) => {
    const policy = start.make();
    softenOnBandit({
      ...settings,
      policy,
      penalty: task.penalty,
      temperature: start.temperature,
      noise,
      rng: rng.split('noise'),
      report: (row) => report((0.95 * (i + row.step / settings.steps)) / starts.length, { start: i, ...row }),
    });
    return { policy, measure: measureOnBandit(policy, task) };
  });
  const { policy, measure } = trained.reduce((best, other) => (other.measure.kl < best.measure.kl ? other : best));
  const metrics: Record<keyof BanditMeasure, number> = { ...measure };
  savePolicy(join(directory, 'policy.json'), policy, metrics);
  const density = drawnDensity(policy);
  const parameters = policy.parameterCount();
  for (const each of trained) each.policy.dispose();
  return { metrics, data: { density, parameters } };
}

/** N(1, ½²) */
function gaussianOnBank(rng: JobContext['rng']): Policy {
  const policy = makeBanditPolicy('gaussian', rng, 0.5) as GaussianPolicy;
  tf.tidy(() => policy.network.layers.at(-1)!.bias!.assign(tf.tensor1d([1])));
  return policy;
}

/** Seconds of a job, on a quiet core. */
export function banditSeconds(policy: BanditPolicy, { steps, batchSize }: BanditSettings): number {
  return 0.15 + (banditCost[policy] * steps * (100 + batchSize)) / 1.1e7;
}

/** Whether actions are made of independent noise, or each two of one draw and its negative. */
type BanditNoise = 'antithetic' | 'independent';

/** What {@link softenOnBandit} trains, and how. */
interface SoftenOptions {
  readonly policy: Policy;
  /** Taken from the reward in the water. */
  readonly penalty: number;
  /** τ by the share of the updates that is done. */
  readonly temperature: Schedule;
  readonly steps: number;
  /** Actions of an update, an even number. */
  readonly batchSize: number;
  readonly noise: BanditNoise;
  /** The first, which falls to 0 by half a cosine. */
  readonly learningRate: number;
  readonly rng: Rng;
  /** Gets the loss of an update now and then. */
  readonly report?: (row: { step: number; loss: number; temperature: number }) => void;
}

const REPORTS = 30;

/**
 * Maximum entropy on SoftBandit-v0: minimizes E[τ log π(a) − r(a)], which is τ KL(π ‖ π*) and a constant, by Adam.
 */
export function softenOnBandit(options: SoftenOptions): void {
  const { policy, penalty, temperature, steps, batchSize, noise, learningRate, rng, report } = options;
  const optimizer = new Adam(policy.trainableVariables());
  const compiled = compile(
    (inputs: Record<'temperature' | 'learningRate', tf.Tensor>, stream) => {
      const { loss, gradients } = valueAndGradients(
        () => ({
          loss: softLoss(banditActions(policy), {
            temperature: inputs.temperature,
            penalty,
            batchSize,
            rng: noise === 'antithetic' ? new AntitheticRng(stream) : stream,
          }),
        }),
        optimizer.parameters,
      );
      optimizer.update(gradients, inputs.learningRate);
      return { loss };
    },
    { name: 'soft-bandit', state: [policy, optimizer] },
  );
  const update = compiled.onArrays({ temperature: { shape: [] }, learningRate: { shape: [] } });
  const rate = cosineSchedule(learningRate);
  const every = Math.ceil(steps / REPORTS);
  for (let step = 1; step <= steps; step++) {
    const share = (step - 1) / steps;
    const now = temperature(share);
    const { loss } = update({ temperature: now, learningRate: rate(share) }, rng);
    if (step % every === 0 || step === steps) report?.({ step, loss: loss[0]!, temperature: now });
  }
  compiled.dispose();
  optimizer.dispose();
}

/** The share of the updates in which an annealed temperature falls. */
const FALLING = 0.7;

/** A temperature that falls from 1 in equal ratios, and is then held. */
export function annealed(temperature: number): Schedule {
  const fall = geometricSchedule(1, temperature);
  return (share) => fall(share / FALLING);
}

/** Options of {@link softLoss}. */
interface LossOptions {
  readonly temperature: tf.Tensor;
  readonly penalty: number;
  readonly batchSize: number;
  readonly rng: Rng;
}

/**
 * A loss whose gradient is an unbiased estimate of that of E[τ log π(a) − r(a)]: through the samples where they are reparameterized,
 * else the score function's. The penalty is a step at the shore, of which a gradient through a sample knows nothing: it is always left to
 * the score function.
 */
export function softLoss(actions: Distribution, { temperature, penalty, batchSize, rng }: LossOptions): tf.Tensor {
  const cost = (sample: tf.Tensor, logProb: tf.Tensor) => {
    const offBank = tf.sub(tf.abs(sample), 1);
    return tf.add(tf.mul(temperature, logProb), rowsOf(tf.mul(0.5, tf.square(offBank))));
  };
  const fine = (sample: tf.Tensor) => rowsOf(tf.mul(penalty, tf.cast(tf.less(tf.abs(sample), SHORE), 'float32')));
  if (!actions.reparameterized) {
    const sample = stopGradient(() => actions.sample(rng, [batchSize]));
    const logProb = actions.logProb(sample);
    return scoreLoss(logProb, () => tf.add(cost(sample, logProb), fine(sample)));
  }
  const { sample, logProb } = actions.sampleWithLogProb(rng, [batchSize]);
  const smooth = tf.mean(cost(sample, logProb));
  if (penalty === 0) return smooth;
  const fixed = stopGradient(() => tf.clone(sample));
  return tf.add(
    smooth,
    scoreLoss(actions.logProb(fixed), () => fine(fixed)),
  );
}

/** Has the gradient E[(cost − mean) ∇ log π]. */
function scoreLoss(logProb: tf.Tensor, costOf: () => tf.Tensor): tf.Tensor {
  const above = stopGradient(() => {
    const cost = costOf();
    return tf.sub(cost, tf.mean(cost));
  });
  return tf.mean(tf.mul(above, logProb));
}

/** `[batch, 1, 1]` → `[batch, 1]`, as log-probabilities are. */
function rowsOf(values: tf.Tensor): tf.Tensor {
  return tf.squeeze(values, [2]);
}

/**
 * Tensor draws of another stream in antithetic pairs: the second half of the rows are those of the first with the opposite sign, of
 * uniform numbers with u replaced by 1 − u. For compiled functions too.
 */
class AntitheticRng extends Rng {
  readonly #stream: Rng;

  constructor(stream: Rng) {
    super('antithetic');
    this.#stream = stream;
  }

  override normalTensor(shape: number[]): tf.Tensor {
    const drawn = this.#stream.normalTensor(halved(shape));
    return tf.concat([drawn, tf.neg(drawn)]);
  }

  override uniformTensor(shape: number[]): tf.Tensor {
    const drawn = this.#stream.uniformTensor(halved(shape));
    return tf.concat([drawn, tf.sub(1, drawn)]);
  }
}

/** @throws if the number of rows is odd */
function halved([rows = 1, ...rest]: number[]): number[] {
  if (rows % 2 !== 0) throw new Error(`AntitheticRng: wanted an even number of rows, got ${rows}`);
  return [rows / 2, ...rest];
}

/** SoftBandit-v0 with a temperature. */
export interface BanditTask {
  /** τ > 0 */
  readonly temperature: number;
  /** Taken from the reward in the water, |a| < ½. */
  readonly penalty: number;
}

/** The water is |a| < SHORE, the banks are at ±1. */
export const SHORE = 0.5;

/** r(a) = −½ (|a| − 1)², less the penalty in the water, as SoftBandit-v0 has it. */
export function banditReward(action: number, penalty: number): number {
  return -0.5 * (Math.abs(action) - 1) ** 2 - (Math.abs(action) < SHORE ? penalty : 0);
}

interface BanditOptimum {
  /** log ∫ exp(r(a) / τ) da */
  readonly logTotal: number;
  /** π*(|a| < ½) */
  readonly water: number;
}

/**
 * The soft optimum of SoftBandit-v0, π*(a) ∝ exp(r(a) / τ) with r(a) = −½ (|a| − 1)², less the penalty in the water: on each side of 0 a
 * Gaussian N(±1, τ) that is cut off at 0 and, where there is a penalty p, e^(−p/τ) times as dense in the water.
 */
export function banditOptimum({ temperature, penalty }: BanditTask): BanditOptimum {
  const deviation = Math.sqrt(temperature);
  const [atZero, atShore] = [normalCdf(-1 / deviation), normalCdf((SHORE - 1) / deviation)];
  const inWater = portableMath.exp(-penalty / temperature) * (atShore - atZero);
  const total = 1 - atShore + inWater;
  return {
    logTotal: portableMath.log(2 * Math.sqrt(2 * Math.PI) * deviation * total),
    water: inWater / total,
  };
}

/**
 * The least mass that a flow on the line leaves in the water, |a| < ½, if it maps N(0, 1) symmetrically, f(−z) = −f(z), with slopes of at
 * most `slope`: |f(z)| ≤ slope · |z| there, so that at least P(|z| < ½ / slope) = 2Φ(½ / slope) − 1 lands in it. Between two modes a flow
 * has a bridge, however thin.
 */
export function leastWater(slope: number): number {
  return 2 * normalCdf(SHORE / slope) - 1;
}

/** N(mean, deviation²) on SoftBandit-v0. */
interface BanditGaussian {
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

const RULE = gaussLegendre(32);
const ROOT_TWO_PI = Math.sqrt(2 * Math.PI);
/** Beyond it Φ is 0 or 1 in double precision. */
const LAST = 9;

/** Φ(x) = ½ + x ∫₀¹ φ(x t) dt, the distribution function of N(0, 1), to 1e-14. */
export function normalCdf(x: number): number {
  if (Math.abs(x) > LAST) return x > 0 ? 1 : 0;
  const integral = RULE.nodes.reduce((sum, t, i) => sum + RULE.weights[i]! * normalDensity(x * t), 0);
  return 0.5 + x * integral;
}

/** φ(x), the density of N(0, 1). */
function normalDensity(x: number): number {
  return portableMath.exp(-0.5 * x * x) / ROOT_TWO_PI;
}

interface BanditMeasure {
  /** KL(π ‖ π*), nats. */
  readonly kl: number;
  /** π(|a| < ½) */
  readonly water: number;
  /** π(a > 0) */
  readonly rightShare: number;
}

/** Where a policy's density is measured: all of its mass but a negligible part lies within, and the shores are ends of cells. */
const EXTENT = 8;
const CELLS = 8000;

/** A policy on SoftBandit-v0 against its soft optimum, by the midpoint rule. */
export function measureOnBandit(policy: Policy, task: BanditTask): BanditMeasure {
  const width = (2 * EXTENT) / CELLS;
  const actions = Float64Array.from({ length: CELLS }, (_, i) => -EXTENT + (i + 0.5) * width);
  const logProbs = logProbsOnBandit(policy, actions);
  const { logTotal } = banditOptimum(task);
  const measure = { kl: 0, water: 0, rightShare: 0 };
  actions.forEach((action, i) => {
    const mass = portableMath.exp(logProbs[i]!) * width;
    measure.kl += mass * (logProbs[i]! - banditReward(action, task.penalty) / task.temperature + logTotal);
    if (Math.abs(action) < SHORE) measure.water += mass;
    if (action > 0) measure.rightShare += mass;
  });
  return measure;
}

/** log π of each action. */
export function logProbsOnBandit(policy: Policy, actions: ArrayLike<number>): ArrayLike<number> {
  const count = actions.length;
  const compiled = compile(
    (inputs: Record<'actions', tf.Tensor>) => ({ logProb: banditActions(policy).logProb(inputs.actions) }),
    { name: 'soft-bandit/density', state: [policy] },
  );
  const { logProb } = compiled.onArrays({ actions: { shape: [count, 1, 1] } })({ actions: Float32Array.from(actions) });
  const copy = Float64Array.from(logProb);
  compiled.dispose();
  return copy;
}

/** Where densities on a bandit are drawn: −2.5, −2.475, …, 2.5. */
export const DRAWN_ACTIONS: readonly number[] = Array.from({ length: 201 }, (_, i) => (i - 100) / 40);

/** π at {@link DRAWN_ACTIONS}, to four digits. */
export function drawnDensity(policy: Policy): number[] {
  return Array.from(logProbsOnBandit(policy, DRAWN_ACTIONS), (logProb) =>
    Number(portableMath.exp(logProb).toPrecision(4)),
  );
}
