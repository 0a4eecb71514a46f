import * as tf from '@tensorflow/tfjs-core';
import { ActionChunkVectorEnv, discountAfter, stepsMade } from '../../envs/core/actionChunkVectorEnv.ts';
import type { VectorEnv } from '../../envs/index.ts';
import { type Past, type Policy, type Rng, sampleAction } from '../../src/index.ts';
import { count } from '../../src/options/fields.ts';
import { checkArgument, checkOptions } from '../../src/options/parse.ts';
import type { EpisodeReport } from '../agent.ts';
import { commandActions, type PolicyEnv, resetEnvs, stepEnvs } from './envs.ts';
import { EpisodeTracker } from './episodeStatistics.ts';
import { EpisodeMemory, type MemoryInputs, memoryShapes, pastsOf } from './memory.ts';
import type { Normalizers } from './normalization.ts';
import { compileOnArrays, type Stateful, setSameLength } from './state.ts';
import { StateDependentNoise } from './stateDependentNoise.ts';
import type { ValueNetwork } from './valueFunction.ts';

/** A rollout of `horizon` steps of `envs` parallel environments; arrays are time-major, `[horizon · envs]`. */
export interface Rollout {
  readonly horizon: number;
  readonly envs: number;
  /** Rewards; where an episode was truncated, with γ V(last observation) added by the caller. */
  readonly rewards: Float32Array;
  /** V of the observation that each step began with. */
  readonly values: Float32Array;
  /** 1 where the episode ended with that step, by termination or truncation. */
  readonly dones: Uint8Array;
  /** V of the observation after the last step, `[envs]`; of no weight where that step ended an episode. */
  readonly lastValues: ArrayLike<number>;
}

/**
 * Generalized advantage estimation: Aₜ = δₜ + γλ(1 − doneₜ) Aₜ₊₁ with δₜ = rₜ + γ(1 − doneₜ) V(sₜ₊₁) − V(sₜ); returns
 * are Aₜ + V(sₜ), the targets of the value function.
 *
 * Schulman et al., "High-Dimensional Continuous Control Using Generalized Advantage Estimation", arXiv:1506.02438.
 */
export function generalizedAdvantages(rollout: Rollout, options: { gamma: number; lambda: number }) {
  checkArgument('generalizedAdvantages', 'rollout', rollout, Object);
  const { horizon, envs, rewards, values, dones, lastValues } = rollout;
  for (const [name, numbers] of Object.entries({ rewards, values, dones, lastValues }))
    checkArgument('generalizedAdvantages', name, numbers, Array);
  const { gamma, lambda } = checkOptions('generalizedAdvantages', options, { gamma: Number, lambda: Number });
  const advantages = new Float32Array(horizon * envs);
  const returns = new Float32Array(horizon * envs);
  for (let env = 0; env < envs; env++) {
    let advantage = 0;
    let nextValue = lastValues[env]!;
    for (let t = horizon - 1; t >= 0; t--) {
      const i = t * envs + env;
      const goesOn = 1 - dones[i]!;
      const delta = rewards[i]! + gamma * goesOn * nextValue - values[i]!;
      advantage = delta + gamma * lambda * goesOn * advantage;
      advantages[i] = advantage;
      returns[i] = advantage + values[i]!;
      nextValue = values[i]!;
    }
  }
  return { advantages, returns };
}

/** Options of the agents that make several passes over a rollout in minibatches. */
export const rolloutOptions = {
  horizon: count(2048, 'steps of each environment per update', 'steps'),
  epochs: count(10, 'passes over a rollout', 'passes'),
  batchSize: count(64, 'size of a minibatch; at most a rollout, horizon × environments', 'steps'),
};

/** @throws if a rollout is smaller than a minibatch */
export function checkBatchSize(owner: string, options: { horizon: number; batchSize: number }, numEnvs: number): void {
  const { horizon, batchSize } = options;
  if (batchSize <= horizon * numEnvs) return;
  throw new Error(
    `${owner}: batchSize: got ${batchSize}, expected at most the ${horizon} × ${numEnvs} = ${horizon * numEnvs} ` +
      'steps of a rollout (horizon × environments)',
  );
}

/**
 * Compiles what acts in all environments at once: samples of the policy with V of the same observations, and V alone; with a memory also the state
 * after them.
 * @throws if noise is to last, by `sdeSampleFreq`, and that of the policy cannot
 */
export function compileActor(
  owner: string,
  { numEnvs }: VectorEnv,
  policy: Policy,
  value: ValueNetwork,
  {
    hasBaseline = true,
    sdeSampleFreq,
  }: {
    /** whether V is used; it is 0 else */
    readonly hasBaseline?: boolean;
    readonly sdeSampleFreq?: number | undefined;
  } = {},
) {
  type Inputs = MemoryInputs & { readonly observations: tf.Tensor; readonly noise?: tf.Tensor };
  const [name, modules] = [owner.toLowerCase(), { policy, value }];
  const stateDim = policy.stateDim + value.stateDim;
  const shapes = {
    observations: { shape: [numEnvs, policy.observationDim] },
    ...memoryShapes(stateDim, numEnvs),
  };
  const sde = StateDependentNoise.of(owner, policy, numEnvs, sdeSampleFreq);
  const valued = ({ observations }: Inputs, past: Past | undefined) =>
    hasBaseline ? value.unroll(observations, past) : { values: tf.zeros([numEnvs]), state: past?.state };
  const shapesOfActing = { ...shapes, ...sde?.shapes };
  const act = compileOnArrays(`${name}/act`, modules, shapesOfActing, (inputs: Inputs, rng) => {
    const pasts = pastsOf(policy, inputs);
    const { distribution, features, state } = policy.unroll(inputs.observations, pasts.policy);
    const sample = sampleAction(distribution, sde?.stream(features, inputs.noise!) ?? rng);
    const { values, state: ofValue } = valued(inputs, pasts.beside);
    return { ...sample, value: values, ...(state && { state: tf.concat([state, ofValue!], 1) }) };
  });
  const values = compileOnArrays(`${name}/values`, modules, shapes, (inputs: Inputs) => ({
    value: valued(inputs, pastsOf(policy, inputs).beside).values,
  }));
  return { act, values, sde, stateDim, compiled: [act, values] };
}

export interface RolloutCollectorOptions extends PolicyEnv, Normalizers {
  /** The agent's class, as errors name it: `Ppo`. */
  readonly owner: string;
  readonly actor: ReturnType<typeof compileActor>;
  /** Steps of each environment. */
  readonly horizon: number;
  /** Of a policy with a memory: at every so many steps the state is kept; `horizon` unless given. */
  readonly sequenceLength?: number;
  readonly gamma: number;
  /** How many numbers what the actor names `latent` has; those of an action unless given. */
  readonly latentDim?: number;
}

/** Lets a policy act in parallel environments, `horizon` steps in each at a time, and records what came of it. */
export class RolloutCollector implements Stateful {
  readonly #options: RolloutCollectorOptions;
  readonly #tracker: EpisodeTracker;
  readonly #rollout;
  /** The observations to act on next, `[envs · observationDim]`. */
  readonly #current: Float32Array;
  readonly #memory: EpisodeMemory;

  constructor(options: RolloutCollectorOptions) {
    const { env, actionSpace, horizon, sequenceLength = horizon, actor, latentDim = actionSpace.size } = options;
    const [envs, steps] = [env.numEnvs, horizon * env.numEnvs];
    this.#options = options;
    this.#tracker = new EpisodeTracker(envs);
    this.#current = new Float32Array(envs * env.singleObservationSpace.size);
    this.#memory = new EpisodeMemory(envs, actor.stateDim);
    this.#rollout = {
      horizon,
      envs,
      stateDim: actor.stateDim,
      /** `[horizon · envs · observationDim]` */
      observations: new Float32Array(horizon * this.#current.length),
      /** The actions before the squash, `[horizon · envs · latentDim]`. */
      latents: new Float32Array(steps * latentDim),
      /** log π of the actions; 0 for a policy without a density. */
      logProbs: new Float32Array(steps),
      values: new Float32Array(steps),
      rewards: new Float32Array(steps),
      dones: new Uint8Array(steps),
      /** Before the first step of each sequence, `[sequences · stateDim]`; sequence c · envs + i begins at step c · sequenceLength of environment i. */
      state: new Float32Array((steps / sequenceLength) * actor.stateDim),
      /** 1 where a step is the first of an episode; of a policy with a memory alone. */
      begins: new Float32Array(actor.stateDim > 0 ? steps : 0),
    };
  }

  /** Resets the environments, with which every training begins. */
  reset(seed: string): void {
    const { owner, env, scaler } = this.#options;
    this.#tracker.reset();
    scaler?.begin();
    this.#memory.reset();
    this.#current.set(resetEnvs(owner, env, seed));
  }

  /**
   * One rollout: a {@link Rollout} with the observations, latents and log π of its steps, in arrays that the next one uses again. Where an episode
   * was truncated, its last reward has γ V(last observation) added. Beside them `steps`, how many the environments made, and `discount`, that of
   * a step of the rollout. With chunks of m actions a step is a chunk: `discount` is γᵐ, and γᵏ stands before V where the k-th ended the episode.
   * @param episodes gets those that end in it
   * @throws if the environment gives a reward or an observation that is not finite
   */
  collect(rng: Rng, episodes: EpisodeReport[]) {
    const { owner, env, actionSpace, actor, horizon, gamma, statistics, scaler } = this.#options;
    const { sequenceLength = horizon } = this.#options;
    const { numEnvs } = env;
    const [rollout, memory] = [this.#rollout, this.#memory];
    const hasMemory = actor.stateDim > 0;
    const discount = env instanceof ActionChunkVectorEnv ? env.discount : gamma;
    let steps = 0;
    statistics?.publish();
    for (let t = 0; t < horizon; t++) {
      if (hasMemory) {
        if (t % sequenceLength === 0) rollout.state.set(memory.numbers, (t / sequenceLength) * memory.numbers.length);
        rollout.begins.set(memory.begins, t * numEnvs);
      }
      actor.sde?.renew(this.#tracker.lengths, rng);
      const acted = actor.act({ observations: this.#current, state: memory.numbers, ...actor.sde?.inputs }, rng);
      const { action, latent, logProb, value } = acted;
      memory.set(acted.state);
      statistics?.observe(this.#current);
      rollout.observations.set(this.#current, t * this.#current.length);
      rollout.latents.set(latent, t * latent.length);
      if (logProb !== undefined) rollout.logProbs.set(logProb, t * numEnvs);
      rollout.values.set(value, t * numEnvs);
      // The environment gets the action clipped to its bounds; the learner keeps the unclipped one.
      const step = stepEnvs(owner, env, commandActions(action, actionSpace));
      const { terminations, truncations, finalObservations } = step;
      steps += stepsMade(step);
      const rewards = scaler?.scaled(step) ?? step.rewards;
      let finalValues: ArrayLike<number> | undefined;
      for (let i = 0; i < numEnvs; i++) {
        const at = t * numEnvs + i;
        rollout.rewards[at] = rewards[i]!;
        rollout.dones[at] = terminations[i]! | truncations[i]!;
        if (!truncations[i] || terminations[i]) continue;
        finalValues ??= actor.values({ observations: finalObservations, state: memory.numbers }).value;
        rollout.rewards[at]! += discountAfter(gamma, step, i) * finalValues[i]!;
      }
      if (hasMemory) for (let i = 0; i < numEnvs; i++) if (rollout.dones[t * numEnvs + i]) memory.begin(i);
      this.#tracker.track(step, episodes);
      this.#current.set(step.observations);
    }
    const { value } = actor.values({ observations: this.#current, state: memory.numbers });
    return { ...rollout, lastValues: value, steps, discount };
  }

  /** Between two rollouts. */
  state() {
    const memory = this.#memory.numbers.length > 0 && this.#memory.state();
    return { current: this.#current.slice(), tracker: this.#tracker.state(), ...(memory && { memory }) };
  }

  setState({ current, tracker, memory }: ReturnType<RolloutCollector['state']>): void {
    setSameLength({ current: [this.#current, current] });
    if (this.#memory.numbers.length > 0) this.#memory.setState(memory!);
    this.#tracker.setState(tracker);
  }
}

/**
 * Makes the rewards of a rollout soft: r − τ (log π + H₀). Their discounted sum is the return of maximum-entropy learning, where an entropy
 * bonus rewards the entropy of each step for itself alone.
 *
 * Ziebart, "Modeling Purposeful Adaptive Behavior with the Principle of Maximum Causal Entropy", 2010.
 * @param rollout rewards and log π of the actions, step by step; the rewards are changed
 * @param temperature τ
 * @param baseEntropy H₀, nats, beyond which entropy is rewarded
 */
export function soften(
  { rewards, logProbs }: { readonly rewards: Float32Array; readonly logProbs: Float32Array },
  temperature: number,
  baseEntropy: number,
): void {
  if (temperature === 0) return;
  for (let i = 0; i < rewards.length; i++) rewards[i]! -= temperature * (logProbs[i]! + baseEntropy);
}
