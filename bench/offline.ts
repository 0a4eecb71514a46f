import { Command } from 'commander';
import { commandActions } from '../agents/core/envs.ts';
import {
  type Agent,
  BehaviorCloning,
  evaluate,
  Fql,
  Iql,
  type IqlOptions,
  NfRlbc,
  presets,
  Sac,
  Td3Bc,
} from '../agents/index.ts';
import { type Episode, type EpisodeSource, EpisodesInMemory } from '../datasets/index.ts';
import { type AnyEnv, type Box, make, makeVec } from '../envs/index.ts';
import { shortestPathDirection } from '../envs/lake/demonstrations.ts';
import { Actor, makePolicy, type Policy, Rng, selectBackend, selectEngine } from '../src/index.ts';

const program = new Command('bench:offline')
  .description('Returns of the agents that learn from data, a row a seed: docs/results/offline.md.')
  .option('--data <list>', 'pendulum, uneven, even', 'pendulum,uneven,even')
  .option('--only <text>', 'only agents whose name contains the text', '')
  .option('--seeds <list>', 'which', '300,301,302,303,304')
  .option('--engine <name>', 'as in OXBOW_ENGINE', 'auto')
  .parse();
const options = program.opts<{ data: string; only: string; seeds: string; engine: string }>();

await selectBackend();
await selectEngine(options.engine as Parameters<typeof selectEngine>[0]);

/** The lake with long steps, where the way by the upper bank pays so much more. */
const lakeWith = (upperBonus: number) => make('LakeStride-v0', { upperBonus });

/** Episodes of a way to act in one environment. */
function episodesOf(
  env: AnyEnv,
  count: number,
  seed: string,
  act: (observation: Float32Array, episode: number) => Float32Array,
) {
  return Array.from({ length: count }, (_, i): Episode => {
    let observation = env.reset(i === 0 ? { seed } : undefined)[0] as Float32Array;
    const observations = [...observation];
    const [actions, rewards]: number[][] = [[], []];
    for (;;) {
      const action = act(observation, i);
      const commanded = commandActions(action, env.actionSpace as Box);
      const [next, reward, terminated, truncated] = env.step(commanded);
      observation = next as Float32Array;
      observations.push(...observation);
      actions!.push(...action);
      rewards!.push(reward);
      if (!terminated && !truncated) continue;
      const steps = rewards!.length;
      const end = (is: boolean) => Uint8Array.from({ length: steps }, (_, t) => Number(is && t === steps - 1));
      return {
        observations: Float32Array.from(observations),
        actions: Float32Array.from(actions!),
        rewards: Float32Array.from(rewards!),
        terminations: end(terminated),
        truncations: end(truncated),
      };
    }
  });
}

/** Walks by both banks, 40 % of them by the upper one, with noise .3 on the velocity. */
function lakeData(bonus: number): EpisodeSource {
  const env = lakeWith(bonus);
  const rng = new Rng('lake-data');
  const radius = new Float64Array(1500).map(() => 0.7 + 0.3 * rng.uniform(0.7, 1.3));
  const banks = Array.from(radius, () => (rng.uniform() < 0.4 ? 'upper' : 'lower') as 'upper' | 'lower');
  const episodes = episodesOf(env as AnyEnv, radius.length, 'lake', ([x, y], i) => {
    const way = shortestPathDirection({ x: x!, y: y! }, radius[i]!, banks[i]!);
    return Float32Array.of(rng.normal(way.x, 0.3), rng.normal(way.y, 0.3));
  });
  return new EpisodesInMemory({ observationSpace: env.observationSpace, actionSpace: env.actionSpace, episodes });
}

/** 50 episodes of uniform actions, 35 of SAC when it has begun to learn, 15 of SAC at the end. */
async function pendulumData(): Promise<EpisodeSource> {
  const id = 'Pendulum-v1';
  const { envs, agent: own, policy: ofPolicy } = presets[id].sac;
  const rng = new Rng('pendulum-data');
  const env = makeVec(id, { numEnvs: envs, autoresetMode: 'sameStep' });
  const spaces = { observationSpace: env.singleObservationSpace, actionSpace: env.singleActionSpace };
  const policy = makePolicy('gaussian', { ...spaces, rng: rng.split('policy'), ...ofPolicy });
  const agent = new Sac({ policy, env, rng: rng.split('agent'), ...own, reportEvery: 500 });
  const one = make(id);
  const collect = (count: number, seed: string) => {
    const actor = new Actor(policy, { rng: rng.split(seed) });
    const episodes = episodesOf(one, count, seed, (observation) => actor.act(observation).action.slice());
    actor.dispose();
    return episodes;
  };
  const uniform = rng.split('uniform');
  const episodes = episodesOf(one, 50, 'uniform', () => Float32Array.of(uniform.uniform(-2, 2)));
  let isMedium = false;
  for await (const { step } of agent.train({ steps: 8000, rng: rng.split('train') })) {
    if (isMedium || step > 5000) continue;
    const { meanReturn } = evaluate({ policy, env: id, episodes: 20, seed: 'probe' });
    isMedium = meanReturn > -900;
    if (isMedium) episodes.push(...collect(35, 'medium'));
  }
  episodes.push(...collect(15, 'expert'));
  return new EpisodesInMemory({ ...spaces, episodes });
}

type Parts = { readonly policy: Policy; readonly dataset: EpisodeSource; readonly rng: Rng };
interface Case {
  readonly name: string;
  readonly policy: string;
  readonly policyOptions?: object;
  readonly make: (parts: Parts, data: string) => Agent;
  /** What acts, by name; the policy by samples unless it says so. */
  readonly acts?: readonly ('sampled' | 'greedy' | 'bestOf')[];
}

/** Pendulum's data have four times as many steps as the lake's. */
const updatesOn = (data: string) => (data === 'pendulum' ? 10_000 : 5000);
const common = (data: string) => ({
  batchSize: 128,
  learningRate: 1e-3,
  gamma: 0.98,
  criticHidden: [64, 64],
  maxGradientNorm: 10,
  criticMaxGradientNorm: 10,
  rewardScale: data === 'pendulum' ? 0.1 : 1,
});
/** What was best on seeds 390 to 393, over all policies, of β = 10 and 20 with expectiles of 0.7 and 0.9. */
const iqlOn: Readonly<Record<string, Pick<IqlOptions, 'beta' | 'expectile'>>> = {
  pendulum: { beta: 10, expectile: 0.7 },
  uneven: { beta: 20, expectile: 0.9 },
  even: { beta: 10, expectile: 0.9 },
};
const iql =
  (more: Partial<IqlOptions> = {}) =>
  (parts: Parts, data: string) =>
    new Iql({ ...common(data), ...iqlOn[data], ...more, ...parts });
/** Clones, beside critics by which the best of 32 is chosen; of both expectiles 0.7 was better. */
const choosing = iql({ beta: 0, expectile: 0.7 });
const cloning = ({ policy, dataset }: Parts) =>
  new BehaviorCloning({ policy, dataset, outside: 'keep', batchSize: 128 });
const cases: readonly Case[] = [
  {
    name: 'cloning, Gaussian',
    policy: 'gaussian',
    make: cloning,
    acts: ['sampled', 'greedy'],
  },
  { name: 'cloning, spline', policy: 'spline', make: cloning },
  {
    name: 'TD3+BC',
    policy: 'gaussian',
    policyOptions: { squash: 'tanh' },
    make: (parts, data) => new Td3Bc({ ...common(data), ...parts }),
    acts: ['greedy'],
  },
  { name: 'IQL, Gaussian', policy: 'gaussian', make: iql(), acts: ['sampled', 'greedy'] },
  { name: 'IQL, mixture', policy: 'mixture', make: iql(), acts: ['sampled', 'greedy'] },
  { name: 'IQL, spline', policy: 'spline', make: iql(), acts: ['sampled', 'greedy'] },
  {
    name: 'best of 32, Gaussian',
    policy: 'gaussian',
    make: choosing,
    acts: ['bestOf'],
  },
  {
    name: 'best of 32, spline',
    policy: 'spline',
    make: choosing,
    acts: ['bestOf'],
  },
  {
    name: 'NF-RLBC, Gaussian',
    policy: 'gaussian',
    make: (parts, data) =>
      new NfRlbc({ ...common(data), alpha: data === 'pendulum' ? 'mixed' : 'demonstrations', ...parts }),
    acts: ['sampled', 'greedy'],
  },
  {
    name: 'NF-RLBC, spline',
    policy: 'spline',
    make: (parts, data) =>
      new NfRlbc({ ...common(data), alpha: data === 'pendulum' ? 'mixed' : 'demonstrations', ...parts }),
    acts: ['sampled', 'greedy'],
  },
  {
    name: 'FQL',
    policy: 'implicit',
    make: (parts, data) =>
      new Fql({
        ...common(data),
        alpha: data === 'pendulum' ? 'mixed' : 'demonstrations',
        behaviorHidden: [128, 128],
        ...parts,
      }),
  },
];

for (const data of options.data.split(',')) {
  const bonus = data === 'uneven' ? 0.5 : 0;
  const dataset = data === 'pendulum' ? await pendulumData() : lakeData(bonus);
  const returns = [...dataset.episodes()].map(({ rewards }) => rewards.reduce((sum, reward) => sum + reward, 0));
  const mean = returns.reduce((sum, each) => sum + each, 0) / returns.length;
  console.log(
    JSON.stringify({ data, episodes: returns.length, steps: dataset.numSteps, mean: Number(mean.toFixed(2)) }),
  );
  const env = data === 'pendulum' ? 'Pendulum-v1' : () => lakeWith(bonus);
  for (const { name, policy: kind, policyOptions, make, acts = ['sampled'] } of cases) {
    if (!name.includes(options.only)) continue;
    for (const seed of options.seeds.split(',')) {
      const rng = new Rng(`offline-${seed}`);
      const { observationSpace, actionSpace } = dataset;
      const policy = makePolicy(kind as string, {
        ...{ observationSpace, actionSpace, rng: rng.split('policy'), hidden: [64, 64], activation: 'relu' },
        ...(kind === 'implicit' || kind === 'flow-matching' ? {} : { initialScale: 0.5 }),
        ...(kind === 'gaussian' ? { scale: 'state' } : {}),
        ...policyOptions,
      });
      const agent = make({ policy, dataset, rng: rng.split('agent') }, data);
      const begin = process.cpuUsage();
      for await (const _ of agent.train({ steps: updatesOn(data), rng: rng.split('train') }));
      const { user, system } = process.cpuUsage(begin);
      const row: Record<string, unknown> = { data, name, seed, seconds: Number(((user + system) / 1e6).toFixed(1)) };
      for (const how of acts) {
        const acting = how === 'bestOf' ? (agent as Iql).bestOf(32) : policy;
        const episodes = data === 'pendulum' ? 100 : 500;
        const result = evaluate({ policy: acting, env, episodes, greedy: how === 'greedy', seed: `offline-${seed}` });
        const { outcomes, meanReturn } = result;
        const upper = result.episodes.filter(({ info }) => info.outcome === 'home' && info.bank === 'upper').length;
        row[how] = {
          return: Number(meanReturn.toFixed(3)),
          ...(data !== 'pendulum' && {
            drowned: (outcomes.drowned ?? 0) / episodes,
            upper: Number((upper / Math.max(1, outcomes.home ?? 0)).toFixed(3)),
          }),
        };
      }
      console.log(JSON.stringify(row));
      agent.dispose();
      policy.dispose();
    }
  }
}
