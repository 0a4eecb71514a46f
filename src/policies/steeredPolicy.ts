import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { Bijector } from '../bijectors/bijector.ts';
import { Chain } from '../bijectors/composition.ts';
import { ShiftScale } from '../bijectors/shiftScale.ts';
import type { Distribution } from '../distributions/distribution.ts';
import { MultivariateNormalDiag, StandardNormal } from '../distributions/multivariateNormal.ts';
import { impossibleOutside } from '../distributions/support.ts';
import { TransformedDistribution } from '../distributions/transformedDistribution.ts';
import { positive } from '../options/fields.ts';
import { ActionSamples, SquashedDistribution } from './actionDistributions.ts';
import { FlowMatchingPolicy } from './flowMatchingPolicy.ts';
import { ImplicitPolicy } from './implicitPolicy.ts';
import { type ActionDistribution, Policy } from './policy.ts';

/** What a {@link SteeredPolicy} is made of. */
export interface SteeredPolicyOptions {
  /** What takes noise to actions. */
  readonly policy: Policy;
  /** What chooses the noise: a policy whose actions are noise within the bounds, for observations as the networks of `policy` see them. */
  readonly steering: Policy;
  /** b, the bound of each number of noise. */
  readonly bound: number;
}

const madeByName = z.strictObject({ name: z.string(), options: z.record(z.string(), z.unknown()).default({}) });

/** What both policies are made from, in JSON. */
export const steeredOptions = z.strictObject({
  policy: madeByName.describe('what takes noise to actions'),
  steering: madeByName.describe('what chooses the noise'),
  bound: positive(1.5, 'b, the largest size of a number of noise', 'standard deviations of the usual noise'),
});

/**
 * A frozen policy a = f(o, z), the noise of which another chooses: z ~ ρ(· | o) within |zᵢ| ≤ b, in the place of N(0, I). Only ρ, `steering`, is
 * trained; the variables of f are in `variables()` and files, and not among `trainableVariables()`.
 *
 * Where f is invertible in z, as of a flow or a Gaussian, the density is exact,
 *
 *   log π(a | o) = log ρ(z | o) − log|det ∂f/∂z|,  z = f⁻¹(a),
 *
 * and −∞ where z is beyond the bounds. Of flow matching and implicit policies there are samples alone; {@link exact} has the density where f has
 * one. Latent values are those of f. The greedy action is where most of them are, and not that of the mode of ρ, which may lie between two ways.
 *
 * Wagenmaker et al., "Steering Your Diffusion Policy with Latent Space Reinforcement Learning", arXiv:2506.15799.
 */
export class SteeredPolicy extends Policy<Float32Array> {
  readonly featureDim: number;
  readonly actionDim: number;
  readonly policy: Policy;
  readonly steering: Policy;
  readonly bound: number;

  /** @throws if the policy does not take noise of N(0, I) to actions, or `steering` does not choose such noise */
  constructor({ policy, steering, bound }: SteeredPolicyOptions) {
    super();
    const noiseDim = checkSteerable('SteeredPolicy', policy);
    if (steering.actionDim !== noiseDim || steering.observationDim !== policy.observationDim) {
      const expected = `expected one of ${policy.observationDim} and ${noiseDim}, as the policy takes them`;
      throw new Error(
        `SteeredPolicy: steering: got one of ${steering.observationDim} observations and ${steering.actionDim} numbers, ${expected}`,
      );
    }
    if (steering.memory !== undefined) {
      throw new Error('SteeredPolicy: steering: got one with a memory, expected one without');
    }
    this.policy = policy;
    this.steering = steering;
    this.bound = bound;
    this.featureDim = policy.observationDim;
    this.actionDim = policy.actionDim;
    const largest = tf.tidy(() => {
      const noise = this.noiseGiven(tf.zeros([1, policy.observationDim]));
      return tf.max(tf.abs(noise.squash(tf.fill([1, noiseDim], FAR)))).dataSync()[0]!;
    });
    if (!(largest <= bound * (1 + ROUNDING))) {
      throw new Error(`SteeredPolicy: steering: got noise of ${largest}, expected at most ${bound}, by squash: 'tanh'`);
    }
    if (policy.chunk !== undefined) this.chunk = policy.chunk;
    if (policy.config === undefined || steering.config === undefined) return;
    const { name, options, ...spaces } = policy.config;
    const { name: chooser, options: chosen } = steering.config;
    const parts = { policy: { name, options }, steering: { name: chooser, options: chosen } };
    this.config = { name: 'steered', ...spaces, options: { ...parts, bound } };
  }

  override trainableVariables(): tf.Variable[] {
    return this.steering.trainableVariables();
  }

  override shapeVariables(): tf.Variable[] {
    return this.steering.shapeVariables();
  }

  /**
   * ρ(· | o), over noise within the bounds.
   * @param observations `[batch, observationDim]`
   */
  noiseGiven(observations: tf.Tensor): SquashedDistribution {
    const { policy, steering } = this;
    const noise = steering.given(policy.normalized(observations));
    if (noise instanceof SquashedDistribution && !noise.angles) return noise;
    const expected = 'expected a policy with a density within bounds, as a Gaussian or a flow';
    throw new Error(`SteeredPolicy: steering: got a ${steering.constructor.name}, ${expected}`);
  }

  /**
   * f(o, z): the actions that noise is taken to.
   * @param observations `[batch, observationDim]`
   * @param noise z, `[batch, noiseDim]`: as many numbers as `steering` gives
   * @returns `[batch, actionDim]`
   */
  actionsOf(observations: tf.Tensor, noise: tf.Tensor): tf.Tensor {
    const given = this.policy.given(observations);
    return given.squash(this.#latentOf(given, observations, noise));
  }

  /**
   * f⁻¹(o, a): the noise that leads to actions, within the bounds of {@link steering} or beyond.
   * @param observations `[batch, observationDim]`
   * @param actions `[batch, actionDim]`
   * @returns `[batch, actionDim]`
   * @throws if f is not invertible: then the policy has no density
   */
  noiseOf(observations: tf.Tensor, actions: tf.Tensor): tf.Tensor {
    const given = this.policy.given(observations);
    const map = mapOf(given);
    if (map !== undefined) return map.inverse(given.unsquash(actions));
    const got = `got a ${this.policy.constructor.name}, whose noise is not known from actions`;
    throw new Error(`SteeredPolicy.noiseOf: policy: ${got}, expected a flow or a Gaussian`);
  }

  protected distribution(observations: tf.Tensor): SquashedDistribution | ActionSamples {
    const noise = this.noiseGiven(observations);
    const given = this.policy.given(observations);
    const map = mapOf(given);
    if (map !== undefined) {
      const latent = new TransformedDistribution({ base: new NoiseWithin(noise, this.bound), bijector: map });
      return new SquashedDistribution(latent, (given as SquashedDistribution).bijector);
    }
    return new ActionSamples({
      owner: 'SteeredPolicy',
      reparameterized: noise.reparameterized && given.reparameterized,
      draw: (rng) => this.#latentOf(given, observations, noise.squash(noise.latent.sample(rng))),
      squash: (latent) => given.squash(latent),
      unsquash: (action) => given.unsquash(action),
    });
  }

  /** The latent value of f that noise is taken to. */
  #latentOf(given: ActionDistribution, observations: tf.Tensor, noise: tf.Tensor): tf.Tensor {
    return (
      mapOf(given)?.forward(noise) ?? (this.policy as FlowMatchingPolicy | ImplicitPolicy).carried(observations, noise)
    );
  }

  /** With the density of {@link FlowMatchingPolicy.exact}, of which it is the noise that is steered; itself where there is no such. */
  override exact(): SteeredPolicy {
    const { policy, steering, bound } = this;
    return policy.exact === undefined ? this : new SteeredPolicy({ policy: policy.exact(), steering, bound });
  }
}

/** From noise to the latent value of f, where that is invertible: all that the latent value's distribution has behind N(0, I). */
function mapOf(given: ActionDistribution): Bijector | undefined {
  if (!(given instanceof SquashedDistribution) || given.angles) return undefined;
  const parts: Bijector[] = [];
  let base: Distribution = given.latent;
  for (; base instanceof TransformedDistribution; base = base.base) parts.push(base.bijector);
  if (base instanceof MultivariateNormalDiag) parts.push(new ShiftScale({ shift: base.loc, logScale: base.logScale }));
  else if (!(base instanceof StandardNormal)) return undefined;
  return new Chain(parts);
}

/** A latent value that no squash into bounds brings beyond them. */
const FAR = 1e6;

/** By how much noise may lie beyond its bounds, as a share of them, when it comes back from an action, by rounding. */
const ROUNDING = 1e-5;

/** The law of noise within ±b, whose density is 0 beyond. */
class NoiseWithin extends TransformedDistribution {
  readonly #bound: number;

  constructor({ latent, bijector }: SquashedDistribution, bound: number) {
    super({ base: latent, bijector });
    this.#bound = bound;
  }

  protected override computeLogProb(noise: tf.Tensor): tf.Tensor {
    const isWithin = () => tf.all(tf.lessEqual(tf.abs(noise), this.#bound * (1 + ROUNDING)), -1);
    return impossibleOutside(isWithin, super.computeLogProb(noise));
  }
}

/**
 * Checks that a policy takes noise of N(0, I) to actions.
 * @returns how many numbers of noise
 * @throws if it does not, or has a memory
 */
export function checkSteerable(owner: string, policy: Policy): number {
  if (policy.memory !== undefined) throw new Error(`${owner}: policy: got one with a memory, expected one without`);
  if (policy instanceof ImplicitPolicy) return policy.noiseDim;
  if (policy instanceof FlowMatchingPolicy) return policy.actionDim;
  const isMap = tf.tidy(() => mapOf(policy.given(tf.zeros([1, policy.observationDim]))) !== undefined);
  if (isMap) return policy.actionDim;
  const expected =
    'expected one that takes noise of N(0, I) to actions: flow matching, a flow on a line, or a Gaussian';
  throw new Error(`${owner}: policy: got a ${policy.constructor.name}, ${expected}`);
}

/** The space of noise: `dim` numbers within ±b. */
export function noiseSpace(dim: number, bound: number) {
  return { shape: [dim], low: Array<number>(dim).fill(-bound), high: Array<number>(dim).fill(bound) };
}
