import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, test } from 'vitest';
import { makePolicy, policyFromOnnx, policyToJson, Rng, sampleAction } from '../../src/index.ts';
import { type ModelParts, modelBytes } from '../support/onnxModel.ts';
import { perturb } from '../support/perturb.ts';

const folder = mkdtempSync(join(tmpdir(), 'oxbow-onnx-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const box = (size: number, low = -1, high = 1) => ({
  low: new Array<number>(size).fill(low),
  high: new Array<number>(size).fill(high),
  shape: [size],
});
const [observationSpace, actionSpace] = [box(3, -5, 5), box(2, -2, 4)];
const SPACES = { observationSpace, actionSpace };
const W = { shape: [3, 2], data: [1, -1, 0.5, 2, -0.25, 0.75] };
const OBSERVATION = [0.5, -1, 2];
/** o W, by hand. */
const product = (o: readonly number[], w = W) =>
  Array.from({ length: w.shape[1]! }, (_, j) => o.reduce((sum, x, i) => sum + x * w.data[i * w.shape[1]! + j]!, 0));

const NODES = [{ op: 'MatMul', inputs: ['obs', 'w'], outputs: ['actions'] }];

/** One linear layer, from `obs` to `actions`. */
const linear = (parts: Partial<ModelParts> = {}): Uint8Array =>
  modelBytes({
    nodes: NODES,
    inputs: { obs: { shape: ['batch', 3] } },
    outputs: ['actions'],
    initializers: { w: W },
    ...parts,
  });

function expectActions(got: ArrayLike<number>, expected: readonly number[], digits = 5): void {
  expect(got.length).toBe(expected.length);
  expected.forEach((value, i) => expect(got[i]).toBeCloseTo(value, digits));
}

describe('what oxbow exports acts as before', () => {
  const CASES = [
    ['gaussian', {}, actionSpace],
    ['mixture', { normalizeObservations: true }, actionSpace],
    ['spline', { squash: 'tanh' }, actionSpace],
    ['gaussian', { memory: 'gru', memoryUnits: 5 }, actionSpace],
    ['flow-matching', {}, actionSpace],
    ['gaussian', { chunk: 3, execute: 2 }, actionSpace],
    ['categorical', {}, { n: 4, start: 2 }],
    ['multi-categorical', {}, { nvec: [3, 2], start: [1, 0] }],
  ] as const;
  test.each(CASES)('%s %j', (name, options, space) => {
    const policy = makePolicy(name as string, {
      observationSpace,
      actionSpace: space,
      hidden: [8],
      rng: new Rng(0),
      ...options,
    });
    perturb(policy, new Rng('perturb'), 0.3);
    for (const greedy of [true, false]) {
      const file = policyFromOnnx(policy.toOnnx(undefined, { greedy }).model);
      const rng = () => new Rng('noise');
      const actors = [policy, file].map((each) => each.actor({ batch: 4, rng: rng(), greedy }));
      const stream = new Rng('observations');
      for (let step = 0; step < 3; step++) {
        const observations = stream.fillNormal(new Float32Array(12));
        const [own, other] = actors.map((actor) => actor.act(observations).action) as [Float32Array, Float32Array];
        // A file has clipped its actions already.
        const bounded =
          'low' in space ? own.map((x, i) => Math.min(Math.max(x, space.low[i % 2]!), space.high[i % 2]!)) : own;
        expectActions(other, [...bounded]);
        expect([...actors[1]!.state]).toEqual([...actors[0]!.state]);
      }
      for (const actor of actors) actor.dispose();
      file.dispose();
    }
    policy.dispose();
  });
});

test.each([
  ['categorical', { n: 4, start: 2 }],
  ['multi-categorical', { nvec: [3, 2], start: [1, 0] }],
  ['multi-categorical', { binaries: 2 }],
] as const)('of a file of %s %j that draws, the greedy action is the most frequent choice', (name, space) => {
  const policy = makePolicy(name as string, { observationSpace, actionSpace: space, hidden: [8], rng: new Rng(0) });
  perturb(policy, new Rng('perturb'), 1);
  const file = policyFromOnnx(policy.toOnnx().model);
  const stream = new Rng('observations');
  const rng = new Rng('samples');
  let clear = 0;
  for (let i = 0; i < 20; i++) {
    const observation = Array.from(stream.fillNormal(new Float32Array(3)));
    const counts = new Map<string, number>();
    for (let k = 0; k < 300; k++) {
      const action = String(file.act(observation, { rng }));
      counts.set(action, (counts.get(action) ?? 0) + 1);
    }
    const [[first, most], [, next] = ['', 0]] = [...counts].sort((a, b) => b[1] - a[1]) as [
      [string, number],
      [string, number]?,
    ];
    const greedy = String(file.act(observation, { greedy: true }));
    expect([...counts.keys()]).toContain(greedy);
    // Of 32 stratified samples a lead of a fifth is seen.
    if (most - next < 60) continue;
    clear += 1;
    expect(greedy).toBe(first);
  }
  expect(clear).toBeGreaterThan(5);
  file.dispose();
  policy.dispose();
});

describe('outputs', () => {
  test('an action is the same, greedy or not, and is clipped', () => {
    const policy = policyFromOnnx(linear(), SPACES);
    expectActions(policy.act(OBSERVATION) as Float32Array, [-0.5, -1]);
    expectActions(policy.act(OBSERVATION, { greedy: true }) as Float32Array, [-0.5, -1]);
    expectActions(policy.act([5, 5, -5]) as Float32Array, [4, 1.25]);
    const actor = policy.actor({ batch: 2, greedy: true });
    expectActions(actor.act([...OBSERVATION, 1, 0, 0]).action, [-0.5, -1, 1, -1]);
  });

  test("squash 'rescale' brings [−1, 1] to the bounds, 'tanh' all numbers", () => {
    expectActions(
      policyFromOnnx(linear(), { ...SPACES, squash: 'rescale' }).act(OBSERVATION) as Float32Array,
      [-0.5, -2],
    );
    const tanh = product(OBSERVATION).map((x) => 1 + 3 * Math.tanh(x));
    expectActions(policyFromOnnx(linear(), { ...SPACES, squash: 'tanh' }).act(OBSERVATION) as Float32Array, tanh);
    expect(() =>
      policyFromOnnx(linear(), { observationSpace, actionSpace: box(2, -Infinity, Infinity), squash: 'rescale' }),
    ).toThrow('policyFromOnnx: squash "rescale"');
  });

  const withDeviations = linear({
    nodes: [
      { op: 'MatMul', inputs: ['obs', 'w'], outputs: ['mean'] },
      { op: 'Identity', inputs: ['s'], outputs: ['log_std'] },
      { op: 'Exp', inputs: ['s'], outputs: ['std'] },
    ],
    outputs: ['mean', 'log_std', 'std'],
    initializers: { w: W, s: { shape: [2], data: [-1, 0.5] } },
  });
  test.each([
    [{ mean: 'mean', logStd: 'log_std' }],
    [{ mean: 'mean', std: 'std' }],
    [{ mean: 'mean', logStd: [-1, 0.5] }],
  ])('a Gaussian of %j has density, mode and samples', (outputs) => {
    const policy = policyFromOnnx(withDeviations, { ...SPACES, outputs });
    tf.tidy(() => {
      const given = policy.given(tf.tensor2d([OBSERVATION]));
      const { latent, logProb } = sampleAction(given, new Rng(0));
      const mean = product(OBSERVATION);
      const expected = Array.from(latent.dataSync()).reduce((sum, x, i) => {
        const logStd = [-1, 0.5][i]!;
        return sum - 0.5 * ((x - mean[i]!) / Math.exp(logStd)) ** 2 - logStd - 0.5 * Math.log(2 * Math.PI);
      }, 0);
      expect(logProb!.dataSync()[0]).toBeCloseTo(expected, 5);
    });
    expectActions(policy.act(OBSERVATION, { greedy: true }) as Float32Array, product(OBSERVATION));
    expect(policy.act(OBSERVATION)).not.toEqual(policy.act(OBSERVATION, { greedy: true }));
  });

  const choices = { observationSpace, actionSpace: { n: 4, start: 3 } };
  const logits = { shape: [3, 4], data: [1, 0, 2, -1, 0, 1, 0, 0, 0.5, 0, 0, 2] };
  test('logits are a distribution, values the best action', () => {
    const bytes = linear({ initializers: { w: logits } });
    const sum = product(OBSERVATION, logits);
    const best = 3 + sum.indexOf(Math.max(...sum));
    const values = policyFromOnnx(bytes, { ...choices, outputs: { values: 'actions' } });
    expect([values.act(OBSERVATION), values.act(OBSERVATION, { greedy: true })]).toEqual([best, best]);
    const policy = policyFromOnnx(bytes, { ...choices, outputs: { logits: 'actions' } });
    expect(policy.act(OBSERVATION, { greedy: true })).toBe(best);
    tf.tidy(() => {
      const latents = tf.tensor2d([[0], [1], [2], [3]]);
      const logProb = policy.given(tf.tile(tf.tensor2d([OBSERVATION]), [4, 1])).logProb(latents);
      const total = Math.log(sum.reduce((all, x) => all + Math.exp(x), 0));
      expectActions(
        logProb.dataSync(),
        sum.map((x) => x - total),
      );
    });
  });

  test('of discrete actions what an output is follows from its name and its size', () => {
    const named = (output: string) =>
      linear({
        nodes: [{ op: 'MatMul', inputs: ['obs', 'w'], outputs: [output] }],
        outputs: [output],
        initializers: { w: logits },
      });
    const shaped = (output: string): Uint8Array => {
      const bytes = modelBytes({
        nodes: [{ op: 'MatMul', inputs: ['obs', 'w'], outputs: [output] }],
        inputs: { obs: { shape: ['batch', 3] } },
        outputs: [output],
        outputShapes: { [output]: { shape: ['batch', 4] } },
        initializers: { w: logits },
      });
      return bytes;
    };
    const isDrawn = (bytes: Uint8Array) => {
      const policy = policyFromOnnx(bytes, choices);
      return new Set(Array.from({ length: 40 }, () => policy.act([0, 0, 0]))).size > 1;
    };
    expect(isDrawn(shaped('logits'))).toBe(true);
    expect(isDrawn(shaped('q'))).toBe(false);
    expect(() => policyFromOnnx(named('q'), choices)).toThrow(
      "output 'q': got shape [1,4] of one row, expected 1 numbers",
    );
  });

  test('an index is the action that the environment takes', () => {
    const bytes = linear({
      nodes: [
        { op: 'MatMul', inputs: ['obs', 'w'], outputs: ['q'] },
        { op: 'ArgMax', inputs: ['q'], outputs: ['i'], attributes: { axis: 1, keepdims: 0 } },
        { op: 'Add', inputs: ['i', 'three'], outputs: ['action'] },
      ],
      outputs: ['q', 'action'],
      initializers: { w: logits, three: { shape: [], data: [3], type: 'int64' } },
    });
    expect(policyFromOnnx(bytes, choices).act([0, 0, 1])).toBe(6);
  });

  test('what does not fit is one line', () => {
    const problem =
      (options: object, bytes = linear()) =>
      () =>
        policyFromOnnx(bytes, { ...SPACES, ...options });
    expect(problem({ outputs: { action: 'act' } })).toThrow(
      'policyFromOnnx: outputs.action: got act, expected one of actions',
    );
    expect(problem({ outputs: { mean: 'actions' } })).toThrow(
      'policyFromOnnx: outputs: got a mean, expected logStd or std beside it',
    );
    expect(problem({ outputs: { action: 'actions', logits: 'actions' } })).toThrow(
      'got action and logits, expected one of them',
    );
    expect(problem({ outputs: { logits: 'actions' } })).toThrow('outputs: got logits, which are of discrete actions');
    expect(problem({ actionSpace: box(3) })).toThrow(
      "output 'actions': got shape [1,2] of one row, expected 3 numbers",
    );
    for (const env of [5, {}, null, 'Pendulum-v1', { observationSpace }]) {
      expect(problem({ env })).toThrow(/^policyFromOnnx: env: got [^\n]*, expected an environment, as make/);
    }
    expect(problem({ observationSpace: box(4) })).toThrow(
      "policyFromOnnx: input 'obs': got shape [1,4], expected [batch,3]",
    );
    expect(problem({ squash: 'clip' })).toThrow('policyFromOnnx: squash: got "clip"');
    expect(problem({ greedy: true })).toThrow('policyFromOnnx: greedy: unknown option');
    expect(() => policyFromOnnx(linear(), { observationSpace })).toThrow(
      'policyFromOnnx: actionSpace: got none, and the file says none',
    );
    expect(
      problem(
        {},
        linear({
          metadata: {},
          nodes: [{ op: 'Fused', domain: 'com.microsoft', inputs: ['obs'], outputs: ['actions'] }],
        }),
      ),
    ).toThrow("policyFromOnnx: node 'Fused' (com.microsoft:Fused): no operator of this name runs here");
  });
});

describe('observations', () => {
  test('moments of VecNormalize are applied before the network', () => {
    const normalize = { mean: [1, 0, -1], var: [4, 0.25, 1], clip: 1.5, epsilon: 1e-3 };
    const policy = policyFromOnnx(linear(), { ...SPACES, normalize });
    const seen = OBSERVATION.map((x, i) => {
      const scaled = (x - normalize.mean[i]!) / Math.sqrt(normalize.var[i]! + normalize.epsilon);
      return Math.min(Math.max(scaled, -1.5), 1.5);
    });
    expectActions(
      policy.act(OBSERVATION) as Float32Array,
      product(seen).map((x) => Math.min(Math.max(x, -2), 4)),
    );
    expect(() => policyFromOnnx(linear(), { ...SPACES, normalize: { mean: [0], var: [1] } })).toThrow(
      'policyFromOnnx: normalize.mean: got 1 numbers, expected 3',
    );
  });

  const image = {
    low: new Array<number>(12).fill(0),
    high: new Array<number>(12).fill(255),
    shape: [2, 2, 3],
    dtype: 'uint8',
  };
  const sumOf = (shape: (number | string)[], weights: number[], type: 'float' | 'uint8' = 'float') =>
    modelBytes({
      nodes: [
        { op: 'Cast', inputs: ['image'], outputs: ['real'], attributes: { to: 1 } },
        { op: 'Mul', inputs: ['real', 'w'], outputs: ['weighed'] },
        { op: 'ReduceSum', inputs: ['weighed', 'axes'], outputs: ['action'], attributes: { keepdims: 0 } },
        { op: 'Unsqueeze', inputs: ['action', 'one'], outputs: ['actions'] },
      ],
      inputs: { image: { shape, type } },
      outputs: ['actions'],
      initializers: {
        w: { shape: shape.slice(1) as number[], data: weights },
        axes: { shape: [3], data: [1, 2, 3], type: 'int64' },
        one: { shape: [1], data: [1], type: 'int64' },
      },
    });
  const pixels = Array.from({ length: 12 }, (_, i) => (37 * i) % 256);
  const weights = Array.from({ length: 12 }, (_, i) => i + 1);
  const open = box(1, -1e9, 1e9);
  test('bytes of images go in as they are, with the channels where the file has them', () => {
    const byRows = pixels.reduce((sum, x, i) => sum + x * weights[i]!, 0);
    for (const type of ['float', 'uint8'] as const) {
      const last = policyFromOnnx(sumOf(['batch', 2, 2, 3], weights, type), {
        observationSpace: image,
        actionSpace: open,
      });
      expect(last.act(pixels)).toEqual(Float32Array.of(byRows));
    }
    const first = policyFromOnnx(sumOf(['batch', 3, 2, 2], weights), { observationSpace: image, actionSpace: open });
    const byChannels = weights.reduce((sum, w, i) => sum + w * pixels[(i % 4) * 3 + Math.floor(i / 4)]!, 0);
    expect(first.act(pixels)).toEqual(Float32Array.of(byChannels));
  });

  test('parts of a Dict go to inputs of their names, or to those that are named', () => {
    const parts = (a: string, b: string) =>
      modelBytes({
        nodes: [
          { op: 'MatMul', inputs: [a, 'w'], outputs: ['x'] },
          { op: 'Add', inputs: ['x', b], outputs: ['actions'] },
        ],
        inputs: { [a]: { shape: ['batch', 3] }, [b]: { shape: ['batch', 2] } },
        outputs: ['actions'],
        initializers: { w: W },
      });
    const space = { spaces: [box(2), box(3)], names: ['goal', 'joints'] };
    const observation = { joints: OBSERVATION, goal: [0.25, 0.5] };
    const expected = product(OBSERVATION).map((x, i) => x + observation.goal[i]!);
    const named = policyFromOnnx(parts('joints', 'goal'), { observationSpace: space, actionSpace });
    expectActions(named.act(observation) as Float32Array, expected);
    const observations = { joints: 'input.1', goal: 'input.2' };
    const renamed = policyFromOnnx(parts('input.1', 'input.2'), { observationSpace: space, actionSpace, observations });
    expectActions(renamed.act(observation) as Float32Array, expected);
    expect(() => policyFromOnnx(parts('input.1', 'input.2'), { observationSpace: space, actionSpace })).toThrow(
      "policyFromOnnx: got a file with inputs 'input.1', 'input.2', expected to learn what they are: observations, state, noise or fill",
    );
    expect(() =>
      policyFromOnnx(parts('a', 'b'), { observationSpace: space, actionSpace, observations: { arm: 'a' } }),
    ).toThrow('observations: got a part arm, expected one of goal, joints');
  });

  test('a discrete observation goes in as its number, or one-hot where the input has as many', () => {
    const discrete = { n: 3, start: 4 };
    const oneHot = policyFromOnnx(linear(), { observationSpace: discrete, actionSpace });
    expectActions(oneHot.act(5) as Float32Array, [0.5, 2]);
    const byNumber = linear({
      nodes: [
        { op: 'Sub', inputs: ['obs', 'start'], outputs: ['place'] },
        { op: 'Gather', inputs: ['w', 'place'], outputs: ['actions'] },
      ],
      inputs: { obs: { shape: ['batch'], type: 'int64' } },
      initializers: { w: W, start: { shape: [], data: [4], type: 'int64' } },
    });
    expectActions(
      policyFromOnnx(byNumber, { observationSpace: discrete, actionSpace }).act(5) as Float32Array,
      [0.5, 2],
    );
  });
});

describe('memory, noise and inputs that are filled', () => {
  /** h′ = h + o W, the action; the state has the batch as its second axis. */
  const accumulating = (batch: number | string = 'batch') =>
    modelBytes({
      nodes: [
        { op: 'MatMul', inputs: ['obs', 'w'], outputs: ['x'] },
        { op: 'Add', inputs: ['x', 'h_in'], outputs: ['h_out'] },
        { op: 'Squeeze', inputs: ['h_out', 'zero'], outputs: ['y'] },
        { op: 'Mul', inputs: ['y', 'episode_starts'], outputs: ['masked'] },
        { op: 'Sub', inputs: ['y', 'masked'], outputs: ['actions'] },
      ],
      inputs: { obs: { shape: [batch, 3] }, h_in: { shape: [1, batch, 2] }, episode_starts: { shape: [1] } },
      outputs: ['actions', 'h_out'],
      initializers: { w: W, zero: { shape: [1], data: [0], type: 'int64' } },
    });
  test.each(['batch', 1])('a state goes on from step to step, and begins anew; batch %s', (batch) => {
    const policy = policyFromOnnx(accumulating(batch), { observationSpace, actionSpace: box(2, -100, 100) });
    expect(policy.stateDim).toBe(2);
    const [x, y] = product(OBSERVATION) as [number, number];
    expectActions(policy.act(OBSERVATION) as Float32Array, [x, y]);
    expectActions(policy.act(OBSERVATION) as Float32Array, [2 * x, 2 * y]);
    policy.reset();
    expectActions(policy.act(OBSERVATION) as Float32Array, [x, y]);
    const actor = policy.actor({ batch: 2, greedy: true });
    actor.act([...OBSERVATION, 1, 0, 0]);
    actor.reset(1);
    expectActions(actor.act([...OBSERVATION, 1, 0, 0]).action, [2 * x, 2 * y, 1, -1]);
    tf.tidy(() => {
      const past = { state: tf.tensor2d([[1, 2]]), begins: tf.tensor1d([0, 1, 0]) };
      const { distribution, state } = policy.unroll(tf.tensor2d([OBSERVATION, OBSERVATION, OBSERVATION]), past);
      expectActions(distribution.mode!().dataSync(), [1 + x, 2 + y, x, y, 2 * x, 2 * y]);
      expectActions(state!.dataSync(), [2 * x, 2 * y]);
    });
  });

  test('noise that is named is drawn from the rng, as are the draws of nodes', () => {
    const byInput = modelBytes({
      nodes: [
        { op: 'MatMul', inputs: ['obs', 'w'], outputs: ['x'] },
        { op: 'Add', inputs: ['x', 'eps'], outputs: ['actions'] },
      ],
      inputs: { obs: { shape: ['batch', 3] }, eps: { shape: ['batch', 2] } },
      outputs: ['actions'],
      initializers: { w: W },
    });
    const options = { observationSpace, actionSpace: box(2, -100, 100), noise: { eps: 'normal' as const } };
    const policy = policyFromOnnx(byInput, options);
    const noise = tf.tidy(() => Array.from(new Rng(3).normalTensor([1, 2]).dataSync()));
    expectActions(
      policy.act(OBSERVATION, { rng: new Rng(3) }) as Float32Array,
      product(OBSERVATION).map((x, i) => x + noise[i]!),
    );
    // What most samples are near to.
    const greedy = policy.act(OBSERVATION, { greedy: true }) as Float32Array;
    expect(greedy).toEqual(policy.act(OBSERVATION, { greedy: true }));
    product(OBSERVATION).forEach((x, i) => expect(Math.abs(greedy[i]! - x)).toBeLessThan(0.6));
    expect(() => policy.act(OBSERVATION, { acting: { temperature: 0.5 } })).toThrow('samples and no density');
    const byNode = linear({
      nodes: [
        { op: 'MatMul', inputs: ['obs', 'w'], outputs: ['x'] },
        { op: 'RandomNormalLike', inputs: ['x'], outputs: ['eps'] },
        { op: 'Add', inputs: ['x', 'eps'], outputs: ['actions'] },
      ],
    });
    const drawing = policyFromOnnx(byNode, { observationSpace, actionSpace: options.actionSpace });
    expect(drawing.act(OBSERVATION, { rng: new Rng(3) })).toEqual(policy.act(OBSERVATION, { rng: new Rng(3) }));
  });

  test('a file without an axis of the batch acts row by row', () => {
    const row = linear({ inputs: { obs: { shape: [3] } } });
    const policy = policyFromOnnx(row, SPACES);
    expectActions(policy.act(OBSERVATION) as Float32Array, [-0.5, -1]);
    const actor = policy.actor({ batch: 2, greedy: true });
    expectActions(actor.act([...OBSERVATION, 1, 0, 0]).action, [-0.5, -1, 1, -1]);
    const outputShapes = { actions: { shape: [2] } };
    const choice = policyFromOnnx(linear({ inputs: { obs: { shape: [3] } }, outputShapes }), {
      observationSpace,
      actionSpace: { n: 2, start: 5 },
    });
    expect(choice.act(OBSERVATION)).toBe(5);
    expect(choice.act([0, 0, 1])).toBe(6);

    // It remembers the sum of its actions.
    const memory = linear({
      inputs: { obs: { shape: [3] }, state: { shape: [2] } },
      nodes: [...NODES, { op: 'Add', inputs: ['actions', 'state'], outputs: ['nextState'] }],
      outputs: ['actions', 'nextState'],
    });
    const two = policyFromOnnx(memory, SPACES).actor({ batch: 2, greedy: true });
    two.act([...OBSERVATION, 1, 0, 0]);
    two.act([...OBSERVATION, 1, 0, 0]);
    const [a, b] = product(OBSERVATION) as [number, number];
    expectActions([...two.state], [2 * a, 2 * b, 2, -2]);
    const one = policyFromOnnx(memory, SPACES).actor({ batch: 1, greedy: true });
    one.act(OBSERVATION);
    one.act(OBSERVATION);
    expectActions([...one.state], [2 * a, 2 * b]);
  });

  test.each([
    ['batch', 'time', 3],
    ['time', 'batch', 3],
    [1, 1, 3],
  ])('a file with an axis of time, [%s, %s, %d], gets one step of each row', (...shape) => {
    // What sums over both axes would see the other rows.
    const bytes = linear({
      inputs: { obs: { shape } },
      nodes: [
        { op: 'ReduceSum', inputs: ['obs', 'both'], outputs: ['sum'], attributes: { keepdims: 0 } },
        { op: 'Unsqueeze', inputs: ['sum', 'both'], outputs: ['steps'] },
        { op: 'MatMul', inputs: ['steps', 'w'], outputs: ['actions'] },
      ],
      initializers: { w: W, both: { shape: [2], data: [0, 1], type: 'int64' } },
    });
    const actor = policyFromOnnx(bytes, SPACES).actor({ batch: 2, greedy: true });
    expectActions(actor.act([...OBSERVATION, 1, 0, 0]).action, [-0.5, -1, 1, -1]);
  });

  test('a file for one row at a time acts for several row by row', () => {
    const single = linear({
      nodes: [
        { op: 'Reshape', inputs: ['obs', 'shape'], outputs: ['row'] },
        { op: 'MatMul', inputs: ['row', 'w'], outputs: ['actions'] },
      ],
      inputs: { obs: { shape: [1, 3] } },
      initializers: { w: W, shape: { shape: [2], data: [1, 3], type: 'int64' } },
    });
    const actor = policyFromOnnx(single, SPACES).actor({ batch: 3, greedy: true });
    expectActions(actor.act([1, 0, 0, 0, 1, 0, 0, 0, 1]).action, [1, -1, 0.5, 2, -0.25, 0.75]);
  });
});

test('chunks of actions are made one after the other, as the options say', () => {
  const chunks = linear({
    nodes: [
      { op: 'MatMul', inputs: ['obs', 'w'], outputs: ['x'] },
      { op: 'Reshape', inputs: ['x', 'shape'], outputs: ['actions'] },
    ],
    initializers: {
      w: { shape: [3, 4], data: [1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0] },
      shape: { shape: [3], data: [-1, 2, 2], type: 'int64' },
    },
  });
  const policy = policyFromOnnx(chunks, { ...SPACES, chunk: 2 });
  expectActions(policy.act([0.5, 0, 0]) as Float32Array, [0.5, 1]);
  // The rest of the chunk, whatever is seen.
  expectActions(policy.act([1, 0, 0]) as Float32Array, [1.5, 2]);
  expectActions(policy.act([1, 0, 0]) as Float32Array, [1, 2]);
  expect(() => policyFromOnnx(chunks, { ...SPACES, chunk: 3 })).toThrow(
    'got shape [1,2,2] of one row, expected 6 numbers',
  );
  expect(() => policyFromOnnx(chunks, { ...SPACES, execute: 2 })).toThrow(
    'policyFromOnnx: execute: got 2, expected a chunk of actions',
  );
});

test('what a policy has is bounded, whatever a file asks for', () => {
  const of =
    (parts: Partial<ModelParts>, options = {}) =>
    () =>
      policyFromOnnx(linear(parts), options);
  const space = JSON.stringify(actionSpace);
  const metadata = (observations: object, actions = space, chunk?: string) => ({
    metadata: { observationSpace: JSON.stringify(observations), actionSpace: actions, ...(chunk && { chunk }) },
  });
  expect(of(metadata({ n: 2 ** 31, start: 0 }))).toThrow(
    'observationSpace: got 2147483648 numbers, expected up to 16777216',
  );
  expect(of(metadata(observationSpace, '{"binaries": 2000000000}'))).toThrow('actionSpace: got 2000000000 numbers');
  expect(of(metadata(observationSpace, space, '{"length": 1000000000, "execute": 1}'))).toThrow(
    'metadata chunk: length: got 1000000000',
  );
  expect(of(metadata(observationSpace, space, '{'))).toThrow(/^policyFromOnnx: metadata chunk: [^\n]*$/);
  const inputs = { obs: { shape: ['batch', 3] }, h_in: { shape: ['batch', 2 ** 31 - 1] } };
  const wide = {
    inputs,
    nodes: [...NODES, { op: 'Identity', inputs: ['h_in'], outputs: ['h_out'] }],
    outputs: ['actions', 'h_out'],
  };
  expect(of(wide, SPACES)).toThrow("policyFromOnnx: input 'h_in': got 2147483647 numbers");
});

test('a policy of a file is exported again', () => {
  const first = policyFromOnnx(linear(), { ...SPACES, squash: 'rescale' });
  const again = policyFromOnnx(first.toOnnx().model);
  expect(again.act([0.1, 0.2, 0.3])).toEqual(first.act([0.1, 0.2, 0.3]));
});

test('a file is read by its path, and its policy is kept as that file', () => {
  const path = join(folder, 'policy.onnx');
  writeFileSync(path, linear());
  const policy = policyFromOnnx(path, { env: { observationSpace, actionSpace } });
  expectActions(policy.act(OBSERVATION) as Float32Array, [-0.5, -1]);
  expect(() => policyToJson(policy)).toThrow(
    'policyToJson: a policy of policyFromOnnx is no policy of makePolicy: keep its file',
  );
  const before = tf.memory().numTensors;
  policy.dispose();
  expect(tf.memory().numTensors).toBeLessThan(before);
});
