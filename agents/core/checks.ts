import * as tf from '@tensorflow/tfjs-core';
import { Box } from '../../envs/index.ts';
import { GaussianPolicy, MixturePolicy, type Policy } from '../../src/index.ts';
import { note } from '../../src/options/describe.ts';
import { hasDensity } from '../../src/policies/actionDistributions.ts';
import { type LearnerName, policyOptionsFor } from '../../src/policies/builtinPolicies.ts';
import type { ActionSpace } from './envs.ts';

/**
 * Says, once in a process, what of a policy keeps an agent from learning well though it can learn, and what to write. Actions beyond
 * their bounds are clipped on their way to the environment, of which the gradient through the sample knows nothing; and a Gaussian
 * with one scale for all observations cannot be narrow here and wide there, as the soft optimum is.
 */
export function adviseOnPolicy(agent: LearnerName, policy: Policy, actionSpace: Box): void {
  const { squash, scale }: { squash?: string; scale?: string } = policyOptionsFor[agent] as object;
  const found = [
    squash !== undefined &&
      actionSpace.bounded &&
      leavesBounds(policy, actionSpace) && { is: 'no squash into their bounds', fix: `squash: '${squash}'` },
    scale === 'state' && hasFreeScale(policy) && { is: 'one scale for all observations', fix: `scale: '${scale}'` },
  ].filter((each) => each !== false);
  if (found.length === 0) return;
  const [what, fixes] = [found.map(({ is }) => is).join(', and '), found.map(({ fix }) => fix).join(', ')];
  const name = policy.config?.name ?? 'gaussian';
  note(
    `oxbow: ${agent} learns badly by this ${policy.constructor.name}, whose actions have ${what}: ` +
      `write makePolicy('${name}', { env, for: '${agent}', rng }), or give it ${fixes}`,
  );
}

function hasFreeScale(policy: Policy): boolean {
  return policy instanceof GaussianPolicy && policy.logScale?.trainable === true;
}

/** @throws if the actions are discrete */
export function checkContinuous(owner: string, actionSpace: ActionSpace): asserts actionSpace is Box {
  if (!(actionSpace instanceof Box)) throw new Error(`${owner}: policy: wanted continuous actions, got discrete ones`);
}

/** @throws if the policy has samples and no density */
export function checkDensity(owner: string, policy: Policy): void {
  if (hasDensity(policy)) return;
  throw new Error(
    `${owner}: policy: got ${withArticle(policy.constructor.name)}, which has samples and no density, expected one that has ` +
      'log-probabilities, as a Gaussian or a flow',
  );
}

/** @throws if an option of policies with a memory is set for one without */
export function checkMemoryOption(owner: string, { memory }: Policy, name: string, value: number | undefined): void {
  if (memory !== undefined || value === undefined) return;
  throw new Error(
    `${owner}: ${name}: got ${value} for a policy without a memory, expected one with memory: 'gru', say`,
  );
}

/** @throws if the policy has a memory, of an agent that does not train it */
export function checkNoMemory(owner: string, { memory }: Policy): void {
  if (memory === undefined) return;
  throw new Error(
    `${owner}: policy: got one with a memory, expected one without: ${owner} learns from single steps; ` +
      'Ppo, A2c, Reinforce, Sac, Tqc, Td3, Dqn, QrDqn, BehaviorCloning and Iql learn with a memory',
  );
}

/**
 * Checks that things which are kept fit in the machine's memory; where that is not known, as in a browser, they do.
 * @param where what asks for it, as errors begin: `Sac: bufferSize`
 * @param what they are: `transitions`
 * @param bytes of each
 * @param memory in bytes
 * @throws if they cannot
 */
export function checkFitsInMemory(
  where: string,
  count: number,
  what: string,
  bytes: number,
  memory = memoryOfMachine(),
): void {
  if (count * bytes <= memory) return;
  const gigabytes = (size: number) => `${(size / 1e9).toFixed(1)} GB`;
  throw new Error(
    `${where}: ${count} ${what} of ${bytes} bytes take ${gigabytes(count * bytes)}, and there are ${gigabytes(memory)} of memory: ` +
      `expected at most ${Math.floor(memory / bytes)}`,
  );
}

/** Bytes, those that a container may have if that is less. */
function memoryOfMachine(): number {
  const { process } = globalThis as { process?: typeof globalThis.process };
  const total = process?.getBuiltinModule?.('node:os')?.totalmem() || Number.POSITIVE_INFINITY;
  // 0 or a huge number where there is no limit.
  return Math.min(total, process?.constrainedMemory?.() || Number.POSITIVE_INFINITY);
}

/**
 * @param what is asked for: the mode, or the density there
 * @throws if the policy has no exact mode, or one that is cut off at bounds, where the gradient ends
 */
export function checkHasMode(owner: string, policy: Policy, what: 'mode' | 'modeLogProb' = 'mode'): void {
  const hasMode = tf.tidy(() => Number(policy.given(tf.zeros([1, policy.observationDim]))[what] !== undefined));
  const got = `${owner}: policy: got ${withArticle(policy.constructor.name)}, whose ${what}`;
  if (!hasMode) throw new Error(`${got} is not known, expected one with an exact mode, as a Gaussian has`);
  if (policy.boundedActions === undefined) return;
  throw new Error(`${got} stays at a bound without a gradient, expected one with squash: 'tanh', as a Gaussian`);
}

/** @throws if the gradient does not go through the policy's samples */
export function checkReparameterized(owner: string, policy: Policy): void {
  const isReparameterized = tf.tidy(() => policy.given(tf.zeros([1, policy.observationDim])).reparameterized);
  if (isReparameterized) return;
  throw new Error(
    `${owner}: policy: got ${withArticle(policy.constructor.name)}, whose samples are not reparameterized, expected one whose ` +
      'samples are, as those of a Gaussian or a flow: the gradient goes through the sample' +
      (policy instanceof MixturePolicy ? "; a mixture's are with reparameterize: true" : ''),
  );
}

/** Whether the policy's actions are angles, of which critics are to see the cosine and the sine. */
export function hasAngles(policy: Policy): boolean {
  return tf.tidy(() => policy.given(tf.zeros([1, policy.observationDim])).angles ?? false);
}

/** A latent value that no squash into a box brings to an action beyond its bounds. */
const FAR = 1e6;

/**
 * Whether the policy's actions may leave a box: whether the squash of a large latent value does. Angles, and actions that are bounded as
 * they are, stay in it by themselves.
 */
export function leavesBounds(policy: Policy, box: Box): boolean {
  if (policy.boundedActions !== undefined) return false;
  return tf.tidy(() => {
    const distribution = policy.given(tf.zeros([1, policy.observationDim]));
    if (distribution.angles) return false;
    const farthest = [-FAR, FAR].map((end) => distribution.squash(tf.fill([1, box.size], end)).dataSync<'float32'>());
    const { low, high } = box;
    return farthest.some((action) => action.some((x, i) => !(x >= low[i]! && x <= high[i]!)));
  });
}

/** A name with its article: `a GaussianPolicy`, `an ImplicitPolicy`. */
export function withArticle(name: string): string {
  return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`;
}
