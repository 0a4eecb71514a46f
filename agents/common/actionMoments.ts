import { z } from 'zod';
import { RunningMeanStd } from '../../envs/core/runningMeanStd.ts';
import type { Policy } from '../../src/index.ts';
import { ObservationStatistics, varianceOf } from './observationStatistics.ts';

/** An option of the agents that learn from data. */
export const standardize = z
  .boolean()
  .default(true)
  .describe(
    'whether, where actions have no bounds, actions and observations are brought to mean 0, deviation 1 by the data, as a part of the policy',
  );

/**
 * Mean and deviation of the actions of data, in float64, for a policy that was made for actions without bounds. A policy that has
 * been trained, or has units already, stays as it is.
 */
export class ActionMoments {
  readonly #policy: Policy;
  readonly #moments: RunningMeanStd;

  private constructor(policy: Policy) {
    this.#policy = policy;
    this.#moments = new RunningMeanStd(policy.actionDim, undefined, 0);
  }

  /** Undefined where the policy takes no units of data. */
  static of(policy: Policy, { standardize }: { readonly standardize: boolean }): ActionMoments | undefined {
    return standardize && policy.takesUnits ? new ActionMoments(policy) : undefined;
  }

  /** Takes in actions, row by row. */
  observe(actions: Float32Array): void {
    const { actionDim } = this.#policy;
    for (let at = 0; at < actions.length; at += actionDim) this.#moments.update(actions.subarray(at, at + actionDim));
  }

  /** Tells the policy. A number that has always been the same gets deviation 1. */
  publish(): void {
    this.#policy.standardizeActions({ mean: this.#moments.mean, deviation: varianceOf(this.#moments).map(Math.sqrt) });
  }
}

/**
 * The statistics of the observations of data, where they are asked for, or actions are brought to their units: then as far as the policy can
 * normalize.
 */
export function observationsOfData(
  policy: Policy,
  asked: Parameters<typeof ObservationStatistics.ofData>[1],
  actions: ActionMoments | undefined,
): ObservationStatistics | undefined {
  const normalizeObservations = asked.normalizeObservations || (actions !== undefined && policy.canNormalize());
  return ObservationStatistics.ofData(policy, { ...asked, normalizeObservations });
}
