import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { Box } from '../../envs/index.ts';
import {
  BestOfPolicy,
  checkPolicy,
  type FlowMatchingPolicy,
  makePolicy,
  type Policy,
  policies,
  policyFromJson,
  policyToJson,
  Rng,
} from '../../src/index.ts';
import { type ActionChunk, ChunkedActions } from '../../src/policies/actionChunks.ts';
import { ActionCritics } from '../../src/policies/criticNetworks.ts';
import { perturb } from '../support/perturb.ts';
import { all, decode, text } from '../support/protobuf.ts';
import { spacesFor } from './spacesFor.ts';

const LENGTH = 4;
const SIZE = 2;
const ROWS = 3;

/** The number j of action i of the chunk that row `row` takes at call `call`. */
const numberOf = (call: number, row: number, i: number, j: number) => 7 + 1000 * call + 100 * row + 10 * i + j;

/** Plays steps of rows whose episodes end now and then; says what was made, and what chunks were taken when. */
function played(chunk: ActionChunk, steps: number, ends: (step: number, row: number) => boolean) {
  const acting = new ChunkedActions({ chunk, actionDim: LENGTH * SIZE }, ROWS);
  let calls = 0;
  const take = () => {
    const call = calls++;
    return Float32Array.from({ length: ROWS * LENGTH * SIZE }, (_, at) => {
      const [row, rest] = [Math.floor(at / (LENGTH * SIZE)), at % (LENGTH * SIZE)];
      return numberOf(call, row, Math.floor(rest / SIZE), rest % SIZE);
    });
  };
  return Array.from({ length: steps }, (_, step) => {
    const made = Array.from(acting.next(take));
    const terminations = Array.from({ length: ROWS }, (_, row) => Number(ends(step, row) && row % 2 === 0));
    const truncations = Array.from({ length: ROWS }, (_, row) => Number(ends(step, row) && row % 2 === 1));
    acting.resetEnded({ terminations, truncations });
    return { made, calls };
  });
}

const ends = (step: number, row: number) => (step + 1) % (5 + 2 * row) === 0;

test.each([1, 3, 4])(
  'the first %i of four actions are made, then the next chunk, and at the begin of an episode',
  (execute) => {
    // A list for each row: the call of its chunk, and how much of it has been made.
    const rows = Array.from({ length: ROWS }, () => ({ call: -1, at: execute }));
    let calls = 0;
    for (const [step, { made, calls: taken }] of played({ length: LENGTH, execute }, 40, ends).entries()) {
      if (rows.some(({ at }) => at === execute)) {
        for (const row of rows) if (row.at === execute) Object.assign(row, { call: calls, at: 0 });
        calls += 1;
      }
      expect(taken).toBe(calls);
      expect(made).toEqual(rows.flatMap(({ call, at }, row) => [0, 1].map((j) => numberOf(call, row, at, j))));
      rows.forEach((row, i) => {
        row.at = ends(step, i) ? execute : row.at + 1;
      });
    }
    expect(calls).toBeGreaterThan(40 / execute - 1);
  },
);

test.each([0, 0.3])(
  'blended by %d, an action is a weighted mean of what the last chunks of the episode say, the oldest first',
  (blend) => {
    const begins = Array<number>(ROWS).fill(0);
    for (const [step, { made, calls }] of played({ length: LENGTH, execute: 1, blend }, 40, ends).entries()) {
      // A chunk for every step.
      expect(calls).toBe(step + 1);
      const wanted = begins.flatMap((begin, row) => {
        const oldest = Math.max(begin, step - LENGTH + 1);
        return [0, 1].map((j) => {
          let [sum, total] = [0, 0];
          for (let t = oldest; t <= step; t++) {
            const weight = Math.exp(-blend * (t - oldest));
            sum += weight * numberOf(t, row, step - t, j);
            total += weight;
          }
          return sum / total;
        });
      });
      made.forEach((number, i) => {
        expect(number / wanted[i]!).toBeCloseTo(1, 6);
      });
      begins.forEach((_, row) => {
        if (ends(step, row)) begins[row] = step + 1;
      });
    }
  },
);

test('two chunks blended by hand: exp(0) of the older, exp(−0.5) of the newer', () => {
  const acting = new ChunkedActions({ chunk: { length: 2, execute: 1, blend: 0.5 }, actionDim: 2 }, 1);
  expect([...acting.next(() => [1, 2])]).toEqual([1]);
  // (1 · 2 + 0.60653066 · 10) / 1.60653066
  expect(acting.next(() => [10, 20])[0]).toBeCloseTo(5.0202, 3);
});

test('of single actions it gives what the policy gives', () => {
  const acting = new ChunkedActions({ actionDim: 2 }, 2);
  const given = [1, 2, 3, 4];
  expect(acting.next(() => given)).toBe(given);
});

const observationSpace = new Box({ low: -1, high: 1, shape: [3] });
const actionSpace = new Box({ low: [-2, 0], high: [2, 5] });
const task = { observationSpace, actionSpace, hidden: [6] };
const chunked = (name: string, options: object = {}) =>
  perturb(
    makePolicy<string>(name, { ...task, rng: new Rng('policy'), chunk: 3, ...options }) as Policy<Float32Array>,
    new Rng('weights'),
  );

describe('a policy of chunks', () => {
  test.each(
    policies()
      .filter(({ actions }) => actions === 'box')
      .map((info) => [info.name, info] as const),
  )('%s keeps the contract over all numbers of a chunk, and comes back from a file with it', (name, info) => {
    const spaces = spacesFor(info);
    const policy = perturb(
      makePolicy<string>(name, { ...spaces, rng: new Rng(0), hidden: [5], chunk: 2 }),
      new Rng(1),
      0.1,
    );
    expect(policy).toMatchObject({ actionDim: 4, chunk: { length: 2, execute: 2 } });
    checkPolicy(policy);
    expect(policy.config!.actionSpace).toMatchObject({ shape: [2] });
    expect(policy.config!.options).toMatchObject({ chunk: 2, execute: 2 });
    const { policy: again } = policyFromJson(policyToJson(policy));
    expect(again).toMatchObject({ chunk: policy.chunk, config: policy.config, actionDim: 4 });
    for (const each of [policy, again]) each.dispose();
  });

  test.each([
    [{}, { length: 3, execute: 3 }],
    [{ execute: 2 }, { length: 3, execute: 2 }],
    [{ blend: 0.01 }, { length: 3, execute: 1, blend: 0.01 }],
  ])('%o is %o, also from a file', (options, chunk) => {
    const policy = chunked('gaussian', options);
    expect(policy.chunk).toEqual(chunk);
    expect(policyFromJson(policyToJson(policy)).policy.chunk).toEqual(chunk);
  });

  test('of one action is one without: the same config and variables', () => {
    const [one, without] = [{ chunk: 1 }, {}].map((options) =>
      policyToJson(makePolicy('spline', { ...task, ...options, rng: new Rng(0) })),
    );
    expect(one).toBe(without);
  });

  test('has the bounds of an action in each, in the squash and beyond', () => {
    const policy = chunked('gaussian', { squash: 'tanh', initialScale: 50 });
    const { action } = tf.tidy(() => {
      const { action } = policy.given(tf.zeros([64, 3])).sampleWithLogProb(new Rng(0));
      return { action: action.arraySync() as number[][] };
    });
    for (const row of action) {
      row.forEach((number, i) => {
        expect(number).toBeGreaterThanOrEqual(actionSpace.low[i % 2]!);
        expect(number).toBeLessThanOrEqual(actionSpace.high[i % 2]!);
      });
      expect(row).toHaveLength(6);
    }
  });

  test('acts by one chunk until it has been made, or an episode begins, clipped to the bounds of an action', () => {
    const policy = chunked('gaussian', { execute: 2, initialScale: 30 });
    const actor = policy.actor({ rng: new Rng('act') });
    const observation = [0.1, 0.2, 0.3];
    const clip = (numbers: ArrayLike<number>) =>
      Array.from(numbers, (x, i) => Math.min(Math.max(x, actionSpace.low[i]!), actionSpace.high[i]!));
    const chunks = [0, 1, 2].map(() => [...actor.act(observation).action]);
    const act = () => [...policy.act(observation)];
    expect([act(), act()]).toEqual([clip(chunks[0]!.slice(0, 2)), clip(chunks[0]!.slice(2, 4))]);
    expect(act()).toEqual(clip(chunks[1]!.slice(0, 2)));
    policy.reset();
    expect(act()).toEqual(clip(chunks[2]!.slice(0, 2)));
    expect(chunks.flat().some((x) => Math.abs(x) > 5)).toBe(true);
    for (const each of [actor, policy]) each.dispose();
  });

  test('is written to ONNX as it is, clipped in each action, with the chunk in the metadata', () => {
    const policy = chunked('gaussian', { blend: 0.5 });
    const { model, outputs } = policy.toOnnx();
    expect(outputs.find(({ name }) => name === 'action')!.shape).toEqual(['batch', 6]);
    // ModelProto.metadata_props: StringStringEntryProto.
    const metadata = Object.fromEntries(
      all(decode(model), 14).map((entry) => {
        const fields = decode(entry as Uint8Array);
        return [1, 2].map((field) => text(all(fields, field)[0]!));
      }),
    ) as Record<string, string>;
    expect(metadata.chunk).toBe('{"length":3,"execute":1,"blend":0.5}');
    expect(JSON.parse(metadata.actionSpace!).low).toEqual([-2, 0]);
  });

  test('is that of its best samples, and of its exact flow', () => {
    const policy = chunked('flow-matching') as unknown as FlowMatchingPolicy;
    const bounds = { low: [-2, 0, -2, 0, -2, 0], high: [2, 5, 2, 5, 2, 5], shape: [6] };
    const ofCritics = { observationDim: 3, actionSpace: bounds, criticHidden: [4], rng: new Rng('critics') };
    const best = new BestOfPolicy({ policy, critics: new ActionCritics(ofCritics), actionSpace: bounds, samples: 4 });
    expect(best).toMatchObject({ chunk: policy.chunk, actionDim: 6 });
    expect(policy.exact().chunk).toEqual(policy.chunk);
    const { policy: again } = policyFromJson<Float32Array>(policyToJson(best));
    expect(again.chunk).toEqual(policy.chunk);
    const draw = (each: Policy) => [...each.actor({ rng: new Rng(5) }).act([0.3, 0.1, -0.2]).action];
    expect(draw(again)).toEqual(draw(best));
    expect(again.act([0, 0, 0])).toHaveLength(2);
  });

  const message = (options: object, name = 'gaussian', space: object = actionSpace) => {
    try {
      makePolicy<string>(name, { ...task, actionSpace: space as Box, rng: new Rng(0), ...options });
    } catch (error) {
      return (error as Error).message;
    }
    return 'no error';
  };

  const circle = new Box({ low: -Math.PI, high: Math.PI, shape: [1] });
  test.each([
    [{ execute: 2 }, "makePolicy('gaussian'): execute: got 2, expected a chunk of actions beside it: chunk: 4, say"],
    [
      { blend: 0.1, chunk: 1 },
      "makePolicy('gaussian'): blend: got 0.1, expected a chunk of actions beside it: chunk: 4, say",
    ],
    [{ chunk: 3, execute: 4 }, "makePolicy('gaussian'): execute: got 4, expected at most the 3 of a chunk"],
    [
      { chunk: 3, execute: 1, blend: 0 },
      "makePolicy('gaussian'): execute: got 1, expected none beside blend, which takes a chunk at every step",
    ],
    [
      { chunk: 2, memory: 'gru' },
      "makePolicy('gaussian'): chunk: got 2, expected 1 for a policy with a memory, which is to see every step",
    ],
  ])('%o is refused', (options, expected) => expect(message(options)).toBe(expected));

  test('refuses choices, and a mean of angles', () => {
    expect(message({ chunk: 2 }, 'categorical', { n: 3, start: 0 })).toBe(
      "makePolicy('categorical'): chunk: got 2, expected 1 for actions that are choices",
    );
    const before = tf.memory().numTensors;
    for (const [name, options] of [
      ['circular-spline', {}],
      ['gaussian', { squash: 'wrap' }],
    ] as const) {
      expect(message({ ...options, chunk: 2, blend: 0 }, name, circle)).toBe(
        `makePolicy('${name}'): blend: got 0 for actions that are angles, expected none: their mean may lie opposite`,
      );
    }
    expect(tf.memory().numTensors).toBe(before);
    expect(message({ chunk: 2, squash: 'wrap' }, 'gaussian', circle)).toBe('no error');
  });
});
