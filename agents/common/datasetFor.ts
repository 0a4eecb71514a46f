import { checkEpisode } from '../../datasets/checkEpisode.ts';
import type { Episode, EpisodeSource } from '../../datasets/episode.ts';
import { Box } from '../../envs/index.ts';
import { ObservationLayout, type Policy } from '../../src/index.ts';

/** A dataset as a policy sees it. */
export interface DatasetFor {
  readonly numSteps: number;
  /** Whether all numbers of observations are k/255 for whole numbers k from 0 to 255. */
  readonly areBytes: boolean;
  /** Its episodes, with observations as one row of numbers each. @throws one line, at one that is no episode of the dataset's spaces */
  episodes(): Iterable<Episode>;
}

/**
 * @param owner who learns from it, as errors name it: `Iql`
 * @throws one line, if its spaces do not fit the policy, or there is no step
 */
export function datasetFor(owner: string, policy: Policy, dataset: EpisodeSource): DatasetFor {
  const { numSteps, actionSpace, observationSpace } = dataset;
  const { observationDim, actionDim, discreteActions } = policy;
  const layout = new ObservationLayout(`${owner}: dataset: observations`, observationSpace);
  const hasActions = actionSpace.size === actionDim && actionSpace instanceof Box === (discreteActions === undefined);
  if (layout.size !== observationDim || !hasActions) {
    const wanted = discreteActions === undefined ? `a Box of ${actionDim} actions` : `${actionDim} discrete actions`;
    const got = actionSpace instanceof Box ? `a Box of ${actionSpace.size}` : actionSpace;
    throw new Error(
      `${owner}: dataset: wanted ${observationDim} observations and ${wanted}, as the policy has, got ${layout.size} and ${got}`,
    );
  }
  if (numSteps === 0) throw new Error(`${owner}: dataset: got no step, expected episodes to learn from`);
  const misfit = (steps: number | string) =>
    new Error(`${owner}: dataset: got ${steps} steps in its episodes, expected ${numSteps}, as it says`);
  return {
    numSteps,
    areBytes: layout.areBytes,
    *episodes() {
      let number = 0;
      let steps = 0;
      for (const episode of dataset.episodes()) {
        checkEpisode(`${owner}: dataset: episode ${number++}`, episode, dataset);
        steps += episode.rewards.length;
        // Who reads them has room for as many as it says.
        if (steps > numSteps) throw misfit(`at least ${steps}`);
        yield layout.isPlain ? episode : { ...episode, observations: expanded(layout, episode.observations) };
      }
      if (steps < numSteps) throw misfit(steps);
    },
  };
}

/** Rows of a vector environment as a policy sees them. */
function expanded(layout: ObservationLayout, rows: Float32Array): Float32Array {
  const count = rows.length / layout.rowSize;
  const observations = new Float32Array(count * layout.size);
  for (let i = 0; i < count; i++) layout.expand(rows, i * layout.rowSize, observations, i * layout.size);
  return observations;
}
