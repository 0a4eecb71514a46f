import { beforeAll, describe, expect, test } from 'vitest';
import {
  type Agent,
  type AgentState,
  EvaluatedAgent,
  type EvaluatedAgentOptions,
  type EvaluatedReport,
  evaluate,
  Ppo,
  Sac,
  stateFromJson,
  stateToJson,
} from '../../agents/index.ts';
import { makeVec } from '../../envs/index.ts';
import { makePolicy, type Policy, Rng } from '../../src/index.ts';
import { perturb } from '../support/perturb.ts';

const envOptions = { maxEpisodeSteps: 20 };
const pendulum = () => makeVec('Pendulum-v1', { ...envOptions, numEnvs: 2, autoresetMode: 'sameStep' });
const { singleObservationSpace: observationSpace, singleActionSpace: actionSpace } = pendulum();
const spaces = { observationSpace, actionSpace, hidden: [8], rng: new Rng('policy') };

interface Made {
  readonly policy: Policy;
  readonly agent: Agent;
}

/** Each agent, made anew with the same options. Rates so high that the last policy is seldom the best. */
const makers = {
  ppo(): Made {
    const policy = makePolicy('spline', { ...spaces, layers: 1 });
    const options = { horizon: 32, batchSize: 32, epochs: 2, learningRate: 0.03, normalizeObservations: true };
    return { policy, agent: new Ppo({ policy, env: pendulum(), rng: new Rng('agent'), ...options }) };
  },
  sac(): Made {
    const policy = makePolicy('gaussian', { ...spaces, squash: 'tanh' });
    const replay = { batchSize: 8, bufferSize: 100, learningStarts: 20, reportEvery: 64, updatesPerStep: 0.3 };
    const options = { ...replay, criticHidden: [8], learningRate: 0.03 };
    return { policy, agent: new Sac({ policy, env: pendulum(), rng: new Rng('agent'), ...options }) };
  },
};
const STEPS = 512;
const training = () => ({ steps: STEPS, rng: new Rng('training') });
type Options = Partial<Omit<EvaluatedAgentOptions, 'agent' | 'policy' | 'env'>>;

/** An agent around another. */
function evaluated(name: keyof typeof makers, options: Options = {}) {
  const made = makers[name]();
  const every = { evaluateEvery: 100, evaluateEpisodes: 3 };
  return { ...made, agent: new EvaluatedAgent({ ...made, env: 'Pendulum-v1', envOptions, ...every, ...options }) };
}

const weightsOf = (policy: Policy) =>
  JSON.stringify(policy.stateDict(), (_, value) => (ArrayBuffer.isView(value) ? [...(value as Float32Array)] : value));

/** All reports, the state at each and the last one, the weights of the policy at evaluations, and those that the training ends with. */
async function run(
  { agent, policy }: { agent: Agent<EvaluatedReport>; policy: Policy },
  { cut = Infinity, look }: { cut?: number; look?: (step: number) => void } = {},
) {
  const reports: EvaluatedReport[] = [];
  const weights: string[] = [];
  const states: string[] = [];
  for await (const report of agent.train(training())) {
    reports.push(report);
    look?.(report.step);
    weights.push(weightsOf(policy));
    states.push(stateToJson(agent.state()));
    if (reports.length === cut) break;
  }
  const evaluations = reports.flatMap(({ evaluation }, i) =>
    evaluation ? [{ ...evaluation, weights: weights[i]! }] : [],
  );
  return { reports, evaluations, states, state: states.at(-1) ?? '', end: weightsOf(policy) };
}

describe.each(['ppo', 'sac'] as const)('a training of %s with evaluations', (name) => {
  let made: ReturnType<typeof evaluated>;
  let last: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => {
    made = evaluated(name);
    last = await run(made);
  });

  test('is the same to the byte as without, and has them at the first reports behind multiples', async () => {
    const bare = await run(makers[name]());
    const { reports, evaluations, state, end } = last;
    expect(reports.map(({ evaluation: _, ...report }) => report)).toEqual(bare.reports);
    expect(end).toBe(bare.end);
    const { parts } = stateFromJson(state) as AgentState;
    expect(stateToJson(parts.agent)).toBe(bare.state);
    expect(evaluations.map(({ step }) => step)).toEqual([128, 256, 320, 448, 512]);
    expect(made.agent.last).toMatchObject({ step: 512, episodes: 3, length: 20, counts: { outcome: { timeout: 3 } } });
  });

  test('measures the policy as it is, on episodes of its own', async () => {
    const made = evaluated(name, { evaluateGreedy: true });
    for await (const { evaluation } of made.agent.train(training())) {
      if (evaluation === undefined) continue;
      const rng = training().rng.split('evaluation').split(evaluation.step);
      const about = { policy: made.policy, env: 'Pendulum-v1', envOptions, episodes: 3, greedy: true, rng };
      expect(evaluation.return).toBe(evaluate(about).meanReturn);
    }
  });

  test('ends with the weights of the best, and its state with the last ones', async () => {
    const made = evaluated(name, { keep: 'best' });
    const kept = await run(made, {
      // What it would keep can be saved in its midst.
      look: (step) => {
        const before = last.evaluations.filter((evaluation) => evaluation.step <= step);
        const [best] = before.toSorted((a, b) => b.return - a.return);
        const current = weightsOf(made.policy);
        const [of, weights] = made.agent.withKept((kept) => [kept, weightsOf(made.policy)] as const);
        expect([of, weights]).toEqual(best === undefined ? [step, current] : [best.step, best.weights]);
        expect(weightsOf(made.policy)).toBe(current);
      },
    });
    const [best] = last.evaluations.toSorted((a, b) => b.return - a.return);
    expect(best!.step).toBeLessThan(STEPS);
    expect(kept.evaluations.map(({ step, return: mean }) => [step, mean])).toEqual(
      last.evaluations.map(({ step, return: mean }) => [step, mean]),
    );
    expect(kept.end).toBe(best!.weights);
    expect(made.agent.best).toMatchObject({ step: best!.step, return: best!.return });
    expect(kept.evaluations.findLast(({ isBest }) => isBest)!.step).toBe(best!.step);
    // Asked for after the end, the state is still that of the last report; the policy stays the best.
    expect(stateToJson(made.agent.state())).toBe(kept.state);
    expect(weightsOf(made.policy)).toBe(best!.weights);
    expect(made.agent.withKept((step) => step)).toBe(best!.step);
  });

  test('stopped anywhere and resumed ends as if it had not been', async () => {
    const options = { keep: 'best', evaluateEvery: 150 } as const;
    const whole = await run(evaluated(name, options));
    const stopped = await run(evaluated(name, options), { cut: 2 });
    expect(stopped.reports).toEqual(whole.reports.slice(0, 2));
    expect(stopped.states).toEqual(whole.states.slice(0, 2));
    for (const [i, state] of whole.states.entries()) {
      if (i % 3 !== 1) continue;
      const second = evaluated(name, options);
      second.agent.setState(stateFromJson(state) as AgentState);
      const rest = await run(second);
      expect(rest.reports).toEqual(whole.reports.slice(i + 1));
      expect(rest.end).toBe(whole.end);
      if (rest.reports.length > 0) expect(rest.state).toBe(whole.state);
    }
  });

  test('ends at a return, and does not go on from there', async () => {
    const all = last.evaluations;
    const wanted = Math.max(...all.slice(0, 3).map((evaluation) => evaluation.return));
    const first = all.findIndex((evaluation) => evaluation.return >= wanted);
    const stopped = await run(evaluated(name, { stopAtReturn: wanted }));
    expect(stopped.evaluations.map(({ step, stops }) => [step, stops])).toEqual(
      all.slice(0, first + 1).map(({ step }, i) => [step, i === first]),
    );
    expect(stopped.reports.at(-1)!.step).toBe(all[first]!.step);
    const again = evaluated(name, { stopAtReturn: wanted });
    again.agent.setState(stateFromJson(stopped.state) as AgentState);
    const rest = await run(again);
    expect(rest.reports).toEqual([]);
    expect(rest.end).toBe(stopped.end);
    // The same agent trains anew, not from there.
    expect((await run(again)).reports.length).toBeGreaterThan(0);
  });
});

describe('evaluations', () => {
  test('keep the best where the training throws after its evaluation, before another report', async () => {
    const { policy, agent: trained } = makers.ppo();
    let reported = '';
    const throwing: Agent = {
      async *train() {
        yield { step: 100, updates: 1, episodes: [] };
        reported = weightsOf(policy);
        perturb(policy, new Rng('other'));
        throw new Error('diverged');
      },
      state: () => trained.state(),
      setState: () => {},
      dispose: () => trained.dispose(),
    };
    const options = { evaluateEvery: 100, evaluateEpisodes: 1, keep: 'best' } as const;
    const agent = new EvaluatedAgent({ agent: throwing, policy, env: 'Pendulum-v1', envOptions, ...options });
    await expect(run({ agent, policy })).rejects.toThrow('diverged');
    expect(weightsOf(policy)).toBe(reported);
    agent.dispose();
  });

  test('refuse the state of a bare agent, and one whose evaluations are none', () => {
    const { agent } = evaluated('ppo');
    const { parts, ...state } = agent.state();
    expect(() => agent.setState(makers.ppo().agent.state())).toThrow(/^EvaluatedAgent.setState: the state is of a Ppo/);
    expect(() => agent.setState({ ...state, parts: { ...parts, evaluations: {} } })).toThrow(/'evaluations' does not/);
  });

  test.each<[Options, string]>([
    [{ evaluateEvery: 0, keep: 'best' }, 'keep: got "best"'],
    [{ evaluateEvery: 0, stopAtReturn: -3 }, 'stopAtReturn: got -3'],
    [{ evaluateEpisodes: 0 }, 'EvaluatedAgent: evaluateEpisodes: got 0'],
  ])('refuses %o', (options, message) => {
    expect(() => evaluated('ppo', options)).toThrow(message);
  });
});
