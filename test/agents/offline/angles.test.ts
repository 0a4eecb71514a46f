import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import type { ActionValues } from '../../../agents/core/critics.ts';
import { Iql, NfRlbc } from '../../../agents/index.ts';
import { EpisodesInMemory } from '../../../datasets/index.ts';
import { Box } from '../../../envs/index.ts';
import { makePolicy, type Policy, Rng } from '../../../src/index.ts';
import { observationSpace, randomEpisodes } from './support.ts';

const actionSpace = new Box({ low: [-Math.PI, -Math.PI], high: [Math.PI, Math.PI] });
const dataset = new EpisodesInMemory({ observationSpace, actionSpace, episodes: randomEpisodes() });
const policyOf = (): Policy =>
  makePolicy('gaussian', { observationSpace, actionSpace, squash: 'wrap', hidden: [3], rng: new Rng('policy') });
const common = { dataset, rng: new Rng('agent'), batchSize: 8, criticHidden: [3] };

test('where actions are angles, the critics of agents that learn from data see no seam', () => {
  const valuesAt = (critics: ActionValues) =>
    critics.least(tf.zeros([3, 2]), tf.tensor2d([-3, 1, 2 * Math.PI - 3, 1, 1, 1], [3, 2])).dataSync();
  const iql = new Iql({ ...common, policy: policyOf() });
  const nfRlbc = new NfRlbc({ ...common, policy: policyOf() });
  for (const critics of [iql.critics, iql.targetCritics, nfRlbc.critics]) {
    const [one, same, other] = valuesAt(critics);
    expect(same).toBeCloseTo(one!, 5);
    expect(other).not.toBeCloseTo(one!, 5);
  }
});
