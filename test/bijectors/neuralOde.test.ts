import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, test } from 'vitest';
import type { MlpFieldOptions, OdeSolver } from '../../src/bijectors/continuous.ts';
import { MlpField, NeuralOde } from '../../src/bijectors/index.ts';
import { compile, selectEngine } from '../../src/engine/index.ts';
import { activationNames } from '../../src/nn/dense.ts';
import { Rng } from '../../src/random.ts';
import { jacobian, logDetJacobian } from '../oracle/calculus.ts';
import type { Variables } from '../oracle/mlp.ts';
import { flowOf, velocity } from '../oracle/neuralOde.ts';
import { perturb } from '../support/perturb.ts';

const rng = new Rng('neural ODE');
const ADAPTIVE: OdeSolver = { kind: 'adaptive', rtol: 1e-6, atol: 1e-6 };

function field(options: Partial<MlpFieldOptions> = {}, std = 0.5): MlpField {
  return perturb(new MlpField({ dim: 2, hidden: [8, 8], rng: rng.split('make'), ...options }), rng.split('move'), std);
}

/** The float64 field over the same network. */
function plain({ network }: MlpField, context: number[] = [], activation?: (x: number) => number) {
  const variables: Variables = Object.fromEntries(
    Object.entries(network.stateDict()).map(([path, { values }]) => [path, Array.from(values)]),
  );
  return velocity(variables, context, activation);
}

const inputs = Array.from({ length: 5 }, (_, i) => [Math.sin(3 * i), Math.cos(5 * i)]);
const x = tf.tensor2d(inputs);
const far = (a: tf.Tensor, b: tf.Tensor | number[] | number[][]): number =>
  tf.max(tf.abs(tf.sub(a, b))).arraySync() as number;

afterEach(() => selectEngine());

describe('solvers', () => {
  test('the adaptive one follows steep fields to its tolerance, both ways', () => {
    const steep = field({}, 0.8);
    const map = flowOf(plain(steep), 400);
    const [y, logDet] = new NeuralOde({ field: steep, solver: ADAPTIVE }).forwardAndLogDet(x);
    expect(far(y, inputs.map(map))).toBeLessThan(1e-4);
    expect(
      far(
        logDet,
        inputs.map((row) => logDetJacobian(map, row)),
      ),
    ).toBeLessThan(1e-3);
    const [back, inverseLogDet] = new NeuralOde({ field: steep, solver: ADAPTIVE }).inverseAndLogDet(y);
    expect(far(back, x)).toBeLessThan(1e-4);
    expect(far(inverseLogDet, tf.neg(logDet))).toBeLessThan(1e-3);
  });

  test('gradients through adaptive steps are those of the map', () => {
    const shared = field();
    const loss = (solver: OdeSolver) => {
      const ode = new NeuralOde({ field: shared, solver });
      return tf.variableGrads(() => {
        const [y, logDet] = ode.forwardAndLogDet(x);
        return tf.add(tf.sum(tf.square(y)), tf.sum(logDet)) as tf.Scalar;
      }, shared.trainableVariables()).grads;
    };
    const [adaptive, fixed] = [loss(ADAPTIVE), loss({ kind: 'fixed', steps: 20 })];
    for (const [name, gradient] of Object.entries(fixed)) expect(far(adaptive[name]!, gradient)).toBeLessThan(2e-4);
  });

  test.each([
    ['euler', 1],
    ['midpoint', 2],
  ] as const)('%s: the steps of plain numbers, both ways, with gradients, and of order %i', (method, order) => {
    const shared = field({ contextDim: 2 }, 0.6);
    const context = [0.4, -0.7];
    const v = plain(shared, context);
    const stepped = (from: number, to: number, steps: number) => (start: number[]) => {
      const h = (to - from) / steps;
      let at = start;
      for (let i = 0; i < steps; i++) {
        const t = from + i * h;
        const first = v(at, t);
        const rate =
          order === 1
            ? first
            : v(
                at.map((value, k) => value + (h / 2) * first[k]!),
                t + h / 2,
              );
        at = at.map((value, k) => value + h * rate[k]!);
      }
      return at;
    };
    const ode = new NeuralOde({ field: shared, solver: { kind: 'fixed', steps: 3, method } }).given(
      tf.tensor2d([context]),
    );
    expect(far(ode.forward(x), inputs.map(stepped(0, 1, 3)))).toBeLessThan(1e-5);
    expect(far(ode.inverse(x), inputs.map(stepped(1, 0, 3)))).toBeLessThan(1e-5);
    // Gradients of Σ y² by x: those of the map of plain numbers.
    const gradients = tf
      .grad((at: tf.Tensor) => tf.sum(tf.square(ode.forward(at))))(x)
      .arraySync() as number[][];
    inputs.forEach((row, i) => {
      const y = stepped(0, 1, 3)(row);
      const rows = jacobian(stepped(0, 1, 3), row, 1e-4);
      const wanted = row.map((_, j) => rows.reduce((sum, r, k) => sum + 2 * y[k]! * r[j]!, 0));
      expect(far(tf.tensor1d(gradients[i]!), wanted)).toBeLessThan(1e-4 * (1 + Math.max(...wanted.map(Math.abs))));
    });
  });

  test('a value alone is that with the log-determinant, and its path has no divergence', () => {
    let divergences = 0;
    class Counting extends MlpField {
      override along(context?: tf.Tensor) {
        divergences += 1;
        return super.along(context);
      }
    }
    const counting = perturb(new Counting({ dim: 2, hidden: [5], rng: new Rng(0) }), new Rng(1), 0.5);
    const ode = new NeuralOde({ field: counting });
    const [value, back] = [ode.forward(x), ode.inverse(x)];
    expect(divergences).toBe(0);
    expect(value.arraySync()).toEqual(ode.forwardAndLogDet(x)[0].arraySync());
    expect(back.arraySync()).toEqual(ode.inverseAndLogDet(x)[0].arraySync());
    expect(divergences).toBe(2);
  });

  test('the adaptive one takes a batch of none, and cannot be compiled', async () => {
    const ode = new NeuralOde({ field: field(), solver: ADAPTIVE });
    expect(ode.forward(tf.zeros([0, 2])).shape).toEqual([0, 2]);
    await selectEngine('wasm');
    const compiled = compile(({ at }: { at: tf.Tensor }) => ({ y: ode.inverse(at) }), { name: 'ode', state: [ode] });
    expect(() => compiled({ at: x })).toThrow(/^NeuralOde\.inverse: the adaptive solver/);
  });

  test('says where it gave up', () => {
    const few: OdeSolver = { kind: 'adaptive', rtol: 1e-6, atol: 1e-6, maxSteps: 3 };
    const of = (std: number) => new NeuralOde({ field: field({}, std), solver: few });
    expect(() => of(2).forward(x)).toThrow(/^NeuralOde\.forward: the adaptive solver got from 0 to 0\.\d+ in 3 steps/);
    expect(() => of(0.5).forward(tf.fill([1, 2], Number.NaN))).toThrow('got from 0 to 0.000 in 3 steps');
  });
});

test('a time for each row: velocity and divergence are those of plain numbers, and gradients reach every variable', () => {
  for (const contextDim of [0, 3]) {
    const own = field({ contextDim, hidden: [5, 4] });
    const contexts = inputs.map((_, i) => Array.from({ length: contextDim }, (_, k) => Math.sin(i + 2 * k)));
    const context = contextDim === 0 ? undefined : tf.tensor2d(contexts);
    const times = inputs.map((_, i) => i / 4);
    const t = tf.tensor2d(times, [5, 1]);
    const wanted = inputs.map((row, i) => plain(own, contexts[i]!)(row, times[i]!));
    const [velocity, divergence] = own.along(context)(x, t);
    expect(far(velocity, wanted)).toBeLessThan(1e-5);
    expect(far(own.velocityAlong(context)(x, t), wanted)).toBeLessThan(1e-5);
    expect(far(own.at(x, t, context), wanted)).toBeLessThan(1e-5);
    const traces = inputs.map((row, i) => {
      const rows = jacobian((at) => plain(own, contexts[i]!)(at, times[i]!), row, 1e-4);
      return rows.reduce((sum, entries, k) => sum + entries[k]!, 0);
    });
    expect(far(divergence, traces)).toBeLessThan(1e-5);
    expect(
      far(
        own.at(x, 0.3, context),
        inputs.map((row, i) => plain(own, contexts[i]!)(row, 0.3)),
      ),
    ).toBeLessThan(1e-5);
    const gradients = (loss: () => tf.Tensor) =>
      tf.variableGrads(loss as () => tf.Scalar, own.trainableVariables()).grads;
    const [one, other] = [
      gradients(() => tf.sum(tf.square(own.at(x, t, context)))),
      gradients(() => tf.sum(tf.square(own.velocityAlong(context)(x, t)))),
    ];
    for (const [name, gradient] of Object.entries(one)) {
      expect(far(gradient, other[name]!)).toBeLessThan(1e-4);
      expect(Math.max(...tf.abs(gradient).dataSync())).toBeGreaterThan(0);
    }
  }
});

describe('the divergence', () => {
  const activations: Record<string, (x: number) => number> = {
    identity: (a) => a,
    tanh: Math.tanh,
    relu: (a) => Math.max(a, 0),
    leakyRelu: (a) => (a < 0 ? 0.01 * a : a),
    elu: (a) => (a < 0 ? Math.expm1(a) : a),
    silu: (a) => a / (1 + Math.exp(-a)),
    sigmoid: (a) => 1 / (1 + Math.exp(-a)),
    softplus: (a) => Math.log1p(Math.exp(a)),
  };
  const trace = (rows: number[][]) => rows.reduce((sum, row, i) => sum + row[i]!, 0);

  test.each(activationNames)('is the trace of the numerical Jacobian: %s', (activation) => {
    for (const hidden of [[5], [5, 4], [3, 3, 4, 3]]) {
      const own = field({ hidden, activation });
      const v = plain(own, [], activations[activation]!);
      const [, divergence] = own.along()(x, 0.3);
      const exact = inputs.map((row) => trace(jacobian((at) => v(at, 0.3), row, 1e-4)));
      expect(far(divergence, exact)).toBeLessThan(1e-5 * (1 + Math.max(...exact.map(Math.abs))));
    }
  });

  test.each(['rademacher', 'normal'] as const)('by Hutchinson: the mean of εᵀJε over the probes, %s', (noise) => {
    for (const hidden of [[5], [5, 4], [5, 4, 3]]) {
      const own = field({ hidden, trace: { probes: 3, noise } }, 0);
      perturb(own.network, new Rng('network'), 0.5);
      const probes = own.probes!.arraySync() as number[][];
      if (noise === 'rademacher') expect(probes.flat().every((entry) => Math.abs(entry) === 1)).toBe(true);
      const v = plain(own);
      const quadratic = (rows: number[][], e: number[]) =>
        rows.reduce((sum, row, i) => sum + e[i]! * row.reduce((inner, entry, j) => inner + entry * e[j]!, 0), 0);
      const wanted = inputs.map((row) => {
        const rows = jacobian((at) => v(at, 0.3), row, 1e-4);
        return probes.reduce((sum, e) => sum + quadratic(rows, e), 0) / 3;
      });
      expect(far(own.along()(x, 0.3)[1], wanted)).toBeLessThan(1e-5);
    }
  });

  test('probes are drawn anew inside of a compiled function', async () => {
    await selectEngine('wasm');
    const own = field({ trace: { probes: 2 } }, 0);
    const resample = (inputs: { at: tf.Tensor }, stream: Rng) => {
      own.resample(stream);
      return { divergence: own.along()(inputs.at, 0)[1] };
    };
    const step = compile(resample, { name: 'resample', state: [own] });
    const drawn = Array.from({ length: 8 }, () => {
      step({ at: x }, rng);
      return [...own.probes!.dataSync()];
    });
    expect(drawn.flat().every((entry) => Math.abs(entry) === 1)).toBe(true);
    expect(new Set(drawn.map(String)).size).toBeGreaterThan(1);
  });
});
