import { describe, expect, test } from 'vitest';
import { Sac, type SacOptions, SoftQLearning, Td3 } from '../../agents/index.ts';
import { Rng } from '../../src/index.ts';
import { under, type Variables } from '../oracle/mlp.ts';
import { layerNorm } from '../oracle/normalization.ts';
import { perturb } from '../support/perturb.ts';
import {
  BATCH,
  expectClose,
  firstUpdate,
  gaussian,
  gradientBy,
  mean,
  minibatch,
  noiseOf,
  scaled,
  tanhGaussian,
} from './firstUpdate.ts';
import { box, flat, gradientOf, RecordingEnv, variablesOf } from './support.ts';

const options = {
  rng: new Rng('agent'),
  batchSize: BATCH,
  learningStarts: 40,
  reportEvery: 41,
  gamma: 0.9,
  criticHidden: [4, 3],
};

/** A critic of float64 with ELU after LayerNorm. */
function critic(variables: Variables, inputs: number[]): number {
  const dense = (layer: number, x: number[]) => {
    const { kernel, bias } = under(variables, `layers.${layer}`) as { kernel: number[]; bias: number[] };
    return bias.map((offset, unit) =>
      x.reduce((sum, value, i) => sum + value * kernel[i * bias.length + unit]!, offset),
    );
  };
  const hidden = [0, 1].reduce((x, layer) => {
    const { scale, shift } = under(variables, `layerNorms.${layer}`) as { scale: number[]; shift: number[] };
    const [normalized] = layerNorm([dense(layer, x)], scale, shift, 1e-5);
    return normalized!.map((value) => (value > 0 ? value : Math.expm1(value)));
  }, inputs);
  return dense(2, hidden)[0]!;
}

const values = (variables: Variables, observation: number[], action: number[]) => {
  return [0, 1, 2].map((i) => critic(under(variables, `networks.${i}`), [...observation, ...scaled(action)]));
};

const norm = (gradients: readonly number[]) => Math.hypot(...gradients);
const clipped = (gradients: number[], bound: number) =>
  gradients.map((g) => g * Math.min(1, bound / (norm(gradients) + 1e-6)));

test('the first update of SAC with three critics, two to a target, LayerNorm, ELU and bounds is that of REDQ in float64', async () => {
  const policy = gaussian();
  const bounds = { criticMaxGradientNorm: 0.1, maxGradientNorm: 0.01 };
  const agent = new Sac({
    ...options,
    ...bounds,
    policy,
    env: new RecordingEnv(box),
    temperature: 0.3,
    critics: 3,
    criticsPerTarget: 2,
    criticActivation: 'elu',
    criticLayerNorm: true,
  });
  perturb(agent.critics, new Rng('critics'), 0.2);
  const before = { policy: variablesOf(policy), critics: variablesOf(agent.critics) };
  const { report, state, rng } = await firstUpdate(agent, 41);
  const rows = minibatch(state, rng, 2);
  const stream = rng.split('updates');
  const nextNoise = noiseOf(stream);
  const uniform = Array.from(stream.fillUniform(new Float32Array(3)));
  const noise = noiseOf(stream);
  const drawn = uniform
    .map((_, i) => i)
    .toSorted((i, j) => uniform[i]! - uniform[j]!)
    .slice(0, 2);
  const targets = rows.map(({ reward, next, goesOn }, i) => {
    const { action, logProb } = tanhGaussian(before.policy, next, nextNoise[i]!);
    const all = values(before.critics, next, action);
    return reward + 0.9 * goesOn * (Math.min(...drawn.map((k) => all[k]!)) - 0.3 * logProb);
  });
  const criticLoss = (critics: Variables) =>
    mean(
      rows.map(({ observation, action }, i) =>
        values(critics, observation, action).reduce((sum, q) => sum + (q - targets[i]!) ** 2 / 2, 0),
      ),
    );
  const after = variablesOf(state.parts.critics);
  const policyLoss = (of: Variables) =>
    mean(
      rows.map(({ observation }, i) => {
        const { action, logProb } = tanhGaussian(of, observation, noise[i]!);
        return 0.3 * logProb - mean(values(after, observation, action));
      }),
    );
  expectClose([report.criticLoss!, report.policyLoss!], [criticLoss(before.critics), policyLoss(before.policy)]);
  for (const [optimizer, gradient, bound] of [
    ['criticOptimizer', gradientBy(before.critics, criticLoss), bounds.criticMaxGradientNorm],
    ['policyOptimizer', gradientBy(before.policy, policyLoss), bounds.maxGradientNorm],
  ] as const) {
    // Large enough that the bound is felt.
    expect(norm(gradient)).toBeGreaterThan(2 * bound);
    expectClose(gradientOf(state, optimizer), clipped(gradient, bound), 4);
  }
  agent.dispose();
});

const env = () => new RecordingEnv(box);

test.each([
  ['Sac', (rates: object) => new Sac({ ...options, ...rates, policy: gaussian(), env: env() })],
  ['Td3', (rates: object) => new Td3({ ...options, ...rates, policyDelay: 1, policy: gaussian(), env: env() })],
  [
    'SoftQLearning',
    (rates: object) =>
      new SoftQLearning({ ...options, ...rates, valueSamples: 4, particles: 3, policy: gaussian(), env: env() }),
  ],
])('%s: policy and critics have rates of their own', async (_, make) => {
  const moved = async (rates: object) => {
    const agent = make(rates);
    const before = variablesOf(agent.critics);
    const policyBefore = flat(variablesOf(gaussian()));
    const { state } = await firstUpdate(agent as Sac, 41);
    const largest = (from: number[], to: number[]) => Math.max(...to.map((value, i) => Math.abs(value - from[i]!)));
    const result = [
      largest(policyBefore, flat(variablesOf(state.parts.policy))),
      largest(flat(before), flat(variablesOf(state.parts.critics))),
    ];
    agent.dispose();
    return result;
  };
  // The first step of Adam is the rate in every component.
  for (const [rates, wanted] of [
    [{ learningRate: 1e-3 }, [1e-3, 1e-3]],
    [{ learningRate: 1e-3, criticLearningRate: { linear: [1, 4e-3] } }, [1e-3, 4e-3]],
  ] as const) {
    (await moved(rates)).forEach((size, i) => expect(size / wanted[i]!).toBeCloseTo(1, 2));
  }
});

describe('SAC', () => {
  const train = async (more: Partial<SacOptions>, steps: number) => {
    const agent = new Sac({ ...options, policy: gaussian(), env: env(), reportEvery: 1, ...more });
    const seen: { policy: number[]; alpha: number[]; targets: number[]; reported: boolean }[] = [];
    for await (const { entropy, criticLoss } of agent.train({ steps, rng: new Rng(0) })) {
      const { policy, temperature, targets } = agent.state().parts;
      if (criticLoss === undefined) continue;
      const [ofPolicy, alpha, ofTargets] = [policy, temperature, targets].map((part) => flat(variablesOf(part)));
      seen.push({ policy: ofPolicy!, alpha: alpha!, targets: ofTargets!, reported: entropy !== undefined });
    }
    agent.dispose();
    return seen;
  };

  test('policy and temperature learn in every policyDelay-th update, critics and targets in each', async () => {
    const seen = await train({ policyDelay: 3 }, 48);
    const changes = (name: 'policy' | 'alpha' | 'targets') =>
      seen.slice(1).map((now, i) => Number(now[name].some((value, k) => value !== seen[i]![name][k])));
    // Updates 2 to 8.
    expect(changes('policy')).toEqual([0, 1, 0, 0, 1, 0, 0]);
    expect(changes('alpha')).toEqual([0, 1, 0, 0, 1, 0, 0]);
    expect(changes('targets')).toEqual([1, 1, 1, 1, 1, 1, 1]);
    expect(seen.map(({ reported }) => reported)).toEqual([false, false, true, false, false, true, false, false]);
  });
});

test.each<[new (options: never) => unknown, object]>([
  [Sac, { criticsPerTarget: 3 }],
  [Sac, { prioritizedBeta: 1.5 }],
  [Sac, { prioritizedBeta: { linear: [0.4, 1.5] } }],
  [SoftQLearning, { temperature: 0 }],
  [SoftQLearning, { temperature: { linear: [1, 0] } }],
])('%o refuses %j', (Agent, wrong) => {
  const given = { ...options, policy: gaussian(), env: env(), ...wrong };
  expect(() => new Agent(given as never)).toThrow(new RegExp(`^${Agent.name}: ${Object.keys(wrong)[0]}: got `));
});
