import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, test } from 'vitest';
import { type Compiled, compile, type EngineName, selectEngine, valueAndGradients } from '../../src/engine/index.ts';
import { builtinFlows, type Flow, type FlowDefinition } from '../../src/flows/index.ts';
import { Rng } from '../../src/random.ts';
import { derivative } from '../oracle/calculus.ts';
import { inFloat64 } from '../oracle/inFloat64.ts';
import { expectVolume, integral, onACircle, onALine } from '../support/densityChecks.ts';

/** Every family of flows, with and without a context. Each goes through all that follows. */
const families: readonly (readonly [string, FlowDefinition])[] = Object.entries(builtinFlows);
const cases = families.flatMap(([name, definition]) =>
  [0, 2].map((contextDim) => ({
    name,
    definition,
    contextDim,
    dim: 2,
    kind: contextDim === 0 ? 'unconditional' : 'conditional',
  })),
);
type Case = (typeof cases)[number];
type Tensors = Record<string, tf.Tensor>;

const BATCH = 3;
/** How far variables are moved where a density is to have no ridges narrower than a grid's cells. */
const SMOOTH = 0.1;
/** Of derivatives in float64: short, so that hardly a point passes a spline's knot, where slopes jump. */
const STEP = 1e-5;
const NOISE = () => new Rng('noise');

/** Gradients that are those of each log-density by itself, where a family's are right in the mean over data alone. */
const POINTWISE: Readonly<Record<string, object>> = { mlp: { crossingWidth: 0 } };

/** A flow with small networks, as before training. */
function fresh({ name, definition, contextDim, dim }: Case, seed = 'make'): Flow {
  return definition.make({ ...POINTWISE[name], dim, contextDim, hidden: [6], rng: new Rng(`${name}/${seed}`) });
}

/** A flow whose trainable variables are moved: most begin as the identity, where wrong code looks right. */
function moved(entry: Case, std = 0.2): Flow {
  const flow = fresh(entry);
  const rng = new Rng(`${entry.name}/move`);
  tf.tidy(() => {
    for (const variable of flow.trainableVariables()) {
      variable.assign(tf.add(variable, tf.mul(rng.normalTensor(variable.shape), std)));
    }
  });
  return flow;
}

/** Contexts that differ; nothing where there are none. */
function contexts({ contextDim }: Case, rows: number): { context?: tf.Tensor } {
  return contextDim === 0 ? {} : { context: new Rng('context').normalTensor([rows, contextDim]) };
}

/** Points of the domain: normal numbers, or angles. */
function points({ dim, definition }: Case, rows: number): tf.Tensor {
  const rng = new Rng('points');
  if (!definition.angles) return rng.normalTensor([rows, dim]);
  return tf.mul(tf.sub(rng.uniformTensor([rows, dim]), 0.5), 6.2);
}

function compiled<T extends Tensors>(flow: Flow, fn: (inputs: Tensors, rng: Rng) => T): Compiled<Tensors, T> {
  return compile(fn, { name: 'flow', state: [flow] });
}

/** `count` draws and their log-densities, in the first context. */
function draws(entry: Case, flow: Flow, count: number): { sample: number[][]; logProb: number[] } {
  const { sample, logProb } = compiled(flow, ({ context }, rng) => ({
    ...flow.given(context).sampleWithLogProb(rng, [count]),
  }))(contexts(entry, 1), NOISE());
  return {
    sample: tf.reshape(sample, [count, entry.dim]).arraySync() as number[][],
    logProb: numbers(logProb),
  };
}

/** The log-density at points `[count, dim]`, in the first context. */
function density(entry: Case, flow: Flow, x: tf.Tensor): number[] {
  const logProb = compiled(flow, ({ context, x: at }) => ({ logProb: flow.given(context).logProb(at!) }));
  return numbers(logProb({ x, ...contexts(entry, 1) }).logProb);
}

const numbers = (tensor: tf.Tensor): number[] => Array.from(tensor.dataSync());

function expectNear(got: readonly number[], wanted: readonly number[], tolerance: number, entry?: Case): void {
  expect(got.length).toBe(wanted.length);
  got.forEach((value, i) => {
    const error = Math.abs((entry?.definition.angles ? onACircle : onALine)(value, wanted[i]!));
    expect(error, `${value} against ${wanted[i]}, number ${i}`).toBeLessThanOrEqual(
      tolerance * (1 + Math.abs(wanted[i]!)),
    );
  });
}

afterEach(() => selectEngine());

describe.each(cases)('$name, $kind', (entry) => {
  const { dim, definition, contextDim } = entry;

  test('before training it is near to its base', () => {
    const { sample, logProb } = draws(entry, fresh(entry), 500);
    const base = (x: readonly number[]): number =>
      definition.angles
        ? -dim * Math.log(2 * Math.PI)
        : x.reduce((sum, value) => sum - 0.5 * (value ** 2 + Math.log(2 * Math.PI)), 0);
    const kl = sample.reduce((sum, x, i) => sum + logProb[i]! - base(x), 0) / sample.length;
    expect(Math.abs(kl)).toBeLessThan(0.05);
  });

  test('the density integrates to 1', () => {
    const flow = moved(entry, SMOOTH);
    const logProb = (x: number[][]) => density(entry, flow, tf.tensor2d(x));
    const bounds = definition.angles ? ([-Math.PI, Math.PI] as const) : undefined;
    const total = integral(draws(entry, flow, 1000), logProb, bounds && { bounds });
    expect(Math.abs(total - 1)).toBeLessThan(0.01);
  });

  test('samples and density agree', () => {
    expectVolume(draws(entry, moved(entry, SMOOTH), 20_000), definition.angles ? onACircle : onALine);
  });

  test('a sample’s log-density is that of logProb, and the noise comes back', () => {
    const flow = moved(entry);
    const { context } = contexts(entry, BATCH);
    const distribution = flow.given(context);
    expect(distribution.reparameterized).toBe(true);
    const { sample, logProb } = distribution.sampleWithLogProb(NOISE(), [8]);
    const batch = contextDim === 0 ? [] : [BATCH];
    expect([sample.shape, logProb.shape]).toEqual([
      [8, ...batch, dim],
      [8, ...batch],
    ]);
    expectNear(numbers(distribution.logProb(sample)), numbers(logProb), 2e-4);
    expectNear(numbers(flow.given(context).sample(NOISE(), [8])), numbers(sample), 0);

    const bijector = flow.bijector.given(context);
    const z = points(entry, BATCH);
    expectNear(numbers(bijector.inverse(bijector.forward(z))), numbers(z), 1e-4, entry);
    expectNear(numbers(bijector.forward(bijector.inverse(z))), numbers(z), 1e-4, entry);
  });

  test('gradients of −log p and of samples are those of float64', () => {
    const flow = moved(entry);
    const inputs: Tensors = { ...contexts(entry, BATCH), x: points(entry, BATCH) };
    const weights = new Rng('weights').normalTensor([dim]);
    const losses: Record<string, (of: Tensors, rng: Rng) => tf.Tensor> = {
      nll: ({ context, x }) => tf.neg(tf.mean(flow.given(context).logProb(x!))),
      sample({ context, x }, rng) {
        const { sample, logProb } = flow.given(context).sampleWithLogProb(rng, contextDim === 0 ? [BATCH] : []);
        const unused = tf.mul(tf.sum(x!), 0);
        const w = tf.tensor1d(Array.from(WEIGHTS));
        return tf.add(tf.add(tf.mean(tf.sum(tf.mul(sample, w), -1)), tf.mul(tf.mean(logProb), 0.3)), unused);
      },
    };
    const WEIGHTS = weights.dataSync();
    const named = flow.namedVariables();
    const variables = Object.fromEntries([...named].map(([path, variable]) => [path, numbers(variable)]));
    const values = Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, numbers(tensor)]));
    const shapes = Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, shape]));
    for (const [name, loss] of Object.entries(losses)) {
      const tracked = Object.fromEntries(Object.entries(inputs).map(([key, tensor]) => [key, tf.variable(tensor)]));
      const all = new Map<string, tf.Variable>(
        [...named, ...Object.entries(tracked)].filter(([, { trainable }]) => trainable),
      );
      const { loss: value, gradients } = valueAndGradients(
        () => ({ loss: loss(tracked, NOISE()) }),
        [...all.values()],
        {
          allowUnused: true,
        },
      );
      const exact = inFloat64(flow, shapes, loss, NOISE);
      expectNear(numbers(value), [exact(variables, values)], 1e-4);
      [...all.keys()].forEach((path, i) => {
        // Along one direction in each variable: of all its entries some wrong one shows.
        const direction = new Rng(path).fillNormal(new Float32Array(all.get(path)!.size));
        const along = (of: Readonly<Record<string, readonly number[]>>, t: number) =>
          path in of ? { ...of, [path]: of[path]!.map((entryValue, k) => entryValue + t * direction[k]!) } : of;
        const wanted = derivative((t) => exact(along(variables, t), along(values, t)), STEP);
        const gradient = numbers(gradients[i]!);
        const got = gradient.reduce((sum, slope, k) => sum + slope * direction[k]!, 0);
        const scale = gradient.reduce((sum, slope, k) => sum + Math.abs(slope * direction[k]!), 0);
        expect(Math.abs(got - wanted), `${name} by ${path}: ${got} against ${wanted}`).toBeLessThanOrEqual(
          1e-3 * (0.1 + scale),
        );
      });
    }
  });

  test('compiled as eager: samples, densities, gradients', async () => {
    const flow = moved(entry);
    const parameters = flow.trainableVariables();
    const everything = ({ context, x }: Tensors, rng: Rng) => {
      const { sample, logProb } = flow.given(context).sampleWithLogProb(rng, contextDim === 0 ? [BATCH] : []);
      const { loss, gradients } = valueAndGradients(
        () => {
          const drawn = flow.given(context).sampleWithLogProb(rng, contextDim === 0 ? [BATCH] : []);
          const nll = tf.neg(tf.mean(flow.given(context).logProb(x!)));
          return { loss: tf.add(nll, tf.add(tf.mean(drawn.sample), tf.mean(drawn.logProb))) };
        },
        parameters,
        { allowUnused: true },
      );
      return { sample, logProb, loss, gradients: tf.concat(gradients.map((gradient) => tf.reshape(gradient, [-1]))) };
    };
    const run = async (engine: EngineName) => {
      expect((await selectEngine(engine)).name).toBe(engine);
      const outputs = compiled(flow, everything)({ ...contexts(entry, BATCH), x: points(entry, BATCH) }, NOISE());
      return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, numbers(tensor)]));
    };
    const eager = await run('eager');
    for (const engine of ['wasm', 'onnxruntime-node'] as const) {
      for (const [name, values] of Object.entries(await run(engine))) {
        const scale = Math.max(1, ...eager[name]!.map(Math.abs));
        values.forEach((value, i) => {
          expect(Math.abs(value - eager[name]![i]!), `${engine}: ${name} ${i}`).toBeLessThanOrEqual(2e-4 * scale);
        });
      }
    }
  });

  test('finite at |z| = 100 and |x| = 100, gradients too', () => {
    const flow = moved(entry);
    const { context } = contexts(entry, 1);
    for (const edge of [-100, 100, 0]) {
      for (const direction of ['forward', 'inverse'] as const) {
        const { loss, gradients } = valueAndGradients(
          () => {
            const at = tf.fill([1, dim], edge);
            const bijector = flow.bijector.given(context);
            const [value, logDet] =
              direction === 'forward' ? bijector.forwardAndLogDet(at) : bijector.inverseAndLogDet(at);
            return { loss: tf.add(tf.mean(value), tf.mean(logDet)) };
          },
          flow.trainableVariables(),
          { allowUnused: true },
        );
        for (const tensor of [loss, ...gradients]) {
          expect(numbers(tensor).every(Number.isFinite), `${direction} at ${edge}`).toBe(true);
        }
      }
    }
  });

  test.runIf(contextDim > 0)('each row goes with its own context, which matters', () => {
    const flow = moved(entry);
    const context = contexts(entry, BATCH).context!;
    const x = points(entry, BATCH);
    const together = numbers(flow.given(context).logProb(x));
    const rows = [context, x].map((tensor) => tf.split(tensor, BATCH));
    const alone = rows[0]!.flatMap((row, i) => numbers(flow.given(row).logProb(rows[1]![i]!)));
    expectNear(alone, together, 1e-5);
    const same = tf.tile(tf.slice(x, 0, 1), [BATCH, 1]);
    const [first, ...others] = numbers(flow.given(context).logProb(same));
    for (const other of others) expect(Math.abs(other - first!)).toBeGreaterThan(1e-3);
    expect(() => flow.given()).toThrow(`Flow.given: wanted a context [batch, ${contextDim}], got none`);
  });

  test('variables that go through JSON into a new flow give the same, to the bit', () => {
    const flow = moved(entry);
    const other = fresh(entry, 'another');
    other.loadStateDict(JSON.parse(JSON.stringify(flow.stateDict())));
    const { context } = contexts(entry, BATCH);
    const x = points(entry, BATCH);
    expectNear(numbers(other.given(context).logProb(x)), numbers(flow.given(context).logProb(x)), 0);
    const [ours, theirs] = [flow, other].map((each) => numbers(each.given(context).sample(NOISE())));
    expect(ours).toEqual(theirs);
  });
});

test.each(families)(
  '%s: one line that describes it, and the sizes that it takes',
  (name, { description, leastDim = 1, make }) => {
    expect(description).toMatch(/^\S[^\n]+\S$/);
    expect(make({ dim: leastDim, hidden: [4], rng: new Rng(0) }).dim).toBe(leastDim);
    if (leastDim > 1) expect(() => make({ dim: leastDim - 1, hidden: [4], rng: new Rng(0) })).toThrow();
    const flow = make({ dim: 3, contextDim: 1, hidden: [5, 4], activation: 'relu', rng: new Rng(name) });
    expect([flow.dim, flow.contextDim]).toEqual([3, 1]);
  },
);
