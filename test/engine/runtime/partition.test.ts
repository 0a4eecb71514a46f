import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { polyak } from '../../../agents/core/critics.ts';
import { reachable, usedInputs } from '../../../src/engine/graph/graph.ts';
import { elementCount, type Port } from '../../../src/engine/graph/value.ts';
import { Adam, clipByGlobalNorm, RmsProp, Sgd, valueAndGradients } from '../../../src/engine/index.ts';
import { ModuleState } from '../../../src/engine/moduleState.ts';
import { tensorName } from '../../../src/engine/onnx/emitter.ts';
import { packsOf } from '../../../src/engine/pack.ts';
import { partition, StagedExecutable } from '../../../src/engine/runtime/autoRuntime.ts';
import { currentRuntime, selectEngine } from '../../../src/engine/runtime/engine.ts';
import type { Executable, Program, Runtime } from '../../../src/engine/runtime/runtime.ts';
import { type InputSpec, namedSignature } from '../../../src/engine/signature.ts';
import { Recording } from '../../../src/engine/trace/trace.ts';
import { wasmRuntime } from '../../../src/engine/wasm/executable.ts';
import type { Module } from '../../../src/module.ts';
import { Rng } from '../../../src/random.ts';
import { Counter, expectClose, Net } from '../support.ts';

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

/** Nothing but a new shape. */
function reshaped(): Case {
  return { state: [], inputs: X, fn: ({ x }) => ({ y: tf.reshape(x!, [64]) }) };
}

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
  test('in stages it gives the same bits', async () => {
    await selectEngine('wasm');
    const program = programOf(make());
    const runtime = wasmRuntime();
    const stages = partition(program);
    const whole = results(program, runtime, runtime.load(program));
    const staged = new StagedExecutable(program, 'staged', stages, () => runtime, runtime);
    expect(results(program, runtime, staged)).toEqual(whole);
  });

  test('in two runtimes it gives the same numbers', async () => {
    await selectEngine('onnxruntime-node');
    const large = currentRuntime()!;
    await selectEngine('wasm');
    const program = programOf(make());
    const small = wasmRuntime();
    const whole = results(program, small, small.load(program));
    const staged = new StagedExecutable(
      program,
      'staged',
      partition(program),
      ({ part }) => (part === 'products' ? large : small),
      small,
    );
    for (const [port, numbers] of results(program, small, staged)) expectClose(numbers, whole.get(port)!, 1e-5);
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
