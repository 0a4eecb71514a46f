import { test } from 'vitest';
import { Sac } from '../../agents/index.ts';
import { Box } from '../../envs/index.ts';
import { makePolicy, Rng } from '../../src/index.ts';
import { normalLogPdf } from '../oracle/densities.ts';
import { mlp, under } from '../oracle/mlp.ts';
import { BATCH, expectClose, firstUpdate, mean, minibatch } from './firstUpdate.ts';
import { gradientOf, RecordingEnv, variablesOf } from './support.ts';

const [DIM, HALF] = [17, 0.4];
/** log of the volume of the actions by that of [−1, 1]¹⁷: 17 log 0.4, about −15.6 nats. */
const UNIT = DIM * Math.log(HALF);

const space = new Box({ low: -HALF, high: HALF, shape: [DIM] });
const policyOf = () =>
  makePolicy('gaussian', {
    observationSpace: new RecordingEnv(space).observationSpace,
    actionSpace: space,
    hidden: [3],
    scale: 'state',
    squash: 'tanh',
    rng: new Rng('policy'),
  });

/** The entropy of the minibatch's samples as a density on [−1, 1]¹⁷, where Stable-Baselines3 has it. */
async function update(options: object) {
  const policy = policyOf();
  const before = variablesOf(policy);
  const agent = new Sac({
    policy,
    env: new RecordingEnv(space),
    rng: new Rng('agent'),
    batchSize: BATCH,
    learningStarts: 40,
    reportEvery: 41,
    criticHidden: [3],
    ...options,
  });
  const { report, state, rng } = await firstUpdate(agent, 41);
  const rows = minibatch(state, rng, DIM);
  const stream = rng.split('updates');
  stream.fillNormal(new Float32Array(BATCH * DIM));
  const noise = stream.fillNormal(new Float32Array(BATCH * DIM));
  const logProbs = rows.map(({ observation }, row) => {
    const output = mlp(under(before, 'network'), observation);
    return Array.from({ length: DIM }, (_, i) => {
      const std = Math.exp(10 * Math.tanh(output[DIM + i]! / 10));
      const u = output[i]! + std * noise[row * DIM + i]!;
      return normalLogPdf(u, output[i]!, std) - Math.log(1 - Math.tanh(u) ** 2);
    }).reduce((sum, value) => sum + value, 0);
  });
  agent.dispose();
  return { entropy: -mean(logProbs), report, towards: gradientOf(state, 'temperatureOptimizer')[0]! };
}

test('the entropy is that of the density in the units of the action, and its usual target Stable-Baselines3’s', async () => {
  const { entropy, report, towards } = await update({});
  // Of 17 components that go from −0.4 to 0.4, a density is 0.4⁻¹⁷ times as high as on [−1, 1]¹⁷.
  expectClose([report.entropy!], [entropy + UNIT], 4);
  // The learned temperature sees the difference to the target, which is that to −17 nats on [−1, 1]¹⁷.
  expectClose([towards], [entropy + DIM], 4);
});

test('a target of one’s own is in the same units', async () => {
  const { entropy, towards } = await update({ targetEntropy: UNIT - 0.5 * DIM });
  expectClose([towards], [entropy + 0.5 * DIM], 4);
});
