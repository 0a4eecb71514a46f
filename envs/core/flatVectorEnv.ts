import { checkOptions } from '../../src/options/parse.ts';
import { ObservationLayout, writeMask } from '../../src/policies/observationLayout.ts';
import { Box } from '../../src/spaces/box.ts';
import { choicesOf, plainSpace } from '../../src/spaces/plain.ts';
import type { BatchArray, Space } from '../../src/spaces/space.ts';
import type { Info } from './env.ts';
import type { GoalRewards } from './goalEnv.ts';
import { type VectorEnv, type VectorResetOptions, type VectorStep, VectorWrapper } from './vectorEnv.ts';

/** Options of {@link FlatVectorEnv}. */
interface FlatVectorEnvOptions {
  /** Whether each observation ends with the mask of the actions that `info.actionMask` allows; false. */
  readonly actionMask?: boolean;
}

/**
 * Shows the observations of a vector env as policies see them: one row of float32 numbers each, as `ObservationLayout` says. Agents
 * put it around what they are given where that is not so already.
 *
 * With `actionMask`, a row ends with 1 or 0 for each choice of an action, those of one entry after another's, from `info.actionMask` (or
 * `action_mask`, its name in Python): an array of as many numbers or booleans, or one of an array for each entry. Without it, at the end of
 * an episode, all are 1.
 */
export class FlatVectorEnv extends VectorWrapper {
  override readonly singleObservationSpace: Box;
  readonly #layout: ObservationLayout;
  /** How many choices each entry of an action has; undefined without masks. */
  readonly #nvec: readonly number[] | undefined;
  readonly #observations: Float32Array;
  readonly #finalObservations: Float32Array;

  /** @throws when the observations have no numbers, or there are to be masks of actions that are no choices */
  constructor(env: VectorEnv, options: FlatVectorEnvOptions = {}) {
    super(env);
    const { actionMask = false } = checkOptions('FlatVectorEnv', options, { actionMask: [Boolean, undefined] });
    const space = env.singleObservationSpace;
    this.#layout = new ObservationLayout('FlatVectorEnv: observations', space);
    this.#nvec = actionMask ? choicesIn(env.singleActionSpace) : undefined;
    const flat = this.#layout.box();
    if (this.#nvec === undefined) this.singleObservationSpace = new Box(flat);
    else {
      const all = (value: number) => this.#nvec!.flatMap((n) => new Array<number>(n).fill(value));
      this.singleObservationSpace = new Box({ low: [...flat.low, ...all(0)], high: [...flat.high, ...all(1)] });
    }
    this.#observations = new Float32Array(env.numEnvs * this.singleObservationSpace.size);
    this.#finalObservations = new Float32Array(this.#observations.length);
  }

  /** @throws as {@link step} */
  override reset(options?: VectorResetOptions): [observations: Float32Array, infos: Info[]] {
    const [observations, infos] = this.env.reset(options);
    for (let i = 0; i < this.numEnvs; i++) {
      if (options?.mask === undefined || options.mask[i])
        this.#show(observations, infos[i]!, this.#observations, i, false);
    }
    return [this.#observations, infos];
  }

  /** @throws as the env inside, or when a discrete observation is none of its space's, or an info has no mask, or one that allows nothing */
  override step(actions: BatchArray): VectorStep {
    const step = this.env.step(actions);
    const { observations, infos, finalObservations, finalInfos, terminations, truncations } = step;
    for (let i = 0; i < this.numEnvs; i++) {
      const hasEnded = terminations[i] === 1 || truncations[i] === 1;
      if (hasEnded) this.#show(finalObservations, finalInfos[i]!, this.#finalObservations, i, true);
      this.#show(observations, infos[i]!, this.#observations, i, hasEnded && this.autoresetMode !== 'sameStep');
    }
    return { ...step, observations: this.#observations, finalObservations: this.#finalObservations };
  }

  /** @param isLast whether the episode has ended with this observation, after which nothing is done */
  #show(rows: Float32Array, info: Info, target: Float32Array, i: number, isLast: boolean): void {
    const layout = this.#layout;
    const at = i * this.singleObservationSpace.size;
    try {
      layout.expand(rows, i * layout.rowSize, target, at);
      if (this.#nvec !== undefined) {
        writeMask(this.#nvec, info.actionMask ?? info.action_mask, target, at + layout.size, { isLast });
      }
    } catch (error) {
      throw new Error(`FlatVectorEnv: env ${i}: ${(error as Error).message}`, { cause: error });
    }
  }

  /** @throws if the envs have no goals */
  computeRewards(achievedGoals: Float32Array, desiredGoals: Float32Array): GoalRewards {
    if (this.env.computeRewards) return this.env.computeRewards(achievedGoals, desiredGoals);
    throw new Error('FlatVectorEnv: computeRewards: the env inside has none, expected envs with goals');
  }
}

function choicesIn(space: Space): readonly number[] {
  const plain = plainSpace('FlatVectorEnv: actions', space);
  if ('n' in plain || 'nvec' in plain || 'binaries' in plain) return choicesOf(plain).nvec;
  throw new Error(`FlatVectorEnv: actionMask: got ${space}, expected actions that are choices`);
}
