import * as tf from '@tensorflow/tfjs-core';
import { logAbsDeterminant } from '../bijectors/jacobian.ts';
import { compile } from '../engine/compile.ts';
import { valueAndGradients } from '../engine/valueAndGradients.ts';
import { checkInterface, checkOptions } from '../options/parse.ts';
import { portableMath } from '../portableMath.ts';
import { Rng } from '../random.ts';
import { choicesOf, type MultiDiscreteSpace } from '../spaces/plain.ts';
import { type ActionDistribution, type ActionSample, type Policy, sampleAction } from './policy.ts';

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
/** How far two ways to one log-density may be apart, nats, beside a twentieth of it: far above rounding, below any forgotten term. */
const NATS = 0.1;

/**
 * Checks a policy against the contract of {@link Policy}, on a few observations drawn for it. Its variables are left as they were, and
 * no stream but the check's own is drawn from. Agents do this once, when they are made.
 *
 * 1. Samples, latents, log-probabilities, entropies, modes: shapes `[batch, actionDim]` and `[batch]`, float32, finite.
 * 2. Actions: `squash` of their latents, `squash(unsquash(action))` gives them again, within `boundedActions`, or of `discreteActions`.
 * 3. `logProb` of a latent is the log-probability that its sample came with. The probabilities of discrete actions sum to 1.
 * 4. Without `squashLogDet`, `squash` is the identity, if there is a density.
 * 5. `reparameterized` samples have gradients by variables; log-probabilities of samples that are not have some.
 * 6. The density is that of the samples: where they are a function of as many random numbers as an action has, at most 4, it must be
 *    log p(noise) − log|det ∂latent/∂noise| − log|det ∂squash/∂latent|. The function is taken to be one to one.
 * 7. With `samples`, compiled: E[g(u)/p(u)] = 1 over latents u, for a density g with the samples' mean and variance.
 *
 * Of a policy without a density (`hasDensity`) there are actions and gradients of samples to check.
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
  const hasDensity = policy.hasDensity !== false;
  const stream = () => rng.split('checkPolicy');
  const kept = tf.tidy(() => policy.variables().map((variable) => tf.keep(tf.clone(variable))));
  try {
    return tf.tidy(() => {
      for (const batch of BATCHES) checkBatch(policy, batch, stream);
      if (!hasDensity) return [];
      if (gradients) checkGradients(policy, stream);
      const isCompared = checkJacobian(policy, stream);
      if (samples !== undefined) checkBySamples(policy, samples, stream);
      if (isCompared || samples !== undefined || policy.discreteActions !== undefined) return [];
      return ['the density was not compared with samples: give a number of samples, as 10000'];
    });
  } finally {
    policy.variables().forEach((variable, i) => {
      if (variable.dataId !== kept[i]!.dataId) variable.assign(kept[i]!);
    });
    tf.dispose(kept);
  }
}

/** A stream from its beginning. */
type Stream = () => Rng;

/** The distribution of observations that are drawn; a mask at their end allows all actions. */
function given(policy: Policy, batch: number, stream: Stream): ActionDistribution {
  const { observationDim, maskDim } = policy;
  const seen = stream()
    .split('observations')
    .normalTensor([batch, observationDim - maskDim]);
  return policy.given(maskDim === 0 ? seen : tf.concat([seen, tf.ones([batch, maskDim])], 1));
}

function expectRule(condition: boolean, problem: string): asserts condition {
  if (!condition) throw new Error(`checkPolicy: ${problem}`);
}

/** The numbers of a tensor of this shape. */
function numbersOf(what: string, tensor: unknown, shape: readonly number[]): Float32Array {
  const wanted = `[${shape.join(', ')}]`;
  expectRule(tensor instanceof tf.Tensor, `${what}: got ${typeof tensor}, expected a tensor of shape ${wanted}`);
  expectRule(
    tf.util.arraysEqual(tensor.shape, [...shape]),
    `${what}: got shape [${tensor.shape.join(', ')}], expected ${wanted}`,
  );
  expectRule(tensor.dtype === 'float32', `${what}: got ${tensor.dtype}, expected float32`);
  const numbers = tensor.dataSync() as Float32Array;
  const wrong = numbers.find((number) => !Number.isFinite(number));
  expectRule(wrong === undefined, `${what}: got ${wrong}, expected finite numbers`);
  return numbers;
}

function checkBatch(policy: Policy, batch: number, stream: Stream): void {
  const { actionDim } = policy;
  const hasDensity = policy.hasDensity !== false;
  const events = [batch, actionDim];
  const distribution = given(policy, batch, stream);
  expectRule(
    hasDensity === (distribution.sample === undefined),
    `hasDensity: got ${hasDensity}, expected ${!hasDensity}, as the policy's distributions are ${hasDensity ? 'samples only' : 'densities'}`,
  );
  const isTrained = batch === BATCHES[0];
  const { reparameterized } = distribution;
  expectRule(typeof reparameterized === 'boolean', `reparameterized: got ${reparameterized}, expected true or false`);
  const sampled =
    isTrained && reparameterized ? sampledWithGradients(policy, stream) : sampleAction(distribution, stream());
  const actions = numbersOf('sampleWithLogProb: action', sampled?.action, events);
  const latents = numbersOf('sampleWithLogProb: latent', sampled.latent, events);
  checkActions(policy, actions, latents);
  const squashed = numbersOf('squash', distribution.squash(sampled.latent), events);
  expectNear('squash of the latent of a sample', squashed, 'its action', actions);
  const again = numbersOf('squash of unsquash', distribution.squash(distribution.unsquash(sampled.action)), events);
  expectNear('squash(unsquash(action))', again, 'the action', actions);
  const isSquash = latents.some((latent, i) => Math.abs(latent - actions[i]!) > 1e-4 * (1 + Math.abs(latent)));
  const { squashLogDet } = distribution;
  if (squashLogDet !== undefined) numbersOf('squashLogDet', distribution.squashLogDet!(sampled.latent), [batch]);
  else if (hasDensity && policy.discreteActions === undefined) {
    expectRule(!isSquash, 'squashLogDet: got none, expected one beside a squash that is not the identity');
  }
  if (!hasDensity) return;
  const came = numbersOf('sampleWithLogProb: logProb', sampled.logProb, [batch]);
  const logProb = numbersOf('logProb', distribution.logProb(sampled.latent), [batch]);
  expectNats('logProb of the latent of a sample', logProb, 'the logProb that it came with', came);
  if (policy.discreteActions !== undefined) checkCategories(distribution, batch, choicesOf(policy.discreteActions));
  if (distribution.mode !== undefined) numbersOf('mode', distribution.mode(), events);
  const entropy = distribution.entropy?.();
  if (entropy !== undefined) numbersOf('entropy', entropy, [batch]);
}

function checkActions({ discreteActions, boundedActions }: Policy, actions: Float32Array, latents: Float32Array): void {
  if (discreteActions !== undefined) {
    const choices = choicesOf(discreteActions);
    latents.forEach((latent, i) => {
      const [n, start] = [choices.nvec[i % choices.nvec.length]!, choices.start[i % choices.nvec.length]!];
      const isIndex = Number.isInteger(latent) && latent >= 0 && latent < n;
      expectRule(isIndex, `sampleWithLogProb: latent: got ${latent}, expected an integer from 0 to ${n - 1}`);
      expectRule(
        actions[i] === start + latent,
        `sampleWithLogProb: action: got ${actions[i]} with the latent ${latent}, expected ${start + latent}`,
      );
    });
  }
  if (boundedActions === undefined) return;
  const { low, high } = boundedActions;
  actions.forEach((action, i) => {
    const k = i % low.length;
    const [least, most] = [Math.fround(low[k]!), Math.fround(high[k]!)];
    expectRule(
      action >= least && action <= most,
      `sampleWithLogProb: action: got ${action}, expected a number of boundedActions, in [${low[k]}, ${high[k]}]`,
    );
  });
}

/** Up to {@link MOST_ACTIONS} of them. */
function checkCategories(distribution: ActionDistribution, batch: number, { nvec }: MultiDiscreteSpace): void {
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
    expectRule(
      Math.abs(sum - 1) < 1e-3,
      `logProb: the probabilities of the ${count} actions sum to ${sum}, expected 1`,
    );
  }
}

/** A sample of the first batch, whose gradients it has looked for. */
function sampledWithGradients(policy: Policy, stream: Stream): ActionSample {
  const variables = policy.trainableVariables();
  const fail = (): never => {
    throw new Error('checkPolicy: reparameterized: got true, expected false: no gradient goes through a sample');
  };
  if (variables.length === 0) return sampleAction(given(policy, BATCHES[0], stream), stream());
  let sampled: ActionSample | undefined;
  const weighted = () => {
    sampled = sampleAction(given(policy, BATCHES[0], stream), stream());
    const { latent } = sampled;
    numbersOf('sampleWithLogProb: latent', latent, [BATCHES[0], policy.actionDim]);
    return { ...sampled, loss: tf.sum(tf.mul(latent, stream().split('weights').normalTensor(latent.shape))) };
  };
  try {
    const { gradients, loss: _, ...sample } = valueAndGradients(weighted, variables, { allowUnused: true });
    const all = gradients.map((gradient) => gradient.dataSync());
    variables.forEach(({ name }, i) => {
      const wrong = all[i]!.find((slope) => !Number.isFinite(slope));
      expectRule(wrong === undefined, `the gradient of a sample by '${name}': got ${wrong}, expected finite numbers`);
    });
    if (all.every((slopes) => slopes.every((slope) => slope === 0))) fail();
    return sample as ActionSample;
  } catch (error) {
    // tfjs's own error where a loss depends on no variable at all.
    if ((error as Error).message.startsWith('Cannot compute gradient of y=f(x)')) fail();
    throw error;
  }
}

/** Rule 5, of samples that are not reparameterized: agents go by their log-probabilities alone. */
function checkGradients(policy: Policy, stream: Stream): void {
  const variables = policy.trainableVariables();
  const distribution = given(policy, BATCHES[0], stream);
  // The only action there is has probability 1.
  if (variables.length === 0 || distribution.reparameterized || isCertain(policy)) return;
  const { latent } = distribution.sampleWithLogProb(stream());
  const loss = () => ({ loss: tf.sum(given(policy, BATCHES[0], stream).logProb(latent)) });
  const { gradients } = valueAndGradients(loss, variables, { allowUnused: true });
  expectRule(
    gradients.some((gradient) => gradient.dataSync().some((slope) => slope !== 0)),
    'logProb: got no gradient by any variable, expected some; policies that act by values are for agents that learn values',
  );
}

/** Whether there is one action only. */
function isCertain({ discreteActions }: Policy): boolean {
  return discreteActions !== undefined && choicesOf(discreteActions).nvec.every((n) => n === 1);
}

function expectNear(what: string, got: Float32Array, than: string, wanted: Float32Array): void {
  const i = wanted.findIndex((value, k) => !(Math.abs(got[k]! - value) <= 1e-3 * (1 + Math.abs(value))));
  expectRule(i < 0, `${what}: got ${got[i]}, expected ${than}, ${wanted[i]}`);
}

function expectNats(what: string, got: ArrayLike<number>, than: string, wanted: ArrayLike<number>): void {
  const i = Array.from(wanted).findIndex(
    (value, k) => !(Math.abs(got[k]! - value) <= NATS + Math.min(Math.abs(got[k]!), Math.abs(value)) / 20),
  );
  expectRule(i < 0, `${what}: got ${got[i]}, expected ${than}, ${wanted[i]}`);
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

/** Rule 6, and whether there was something to compare. */
function checkJacobian(policy: Policy, stream: Stream): boolean {
  const { actionDim: dim, discreteActions } = policy;
  if (discreteActions !== undefined || dim > JACOBIAN_DIM) return false;
  const batch = BATCHES[0];
  const distribution = given(policy, batch, stream);
  if (!distribution.reparameterized) return false;
  const draws = new KeptDraws(stream().split('noise').seed);
  const { latent } = distribution.sampleWithLogProb(draws);
  const { tensors, kinds } = draws;
  const isOneToOne = !draws.isIncomplete && tensors.length === 1 && tensors[0]!.size === batch * dim;
  // A wrapped normal's latent is a point of a circle that many normal numbers lead to.
  if (!isOneToOne || (distribution.angles && kinds[0] === 'normal')) return false;
  const [noise] = tensors as [tf.Tensor];
  const column = (k: number) => (x: tf.Tensor) => {
    const again = given(policy, batch, stream).sampleWithLogProb(new KeptDraws('none', [x])).latent;
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
  expectNats('logProb', claimed, 'by the derivative of the sample by its noise', wanted);
  return true;
}

/** Rule 7. */
function checkBySamples(policy: Policy, samples: number, stream: Stream): void {
  const { actionDim: dim, discreteActions } = policy;
  expectRule(Number.isInteger(samples) && samples > 1, `samples: got ${samples}, expected an integer above 1`);
  if (discreteActions !== undefined) return;
  const observation = stream().split('observations').normalTensor([1, policy.observationDim]);
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
    ratios = estimate({ seen: observation }, stream()).ratios.dataSync() as Float32Array;
  } finally {
    estimate.dispose();
  }
  const average = ratios.reduce((sum, ratio) => sum + ratio, 0) / samples;
  const squares = ratios.reduce((sum, ratio) => sum + (ratio - average) * (ratio - average), 0);
  const spread = Math.sqrt(squares / (samples - 1) / samples);
  expectRule(
    Math.abs(average - 1) <= 0.1 + 8 * spread,
    `logProb: the mean of g/π over ${samples} samples, for a density g, is ${average} ± ${spread}, expected 1`,
  );
}
