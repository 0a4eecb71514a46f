import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, test } from 'vitest';
import { polyak, smallestK } from '../../agents/core/critics.ts';
import { reachable, usedInputs } from '../../src/engine/graph/graph.ts';
import { elementCount, type Port } from '../../src/engine/graph/value.ts';
import { Adam, clipByGlobalNorm, compile, RmsProp, Sgd, valueAndGradients } from '../../src/engine/index.ts';
import { ModuleState } from '../../src/engine/moduleState.ts';
import { tensorName } from '../../src/engine/onnx/emitter.ts';
import { packsOf } from '../../src/engine/pack.ts';
import { autoRuntime, flopsPerOperation, partition, StagedExecutable } from '../../src/engine/runtime/autoRuntime.ts';
import { currentRuntime, selectEngine } from '../../src/engine/runtime/engine.ts';
import { costOf, type Executable, type Program, type Runtime } from '../../src/engine/runtime/runtime.ts';
import { type InputSpec, namedSignature } from '../../src/engine/signature.ts';
import { Recording } from '../../src/engine/trace/trace.ts';
import { wasmRuntime } from '../../src/engine/wasm/executable.ts';
import type { Module } from '../../src/module.ts';
import { Cnn, cnnPresets } from '../../src/nn/index.ts';
import { Rng } from '../../src/random.ts';
import { Counter, expectClose, Net } from './support.ts';

afterAll(() => selectEngine());

type Tensors = Record<string, tf.Tensor>;

interface Case {
  readonly state: readonly Module[];
  readonly inputs: Readonly<Record<string, InputSpec>>;
  fn(inputs: Tensors, rng: Rng): Tensors;
}

const X = { x: { shape: [16, 4] } };

function net(seed: string): Net {
  return new Net([4, 8, 1], seed);
}

/** Two networks, of which the second learns from the first as it is after its own step, and a slow copy of the first. */
function actorCritic(): Case {
  const [critic, target, actor] = [net('critic'), net('target'), net('actor')];
  const optimizers = [new Adam(critic.variables()), new Adam(actor.variables(), { weightDecay: 0.01 })] as const;
  return {
    state: [critic, target, actor, ...optimizers],
    inputs: { ...X, rate: { shape: [] } },
    fn({ x, rate }, rng) {
      const noise = rng.normalTensor([16, 4]);
      const wanted = target.apply(tf.add(x!, noise));
      const first = valueAndGradients(
        () => ({ loss: tf.mean(tf.squaredDifference(critic.apply(x!), wanted)) }),
        critic.variables(),
      );
      optimizers[0].update(first.gradients, rate!);
      const second = valueAndGradients(
        () => ({ loss: tf.mean(tf.mul(critic.apply(x!), actor.apply(x!))) }),
        actor.variables(),
      );
      optimizers[1].update(second.gradients, rate!);
      polyak(target, critic, 0.1);
      return { first: first.loss, second: second.loss, wanted };
    },
  };
}

/** A step with a bound on the gradient's norm, which it also returns. */
function clipped(): Case {
  const model = net('clipped');
  const optimizer = new RmsProp(model.variables());
  return {
    state: [model, optimizer],
    inputs: X,
    fn({ x }) {
      const { loss, gradients } = valueAndGradients(() => ({ loss: tf.mean(model.apply(x!)) }), model.variables());
      const { gradients: bounded, norm } = clipByGlobalNorm(gradients, 0.01);
      optimizer.update(bounded, 0.1);
      return { loss, norm, gradient: gradients[2]! };
    },
  };
}

/** A network whose kernel is scaled before it is used, so that arithmetic on variables comes before products too. */
function scaled(): Case {
  const model = net('scaled');
  const optimizer = new Sgd(model.variables(), { momentum: 0.9, nesterov: true });
  return {
    state: [model, optimizer],
    inputs: X,
    fn({ x }) {
      const before = tf.mul(model.bias1, 2);
      const { loss, gradients } = valueAndGradients(
        () => ({ loss: tf.sum(tf.matMul(tf.matMul(x!, tf.exp(model.kernel1)), model.kernel2)) }),
        [model.kernel1, model.kernel2],
      );
      optimizer.update([gradients[0]!, tf.zerosLike(model.bias1), gradients[1]!, tf.zerosLike(model.bias2)], 0.01);
      return { loss, before, after: tf.neg(model.kernel1) };
    },
  };
}

/** Variables that become an input, another variable, and an integer that counts; flags that products are chosen by. */
function assigned(): Case {
  const [model, counter] = [net('assigned'), new Counter('int32')];
  return {
    state: [model, counter],
    inputs: X,
    fn({ x }) {
      const y = model.apply(x!);
      const flags = tf.greater(y, 0);
      model.bias2.assign(tf.mean(tf.where(flags, y, tf.neg(y)), 0));
      model.kernel1.assign(tf.reshape(tf.slice(tf.reshape(x!, [64]), [0], [32]), [4, 8]));
      counter.count.assign(tf.add(counter.count, tf.scalar(1, 'int32')));
      return { flags, same: x! };
    },
  };
}

const reshaped = (): Case => ({ state: [], inputs: X, fn: ({ x }) => ({ y: tf.reshape(x!, [64]) }) });
const CASES = { actorCritic, clipped, scaled, assigned, reshaped };

function programOf({ state, inputs, fn }: Case): Program {
  const variables = new ModuleState('case', state).variables();
  const packs = packsOf(variables, currentRuntime()!);
  return new Recording('case', fn, namedSignature(inputs), packs, variables).program;
}

/** Runs a program twice, on the same numbers as any other that has the same inputs. */
function results({ outputs, moving }: Program, runtime: Runtime, executable: Executable): Map<Port, number[]> {
  for (const { input, dtype, shape } of usedInputs(outputs.map(([, value]) => value))) {
    const rng = new Rng(tensorName(input, false));
    const numbers = Array.from({ length: elementCount(shape) }, () => Math.abs(rng.normal()));
    const slot = moving.has(input) ? runtime.allocate(dtype, numbers.length) : executable.input(input);
    slot?.data.set(numbers as never);
    if (moving.has(input)) executable.readFrom(input, slot!);
  }
  const slots = outputs.map(([port, { dtype, shape }]) => {
    if (!moving.has(port)) return executable.output(port);
    const slot = runtime.allocate(dtype, elementCount(shape));
    executable.writeTo(port, slot);
    return slot;
  });
  executable.run();
  executable.run();
  return new Map(outputs.map(([port], i) => [port, Array.from(slots[i]!.data, Number)]));
}

describe.each(Object.entries(CASES))('%s', (_, make) => {
  test('in stages it gives the same bits, in two runtimes the same numbers', async () => {
    await selectEngine('onnxruntime-node');
    const large = currentRuntime()!;
    await selectEngine('wasm');
    const [program, small] = [programOf(make()), wasmRuntime()];
    const whole = results(program, small, small.load(program));
    const staged = (products: Runtime) =>
      new StagedExecutable(
        program,
        'staged',
        partition(program),
        ({ part }) => (part === 'products' ? products : small),
        small,
      );
    expect(results(program, small, staged(small))).toEqual(whole);
    for (const [port, numbers] of results(program, small, staged(large))) expectClose(numbers, whole.get(port)!, 1e-5);
  });
});

test('optimizers are stages between those of the networks', async () => {
  await selectEngine('wasm');
  const stages = partition(programOf(actorCritic()));
  expect(stages.map(({ part }) => part)).toEqual(['products', 'variables', 'products', 'variables']);
  const products = stages.map(
    ({ outputs }) => reachable(outputs.map(([, value]) => value)).filter(({ op }) => op === 'MatMul').length,
  );
  expect([products[1], products[3]]).toEqual([0, 0]);
  // What leaves the first are the gradient and what the function returns, with what that is the mean of, and no activations.
  const leaving = stages[0]!.outputs.map(([, { shape }]) => elementCount(shape));
  expect(leaving.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(49 + 2 * 16);
});

const BATCH = 64;

/** A layer of so many neurons, and how many numbers of each row of its results are less than the others, if pairs are compared. */
function layer({ width, pairs }: { width: number; pairs: boolean }): Program {
  const inputs = { x: { shape: [BATCH, width] }, weight: { shape: [width, width] } };
  const fn = ({ x, weight }: Record<string, tf.Tensor>): Record<string, tf.Tensor> => {
    const y = tf.relu(tf.matMul(x!, weight!));
    return { y: pairs ? smallestK(y, 3) : y };
  };
  return new Recording('layer', fn, namedSignature(inputs), [], []).program;
}

/** The name of the runtime that a program is given to. */
function chosen(program: Program): string {
  const names: string[] = [];
  const runtime = (name: string): Runtime => ({ name, load: () => void names.push(name) }) as unknown as Runtime;
  autoRuntime(runtime('small'), runtime('large')).load(program);
  return names.join();
}

test('small products are small operations, large ones are not', () => {
  expect(chosen(layer({ width: 8, pairs: false }))).toBe('small');
  expect(chosen(layer({ width: 128, pairs: false }))).toBe('large');
});

test('what compares all pairs of a row is work for one that fuses operations', () => {
  expect(chosen(layer({ width: 128, pairs: true }))).toBe('small');
});

test('as many operations on no more elements than the product has are counted one by one', () => {
  // Pairs of three numbers are three times the result, which is not many more.
  const few = layer({ width: 3, pairs: true });
  expect((2 * BATCH * 3 * 3) / flopsPerOperation(few)).toBeCloseTo(costOf(few.outputs).nodes, 9);
  const many = flopsPerOperation(layer({ width: 128, pairs: true }));
  expect((2 * BATCH * 128 * 128) / many).toBeGreaterThan((3 * BATCH * 128 * 128) / 1000);
});

/** Trains on batches of alternating sizes. Returns the losses, and the engines that ran. */
function train(batches: readonly number[]): { losses: number[]; engines: (string | undefined)[]; weights: number[] } {
  const net = new Net([8, 32, 1], 1);
  const optimizer = new Sgd(net.variables());
  const step = compile(
    ({ x }: { x: tf.Tensor }) => {
      const { loss, gradients } = valueAndGradients(
        () => ({ loss: tf.mean(tf.square(tf.sub(net.apply(x), tf.sum(x, 1, true)))) }),
        net.variables(),
      );
      optimizer.update(gradients, 0.01);
      return { loss };
    },
    { name: 'alternating', state: [net, optimizer] },
  );
  const rng = new Rng('auto');
  const engines: (string | undefined)[] = [];
  const losses = batches.map((batch) =>
    tf.tidy(() => {
      const loss = step({ x: rng.normalTensor([batch, 8]) }).loss.dataSync()[0]!;
      engines.push(step.cost()?.engine);
      return loss;
    }),
  );
  const weights = net.variables().flatMap((variable) => [...variable.dataSync()]);
  step.dispose();
  return { losses, engines, weights };
}

test('small and large steps run in their engines, on the same variables', async () => {
  await selectEngine('auto');
  // The last batch makes the memory that both share grow.
  const batches = [4, 4096, 4, 4096, 4, 20_000, 4];
  const { losses, engines, weights } = train(batches);
  expect(engines).toEqual(batches.map((batch) => (batch === 4 ? 'wasm' : 'onnxruntime-node and wasm')));
  await selectEngine('eager');
  const eager = train(batches);
  expectClose(losses, eager.losses, 1e-4);
  expectClose(weights, eager.weights, 1e-4);
});

test('small images stay where a product for each of them costs nothing, large ones do not', async () => {
  await selectEngine('auto');
  const engineOf = (size: number, batch: number, isStep: boolean) => {
    const { convolutions, features } = cnnPresets.small;
    const network = new Cnn({ image: [size, size, 3], convolutions, features, rng: new Rng('cnn') });
    const optimizer = new Sgd(network.variables());
    const run = compile(
      ({ x }: { x: tf.Tensor }) => {
        const lossOf = () => ({ loss: tf.mean(tf.square(network.apply(x))) });
        if (!isStep) return lossOf();
        const { loss, gradients } = valueAndGradients(lossOf, network.variables());
        optimizer.update(gradients, 0.01);
        return { loss };
      },
      { name: 'images', state: [network, optimizer] },
    );
    run({ x: tf.zeros([batch, size, size, 3]) });
    const { engine } = run.cost()!;
    run.dispose();
    return engine;
  };
  // However many there are: the views of gridworlds.
  for (const batch of [8, 32, 128]) {
    expect([engineOf(7, batch, false), engineOf(7, batch, true)]).toEqual(['wasm', 'wasm']);
  }
  expect([engineOf(10, 128, false), engineOf(10, 128, true)]).toEqual([
    'onnxruntime-node',
    'onnxruntime-node and wasm',
  ]);
});

test('views of the shared memory that has grown are not used', async () => {
  await selectEngine('auto');
  const values = tf.variable(tf.ones([64, 64]));
  const grow = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.sum(tf.exp(x)) }), { name: 'grow', state: [] });
  const product = compile(
    ({ x }: { x: tf.Tensor }) => {
      const y = tf.matMul(x, values);
      values.assign(tf.mul(values, 2));
      return { y: tf.mean(y) };
    },
    { name: 'product', state: [values] },
  );
  const x = tf.ones([512, 64]);
  expect(product({ x }).y.dataSync()[0]).toBe(64);
  expect(product.cost()!.engine).toBe('onnxruntime-node and wasm');
  grow({ x: tf.zeros([3_000_000]) });
  expect(grow.cost()!.engine).toBe('wasm');
  expect(product({ x }).y.dataSync()[0]).toBe(128);
  expect(product({ x }).y.dataSync()[0]).toBe(256);
  expect(values.dataSync()[0]).toBe(8);
});
