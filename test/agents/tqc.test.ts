import { expect, test } from 'vitest';
import { Tqc, type TqcOptions } from '../../agents/index.ts';
import { Rng } from '../../src/index.ts';
import { mlp, under, type Variables } from '../oracle/mlp.ts';
import { splineQuantiles } from '../oracle/splineQuantiles.ts';
import { perturb } from '../support/perturb.ts';
import {
  BATCH,
  expectAveraged,
  expectClose,
  expectPriorities,
  firstUpdateFrom,
  gaussian,
  gradientBy,
  mean,
  minibatch,
  noiseOf,
  PRIORITIZED,
  relu,
  scaled,
  tanhGaussian,
} from './firstUpdate.ts';
import { box, gradientOf, RecordingEnv, variablesOf } from './support.ts';

const [CRITICS, QUANTILES, DROPPED, BINS] = [3, 5, 2, 4];

const make = (options: Partial<TqcOptions> = {}) =>
  new Tqc({
    rng: new Rng('agent'),
    batchSize: BATCH,
    learningStarts: 40,
    reportEvery: 41,
    gamma: 0.9,
    policy: gaussian(),
    env: new RecordingEnv(box),
    critics: CRITICS,
    quantiles: QUANTILES,
    droppedPerCritic: DROPPED,
    bins: BINS,
    criticHidden: [4],
    ...options,
  });

test.each([
  ['free', 'free', {}],
  ['spline', 'spline', {}],
  ['free, prioritized', 'free', PRIORITIZED],
] as const)('the first update is that of the paper in float64, quantiles %s', async (_, quantileFunction, replay) => {
  const quantilesOf = (variables: Variables, observation: number[], action: number[]): number[][] => {
    return Array.from({ length: CRITICS }, (_, n) => {
      const output = mlp(under(variables, `networks.${n}`), [...observation, ...scaled(action)], relu);
      return quantileFunction === 'free' ? output : splineQuantiles(output, BINS, QUANTILES);
    });
  };

  const policy = gaussian();
  const agent = make({ ...replay, policy, quantileFunction, baseEntropy: 1.3, initialTemperature: 0.7, tau: 0.25 });
  perturb(agent.critics, new Rng('critics'), 0.4);
  const before = { policy: variablesOf(policy), critics: variablesOf(agent.critics) };
  const { report, state, rng } = await firstUpdateFrom(agent);
  const rows = minibatch(state, rng, 2);
  const stream = rng.split('updates');
  const [nextNoise, noise] = [noiseOf(stream), noiseOf(stream)];
  const targets = rows.map(({ reward, next, goesOn }, i) => {
    const { action, logProb } = tanhGaussian(before.policy, next, nextNoise[i]!);
    const sorted = quantilesOf(before.critics, next, action)
      .flat()
      .toSorted((a, b) => a - b);
    return sorted
      .slice(0, (QUANTILES - DROPPED) * CRITICS)
      .map((z) => reward + 0.9 * goesOn * (z - 0.7 * (logProb + 1.3)));
  });
  const huber = (x: number) => (Math.abs(x) <= 1 ? x ** 2 / 2 : Math.abs(x) - 0.5);
  const criticLoss = (critics: Variables) =>
    mean(
      rows.map(({ observation, action, weight }, row) =>
        quantilesOf(critics, observation, action)
          .map((quantiles) =>
            mean(
              quantiles.map((theta, m) => {
                const tau = (m + 0.5) / QUANTILES;
                return mean(targets[row]!.map((y) => (y < theta ? 1 - tau : tau) * huber(y - theta)));
              }),
            ),
          )
          .reduce((sum, loss) => sum + weight * loss, 0),
      ),
    );
  const after = variablesOf(state.parts.critics);
  const sampled = (of: Variables) => rows.map(({ observation }, i) => tanhGaussian(of, observation, noise[i]!));
  const policyLoss = (of: Variables) =>
    mean(
      sampled(of).map(
        ({ action, logProb }, i) => 0.7 * logProb - mean(quantilesOf(after, rows[i]!.observation, action).flat()),
      ),
    );
  const entropy = -mean(sampled(before.policy).map(({ logProb }) => logProb));
  const actionValue = mean(
    rows.map(({ observation, action }) => mean(quantilesOf(before.critics, observation, action)[0]!)),
  );
  expectClose(
    [report.criticLoss!, report.policyLoss!, report.entropy!, report.actionValue!],
    [criticLoss(before.critics), policyLoss(before.policy), entropy, actionValue],
  );
  expectPriorities(
    state,
    rows,
    rows.map(({ observation, action }, row) =>
      quantilesOf(before.critics, observation, action).map((quantiles) => mean(quantiles) - mean(targets[row]!)),
    ),
  );
  expectClose(gradientOf(state, 'criticOptimizer'), gradientBy(before.critics, criticLoss));
  expectClose(gradientOf(state, 'policyOptimizer'), gradientBy(before.policy, policyLoss));
  expectClose(gradientOf(state, 'temperatureOptimizer'), [entropy - (2 * Math.log(2) - 2)]);
  // The target networks begin as copies of the critics, whatever those are when the training begins.
  expectAveraged(state.parts.targets, before.critics, state.parts.critics);
  agent.dispose();
});

test('refuses to leave out all quantiles, and a spline of one bin', () => {
  expect(() => make({ droppedPerCritic: 5 })).toThrow('Tqc: droppedPerCritic: got 5');
  expect(() => make({ quantileFunction: 'spline', bins: 1 })).toThrow('Tqc: bins: got 1');
});
