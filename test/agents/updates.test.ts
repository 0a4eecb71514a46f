import { describe, expect, test } from 'vitest';
import { A2c, Dqn, Ppo, QrDqn, Reinforce, Sac, SoftQLearning, Td3 } from '../../agents/index.ts';
import type { ResetResult, StepResult } from '../../envs/index.ts';
import { GaussianPolicy, makePolicy, type Policy, Rng, type StateDict } from '../../src/index.ts';
import { gradient } from '../oracle/calculus.ts';
import { normalLogPdf } from '../oracle/densities.ts';
import { mlp, under, type Variables } from '../oracle/mlp.ts';
import { qNetwork } from '../oracle/qNetwork.ts';
import { splineQuantiles } from '../oracle/splineQuantiles.ts';
import { stein } from '../oracle/stein.ts';
import { perturb } from '../support/perturb.ts';
import {
  advantagesOf,
  BATCH,
  expectAveraged,
  expectClose,
  expectPriorities,
  firstUpdate,
  firstUpdateFrom,
  gaussian,
  gradientBy,
  mean,
  minibatch,
  noiseOf,
  PRIORITIZED,
  type ReplayOptions,
  STEP,
  spaces,
  tanhGaussian,
  twinErrors,
  twins,
  withOtherTargets,
} from './firstUpdate.ts';
import { box, discrete, flat, gradientOf, heldBy, RecordingEnv, variablesOf, wideBox } from './support.ts';

/*
 * The first update of each agent, losses and gradients, beside plain float64 numbers: the networks, the density, the targets
 * and the losses are written anew here, from the papers, and differentiated by central differences.
 */

describe('the first update', () => {
  const offPolicy = { rng: new Rng('agent'), batchSize: BATCH, learningStarts: 40, reportEvery: 41, gamma: 0.9 };

  const replays: [string, ReplayOptions][] = [
    ['uniform draws', {}],
    ['prioritized', PRIORITIZED],
  ];

  test.each([
    ['auto', 'auto', 0.7, {}],
    ['0.3', 0.3, 0.3, {}],
    // The update is at the training's end.
    ['scheduled', { linear: [5, 0.3] }, 0.3, {}],
    ['auto, prioritized', 'auto', 0.7, PRIORITIZED],
    ['auto with a target of its own', 'auto', 0.7, { targetEntropy: -0.5 }],
  ] as const)('of SAC, temperature %s', async (_, temperature, alpha, replay) => {
    const policy = gaussian();
    const agent = new Sac({
      ...offPolicy,
      ...replay,
      policy,
      env: new RecordingEnv(box),
      temperature,
      baseEntropy: 1.3,
      initialTemperature: 0.7,
      tau: 0.25,
      criticHidden: [3],
    });
    const before = { policy: variablesOf(policy), critics: variablesOf(agent.critics) };
    const { report, state, rng, others } = await withOtherTargets(agent, ['targets']);
    const rows = minibatch(state, rng, 2);
    const stream = rng.split('updates');
    const [nextNoise, noise] = [noiseOf(stream), noiseOf(stream)];
    const targets = rows.map(({ reward, next, goesOn }, i) => {
      const { action, logProb } = tanhGaussian(before.policy, next, nextNoise[i]!);
      return reward + 0.9 * goesOn * (Math.min(...twins(others[0]!, next, action)) - alpha * (logProb + 1.3));
    });
    const errors = twinErrors(rows, targets);
    const criticLoss = (critics: Variables) =>
      mean(errors(critics).map(([e1, e2], i) => (rows[i]!.weight * (e1! ** 2 + e2! ** 2)) / 2));
    const after = variablesOf(state.parts.critics);
    const sampled = (of: Variables) => rows.map(({ observation }, i) => tanhGaussian(of, observation, noise[i]!));
    const policyLoss = (of: Variables) =>
      mean(
        sampled(of).map(
          ({ action, logProb }, i) => alpha * logProb - Math.min(...twins(after, rows[i]!.observation, action)),
        ),
      );
    const entropy = -mean(sampled(before.policy).map(({ logProb }) => logProb));
    expect(report).toMatchObject({ temperature: expect.closeTo(alpha, 5), entropy: expect.closeTo(entropy, 3) });
    expectClose([report.criticLoss!, report.policyLoss!], [criticLoss(before.critics), policyLoss(before.policy)]);
    expectPriorities(state, rows, errors(before.critics));
    expectClose(gradientOf(state, 'criticOptimizer'), gradientBy(before.critics, criticLoss));
    expectClose(gradientOf(state, 'policyOptimizer'), gradientBy(before.policy, policyLoss));
    // −1 for each component, whose halves of the bounds are 2 and 2.
    const target = 'targetEntropy' in replay ? replay.targetEntropy : 2 * Math.log(2) - 2;
    const towards = temperature === 'auto' ? entropy - target : 0;
    expectClose(gradientOf(state, 'temperatureOptimizer'), [towards]);
    expectAveraged(state.parts.targets, others[0]!, state.parts.critics);
    agent.dispose();
  });

  test.each(replays)('of soft Q-learning, %s', async (_, replay) => {
    const [values, particles, states, alpha] = [5, 3, 4, 0.7];
    const policy = gaussian();
    const agent = new SoftQLearning({
      ...offPolicy,
      ...replay,
      policy,
      env: new RecordingEnv(box),
      temperature: { linear: [3, alpha] },
      valueSamples: values,
      particles,
      samplerStates: states,
      tau: 0.25,
      criticHidden: [3],
    });
    const before = { policy: variablesOf(policy), critics: variablesOf(agent.critics) };
    const { report, state, rng } = await firstUpdateFrom(agent);
    const rows = minibatch(state, rng, 2);
    const stream = rng.split('updates');
    const uniform = stream.fillUniform(new Float32Array(BATCH * values * 2));
    const normal = stream.fillNormal(new Float32Array(states * particles * 2));
    // The square of the actions has an area of 4 · 4.
    const nextValues = rows.map(({ next }, row) => {
      const energies = Array.from({ length: values }, (_, m) => {
        const at = 2 * (row * values + m);
        const action = [0, 1].map((i) => box.low[i]! + (box.high[i]! - box.low[i]!) * uniform[at + i]!);
        return Math.exp(Math.min(...twins(before.critics, next, action)) / alpha);
      });
      return alpha * Math.log(16 * mean(energies));
    });
    const targets = rows.map(({ reward, goesOn }, i) => reward + 0.9 * goesOn * nextValues[i]!);
    const errors = twinErrors(rows, targets);
    const criticLoss = (critics: Variables) =>
      mean(errors(critics).map(([e1, e2], i) => (rows[i]!.weight * (e1! ** 2 + e2! ** 2)) / 2));
    const after = variablesOf(state.parts.critics);
    const latents = (of: Variables, row: number) => {
      const output = mlp(under(of, 'network'), rows[row]!.observation);
      return Array.from({ length: particles }, (_, i) =>
        [0, 1].map((j) => {
          const epsilon = normal[2 * (row * particles + i) + j]!;
          return output[j]! + Math.exp(10 * Math.tanh(output[2 + j]! / 10)) * epsilon;
        }),
      );
    };
    // log of exp(Q / α) |det ∂squash/∂u|.
    const logDensity = (observation: number[], u: number[]) => {
      const halves = u.map((_, i) => (box.high[i]! - box.low[i]!) / 2);
      const action = u.map((x, i) => box.low[i]! + halves[i]! * (1 + Math.tanh(x)));
      const logDet = u.reduce((sum, x, i) => sum + Math.log(halves[i]! * (1 - Math.tanh(x) ** 2)), 0);
      return Math.min(...twins(after, observation, action)) / alpha + logDet;
    };
    const directions = Array.from({ length: states }, (_, row) => {
      const held = latents(before.policy, row);
      const scores = held.map((u) => gradient((x) => logDensity(rows[row]!.observation, x), u, STEP));
      return stein(held, scores);
    });
    const samplerLoss = (of: Variables) =>
      -mean(
        directions.flatMap((direction, row) =>
          latents(of, row).map((u, i) => u[0]! * direction[i]![0]! + u[1]! * direction[i]![1]!),
        ),
      );
    const length = Math.sqrt(mean(directions.flat().map(([x, y]) => x! ** 2 + y! ** 2)));
    expectClose(
      [report.criticLoss!, report.stateValue!, report.stein!],
      [criticLoss(before.critics), mean(nextValues), length],
    );
    expectPriorities(state, rows, errors(before.critics));
    expectClose(gradientOf(state, 'criticOptimizer'), gradientBy(before.critics, criticLoss));
    expectClose(gradientOf(state, 'policyOptimizer'), gradientBy(before.policy, samplerLoss));
    expectAveraged(state.parts.targets, before.critics, state.parts.critics);
    agent.dispose();
  });

  test.each(replays)('of TD3, with the policy, %s', async (_, replay) => {
    const policy = gaussian();
    const agent = new Td3({
      ...offPolicy,
      ...replay,
      policy,
      env: new RecordingEnv(box),
      policyDelay: 1,
      tau: 0.25,
      targetNoise: 1.2,
      targetNoiseClip: 0.8,
      criticHidden: [3],
    });
    const before = { policy: variablesOf(policy), critics: variablesOf(agent.critics) };
    const { report, state, rng, others } = await withOtherTargets(agent, ['targetPolicy', 'targetCritics']);
    const rows = minibatch(state, rng, 2);
    const noise = noiseOf(rng.split('updates'));
    const centre = (of: Variables, observation: number[]) =>
      mlp(under(of, 'network'), observation)
        .slice(0, 2)
        .map((u, i) => box.low[i]! + ((box.high[i]! - box.low[i]!) / 2) * (1 + Math.tanh(u)));
    let beyond = 0;
    const targets = rows.map(({ reward, next, goesOn }, i) => {
      const action = centre(others[0]!, next).map((a, j) => {
        const tried = a + 2 * Math.min(Math.max(1.2 * noise[i]![j]!, -0.8), 0.8);
        beyond += Number(tried < box.low[j]! || tried > box.high[j]!);
        return Math.min(Math.max(tried, box.low[j]!), box.high[j]!);
      });
      return reward + 0.9 * goesOn * Math.min(...twins(others[1]!, next, action));
    });
    const errors = twinErrors(rows, targets);
    const criticLoss = (critics: Variables) =>
      mean(errors(critics).map(([e1, e2], i) => rows[i]!.weight * (e1! ** 2 + e2! ** 2)));
    const after = variablesOf(state.parts.critics);
    const policyLoss = (of: Variables) =>
      -mean(rows.map(({ observation }) => twins(after, observation, centre(of, observation))[0]));
    expectClose([report.criticLoss!], [criticLoss(before.critics)]);
    expectPriorities(state, rows, errors(before.critics));
    expectClose(gradientOf(state, 'criticOptimizer'), gradientBy(before.critics, criticLoss));
    expectClose(gradientOf(state, 'policyOptimizer'), gradientBy(before.policy, policyLoss));
    expect(beyond).toBeGreaterThan(0);
    const { policy: own, critics, targetPolicy, targetCritics } = state.parts;
    expectAveraged(targetPolicy, others[0]!, own);
    expectAveraged(targetCritics, others[1]!, critics);
    agent.dispose();
  });

  /** An agent's first update, with a target network that differs from the network, by way of a state. */
  async function withOtherTarget(make: () => Dqn | QrDqn, policy: Policy, other: Policy) {
    const agent = make();
    const target = Object.fromEntries(Object.entries(other.stateDict()).map(([k, v]) => [k, { ...v }]));
    const before = { policy: variablesOf(policy), target: variablesOf(other) };
    const { report, state, rng } = await firstUpdateFrom(agent, () => ({ target }));
    agent.dispose();
    return { before, report, state, rows: minibatch(state, rng, 1, policy.observationDim) };
  }

  const valued = {
    ...offPolicy,
    env: new RecordingEnv(discrete),
    updateEvery: 1,
    updatesPerStep: 1,
    maxGradientNorm: 1e9,
  };
  const argmax = (values: readonly number[]) => values.indexOf(Math.max(...values));
  const huberOf = (x: number) => (Math.abs(x) <= 1 ? x ** 2 / 2 : Math.abs(x) - 0.5);

  test.each<[boolean, boolean, number, ReplayOptions]>([
    [true, false, 1, {}],
    [false, true, 1, {}],
    [false, false, 2, PRIORITIZED],
  ])('of DQN, double: %s, dueling: %s, returns of %i steps, %o', async (double, dueling, nSteps, replay) => {
    const own = { ...spaces, actionSpace: discrete, hidden: [4], dueling };
    const policy = perturb(makePolicy('q-network', own), new Rng('weights'), 0.7);
    const other = perturb(makePolicy('q-network', own), new Rng('t'), 1);
    const make = () => new Dqn({ ...valued, env: new RecordingEnv(discrete), policy, double, nSteps, ...replay });
    const { before, report, state, rows } = await withOtherTarget(make, policy, other);
    const transitions = heldBy(state, 1);
    const values = (of: Variables, observation: number[]) => qNetwork(under(of, 'network'), observation).flat();
    const targets = rows.map((first) => {
      const { row } = first;
      const second = nSteps === 1 || first.ended || row === 40 ? undefined : transitions[row + 1]!;
      const { next, goesOn } = second ?? first;
      const best = argmax(values(double ? before.policy : before.target, next));
      const value = goesOn * values(before.target, next)[best]!;
      return first.reward + 0.9 * (second === undefined ? value : second.reward + 0.9 * value);
    });
    expect(new Set(rows.map(({ ended }) => ended)).size).toBe(2);
    const errors = (of: Variables) =>
      rows.map(({ observation, action }, i) => values(of, observation)[action[0]! - 1]! - targets[i]!);
    const loss = (of: Variables) => mean(errors(of).map((error, i) => rows[i]!.weight * huberOf(error)));
    // Both branches of Huber's loss occur.
    expect(new Set(errors(before.policy).map((x) => Math.abs(x) <= 1)).size).toBe(2);
    expectClose([report.loss!], [loss(before.policy)]);
    expectClose(gradientOf(state, 'optimizer'), gradientBy(before.policy, loss));
    const taken = rows.map(({ observation, action }) => values(before.policy, observation)[action[0]! - 1]!);
    expectClose([report.actionValue!], [mean(taken)]);
    const single = errors(before.policy).map((error) => [error]);
    expectPriorities(state, rows, single);
  });

  /** Two of three actions are allowed, by the sign of the first observation. */
  class Forbidding extends RecordingEnv {
    protected override begin(): ResetResult {
      const [observation] = super.begin();
      return [observation, { actionMask: allowed(observation) }];
    }

    override step(action: number): StepResult {
      const [observation, reward, terminated, truncated] = super.step(action);
      return [observation, reward, terminated, truncated, { actionMask: allowed(observation) }];
    }
  }
  const allowed = ([x]: Float32Array | number[]) => [1, Number(x! > 0), Number(x! <= 0)];

  // One quantile is the median: half of Huber's loss.
  test.each([
    ['q-network', Dqn, {}, 1],
    ['quantile-network', QrDqn, { quantiles: 1 }, 0.5],
  ] as const)('of a masked %s, whose targets are of allowed actions', async (name, Learner, options, factor) => {
    const own = { ...spaces, actionSpace: discrete, hidden: [4], actionMask: true, ...options };
    const policy = perturb(makePolicy(name as string, own), new Rng('weights'), 0.7);
    const other = perturb(makePolicy(name as string, own), new Rng('t'), 1);
    const make = () => new Learner({ ...valued, env: new Forbidding(discrete), policy: policy as never });
    const { before, report, rows } = await withOtherTarget(make, policy, other);
    const values = (of: Variables, [x, y]: number[]) => qNetwork(under(of, 'network'), [x!, y!]).flat();
    // DQN is double by default.
    const chooser = Learner === Dqn ? before.policy : before.target;
    const ofAllowed = (next: number[]) => values(chooser, next).map((q, k) => (allowed(next)[k] ? q : -Infinity));
    const losses = rows.map(({ observation, action, reward, next, goesOn }) => {
      const y = reward + 0.9 * goesOn * values(before.target, next)[argmax(ofAllowed(next))]!;
      return factor * huberOf(values(before.policy, observation)[action[0]! - 1]! - y);
    });
    expectClose([report.loss!], [mean(losses)]);
    expect(rows.some(({ next, goesOn }) => goesOn && !allowed(next)[argmax(values(chooser, next))])).toBe(true);
  });

  test.each([
    ['q-network', undefined, 10, Dqn],
    ['q-network', 0.01, 0.01, Dqn],
    ['quantile-network', undefined, Infinity, QrDqn],
    ['quantile-network', 0.01, 0.01, QrDqn],
  ] as const)(
    'of a %s, maxGradientNorm: %s, whose gradient is held to %s',
    async (name, maxGradientNorm, bound, Learner) => {
      // Weights so large that the gradient is beyond DQN's usual bound.
      const own = { ...spaces, actionSpace: discrete, hidden: [4] };
      const policy = perturb(makePolicy(name as string, own), new Rng('weights'), 40);
      const agent = new Learner({ ...valued, policy: policy as never, maxGradientNorm });
      const { report, state } = await firstUpdate(agent, 41);
      agent.dispose();
      expect(report.gradientNorm).toBeGreaterThan(20);
      expectClose([Math.hypot(...gradientOf(state, 'optimizer')) / Math.min(report.gradientNorm!, bound)], [1], 5);
    },
  );

  test.each([
    ['free', false],
    ['free', true],
    ['spline', false],
  ] as const)('of QR-DQN, %s quantiles, double: %s', async (quantileFunction, double) => {
    const [quantiles, bins] = [5, 3];
    const own = { ...spaces, actionSpace: discrete, hidden: [4], quantiles, bins, quantileFunction };
    const policy = perturb(makePolicy('quantile-network', own), new Rng('weights'), 1);
    const other = perturb(makePolicy('quantile-network', own), new Rng('t'), 1);
    const learningRate = 0.01;
    const make = () => new QrDqn({ ...valued, policy, double, learningRate });
    const { before, report, state, rows } = await withOtherTarget(make, policy, other);
    const z = (of: Variables, observation: number[]) => {
      const outputs = qNetwork(
        under(of, 'network'),
        observation,
        quantileFunction === 'free' ? quantiles : 3 * bins + 1,
      );
      return quantileFunction === 'free' ? outputs : outputs.map((each) => splineQuantiles(each, bins, quantiles));
    };
    const targets = rows.map(({ reward, next, goesOn }) => {
      const best = argmax(z(double ? before.policy : before.target, next).map(mean));
      return z(before.target, next)[best]!.map((each) => reward + 0.9 * goesOn * each);
    });
    const errors: number[] = [];
    const loss = (of: Variables) =>
      mean(
        rows.map(({ observation, action }, row) => {
          const own = z(of, observation)[action[0]! - 1]!;
          // Σᵢ E_j: the sum over the own quantiles, the mean over the target's.
          return own.reduce((sum, theta, i) => {
            const fraction = (i + 0.5) / quantiles;
            return (
              sum +
              mean(
                targets[row]!.map((y) => {
                  errors.push(y - theta);
                  return Math.abs(fraction - (y < theta ? 1 : 0)) * huberOf(y - theta);
                }),
              )
            );
          }, 0);
        }),
      );
    expectClose([report.loss!], [loss(before.policy)]);
    // Both signs and both branches of the loss occur.
    expect(new Set(errors.map((x) => `${x < 0} ${Math.abs(x) <= 1}`)).size).toBe(4);
    const gradients = gradientOf(state, 'optimizer');
    expectClose(gradients, gradientBy(before.policy, loss));
    // The first step of Adam, with the paper's ε, which shows where gradients are least.
    const after = flat(variablesOf(state.parts.policy));
    const steps = flat(before.policy).map((weight, i) => (weight - after[i]!) / learningRate);
    const wanted = gradients.map((g) => g / (Math.abs(g) + 0.01 / BATCH));
    expectClose(steps, wanted, 4);
    expect(Math.min(...wanted.map(Math.abs).filter((size) => size > 1e-3))).toBeLessThan(0.99);
    const taken = rows.map(({ observation, action }) => mean(z(before.policy, observation)[action[0]! - 1]!));
    expectClose([report.actionValue!], [mean(taken)]);
  });

  const logDensity = (of: Variables, observation: number[], action: number[]) => {
    const loc = mlp(under(of, 'network'), observation);
    return action.reduce((sum, a, i) => sum + normalLogPdf(a, loc[i]!, Math.exp(of.logScale![i]!)), 0);
  };
  const entropyOf = (of: Variables) =>
    of.logScale!.reduce((sum, logScale) => sum + logScale + 0.5 * Math.log(2 * Math.PI * Math.E), 0);
  const stateValue = (of: Variables, observation: ArrayLike<number>) =>
    mlp(under(of, 'network'), Array.from(observation))[0]!;
  const freeGaussian = () =>
    perturb(new GaussianPolicy({ observationDim: 2, actionDim: 2, hidden: [3], rng: new Rng(1) }), new Rng(2));

  test('of A2C', async () => {
    const policy = freeGaussian();
    const env = new RecordingEnv(wideBox);
    const agent = new A2c({
      policy,
      env,
      rng: new Rng('agent'),
      optimizer: 'adam',
      horizon: 12,
      reportEvery: 1,
      gamma: 0.9,
      lambda: 0.8,
      entropyCoefficient: 0.05,
      valueCoefficient: 0.4,
      maxGradientNorm: 1e9,
      valueHidden: [3],
    });
    const before = { policy: variablesOf(policy), value: variablesOf(agent.value) };
    const { report, state } = await firstUpdate(agent, 12);
    const rows = env.transitions;
    expect(new Set(rows.map(({ terminated, truncated }) => `${terminated} ${truncated}`)).size).toBe(3);
    const advantages = advantagesOf(rows, (observation) => stateValue(before.value, observation));
    const returns = rows.map(({ observation }, t) => advantages[t]! + stateValue(before.value, observation));
    const policyLoss = (of: Variables) =>
      -mean(rows.map(({ observation, action }, t) => advantages[t]! * logDensity(of, [...observation], action)));
    const valueLoss = (of: Variables) =>
      mean(rows.map(({ observation }, t) => (stateValue(of, observation) - returns[t]!) ** 2));
    expectClose(
      [report.policyLoss!, report.valueLoss, report.entropy],
      [policyLoss(before.policy), valueLoss(before.value), entropyOf(before.policy)],
    );
    expectClose(gradientOf(state, 'optimizer'), [
      ...gradientBy(before.policy, (of) => policyLoss(of) - 0.05 * entropyOf(of)),
      ...gradientBy(before.value, (of) => 0.4 * valueLoss(of)),
    ]);
    agent.dispose();
  });

  test('of PPO, and the second, with ratios beyond the clip', async () => {
    const options = {
      ...{
        rng: new Rng('agent'),
        horizon: 12,
        batchSize: 12,
        gamma: 0.9,
        lambda: 0.8,
        valueHidden: [3],
        targetKl: null,
      },
      ...{ learningRate: 0.1, klCoefficient: 0.7, entropyCoefficient: 0.05, temperature: 0.3, baseEntropy: 1.3 },
      ...{ normalizeAdvantages: false, maxGradientNorm: 1e9 },
    };
    const made = (epochs: number) => {
      const [policy, env] = [freeGaussian(), new RecordingEnv(wideBox)];
      return { policy, env, agent: new Ppo({ ...options, policy, env, epochs }) };
    };
    const [one, two] = [made(1), made(2)];
    const before = { policy: variablesOf(one.policy), value: variablesOf(one.agent.value) };
    const { report, state } = await firstUpdate(one.agent, 12);
    const rows = one.env.transitions;
    const logs = (of: Variables) => rows.map(({ observation, action }) => logDensity(of, [...observation], action));
    const value = (observation: ArrayLike<number>) => stateValue(before.value, observation);
    const old = logs(before.policy);
    // r − τ (log π + H₀)
    const soft = rows.map((row, t) => ({ ...row, reward: row.reward - 0.3 * (old[t]! + 1.3) }));
    const advantages = advantagesOf(soft, value);
    const returns = rows.map(({ observation }, t) => advantages[t]! + value(observation));
    const logRatios = (of: Variables) => logs(of).map((log, t) => log - old[t]!);
    const clipped = (ratio: number) => Math.min(Math.max(ratio, 0.8), 1.2);
    const policyLoss = (of: Variables) =>
      -mean(
        logRatios(of)
          .map(Math.exp)
          .map((ratio, t) => Math.min(ratio * advantages[t]!, clipped(ratio) * advantages[t]!)),
      );
    const kl = (of: Variables) => mean(logRatios(of).map((x) => Math.exp(x) - 1 - x));
    const loss = (of: Variables) => policyLoss(of) + 0.7 * kl(of) - 0.05 * entropyOf(of);
    const valueLoss = (of: Variables) =>
      mean(rows.map(({ observation }, t) => (stateValue(of, observation) - returns[t]!) ** 2));
    const variance = (values: number[]) => mean(values.map((x) => (x - mean(values)) ** 2));
    const explained = 1 - variance(advantages) / variance(returns);
    expectClose(
      [report.policyLoss, report.valueLoss, report.entropy, report.explainedVariance],
      [policyLoss(before.policy), valueLoss(before.value), entropyOf(before.policy), explained],
    );
    expectClose(gradientOf(state, 'policyOptimizer'), gradientBy(before.policy, loss));
    expectClose(
      gradientOf(state, 'valueOptimizer'),
      gradientBy(before.value, (of) => valueLoss(of) / 2),
    );
    const between = variablesOf(one.policy);
    for await (const each of two.agent.train({ steps: 12, rng: new Rng('training') })) {
      expect(each).toMatchObject({ updates: 2, policyUpdates: 2, largestKl: expect.closeTo(kl(between), 3) });
      expect(each.clipFraction).toBeGreaterThan(0.1);
    }
    const [first, second] = [state, two.agent.state()].map((each) => gradientOf(each, 'policyOptimizer'));
    expectClose(
      second!.map((moment, i) => moment - 0.9 * first![i]!),
      gradientBy(between, loss),
    );
    for (const { agent } of [one, two]) agent.dispose();
  });

  test.each([true, false])('of REINFORCE, standardized advantages: %s', async (normalizeAdvantages) => {
    const policy = freeGaussian();
    const env = new RecordingEnv(wideBox);
    const agent = new Reinforce({
      policy,
      env,
      rng: new Rng('agent'),
      episodesPerEnv: 7,
      gamma: 0.9,
      normalizeAdvantages,
      valueUpdates: 1,
      maxGradientNorm: 1e9,
      valueHidden: [3],
    });
    const before = { policy: variablesOf(policy), value: variablesOf(agent.value) };
    const { report, state } = await firstUpdate(agent, 1);
    const rows = env.transitions;
    expect(report.episodes).toHaveLength(7);
    expect(rows.filter(({ terminated, truncated }) => terminated || truncated)).toHaveLength(7);
    const returns: number[] = [];
    for (let t = rows.length - 1; t >= 0; t--) {
      const { reward, next, terminated, truncated } = rows[t]!;
      const rest = terminated ? 0 : truncated ? stateValue(before.value, next) : returns[t + 1]!;
      returns[t] = reward + 0.9 * rest;
    }
    const raw = rows.map(({ observation }, t) => returns[t]! - stateValue(before.value, observation));
    const std = Math.sqrt(raw.reduce((sum, a) => sum + (a - mean(raw)) ** 2, 0) / (raw.length - 1));
    const advantages = normalizeAdvantages ? raw.map((a) => (a - mean(raw)) / std) : raw;
    const policyLoss = (of: Variables) =>
      -mean(rows.map(({ observation, action }, t) => advantages[t]! * logDensity(of, [...observation], action)));
    const valueLoss = (of: Variables) =>
      mean(rows.map(({ observation }, t) => (stateValue(of, observation) - returns[t]!) ** 2));
    expectClose(
      [report.policyLoss!, report.valueLoss, report.entropy],
      [policyLoss(before.policy), valueLoss(before.value), entropyOf(before.policy)],
    );
    expectClose(gradientOf(state, 'policyOptimizer'), gradientBy(before.policy, policyLoss));
    expectClose(gradientOf(state, 'valueOptimizer'), gradientBy(before.value, valueLoss));
    agent.dispose();
  });
});

test('the replay holds what an action led to: at an end the last observation, and whether the task itself ended', async () => {
  const env = new RecordingEnv(box);
  const agent = new Sac({ policy: gaussian(), env, rng: new Rng(0), learningStarts: 30, batchSize: 2, bufferSize: 20 });
  for await (const _ of agent.train({ steps: 30, rng: new Rng(0) }));
  expect(agent.state().parts.replay).toMatchObject({ added: 30 });
  // Row 0 has been overwritten by transition 20.
  const order = Array.from({ length: 20 }, (_, row) => env.transitions[row < 10 ? row + 20 : row]!);
  expect(heldBy(agent.state(), 2)).toEqual(
    order.map(({ observation, action, reward, next, terminated, truncated }) => ({
      observation: [...observation],
      action,
      reward,
      next: [...next],
      goesOn: 1 - Number(terminated),
      ended: terminated || truncated,
    })),
  );
  expect(order.some(({ truncated }) => truncated)).toBe(true);
  agent.dispose();
});

test('the target network of a DQN is the network as it was at the last step that targetUpdateEvery divides', async () => {
  const policy = makePolicy('q-network', { ...spaces, actionSpace: discrete, hidden: [4] });
  const agent = new Dqn({
    policy,
    env: new RecordingEnv(discrete),
    rng: new Rng('agent'),
    batchSize: BATCH,
    learningStarts: 10,
    learningRate: 0.05,
    // A block of two updates at every other step; the target takes over before those of its step.
    updateEvery: 2,
    updatesPerStep: 1,
    targetUpdateEvery: 6,
    reportEvery: 1,
  });
  let [taken, now] = [flat(variablesOf(policy)), flat(variablesOf(policy))];
  const seen: number[] = [];
  for await (const { step, updates } of agent.train({ steps: 30, rng: new Rng('training') })) {
    expect(updates).toBe(Math.max(0, 2 * Math.floor((step - 10) / 2)));
    if (step % 6 === 0) taken = now;
    now = flat(variablesOf(policy));
    const target = flat(variablesOf(agent.state().parts.target));
    expectClose(target, taken, 5);
    if (Math.max(...now.map((x, i) => Math.abs(x - target[i]!))) > 0.01) seen.push(step);
  }
  // They are equal from when one takes over at a step without updates, of which there is none here.
  expect(seen).toEqual(Array.from({ length: 19 }, (_, i) => 12 + i));
  agent.dispose();
});

test('RMSprop and Adam differ: an A2C takes the one that is asked for', async () => {
  const stateOf = async (optimizer: 'rmsprop' | 'adam') => {
    const policy = new GaussianPolicy({ observationDim: 2, actionDim: 2, hidden: [3], rng: new Rng(1) });
    const agent = new A2c({ policy, env: new RecordingEnv(wideBox), rng: new Rng(0), optimizer, reportEvery: 1 });
    const { state } = await firstUpdate(agent, 5);
    return Object.keys(state.parts.optimizer as StateDict);
  };
  expect(await stateOf('rmsprop')).toEqual(['main.meanSquare']);
  expect(await stateOf('adam')).toContain('main.moment2');
});

test('a training begins with targets that are what they follow', async () => {
  const options = { rng: new Rng('agent'), reportEvery: 1 };
  const values = makePolicy('q-network', { ...spaces, actionSpace: discrete, hidden: [4] });
  const dqn = new Dqn({ ...options, policy: values, env: new RecordingEnv(discrete) });
  const policy = gaussian();
  const td3 = new Td3({ ...options, policy, env: new RecordingEnv(box), criticHidden: [3] });
  for (const module of [values, policy, td3.critics]) perturb(module, new Rng('since the agent was made'));
  for (const agent of [dqn, td3]) {
    for await (const _ of agent.train({ steps: 1, rng: new Rng('training') }));
    const { parts } = agent.state();
    if (agent === dqn) expect(parts.target).toEqual(parts.policy);
    else expect([parts.targetPolicy, parts.targetCritics]).toEqual([parts.policy, parts.critics]);
    agent.dispose();
  }
});
