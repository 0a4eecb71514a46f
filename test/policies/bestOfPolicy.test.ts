import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import {
  A2c,
  BehaviorCloning,
  Fql,
  Iql,
  NfRlbc,
  Ppo,
  Reinforce,
  Sac,
  SoftQLearning,
  Td3,
  Td3Bc,
} from '../../agents/index.ts';
import { Box, Dict, makeVec } from '../../envs/index.ts';
import {
  BestOfPolicy,
  type BoxSpace,
  makePolicy,
  type Policy,
  policyFromJson,
  policyToJson,
  Rng,
  sampleAction,
} from '../../src/index.ts';
import { hasDensity } from '../../src/policies/actionDistributions.ts';
import { ActionCritics } from '../../src/policies/criticNetworks.ts';
import { GreedyNoise } from '../../src/policies/greedy.ts';
import { datasetOf, observationSpace } from '../agents/offline/support.ts';
import { box } from '../agents/support.ts';

const angles = new Box({ low: -Math.PI, high: Math.PI, shape: [1] });
const images = new Dict({
  camera: new Box({ low: 0, high: 255, shape: [6, 6, 3], dtype: 'uint8' }),
  place: observationSpace,
});

function bestOf(name: string, given: object = {}, { samples = 4, seed = 0 } = {}): BestOfPolicy {
  const made = { observationSpace, actionSpace: box, hidden: [3], rng: new Rng(seed), ...given };
  const policy = makePolicy(name, made as never) as Policy;
  const { observationDim, encoder, config } = policy;
  const actionSpace = config!.actionSpace as BoxSpace;
  const isOfAngles = tf.tidy(() => policy.given(tf.zeros([1, observationDim])).angles ?? false);
  const critics = new ActionCritics({
    ...{ observationDim, encoder, actionSpace, angles: isOfAngles },
    ...{ critics: 3, criticHidden: [5, 4], criticActivation: 'tanh', criticLayerNorm: true, rng: new Rng(seed + 1) },
  });
  return new BestOfPolicy({ policy, critics, actionSpace, samples });
}

const acted = (policy: Policy): Float32Array =>
  tf.tidy(() => {
    const observations = new Rng('o').uniformTensor([3, policy.observationDim]);
    return sampleAction(policy.given(observations), new Rng('draws')).action.dataSync() as Float32Array;
  });

describe('the best of samples', () => {
  test('is greedy as it is: the best of the same samples for each observation', () => {
    const policy = bestOf('flow-matching');
    const { greedy, alone } = tf.tidy(() => {
      const observations = new Rng('o').uniformTensor([3, policy.observationDim]);
      const greedy = policy.greedy(observations);
      expect(greedy.logProb).toBeUndefined();
      const alone = tf
        .split(observations, 3)
        .flatMap((one) => [...policy.given(one).sample(new GreedyNoise(policy.samples, 1)).action.dataSync()]);
      return { greedy: [...greedy.action.dataSync()], alone };
    });
    expect(greedy).toEqual(alone.map((action) => expect.closeTo(action, 5)));
  });

  test('keeps its candidates while noise is held, row by row; without a density none is the densest', () => {
    const policy = bestOf('flow-matching');
    const observations = new Rng('o').fillNormal(new Float32Array(3 * policy.observationDim));
    using actor = policy.actor({ rng: new Rng('noise'), batch: 3, acting: { hold: 3 } });
    const [first, second] = [actor.act(observations).action.slice(), actor.act(observations).action.slice()];
    expect(second).toEqual(first);
    actor.reset(1);
    const third = actor.act(observations).action;
    const size = policy.actionDim;
    for (const row of [0, 1, 2]) {
      const [before, after] = [first, third].map((of) => [...of.slice(row * size, (row + 1) * size)]);
      if (row === 1) expect(after).not.toEqual(before);
      else expect(after).toEqual(before);
    }
    expect(() => policy.actor({ acting: { rule: 'densest' } })).toThrow(
      /^Actor: acting.rule: policy: got BestOfPolicy, which has samples and no density/,
    );
  });

  test('is of its policy’s samples the one of which the least of the critics is greatest', () => {
    const policy = bestOf('gaussian', { squash: 'tanh' });
    const { samples, critics, actionDim } = policy;
    const rows = tf.tidy(() => {
      const many = tf.tile(new Rng('o').uniformTensor([3, policy.observationDim]), [samples, 1]);
      const candidates = sampleAction(policy.policy.given(many), new Rng('draws')).action;
      const values = critics.of(many, candidates).map((value) => value.dataSync());
      const actions = [...candidates.dataSync()];
      return Array.from({ length: 3 * samples }, (_, i) => ({
        action: actions.slice(i * actionDim, (i + 1) * actionDim),
        value: Math.min(...values.map((each) => each[i]!)),
      }));
    });
    const best = [0, 1, 2].flatMap((i) => {
      const own = rows.filter((_, row) => row % 3 === i);
      return own.reduce((one, other) => (other.value > one.value ? other : one)).action;
    });
    expect([...acted(policy)]).toEqual(best.map((action) => expect.closeTo(action, 5)));
  });

  test.each<[string, string, object?]>([
    ['gaussian', 'within bounds', { squash: 'tanh' }],
    ['gaussian', 'normalized', { normalizeObservations: true, clipObservations: 2 }],
    ['flow-matching', 'by Euler', { solver: 'euler', steps: 3 }],
    ['implicit', 'by default'],
    ['circular-spline', 'over angles', { actionSpace: angles }],
    ['gaussian', 'of images', { observationSpace: images, encoder: 'small' }],
  ])('of %s, %s, is loaded as it was saved, critics and all: it acts the same', (name, _, given) => {
    const policy = bestOf(name, given);
    policy.variables().forEach((variable, i) => {
      if (variable.trainable) variable.assign(tf.add(variable, tf.mul(0.1, new Rng(i).normalTensor(variable.shape))));
    });
    const text = policyToJson(policy, { step: 7 });
    const { policy: loaded, about } = policyFromJson(text);
    expect(about).toEqual({ step: 7 });
    expect(loaded).toBeInstanceOf(BestOfPolicy);
    expect((loaded as BestOfPolicy).samples).toBe(4);
    expect(acted(loaded)).toEqual(acted(policy));
    expect(policyToJson(loaded, about) === text).toBe(true);
    // Other critics choose others: they are in the file.
    const others = policyFromJson(text).policy as BestOfPolicy;
    for (const variable of others.critics.trainableVariables()) variable.assign(tf.neg(variable));
    expect(acted(others)).not.toEqual(acted(policy));
    for (const each of [policy, loaded, others]) each.dispose();
  });

  test('is made by its name as files make it, and frees all that it has', () => {
    const before = tf.memory().numTensors;
    const policy = makePolicy('best-of', {
      ...{ observationSpace, actionSpace: box, rng: new Rng(0) },
      policy: { name: 'flow-matching', options: { hidden: [3] } },
      critics: { criticHidden: [4] },
    }) as BestOfPolicy;
    expect([policy.samples, policy.critics.networks.length, hasDensity(policy)]).toEqual([32, 2, false]);
    expect(policy.act([1, 2])).toHaveLength(2);
    policy.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test.each<[object, RegExp]>([
    [{ policy: { name: 'gausian' } }, /^makePolicy\('gausian'\): unknown policy, .*did you mean gaussian/],
    [{ policy: { name: 'best-of' } }, /^makePolicy\('best-of'\): policy: /],
    [{ policy: { name: 'gaussian' }, samples: 1e9 }, /^makePolicy\('best-of'\): samples: got 1000000000/],
    [{ policy: { name: 'gaussian' }, critics: { criticHidden: [-1] } }, /^makePolicy\('best-of'\): critics/],
  ])('made of %j is refused in one line', (options, message) => {
    const all = { observationSpace, actionSpace: box, rng: new Rng(0), critics: { criticHidden: [4] }, ...options };
    expect(() => makePolicy('best-of', all as never)).toThrow(message);
  });

  test('whose file is damaged, or of a policy that is not known, is refused', () => {
    const policy = bestOf('gaussian');
    const text = policyToJson(policy);
    expect(() => policyFromJson(text.replace('"samples": 4', '"samples": 5'))).toThrow(/is damaged: its checksum/);
    Object.assign(policy, { config: { ...policy.config, options: { ...policy.config!.options, samples: 'all' } } });
    expect(() => policyFromJson(policyToJson(policy))).toThrow(
      /^policyFromJson: the text does not fit the policy 'best-of' of this program: makePolicy\('best-of'\): samples: got "all"/,
    );
  });

  test('goes to ONNX with its critics', () => {
    const { inputs, outputs } = bestOf('gaussian').toOnnx();
    expect(inputs[0]!.name).toBe('observations');
    expect(outputs.map(({ name }) => name)).toEqual(['action', 'latent']);
    expect(inputs[1]!.shape).toEqual(['4*batch', 2]);
  });

  test('is trained by no agent, each of which says so', () => {
    const env = makeVec('Pendulum-v1', { numEnvs: 1 });
    const spaces = { observationSpace: env.singleObservationSpace, actionSpace: env.singleActionSpace };
    const online = { policy: bestOf('gaussian', spaces), env, rng: new Rng(0) };
    for (const Agent of [A2c, Ppo, Reinforce, Sac, SoftQLearning, Td3]) {
      expect(() => new Agent(online), Agent.name).toThrow(/: policy: got a BestOfPolicy, /);
    }
    const offline = { policy: bestOf('gaussian'), dataset: datasetOf(), rng: new Rng(0) };
    for (const Agent of [BehaviorCloning, Fql, Iql, NfRlbc, Td3Bc]) {
      const { rng: _, ...parts } = offline;
      expect(() => new Agent((Agent === BehaviorCloning ? parts : offline) as never), Agent.name).toThrow(
        /: policy: got a BestOfPolicy, /,
      );
    }
  });
});
