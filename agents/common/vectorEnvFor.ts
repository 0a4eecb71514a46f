import {
  type AnyEnv,
  Box,
  Discrete,
  FlatVectorEnv,
  MultiBinary,
  MultiDiscrete,
  SyncVectorEnv,
  type VectorEnv,
} from '../../envs/index.ts';
import { type ChoiceSpace, choicesOf, ObservationLayout, type Policy } from '../../src/index.ts';
import { note } from '../../src/note.ts';

/** The spaces of actions that policies have. */
export type ActionSpace = Box | Discrete | MultiDiscrete | MultiBinary;

/** Parallel environments that reset in the step that ends an episode, with the space of their actions. */
export interface PolicyEnv {
  readonly env: VectorEnv;
  readonly actionSpace: ActionSpace;
}

/**
 * The environments that a policy acts in, their observations as it sees them; a single one becomes a vector of one. Says so where their
 * actions have other bounds than those that the policy was made for.
 * @param owner who asks, as errors name it: `Ppo`
 * @throws if they do not fit the policy, have actions or observations that no policy has, or do not reset in the same step
 */
export function vectorEnvFor(owner: string, policy: Policy, given: VectorEnv | AnyEnv): PolicyEnv {
  const env = 'numEnvs' in given ? given : new SyncVectorEnv([() => given], { autoresetMode: 'sameStep' });
  const { singleActionSpace: actionSpace } = env;
  const layout = new ObservationLayout(`${owner}: the environment's observations`, env.singleObservationSpace);
  const { discreteActions, observationDim, maskDim } = policy;
  if (layout.size !== observationDim - maskDim || !isActionSpaceOf(policy, actionSpace)) {
    const actions = discreteActions ? `${spaceOf(discreteActions)} actions` : `a Box of ${policy.actionDim} actions`;
    throw new Error(
      `${owner}: wanted an environment with ${observationDim - maskDim} observations and ${actions}, as the policy has, ` +
        `got ${layout.size} and ${actionSpace instanceof Box ? `a Box of ${actionSpace.size}` : actionSpace}`,
    );
  }
  if (env.autoresetMode !== 'sameStep') {
    throw new Error(`${owner}: wanted an environment with autoresetMode 'sameStep', got '${env.autoresetMode}'`);
  }
  if (actionSpace instanceof Box) noteOtherBounds(owner, policy, actionSpace);
  if (layout.isPlain && maskDim === 0) return { env, actionSpace };
  return { env: new FlatVectorEnv(env, { actionMask: maskDim > 0 }), actionSpace };
}

function isActionSpaceOf({ discreteActions, actionDim }: Policy, space: unknown): space is ActionSpace {
  if (discreteActions === undefined) return space instanceof Box && space.size === actionDim;
  if (!(space instanceof Discrete || space instanceof MultiDiscrete || space instanceof MultiBinary)) return false;
  return String(spaceOf(discreteActions)) === String(spaceOf(space));
}

/** Bounds that are missing agree with all others: as those of `ClipAction`, they say nothing of the units of an action. */
function noteOtherBounds(owner: string, { config }: Policy, { low, high, size }: Box): void {
  const made = config?.actionSpace;
  if (made === undefined || !('low' in made)) return;
  const differ = (a: number, b: number) =>
    Number.isFinite(a) && Number.isFinite(b) && Math.fround(a) !== Math.fround(b);
  for (let i = 0; i < size; i++) {
    if (!differ(made.low[i]!, low[i]!) && !differ(made.high[i]!, high[i]!)) continue;
    const interval = (...bounds: number[]) => `[${bounds.map((bound) => Number(bound.toPrecision(7))).join(', ')}]`;
    note(
      `${owner}: the policy was made for actions in ${interval(made.low[i]!, made.high[i]!)}, the environment has ` +
        `${interval(low[i]!, high[i]!)}${size > 1 ? ` at ${i}` : ''}`,
    );
    return;
  }
}

/** The space of such choices, whatever the shape in which they come. */
function spaceOf(space: ChoiceSpace): Discrete | MultiDiscrete | MultiBinary {
  if ('n' in space) return new Discrete(space.n, space.start);
  if ('binaries' in space) return new MultiBinary(space.binaries);
  const { nvec, start } = choicesOf(space);
  return new MultiDiscrete(nvec, start);
}
