import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { measureWalks } from '../../../common/lake.ts';
import { homeRateAgainstOpponent } from '../../../experiments/lake/blocked.ts';
import { GaussianPolicy, Rng, WrappedPolicy } from '../../../src/index.ts';
import { runStudy } from '../runStudy.ts';

/** Walks home by the upper bank in three steps, nearly without noise: the mean heading is linear in the position. */
function byUpperBank(): WrappedPolicy {
  const rng = new Rng(0);
  const gaussian = new GaussianPolicy({ observationDim: 2, actionDim: 1, hidden: [], initialScale: 0.01, rng });
  const [layer] = gaussian.network.layers;
  layer!.kernel.assign(tf.tensor2d([[-0.5475], [-0.5958]]));
  layer!.bias!.assign(tf.tensor1d([0.0787]));
  return new WrappedPolicy(gaussian);
}

test('who goes by one bank alone never gets home against an opponent, and as often as not against one without a memory', () => {
  const policy = byUpperBank();
  const options = { action: 'heading' } as const;
  const { metrics } = measureWalks({
    env: 'LakeStride-v0',
    options,
    policy,
    episodes: 20,
    keep: 0,
    rng: new Rng(1),
  });
  expect(metrics).toMatchObject({ homeRate: 1, upperShare: 1 });
  expect(homeRateAgainstOpponent(policy, options, new Rng(1))).toBe(0);
  const forgetful = homeRateAgainstOpponent(policy, { ...options, opponentRate: 0 }, new Rng(1));
  // 1000 walks: ½ within four standard errors.
  expect(Math.abs(forgetful - 0.5)).toBeLessThan(0.064);
  policy.dispose();
});

test('oxbow run lake --study E3: success of each policy, rising with the tries, and an answer', async () => {
  const small = ['soft.lake.steps=2048', 'blocked.fineTuning.steps=1024', 'evaluationEpisodes=64'];
  const few = ['--study', 'E3', '--policies', 'gaussian,spline', '--seeds', '1'];
  const { value, summary } = await runStudy('lake', few, small);
  for (const policy of ['gaussian', 'spline']) {
    const of = (metric: string) => value({ policy, metric });
    const successes = [1, 2, 4, 8].map((k) => of(`success${k}`)!);
    expect(successes).toEqual([...successes].sort((a, b) => a - b));
    // Who did not adapt took no number of steps to it.
    if (of('adapted') === 0) expect(of('stepsToAdapt')).toBeNull();
    else expect(of('stepsToAdapt')).toBeLessThanOrEqual(1024);
    expect(of('lesserHome')).toBeCloseTo((of('modeBalance') ?? 0) * of('homeRate')!, 12);
    expect(of('lesserHome')).toBeGreaterThan(0);
    // The tries are at the bank whose blocking is the worse of the two.
    expect(of('success1')).toBeLessThanOrEqual(of('hidden')!);
    expect(of('opponentHome')).toBeLessThanOrEqual(1);
  }
  const home = value({ policy: 'spline', metric: 'success8' })!;
  expect(summary.experiments.E3.answer).toContain(`a spline flow gets home in ${(100 * home).toFixed(1)}`);
});
