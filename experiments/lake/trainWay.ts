import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { type Agent, Ppo, Sac, SoftQLearning } from '../../agents/index.ts';
import type { JobContext, JobResult } from '../../cli/experiment/experiment.ts';
import type { Settings } from '../../cli/experiment/tuned.ts';
import { measureWalks, type Walk } from '../../common/lake.ts';
import { type Bank, collectDemonstrations, type Demonstrations, lakeMap, type VectorEnv } from '../../envs/index.ts';
import {
  Actor,
  Adam,
  clipByGlobalNorm,
  compile,
  cosineSchedule,
  geometricSchedule,
  type Policy,
  portableMath,
  type Rng,
  savePolicy,
  valueAndGradients,
} from '../../src/index.ts';
import { DivergedError, Minibatches } from '../../src/training/optimization.ts';
import type { LakeConfig } from './config.ts';
import { conditionLabel } from './labels.ts';
import { successAtK } from './walkJobs.ts';
import { type Condition, hiddenNoise, makeLakes, makeWay, NOISE, SOFT, WAYS_LAKE, type WayName } from './ways.ts';

/** What a job keeps for the figures. */
interface WayData {
  readonly walks: readonly Walk[];
  /** Velocities at the start, vx₀, vy₀, vx₁, vy₁, … */
  readonly velocities: readonly number[];
  readonly parameters: number;
}

const KEPT_WALKS = 25;

/** What cloning takes for one of the ways. */
interface WaySettings {
  /** The first of a cosine. */
  readonly learningRate: number;
  readonly policy: Settings;
}

/** The settings that were found for a way. */
export function waySettings({ tuned }: Pick<LakeConfig, 'tuned'>, way: WayName): WaySettings {
  return tuned['other-ways']![WAYS_LAKE]![way] as unknown as WaySettings;
}

/** Trains a way and measures its sampled walks, with both banks open and with each of them blocked. */
export async function trainWay(
  { way, condition }: { way: WayName; condition: Condition },
  config: LakeConfig,
  context: JobContext,
): Promise<JobResult & { data: WayData }> {
  const { evaluationEpisodes: episodes, otherWays } = config;
  const { rng, directory } = context;
  const tuned = condition === 'soft' ? undefined : waySettings(config, way);
  const policy = makeWay(way, { condition, settings: tuned?.policy ?? {}, rng: rng.split('policy') });
  let loss: number | null = null;
  if (tuned === undefined) await learnSoftReturn(policy, { way, settings: otherWays.soft, context });
  else {
    const { fewNoiseSamples, ...settings } = otherWays.cloning;
    const noiseSamples = condition === 'cloned' ? settings.noiseSamples : fewNoiseSamples;
    loss = cloneWalks(policy, {
      way,
      settings: { ...settings, noiseSamples },
      learningRate: tuned.learningRate,
      context,
    });
  }
  const lakes = (blocked?: 'upper' | 'lower') => (count: number) =>
    makeLakes(count, { way, condition, blocked: blocked ?? 'none' });
  const { metrics, walks } = measureWalks({
    env: lakes(),
    policy,
    episodes,
    keep: KEPT_WALKS,
    rng: rng.split('evaluation'),
  });
  const blocked = worstBank(lakes, { policy, episodes, rng: rng.split('blocked') });
  if (policy.config !== undefined) {
    const about = { way, condition: conditionLabel(condition), ...metrics };
    savePolicy(join(directory, 'policy.json'), policy, about);
  }
  const data = {
    walks,
    velocities: firstVelocities(policy, { condition, rng: rng.split('first velocities') }),
    parameters: policy.parameterCount(),
  };
  policy.dispose();
  return { metrics: { ...metrics, ...blocked, loss }, data };
}

const COUNT = 120;

/** Sampled velocities at the start, vx₀, vy₀, vx₁, vy₁, …; hidden noise is drawn anew for each. */
function firstVelocities(policy: Policy, { condition, rng }: { condition: Condition; rng: Rng }): number[] {
  const { start } = lakeMap;
  const size = policy.observationDim;
  const observations = rng.split('noise').fillNormal(new Float32Array(COUNT * size));
  for (let i = 0; i < COUNT; i++) {
    observations[size * i] = start.x;
    observations[size * i + 1] = start.y;
  }
  const actor = new Actor(policy, { rng: rng.split('actions'), batch: COUNT });
  const unit = condition === 'soft' ? 1 / SOFT.high[0]! : 1;
  const velocities = Array.from(actor.act(observations).action, (x) => Math.round(100 * unit * x) / 100);
  actor.dispose();
  return velocities;
}

const BANKS = ['upper', 'lower'] as const;
const TRIES = [1, 8] as const;

/**
 * A bank is blocked, and nobody tells the policy: how likely one of k walks, each with fresh draws, gets home, for the bank for which that is
 * least likely.
 * @param lakes makes so many lakes with a blocked bank
 * @param episodes walks for each bank, at least 8
 */
export function worstBank(
  lakes: (blocked: Bank) => (count: number) => VectorEnv,
  { policy, episodes, rng }: { policy: Policy; episodes: number; rng: Rng },
): Record<`worstBankAt${(typeof TRIES)[number]}`, number> {
  const successes = BANKS.map((bank) => {
    const { metrics } = measureWalks({ env: lakes(bank), policy, episodes, keep: 0, rng: rng.split(bank) });
    return Math.round(metrics.homeRate * episodes);
  });
  const at = (k: number) =>
    successAtK({ successes: Math.min(...successes), tries: episodes, k: Math.min(k, episodes) });
  return { worstBankAt1: at(TRIES[0]), worstBankAt8: at(TRIES[1]) };
}

const MAX_GRADIENT_NORM = 10;
const HELD_OUT = 200;
/** Draws of the noise for the likelihood of held-out walks. */
const HELD_OUT_SAMPLES = 64;
const ROWS = 20;

/** Maximum likelihood of whole walks. @returns −log p of held-out walks, nats a step */
function cloneWalks(
  policy: Policy,
  {
    way,
    settings,
    learningRate: first,
    context,
  }: {
    way: WayName;
    settings: Omit<LakeConfig['otherWays']['cloning'], 'fewNoiseSamples'>;
    /** The first of a cosine. */
    learningRate: number;
    context: JobContext;
  },
): number {
  const { demonstrations, steps, walks, noiseSamples } = settings;
  const { rng, report } = context;
  const training = padded(demonstrate(demonstrations, rng.split('demonstrations')));
  const minibatches = new Minibatches(
    {
      observations: { values: training.observations, width: 2 * training.steps },
      actions: { values: training.actions, width: 2 * training.steps },
      made: { values: training.made, width: training.steps },
    },
    { count: demonstrations, batchSize: walks },
  );
  const redraw = hiddenNoise[way];
  const noiseOf = (samples: number): HiddenNoiseOf | undefined => redraw && { size: NOISE, redraw, samples };
  const optimizer = new Adam(policy.trainableVariables());
  const update = compile(
    ({ learningRate, ...batch }: WalkTensors & Record<'learningRate', tf.Tensor>, noise) => {
      const { loss, gradients } = valueAndGradients(() => {
        const logProb = walkLikelihood(policy, batch, noiseOf(noiseSamples), noise);
        return { loss: tf.neg(tf.div(tf.sum(logProb), tf.sum(batch.made))) };
      }, optimizer.parameters);
      optimizer.update(clipByGlobalNorm(gradients, MAX_GRADIENT_NORM).gradients, learningRate);
      return { loss };
    },
    { name: 'other-ways/clone', state: [policy, optimizer] },
  );
  const step = update.onArrays({ ...shapesOf(walks, training), learningRate: { shape: [] } });
  const rates = cosineSchedule(first);
  const [order, noise] = [rng.split('minibatches'), rng.split('noise')];
  let sum = 0;
  const every = Math.max(1, Math.floor(steps / ROWS));
  for (let i = 1; i <= steps; i++) {
    const batch = minibatches.gather(minibatches.next(order));
    const { loss } = step({ ...batch, learningRate: rates((i - 1) / steps) }, noise);
    if (!Number.isFinite(loss[0])) throw new DivergedError('cloneWalks', i, 'the loss', loss[0]!);
    sum += loss[0]!;
    if (i % every !== 0) continue;
    report((0.8 * i) / steps, { step: i, loss: sum / every });
    sum = 0;
  }
  const heldOut = padded(demonstrate(HELD_OUT, rng.split('validation')));
  const logProb = compile(
    (batch: WalkTensors, stream) => ({
      loss: tf.neg(
        tf.div(tf.sum(walkLikelihood(policy, batch, noiseOf(HELD_OUT_SAMPLES), stream)), tf.sum(batch.made)),
      ),
    }),
    { name: 'other-ways/held-out', state: [policy] },
  );
  const loss = logProb.onArrays(shapesOf(HELD_OUT, heldOut));
  const { observations, actions, made } = heldOut;
  const validationLoss = loss({ observations, actions, made }, rng.split('held-out noise')).loss[0]!;
  for (const part of [update, logProb, optimizer]) part.dispose();
  return validationLoss;
}

function shapesOf(count: number, { steps }: { readonly steps: number }) {
  const pairs = { shape: [count, steps, 2] };
  return { observations: pairs, actions: pairs, made: { shape: [count, steps] } };
}

function demonstrate(episodes: number, rng: Rng): Demonstrations {
  return collectDemonstrations({ envId: WAYS_LAKE, episodes, rng });
}

/** Walks one after another, each with zeros up to the length of the longest. */
export function padded({ episodes, observations, actions }: Demonstrations) {
  const steps = Math.max(...episodes.map(({ length }) => length));
  const count = episodes.length;
  const walks = {
    steps,
    observations: new Float32Array(count * steps * 2),
    actions: new Float32Array(count * steps * 2),
    made: new Float32Array(count * steps),
  };
  episodes.forEach(({ offset, length }, i) => {
    const [from, to] = [2 * offset, 2 * (offset + length)];
    walks.observations.set(observations.subarray(from, to), 2 * i * steps);
    walks.actions.set(actions.subarray(from, to), 2 * i * steps);
    walks.made.fill(1, i * steps, i * steps + length);
  });
  return walks;
}

/**
 * Walks of at most T steps, as rows of a fixed length: observations and actions `[walks, T, 2]`, and `made`, `[walks, T]`: 1 for steps that
 * were made, 0 for those behind the end.
 */
type WalkTensors = Record<'observations' | 'actions' | 'made', tf.Tensor>;

/** The noise that a policy's network sees behind the observation. */
interface HiddenNoiseOf {
  readonly size: number;
  readonly redraw: 'episode' | 'step';
  /** K, draws over which is averaged. */
  readonly samples: number;
}

/**
 * log p(walk), `[walks]`: Σₜ log π(aₜ | sₜ). Hidden noise z ~ N(0, I) that the policy sees is integrated out, by K draws:
 *
 *   drawn once an episode:  log 1/K Σₖ Πₜ π(aₜ | sₜ, zₖ)
 *   drawn at every step:    Σₜ log 1/K Σₖ π(aₜ | sₜ, zₜₖ)
 *
 * The mean over draws is below the logarithm of the integral, and rises to it with K: Burda, Grosse & Salakhutdinov, "Importance Weighted
 * Autoencoders", arXiv:1509.00519, with the prior as the proposal.
 */
export function walkLikelihood(
  policy: Policy,
  walks: WalkTensors,
  noise: HiddenNoiseOf | undefined,
  rng: Rng,
): tf.Tensor {
  const [count, steps] = walks.made.shape as [number, number];
  const { size, redraw, samples } = noise ?? { size: 0, redraw: 'step' as const, samples: 1 };
  const each = (x: tf.Tensor) => tf.tile(tf.expandDims(x, 2), [1, 1, samples, 1]);
  const rows = (x: tf.Tensor) => tf.reshape(x, [count * steps * samples, x.shape[3]!]);
  const shown = [each(walks.observations)];
  if (size > 0) {
    const drawn = rng.normalTensor([count, redraw === 'episode' ? 1 : steps, samples, size]);
    shown.push(redraw === 'episode' ? tf.tile(drawn, [1, steps, 1, 1]) : drawn);
  }
  const distribution = policy.given(rows(size > 0 ? tf.concat(shown, 3) : shown[0]!));
  const logProbs = distribution.logProb(distribution.unsquash(rows(each(walks.actions))));
  // [walks, T, K]
  const made = tf.mul(tf.reshape(logProbs, [count, steps, samples]), tf.expandDims(walks.made, 2));
  const logMean = (x: tf.Tensor, axis: number) => tf.sub(tf.logSumExp(x, axis), portableMath.log(samples));
  return redraw === 'episode' ? logMean(tf.sum(made, 1), 1) : tf.sum(logMean(made, 2), 1);
}

/** The temperature begins here, and has fallen to its last value after this share of the training. */
const FIRST_TEMPERATURE = 0.5;
const ANNEALED = 0.7;
const GAMMA = 0.98;

/**
 * The soft return Σ γᵗ (r − τ log π), by the agent that a way's policy can learn from: SAC through reparameterized samples, PPO where they
 * are not, soft Q-learning where there is no density. Of hidden noise the entropy is that given the noise.
 */
async function learnSoftReturn(
  policy: Policy,
  { way, settings, context }: { way: WayName; settings: LakeConfig['otherWays']['soft']; context: JobContext },
): Promise<void> {
  const { temperature: last, ppoSteps } = settings;
  const { rng, report } = context;
  const env = makeLakes(16, { way, condition: 'soft' });
  const isOnPolicy = way === 'autoregressive';
  const steps = isOnPolicy ? ppoSteps : settings.steps;
  const falling = geometricSchedule(FIRST_TEMPERATURE, last);
  const temperature = (share: number) => falling(share / ANNEALED);
  const common = { policy, env, rng: rng.split('agent'), gamma: GAMMA, temperature };
  const replaying = {
    ...common,
    learningRate: 1e-3,
    batchSize: 64,
    bufferSize: 20_000,
    criticHidden: [64, 64],
    tau: 0.02,
    // Few random walks get home.
    learningStarts: Math.floor((3 * steps) / 8),
    updatesPerStep: 0.2,
    reportEvery: Math.ceil(steps / 20),
  };
  const agent: Agent = isOnPolicy
    ? new Ppo({ ...common, horizon: 64, epochs: 6, batchSize: 256, learningRate: 1e-3, klCoefficient: 0 })
    : way === 'energy'
      ? new SoftQLearning({ ...replaying, samplerStates: 32 })
      : new Sac(replaying);
  for await (const { step, episodes } of agent.train({ steps, rng: rng.split('training') })) {
    const home = episodes.filter(({ info }) => info.outcome === 'home').length;
    report((0.8 * step) / steps, { step, homeRate: episodes.length === 0 ? null : home / episodes.length });
  }
  agent.dispose();
  env.close();
}
