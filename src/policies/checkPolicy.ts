import * as tf from '@tensorflow/tfjs-core';
import { logAbsDeterminant } from '../bijectors/jacobian.ts';
import { Contract, leavingVariables } from '../contract.ts';
import { compile } from '../engine/compile.ts';
import { valueAndGradients } from '../engine/valueAndGradients.ts';
import { checkInterface, checkOptions } from '../options/parse.ts';
import { portableMath } from '../portableMath.ts';
import { Rng } from '../random.ts';
import { choicesOf, type MultiDiscreteSpace } from '../spaces/plain.ts';
import { sampleAction } from './actor.ts';
import type { ActionDistribution, ActionSample, Policy } from './policy.ts';

/** Options of {@link checkPolicy}. */
export interface CheckPolicyOptions {
  /** What observations and samples are drawn from; `new Rng('checkPolicy')`. */
  readonly rng?: Rng;
  /** Whether log-probabilities have gradients by the variables; true. A policy that acts by values has none, and is trained by its values. */
  readonly gradients?: boolean;
  /** From how many samples of one observation it is estimated as well whether the density agrees with them; none unless given. */
  readonly samples?: number;
}

/** Several observations, and one: what broadcasts by chance shows with either. */
const BATCHES = [3, 1] as const;
/** Up to so many actions are all their probabilities summed. */
const MOST_ACTIONS = 64;
/** Up to so many numbers of an action the density is compared with the samples' Jacobian: a gradient for each. */
const JACOBIAN_DIM = 4;
const HALF_LOG_TWO_PI = 0.5 * portableMath.log(2 * Math.PI);
/** Far above rounding, below any forgotten term. */
const NATS = 0.1;

/**
 * Checks a policy against the contract of {@link Policy}, on a few observations drawn for it. Its variables are left as they were, and
 * no stream but the check's own is drawn from. Agents do this once, when they are made.
 *
 * 1. Samples, also tempered ones, latents, log-probabilities, entropies, modes: shapes `[batch, actionDim]` and `[batch]`, float32, finite.
 * 2. Actions: `squash` of their latents, `squash(unsquash(action))` gives them again, within `boundedActions`, or of `discreteActions`.
 * 3. `logProb` of a latent is the log-probability that its sample came with, `modeLogProb` that of the mode without the squash. The probabilities of discrete actions sum to 1.
 * 4. Without `squashLogDet`, `squash` is the identity, if there is a density.
 * 5. `reparameterized` samples have gradients by variables; log-probabilities of samples that are not have some.
 * 6. The density is that of the samples: where they are a function of as many random numbers as an action has, at most 4, it must be
 *    log p(noise) − log|det ∂latent/∂noise| − log|det ∂squash/∂latent|. The function is taken to be one to one.
 * 7. With `samples`, compiled: E[g(u)/p(u)] = 1 over latents u, for a density g with the samples' mean and variance.
 *
 * Of a policy without a density there are actions and gradients of samples to check.
 *
 * @returns what could not be checked, a line each
 * @throws at the first rule broken, with one line: what, what was got, what was expected
 */
export function checkPolicy(policy: Policy, options: CheckPolicyOptions = {}): string[] {
  checkInterface('checkPolicy', 'policy', policy, ['given', 'variables']);
  const {
    rng = new Rng('checkPolicy'),
    gradients = true,
    samples,
  } = checkOptions('checkPolicy', options, {
    rng: [Rng, undefined],
    gradients: [Boolean, undefined],
    samples: [Number, undefined],
  });
  return leavingVariables(policy, () => new Check(policy, rng).run(gradients, samples));
}

class Check extends Contract {
  readonly #policy: Policy;
  readonly #rng: Rng;

  constructor(policy: Policy, rng: Rng) {
    super('checkPolicy: ');
    this.#policy = policy;
    this.#rng = rng;
  }

  run(gradients: boolean, samples: number | undefined): string[] {
    for (const batch of BATCHES) this.#checkBatch(batch);
    if (this.#given().sample !== undefined) return [];
    if (gradients) this.#checkGradients();
    const isCompared = this.#checkJacobian();
    if (samples !== undefined) this.#checkBySamples(samples);
    if (!isCompared && samples === undefined && this.#policy.discreteActions === undefined) {
      this.advise('the density was not compared with samples: give a number of samples, as 10000');
    }
    return this.advice;
  }

  /** The stream of all draws, from its beginning. */
  #stream(): Rng {
    return this.#rng.split('checkPolicy');
  }

  #observations(batch: number): tf.Tensor {
    const { observationDim, maskDim } = this.#policy;
    const seen = this.#stream()
      .split('observations')
      .normalTensor([batch, observationDim - maskDim]);
    // A mask at their end allows all actions.
    return maskDim === 0 ? seen : tf.concat([seen, tf.ones([batch, maskDim])], 1);
  }

  #given(batch: number = BATCHES[0]): ActionDistribution {
    return this.#policy.given(this.#observations(batch));
  }

  #checkBatch(batch: number): void {
    const { actionDim, discreteActions } = this.#policy;
    const events = [batch, actionDim];
    const distribution = this.#given(batch);
    const hasDensity = distribution.sample === undefined;
    const { reparameterized, squashLogDet } = distribution;
    this.expect(
      typeof reparameterized === 'boolean',
      () => `reparameterized: got ${reparameterized}, expected true or false`,
    );
    const isTrained = batch === BATCHES[0];
    const sampled =
      isTrained && reparameterized ? this.#sampledWithGradients() : sampleAction(distribution, this.#stream());
    const actions = this.numbers('sampleWithLogProb: action', sampled?.action, events);
    const latents = this.numbers('sampleWithLogProb: latent', sampled.latent, events);
    this.#checkActions(actions, latents);
    const near = (what: string, squashed: tf.Tensor, as: string) =>
      this.near(what, this.numbers(what, squashed, events), actions, {
        allowed: (action) => 1e-3 * (1 + Math.abs(action)),
        as,
      });
    near('squash of the latent of a sample', distribution.squash(sampled.latent), 'its action');
    near('squash(unsquash(action))', distribution.squash(distribution.unsquash(sampled.action)), 'the action');
    if (squashLogDet !== undefined) this.numbers('squashLogDet', distribution.squashLogDet!(sampled.latent), [batch]);
    else if (hasDensity && discreteActions === undefined) {
      const isSquash = latents.some((latent, i) => Math.abs(latent - actions[i]!) > 1e-4 * (1 + Math.abs(latent)));
      this.expect(!isSquash, () => 'squashLogDet: got none, expected one beside a squash that is not the identity');
    }
    if (!hasDensity) return;
    const came = this.numbers('sampleWithLogProb: logProb', sampled.logProb, [batch]);
    const logProb = this.numbers('logProb', distribution.logProb(sampled.latent), [batch]);
    this.near('logProb of the latent of a sample', logProb, came, {
      allowed: nats,
      as: 'the logProb that it came with',
    });
    if (discreteActions !== undefined) this.#checkCategories(distribution, batch, choicesOf(discreteActions));
    this.#checkMode(distribution, batch);
    const tempered = distribution.sampleTempered?.(this.#stream(), 0.5);
    if (tempered !== undefined) this.numbers('sampleTempered', tempered, events);
    const entropy = distribution.entropy?.();
    if (entropy !== undefined) this.numbers('entropy', entropy, [batch]);
  }

  #checkMode(distribution: ActionDistribution, batch: number): void {
    const mode = distribution.mode?.();
    if (mode === undefined) return;
    this.numbers('mode', mode, [batch, this.#policy.actionDim]);
    const given = distribution.modeLogProb?.();
    if (given === undefined) return;
    const ofAction = distribution.logProb(mode);
    const ofLatent = distribution.squashLogDet ? tf.add(ofAction, distribution.squashLogDet(mode)) : ofAction;
    this.near('modeLogProb', this.numbers('modeLogProb', given, [batch]), ofLatent.dataSync<'float32'>(), {
      allowed: nats,
      as: 'logProb of the mode, without the squash',
    });
  }

  #checkActions(actions: Float32Array, latents: Float32Array): void {
    const { discreteActions, boundedActions } = this.#policy;
    if (discreteActions !== undefined) {
      const { nvec, start } = choicesOf(discreteActions);
      latents.forEach((latent, i) => {
        const [n, first] = [nvec[i % nvec.length]!, start[i % nvec.length]!];
        this.expect(
          Number.isInteger(latent) && latent >= 0 && latent < n,
          () => `sampleWithLogProb: latent: got ${latent}, expected an integer from 0 to ${n - 1}`,
        );
        this.expect(
          actions[i] === first + latent,
          () => `sampleWithLogProb: action: got ${actions[i]} with the latent ${latent}, expected ${first + latent}`,
        );
      });
    }
    if (boundedActions === undefined) return;
    const { low, high } = boundedActions;
    actions.forEach((action, i) => {
      const k = i % low.length;
      this.expect(
        action >= Math.fround(low[k]!) && action <= Math.fround(high[k]!),
        () =>
          `sampleWithLogProb: action: got ${action}, expected a number of boundedActions, in [${low[k]}, ${high[k]}]`,
      );
    });
  }

  /** Up to {@link MOST_ACTIONS} of them. */
  #checkCategories(distribution: ActionDistribution, batch: number, { nvec }: MultiDiscreteSpace): void {
    const count = nvec.reduce((product, n) => product * n, 1);
    if (nvec.length > 1 && count > MOST_ACTIONS) return;
    const sums = new Float64Array(batch);
    for (let k = 0; k < count; k++) {
      let rest = k;
      const indices = nvec.map((n) => {
        const index = rest % n;
        rest = (rest - index) / n;
        return index;
      });
      const logProbs = distribution.logProb(tf.tile(tf.tensor2d([indices]), [batch, 1])).dataSync();
      logProbs.forEach((logProb, i) => {
        sums[i]! += portableMath.exp(logProb);
      });
    }
    for (const sum of sums) {
      this.expect(
        Math.abs(sum - 1) < 1e-3,
        () => `logProb: the probabilities of the ${count} actions sum to ${sum}, expected 1`,
      );
    }
  }

  /** A sample of the first batch, whose gradients it has looked for. */
  #sampledWithGradients(): ActionSample {
    const variables = this.#policy.trainableVariables();
    if (variables.length === 0) return sampleAction(this.#given(), this.#stream());
    const none = 'reparameterized: got true, expected false: no gradient goes through a sample';
    const weighted = () => {
      const sampled = sampleAction(this.#given(), this.#stream());
      const { latent } = sampled;
      this.numbers('sampleWithLogProb: latent', latent, [BATCHES[0], this.#policy.actionDim]);
      return { ...sampled, loss: tf.sum(tf.mul(latent, this.#stream().split('weights').normalTensor(latent.shape))) };
    };
    try {
      const { gradients, loss: _, ...sample } = valueAndGradients(weighted, variables, { allowUnused: true });
      const all = gradients.map((gradient, i) =>
        this.numbers(`the gradient of a sample by '${variables[i]!.name}'`, gradient, variables[i]!.shape),
      );
      this.expect(
        all.some((slopes) => slopes.some((slope) => slope !== 0)),
        () => none,
      );
      return sample as ActionSample;
    } catch (error) {
      // tfjs's own error where a loss depends on no variable at all.
      if ((error as Error).message.startsWith('Cannot compute gradient of y=f(x)')) this.fail(none);
      throw error;
    }
  }

  /** Rule 5, of samples that are not reparameterized: agents go by their log-probabilities alone. */
  #checkGradients(): void {
    const { discreteActions } = this.#policy;
    const variables = this.#policy.trainableVariables();
    const distribution = this.#given();
    // The only action there is has probability 1.
    const isCertain = discreteActions !== undefined && choicesOf(discreteActions).nvec.every((n) => n === 1);
    if (variables.length === 0 || distribution.reparameterized || isCertain) return;
    const { latent } = distribution.sampleWithLogProb(this.#stream());
    const loss = () => ({ loss: tf.sum(this.#given().logProb(latent)) });
    const { gradients } = valueAndGradients(loss, variables, { allowUnused: true });
    this.expect(
      gradients.some((gradient) => gradient.dataSync().some((slope) => slope !== 0)),
      () =>
        'logProb: got no gradient by any variable, expected some; policies that act by values are for agents that learn values',
    );
  }

  /** Rule 6, and whether there was something to compare. */
  #checkJacobian(): boolean {
    const { actionDim: dim, discreteActions } = this.#policy;
    if (discreteActions !== undefined || dim > JACOBIAN_DIM) return false;
    const batch = BATCHES[0];
    const distribution = this.#given();
    if (!distribution.reparameterized) return false;
    const draws = new KeptDraws(this.#stream().split('noise').seed);
    const { latent } = distribution.sampleWithLogProb(draws);
    const { tensors, kinds } = draws;
    const isOneToOne = !draws.isIncomplete && tensors.length === 1 && tensors[0]!.size === batch * dim;
    // A wrapped normal's latent is a point of a circle that many normal numbers lead to.
    if (!isOneToOne || (distribution.angles && kinds[0] === 'normal')) return false;
    const [noise] = tensors as [tf.Tensor];
    const column = (k: number) => (x: tf.Tensor) => {
      const again = this.#given().sampleWithLogProb(new KeptDraws('none', [x])).latent;
      return tf.sum(tf.slice(again, [0, k], [batch, 1]));
    };
    const rows = Array.from({ length: dim }, (_, k) => tf.reshape(tf.grad(column(k))(noise), [batch, dim]).dataSync());
    const numbers = noise.dataSync();
    const claimed = distribution.logProb(latent).dataSync();
    const squash = distribution.squashLogDet?.(latent).dataSync();
    const wanted = Array.from(claimed, (_, b) => {
      const jacobian = rows.map((row) => Array.from(row.slice(b * dim, (b + 1) * dim)));
      const own = Array.from(numbers.slice(b * dim, (b + 1) * dim));
      const logNoise = kinds[0] === 'uniform' ? 0 : -own.reduce((sum, x) => sum + (x * x) / 2 + HALF_LOG_TWO_PI, 0);
      return logNoise - logAbsDeterminant(jacobian) - (squash?.[b] ?? 0);
    });
    // A map that is flat at a sample has no density there to compare with.
    if (!wanted.every(Number.isFinite)) return false;
    this.near('logProb', claimed, wanted, { allowed: nats, as: 'by the derivative of the sample by its noise' });
    return true;
  }

  /** Rule 7. */
  #checkBySamples(samples: number): void {
    const policy = this.#policy;
    const { actionDim: dim, discreteActions } = policy;
    this.expect(Number.isInteger(samples) && samples > 1, () => `samples: got ${samples}, expected an integer above 1`);
    if (discreteActions !== undefined) return;
    const observation = this.#observations(1);
    // As agents run it: many samples are slow where nothing is compiled.
    const estimate = compile(
      ({ seen }: { seen: tf.Tensor }, rng) => {
        const distribution = policy.given(tf.tile(seen, [samples, 1]));
        const { latent, logProb } = distribution.sampleWithLogProb(rng);
        const logLatent = distribution.squashLogDet ? tf.add(logProb, distribution.squashLogDet(latent)) : logProb;
        const { mean, variance } = tf.moments(latent, 0);
        const apart = tf.div(tf.square(tf.sub(latent, mean)), variance);
        const normal = tf.sum(tf.sub(tf.mul(-0.5, tf.add(apart, tf.log(variance))), HALF_LOG_TWO_PI), 1);
        const uniform = tf.fill([samples], -dim * portableMath.log(2 * Math.PI));
        return { ratios: tf.exp(tf.sub(distribution.angles ? uniform : normal, logLatent)) };
      },
      { name: 'checkPolicy', state: [policy] },
    );
    let ratios: Float32Array;
    try {
      ratios = estimate({ seen: observation }, this.#stream()).ratios.dataSync() as Float32Array;
    } finally {
      estimate.dispose();
    }
    const average = ratios.reduce((sum, ratio) => sum + ratio, 0) / samples;
    const squares = ratios.reduce((sum, ratio) => sum + (ratio - average) * (ratio - average), 0);
    const spread = Math.sqrt(squares / (samples - 1) / samples);
    this.expect(
      Math.abs(average - 1) <= 0.1 + 8 * spread,
      () => `logProb: the mean of g/π over ${samples} samples, for a density g, is ${average} ± ${spread}, expected 1`,
    );
  }
}

/** How far two ways to one log-density may be apart: {@link NATS}, beside a twentieth of it. */
function nats(wanted: number, got: number): number {
  return NATS + Math.min(Math.abs(got), Math.abs(wanted)) / 20;
}

/** Keeps what it draws, or gives again what was kept. */
class KeptDraws extends Rng {
  readonly kinds: ('normal' | 'uniform')[] = [];
  readonly tensors: tf.Tensor[] = [];
  readonly #given: readonly tf.Tensor[] | undefined;
  /** Whether something was drawn in another way, or was drawn by another stream. */
  isIncomplete = false;

  constructor(seed: string, given?: readonly tf.Tensor[]) {
    super(seed);
    this.#given = given;
  }

  override normalTensor(shape: number[]): tf.Tensor {
    return this.#keep('normal', () => super.normalTensor(shape));
  }

  override uniformTensor(shape: number[]): tf.Tensor {
    return this.#keep('uniform', () => super.uniformTensor(shape));
  }

  override split(name: string | number): Rng {
    this.isIncomplete = true;
    return super.split(name);
  }

  #keep(kind: 'normal' | 'uniform', draw: () => tf.Tensor): tf.Tensor {
    const tensor = this.#given?.[this.tensors.length] ?? draw();
    this.kinds.push(kind);
    this.tensors.push(tensor);
    return tensor;
  }
}
