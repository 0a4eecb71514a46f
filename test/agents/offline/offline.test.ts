import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { OfflineReplay, offlineOptions } from '../../../agents/core/offline.ts';
import { type Agent, BehaviorCloning, DivergedError, Fql, Iql, NfRlbc, Td3, Td3Bc } from '../../../agents/index.ts';
import { type Episode, type EpisodeSource, EpisodesInMemory } from '../../../datasets/index.ts';
import { Box } from '../../../envs/index.ts';
import {
  Actor,
  type BestOfPolicy,
  boxSquash,
  FlowMatchingPolicy,
  GaussianPolicy,
  makePolicy,
  type Policy,
  policyFromJson,
  policyToJson,
  Rng,
} from '../../../src/index.ts';
import { parseOptions } from '../../../src/options/parse.ts';
import { box, wideBox } from '../support.ts';
import {
  common,
  datasetOf,
  envs,
  finish,
  implicitPolicy,
  observationSpace,
  policyOf,
  randomEpisodes,
} from './support.ts';

test('critics that diverge are noticed and named, with what to change', async () => {
  // Every target is 99 times what it should be: no reward, and a discount that a bootstrap makes grow.
  const rewards = (episode: Episode) => ({
    ...episode,
    rewards: episode.rewards.fill(0.01),
    terminations: episode.terminations.fill(0),
    truncations: episode.truncations.map((_, t, all) => Number(t === all.length - 1)),
  });
  const dataset = datasetOf(randomEpisodes().map(rewards));
  const agent = new NfRlbc({
    ...common,
    policy: policyOf(wideBox, {}),
    dataset: new EpisodesInMemory({ observationSpace, actionSpace: wideBox, episodes: dataset.episodes() }),
    ...{ alpha: 1e-6, gamma: 0.99, learningRate: 0.3, tau: 1, reportEvery: 50, maxGradientNorm: 10 },
  });
  const trained = finish(agent, 5000);
  await expect(trained).rejects.toThrow(DivergedError);
  await expect(trained).rejects.toThrow(
    /^NfRlbc: the critics' mean value is .* rewards of at most 0.01 allow ±1: .* alpha/,
  );
});

describe('the bounds of actions', () => {
  const saying = (low: number[], high: number[]) => {
    const actionSpace = new Box({ low, high });
    return new EpisodesInMemory({ observationSpace, actionSpace, episodes: randomEpisodes() });
  };

  test("are the policy's where the data say none, also online and from a file", async () => {
    const made = [datasetOf(), saying([-Infinity, -2], [Infinity, Infinity])].map((dataset) => {
      const online = { env: envs(), onlineSteps: 4 };
      return new Iql({ ...common, ...online, policy: policyOf(box, {}), dataset, bestOf: 6 });
    });
    const [whole, bare] = await Promise.all(made.map((agent) => finish(agent, 20)));
    expect(bare!.end).toBe(whole!.end);
    const acting = made[1]!.actingPolicy!;
    const observations = tf.tensor2d(new Rng('o').fillNormal(new Float32Array(40)), [20, 2]);
    const actions = (policy: Policy) => policy.greedy(observations).action.dataSync();
    expect(actions(policyFromJson(policyToJson(acting)).policy)).toEqual(actions(acting));
  });

  test('are refused where the data say others', () => {
    const policy = policyOf(box, {});
    expect(() => new Iql({ ...common, policy, dataset: saying([-1, -1], [3, 2]) })).toThrow(
      /^Iql: dataset: got actions in/,
    );
    // Not rounded to float32, as those of the data are.
    const actionSpace = { low: [-0.4, -0.4], high: [0.4, 0.4], shape: [2] };
    const rounded = makePolicy('gaussian', { observationSpace, actionSpace, hidden: [3], rng: new Rng(0) });
    new Iql({ ...common, policy: rounded, dataset: saying([-0.4, -0.4], [0.4, 0.4]) }).dispose();
  });
});

test('TD3 and TD3+BC leave nothing behind where they refuse a policy that they cannot copy', () => {
  const squash = boxSquash({ low: box.low, high: box.high });
  const policy = new GaussianPolicy({ observationDim: 2, actionDim: 2, hidden: [3], squash, rng: new Rng(0) });
  const before = tf.memory().numTensors;
  const refused = /: policy: got a GaussianPolicy of unknown making, expected one of makePolicy/;
  expect(() => new Td3Bc({ ...common, policy, dataset: datasetOf() })).toThrow(refused);
  expect(() => new Td3({ policy, env: envs(), rng: new Rng(0), criticHidden: [3] })).toThrow(refused);
  // The normalizer is the policy's.
  expect(tf.memory().numTensors).toBe(before + policy.normalizer!.variables().length);
});

test('online, a share of each minibatch is from the data, and rewards of both are scaled', () => {
  const given = {
    ...common,
    policy: policyOf(),
    dataset: datasetOf(),
    batchSize: 40,
    offlineShare: 0.25,
    rewardScale: 2,
  };
  const config = parseOptions('Test', z.strictObject(offlineOptions), (({ criticHidden: _, ...own }) => own)(given));
  const replay = new OfflineReplay('Test', config, envs(1));
  const isNew = () =>
    Array.from(replay.sample(new Rng(0)).actions)
      .filter((_, i) => i % 2 === 0)
      .map((a) => a === 3);
  replay.online!.begin(new Float32Array(2));
  expect(isNew()).not.toContain(true);
  expect(replay.largestReward).toBeLessThan(10);
  const step = {
    commanded: Float32Array.of(3, 2),
    observations: new Float32Array(2),
    rewards: Float64Array.of(7),
    terminations: new Uint8Array(1),
    truncations: new Uint8Array(1),
    finalObservations: new Float32Array(2),
  };
  // Beyond all that the data have.
  replay.online!.add(step);
  expect(isNew()).toEqual(Array.from({ length: 40 }, (_, i) => i >= 10));
  expect(replay.sample(new Rng(0)).rewards.slice(10)).toEqual(new Float32Array(30).fill(14));
  expect(replay.largestReward).toBe(14);
});

test('Iql weighs the loss of a policy without a density, if that takes weights, and says so if not', () => {
  class Plain extends FlowMatchingPolicy {
    override matchingLoss = (o: tf.Tensor, a: tf.Tensor, rng: Rng) => super.matchingLoss(o, a, rng);
  }
  const policy = () => new Plain({ observationDim: 2, actionSpace: box, hidden: [3], rng: new Rng(0) });
  expect(() => new Iql({ ...common, policy: policy(), dataset: datasetOf() })).toThrow(/^Iql: beta: got 3, expected 0/);
  new Iql({ ...common, policy: policy(), dataset: datasetOf(), beta: 0 }).dispose();
  expect(() => new Iql({ ...common, policy: implicitPolicy(), dataset: datasetOf() })).toThrow(
    /^Iql: policy: got an Impl/,
  );
});

test('the best of samples is the one that the critics rate highest, of any policy', async () => {
  const policy = policyOf(wideBox, { initialScale: 0.2 });
  const dataset = new EpisodesInMemory({ observationSpace, actionSpace: wideBox, episodes: randomEpisodes() });
  const agent = new Iql({ ...common, policy, dataset, beta: 0 });
  const best: BestOfPolicy = agent.bestOf(5);
  const observations = new Rng('o').fillNormal(new Float32Array(6));
  const of = tf.tensor2d(observations, [3, 2]);
  const { action } = best.given(of).sample(new Rng('draws'));
  const drawn = policy.given(tf.tile(of, [5, 1])).sampleWithLogProb(new Rng('draws')).action;
  const values = agent.targetCritics.least(tf.tile(of, [5, 1]), drawn).dataSync();
  const rows = drawn.arraySync() as number[][];
  for (let i = 0; i < 3; i++) {
    const ranked = [0, 1, 2, 3, 4].map((k) => 3 * k + i).sort((a, b) => values[b]! - values[a]!);
    expect((action.arraySync() as number[][])[i]).toEqual(rows[ranked[0]!]);
  }
  // A policy of samples alone may be chosen from, too.
  const again = new Actor(best, { rng: new Rng(0), batch: 3 });
  expect(again.act(observations).action).toHaveLength(6);
  again.dispose();
  expect(() => agent.bestOf(0)).toThrow('BestOfPolicy: samples: got 0, expected a positive integer');
});

test.each<[string, (dataset: EpisodeSource) => Agent]>([
  ['Iql', (dataset) => new Iql({ ...common, policy: policyOf(box, {}), dataset })],
  ['NfRlbc', (dataset) => new NfRlbc({ ...common, policy: policyOf(box, {}), dataset, alpha: 1 })],
  ['Td3Bc', (dataset) => new Td3Bc({ ...common, policy: policyOf(), dataset })],
  ['Fql', (dataset) => new Fql({ ...common, dataset, alpha: 1, behaviorHidden: [3], policy: implicitPolicy() })],
])('%s says which share of the actions lies outside their bounds', (owner, make) => {
  const said = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const lines = () => said.mock.calls.map(([line]) => line as string).filter((line) => line.startsWith(owner));
  make(datasetOf()).dispose();
  expect(lines()).toEqual([]);
  const episodes = randomEpisodes();
  // Two of 18 actions: beyond a bound of the second component, and of both.
  episodes[0]!.actions[1] = 3;
  episodes[2]!.actions.set([5, -3], 2);
  make(datasetOf(episodes)).dispose();
  const how = owner === 'Td3Bc' ? 'clipped' : 'as they are';
  expect(lines()).toEqual([expect.stringMatching(`^${owner}: dataset: 11 % of the actions .* ${how}`)]);
});

describe('cloning', () => {
  test('of a dataset is that of its pairs', async () => {
    const dataset = datasetOf();
    const episodes = randomEpisodes();
    const pairs = {
      observations: Float32Array.from(episodes.flatMap(({ observations }) => [...observations.slice(0, -2)])),
      actions: Float32Array.from(episodes.flatMap(({ actions }) => [...actions])),
    };
    const made = [{ dataset }, { demonstrations: pairs }].map(
      (data) => new BehaviorCloning({ policy: policyOf(), batchSize: 6, reportEvery: 1, ...data }),
    );
    const [ofDataset, ofPairs] = await Promise.all(made.map((agent) => finish(agent, 4)));
    expect(ofDataset!.end).toBe(ofPairs!.end);
  });

  test('of a dataset with more steps than it says is refused, and of two sources', () => {
    const { observationSpace, actionSpace, ...rest } = datasetOf();
    const dataset = {
      ...rest,
      observationSpace,
      actionSpace,
      numEpisodes: 4,
      numSteps: 13,
      episodes: () => randomEpisodes(),
    };
    expect(() => new BehaviorCloning({ policy: policyOf(), dataset })).toThrow(/dataset: got at least 14 steps .* 13/);
    const demonstrations = { observations: new Float32Array(2), actions: new Float32Array(2) };
    const both = { policy: policyOf(), dataset: datasetOf(), demonstrations };
    expect(() => new BehaviorCloning(both)).toThrow(/dataset, got both$/);
  });
});
