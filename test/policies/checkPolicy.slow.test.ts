import * as tf from '@tensorflow/tfjs-core';
import { describe, test } from 'vitest';
import { Box } from '../../envs/index.ts';
import { checkPolicy, EpsilonGreedyPolicy, makePolicy, policies, Rng } from '../../src/index.ts';
import { spacesFor } from './spacesFor.ts';

describe.each(policies())('no false alarm: $name', (info) => {
  const { observationSpace, actionSpace } = spacesFor(info);
  const bound = 'low' in actionSpace ? actionSpace.high[0]! : 0;
  const spaces =
    bound === 0 ? [actionSpace] : [1, 2, 5].map((dim) => new Box({ low: -bound, high: bound, shape: [dim] }));

  test.each([undefined, 'tanh', 'wrap'])('squash %s', (squash) => {
    for (const space of spaces) {
      // As it is made, where the space is the smallest; and after it has moved.
      for (const std of space === spaces[0] ? [0, 0.1] : [0.1]) {
        const options = {
          observationSpace,
          actionSpace: space,
          hidden: [8],
          rng: new Rng(1),
          ...(squash && { squash }),
        };
        let policy: ReturnType<typeof makePolicy>;
        try {
          policy = makePolicy(info.name, options as never);
        } catch {
          // Not every policy has every squash.
          continue;
        }
        const rng = new Rng('moved');
        for (const variable of policy.trainableVariables()) {
          tf.tidy(() => variable.assign(tf.add(variable, tf.mul(rng.normalTensor(variable.shape), std))));
        }
        const gradients = !(policy instanceof EpsilonGreedyPolicy);
        checkPolicy(policy, { gradients, ...(space === spaces[0] && { samples: 1000 }) });
        policy.dispose();
      }
    }
  });
});
