import { z } from 'zod';
import type { BehaviorCloningReport } from '../agents/behaviorCloning.ts';
import { type Agent, BehaviorCloning, type Demonstrations, evaluate, Ppo, type TrainReport } from '../agents/index.ts';
import type { PpoReport } from '../agents/ppo.ts';
import {
  type AnyLakeId,
  collectDemonstrations,
  type DemonstrationPath,
  type LakeId,
  type LakeInfo,
  type MakeOptions,
  make,
  makeVec,
  type VectorEnv,
} from '../envs/index.ts';
import type { Point } from '../envs/lake/lakeMap.ts';
import {
  cosineSchedule,
  geometricSchedule,
  makePolicy,
  type Policy,
  portableMath,
  type Rng,
  type ScaleKind,
} from '../src/index.ts';

/** How far a training is. */
export interface LakeProgress {
  readonly step: number;
  /** What its learning curve shows; null where there is nothing to show. */
  readonly value: number | null;
}

/** A training that goes on as its reports are taken. It needs no files, so that it runs in browsers too. */
export interface LakeTraining<R extends LakeProgress = LakeProgress> {
  readonly policy: Policy;
  readonly steps: number;
  readonly reports: AsyncIterable<R>;
  /** Frees all but the policy. */
  dispose(): void;
}

/**
 * The training of an agent on lakes of its own, which are closed with it; the value is the mean return of the episodes that ended since
 * the last report.
 */
export function agentTraining<R extends TrainReport>(
  agent: Agent<R>,
  { policy, env, steps, rng }: { policy: Policy; env: VectorEnv; steps: number; rng: Rng },
): LakeTraining<LakeProgress & R> {
  async function* reports() {
    for await (const report of agent.train({ steps, rng })) {
      const { episodes } = report;
      const total = episodes.reduce((sum, episode) => sum + episode.return, 0);
      yield { ...report, value: episodes.length === 0 ? null : total / episodes.length };
    }
  }
  return {
    policy,
    steps,
    reports: reports(),
    dispose() {
      agent.dispose();
      env.close();
    },
  };
}

/** What cloning takes for a policy on a lake. */
export interface CloningSettings {
  readonly learningRate: number;
  /** Updates. */
  readonly steps: number;
  readonly policy: PolicySettings;
}

/** What the demonstrators do. */
export interface Demonstrators {
  /** The share of them that go by the upper bank. */
  readonly upperShare: number;
  readonly path: DemonstrationPath;
}

/** Half of them on each bank, on the shortest path. */
export const evenly: Demonstrators = { upperShare: 0.5, path: 'shortest' };

/** Demonstrators of another kind: so many of their walks. */
export type Demonstrate = (episodes: number, rng: Rng) => Demonstrations;

/** Clones demonstrators by maximum likelihood, or by a policy's own loss where it has no density; the value is the held-out loss. The weights of the best report are kept. */
export function cloneTraining({
  env,
  policy: name,
  demonstrators,
  settings: { steps, learningRate, policy: settings },
  episodes,
  batchSize,
  rng,
}: {
  env: AnyLakeId;
  policy: PolicyName;
  demonstrators: Demonstrators | Demonstrate;
  settings: CloningSettings;
  /** Walks to learn from; a fifth as many are held out. */
  episodes: number;
  batchSize: number;
  rng: Rng;
}): LakeTraining<LakeProgress & BehaviorCloningReport> {
  const collect = (count: number, stream: string): Demonstrations => {
    if (typeof demonstrators === 'function') return demonstrators(count, rng.split(stream));
    const { upperShare, path } = demonstrators;
    return collectDemonstrations({ envId: env, episodes: count, upperShare, path, rng: rng.split(stream) });
  };
  const demonstrations = collect(episodes, 'demonstrations');
  const validation = collect(Math.max(1, Math.round(episodes / 5)), 'validation');
  const policy = makeLakePolicy(name, { env, settings, rng: rng.split('policy'), scale: 'state' });
  const agent = new BehaviorCloning({
    policy,
    demonstrations,
    validation,
    // Demonstrators are noisy, and only the direction of an action counts.
    outside: 'keep',
    batchSize,
    learningRate: cosineSchedule(learningRate),
    reportEvery: Math.max(1, Math.round(steps / 30)),
  });
  async function* reports() {
    for await (const report of agent.train({ steps, rng: rng.split('training') })) {
      const { validationLoss } = report;
      // A held-out pair that a policy gives no density makes the loss infinite: there is nothing to plot then.
      const value = validationLoss !== undefined && Number.isFinite(validationLoss) ? validationLoss : null;
      yield { ...report, value };
    }
  }
  return { policy, steps, reports: reports(), dispose: () => agent.dispose() };
}

/** What PPO takes for a policy. */
export interface PpoSettings {
  readonly learningRate: number;
  readonly batchSize: number;
  readonly epochs: number;
  readonly gamma: number;
  readonly entropyCoefficient: number;
  readonly policy: PolicySettings;
}

/** PPO on a lake; the value is the mean return of the episodes that ended since the last report. */
export function ppoTraining({
  env: id,
  policy: name,
  settings: { policy: settings, ...learning },
  fixedScale,
  steps,
  envs,
  horizon,
  rng,
}: {
  env: AnyLakeId;
  policy: DensityPolicyName;
  settings: PpoSettings;
  /** σ of a Gaussian that keeps it. */
  fixedScale?: number | undefined;
  steps: number;
  envs: number;
  horizon: number;
  rng: Rng;
}): LakeTraining<LakeProgress & PpoReport> {
  const policy = makeLakePolicy(name, {
    env: id,
    rng: rng.split('policy'),
    ...(fixedScale === undefined
      ? { settings, scale: 'free' }
      : { settings: { ...settings, initialScale: fixedScale }, scale: 'fixed' }),
  });
  const env = makeVec(id, { numEnvs: envs });
  // The settings were found with the clip alone.
  const agent = new Ppo({ policy, env, rng: rng.split('agent'), horizon, klCoefficient: 0, ...learning });
  return agentTraining(agent, { policy, env, steps, rng: rng.split('training') });
}

/** What PPO on the soft return takes for a policy over headings. */
export interface SoftPpoSettings {
  /** The first of a cosine. */
  readonly learningRate: number;
  readonly batchSize: number;
  /** Passes over a rollout. */
  readonly epochs: number;
  readonly lambda: number;
  /** τ falls from this one in equal ratios, … */
  readonly firstTemperature: number;
  /** … over this share of the training. */
  readonly falling: number;
  readonly policy: PolicySettings;
}

/** What {@link softPpoTraining} takes. */
interface SoftPpoTrainingOptions {
  readonly task: SoftLakeTask;
  /** Steps are of all environments together, the horizon of each of them. */
  readonly training: { readonly steps: number; readonly envs: number; readonly horizon: number };
  readonly settings: SoftPpoSettings;
  readonly rng: Rng;
}

/**
 * PPO on the soft return for a policy over headings, with a temperature that falls to the task's; the value is the mean return of the
 * episodes that ended since the last report, without their entropy.
 */
export function softPpoTraining(
  policy: Policy,
  {
    task,
    training: { steps, envs, horizon },
    settings: { learningRate, firstTemperature, falling, epochs, batchSize, lambda },
    rng,
  }: SoftPpoTrainingOptions,
): LakeTraining<LakeProgress & PpoReport> {
  const env = makeVec(SOFT_LAKE, { ...softLakeOptions(task), numEnvs: envs });
  const fall = geometricSchedule(firstTemperature, task.temperature);
  const agent = new Ppo({
    policy,
    env,
    rng: rng.split('agent'),
    horizon,
    epochs,
    batchSize,
    gamma: 1,
    lambda,
    learningRate: cosineSchedule(learningRate),
    valueLearningRate: cosineSchedule(2 * learningRate),
    maxGradientNorm: 5,
    // The settings were found with the clip alone.
    klCoefficient: 0,
    temperature: (share) => fall(share / falling),
    baseEntropy: UNIFORM_ENTROPY,
  });
  return agentTraining(agent, { policy, env, steps, rng: rng.split('training') });
}

/** A lake of headings at a temperature. */
export interface SoftLakeTask {
  readonly stride: number;
  readonly temperature: number;
}

/** Headings are chosen on the stride lake, at one stride or another. */
export const SOFT_LAKE = 'LakeStride-v0' satisfies LakeId;

/** The step of the registered stride lake. */
export const STRIDE = 1.3;

/** log |A| of the circle of headings: the entropy of the uniform policy. */
export const UNIFORM_ENTROPY = portableMath.log(2 * Math.PI);

/** The optimum knows no time limit: walks of short strides need more steps than the stride lake's twelve. */
const MAX_STEPS = 40;

/** Options of the stride lake, as a task of headings has it. */
export function softLakeOptions({ stride }: Pick<SoftLakeTask, 'stride'>) {
  return { action: 'heading', stride, maxEpisodeSteps: MAX_STEPS } as const;
}

const count = () => z.int().positive().max(1_000_000);

/** What policies over headings are trained with by PPO, beside the settings of each, and how finely their optimum is solved. */
export const softLakeSettings = z.strictObject({
  steps: count().default(57_344).meta({ description: 'length of a training, over all environments', unit: 'steps' }),
  envs: count().default(32).meta({ description: 'parallel environments', unit: 'environments' }),
  horizon: count().default(64).meta({ description: 'steps of each environment between updates', unit: 'steps' }),
  cells: count()
    .multipleOf(2)
    .default(40)
    .meta({ description: 'cells of the grid of the soft optimum, along one side', unit: 'cells' }),
  points: count().default(180).meta({ description: 'headings of the soft optimum', unit: 'headings' }),
});

/** Options of a policy, by name. */
export type PolicySettings = Readonly<Record<string, unknown>>;

/** The policies that are compared: their names in the registry, and the options that make them what they are. */
const POLICIES = {
  gaussian: { name: 'gaussian' },
  'gaussian-full': { name: 'gaussian-full' },
  // As many components as there are banks; `mixture` has a number that is searched.
  'mixture-2': { name: 'mixture', options: { components: 2, head: false, spread: 0 } },
  mixture: { name: 'mixture', options: { head: false, spread: 0 } },
  realnvp: { name: 'realnvp', options: { head: false } },
  spline: { name: 'spline', options: { head: false } },
  // The negative control, a flow with one mode: additive couplings keep volumes, so that the density at f(z) is N(z) and a constant,
  // which has as many maxima as N.
  nice: { name: 'nice', options: { head: false } },
  'flow-matching': { name: 'flow-matching', hasDensity: false },
} as const;

/** Relative cost of an update of each policy. */
export const policyCost: Record<PolicyName, number> = {
  gaussian: 1,
  'gaussian-full': 1,
  'mixture-2': 1.1,
  mixture: 1.2,
  realnvp: 1.7,
  spline: 1.9,
  nice: 1.6,
  'flow-matching': 1,
};

export type PolicyName = keyof typeof POLICIES;
export const policyNames = Object.keys(POLICIES) as PolicyName[];

/** The policies that have log-probabilities: all but cloning needs them. */
export type DensityPolicyName = {
  [name in PolicyName]: (typeof POLICIES)[name] extends { readonly hasDensity: false } ? never : name;
}[PolicyName];
export const densityPolicyNames = policyNames.filter(hasDensity);

export function hasDensity(name: PolicyName): name is DensityPolicyName {
  return !('hasDensity' in POLICIES[name]);
}

/** All policies have about this many, ±10 %: a flow spreads them over one small network a layer, the others have one wide one. */
const PARAMETERS = 18_000;

/**
 * One of the policies that are compared.
 * @param settings options that are searched
 * @param scale whether the diagonal Gaussian's σ is a function of the state (cloning), free (PPO's usual choice) or stays what it is
 */
export function makeLakePolicy(
  policy: PolicyName,
  { env: id, settings, rng, scale }: { env: string; settings: PolicySettings; rng: Rng; scale: ScaleKind },
): Policy {
  const { observationSpace, actionSpace } = make(id);
  const { name, options = {} } = POLICIES[policy] as { name: string; options?: PolicySettings };
  return makePolicy<string>(name, {
    observationSpace,
    actionSpace,
    rng,
    parameters: PARAMETERS,
    ...(name === 'gaussian' && { scale }),
    ...options,
    ...settings,
  });
}

/**
 * The policies over headings. On a circle there is no full covariance, no RealNVP and no NICE: couplings need two numbers. Gaussians
 * are wound round it; the flow is the circular spline. Components of a mixture begin apart; `mixture` has a number of them that is searched.
 */
const HEADING_POLICIES = {
  gaussian: { name: 'gaussian', options: { squash: 'wrap', scale: 'state' } },
  'mixture-2': { name: 'mixture', options: { squash: 'wrap', components: 2, head: false } },
  mixture: { name: 'mixture', options: { squash: 'wrap', head: false } },
  spline: { name: 'circular-spline' },
} satisfies Partial<Record<PolicyName, object>>;

export type HeadingPolicy = keyof typeof HEADING_POLICIES;
export const headingPolicies = Object.keys(HEADING_POLICIES) as HeadingPolicy[];

/**
 * One of them, of about as many parameters as the policies over velocities.
 * @param settings options that are searched
 */
export function makeHeadingPolicy(policy: HeadingPolicy, settings: PolicySettings, rng: Rng): Policy {
  const { observationSpace, actionSpace } = make(SOFT_LAKE, { action: 'heading' });
  const { name, options = {} } = HEADING_POLICIES[policy] as { name: string; options?: PolicySettings };
  return makePolicy<string>(name, {
    observationSpace,
    actionSpace,
    rng,
    parameters: PARAMETERS,
    ...options,
    ...settings,
  });
}

/** One walk for the figures: the way it ended and its positions, x₀, y₀, x₁, y₁, …, from the start to the last. */
export interface Walk {
  readonly outcome: NonNullable<LakeInfo['outcome']>;
  readonly bank: 'upper' | 'lower' | null;
  readonly positions: readonly number[];
}

export interface WalkMetrics {
  /** Share of walks that end in the water. */
  readonly drownRate: number;
  readonly homeRate: number;
  /** Mean undiscounted return. */
  readonly return: number;
  /** Share of the upper bank among the walks that get home; null if none does. */
  readonly upperShare: number | null;
  /** The share of the bank that is used less, 0 (one bank only) to ½ (both alike); null if no walk gets home. */
  readonly modeBalance: number | null;
  /** The entropy of the bank of walks home, nats: 0 (one bank only) to ln 2 (both alike); null if no walk gets home. */
  readonly modeEntropy: number | null;
}

/**
 * Walks `episodes` times with *sampled* actions and keeps the paths of the first `keep`.
 * @param env a lake, or what makes as many as asked for, whose observations begin with the position
 */
export function measureWalks({
  env: lake,
  options,
  policy,
  episodes,
  keep,
  digits = 3,
  rng,
}: {
  env: AnyLakeId | ((episodes: number) => VectorEnv);
  /** The options of a lake that is named. */
  options?: MakeOptions;
  policy: Policy;
  episodes: number;
  keep: number;
  /** To how many digits after the point positions are rounded; Infinity leaves them as they are. */
  digits?: number;
  rng: Rng;
}): { metrics: WalkMetrics; walks: Walk[] } {
  const env = typeof lake === 'string' ? makeVec(lake, { ...options, numEnvs: episodes }) : lake(episodes);
  const size = env.singleObservationSpace.size;
  const paths: number[][] = Array.from({ length: Math.min(keep, episodes) }, () => []);
  const measured = evaluate({
    policy,
    env,
    episodes,
    rng,
    onStep: ({ observations, episodes: playing }) => {
      paths.forEach((path, i) => {
        if (playing[i] === i) path.push(observations[size * i]!, observations[size * i + 1]!);
      });
    },
    onEnd: (i, observation) => {
      paths[i]?.push(observation[0]!, observation[1]!);
    },
  });
  env.close();
  const unit = digits === Infinity ? Infinity : Number(`1e${digits}`);
  const rounded = (coordinate: number) => (unit === Infinity ? coordinate : Math.round(coordinate * unit) / unit);
  const infos = measured.episodes.map(({ info }) => info as LakeInfo);
  const share = (outcome: LakeInfo['outcome']): number =>
    infos.filter((info) => info.outcome === outcome).length / episodes;
  const homeBanks = infos.filter(({ outcome }) => outcome === 'home').map(({ bank }) => bank);
  const upperShare =
    homeBanks.length === 0 ? null : homeBanks.filter((bank) => bank === 'upper').length / homeBanks.length;
  return {
    metrics: {
      drownRate: share('drowned'),
      homeRate: share('home'),
      return: measured.meanReturn,
      upperShare,
      modeBalance: upperShare === null ? null : Math.min(upperShare, 1 - upperShare),
      modeEntropy: upperShare === null ? null : modeEntropy(upperShare),
    },
    walks: paths.map((positions, i) => ({
      outcome: infos[i]!.outcome!,
      bank: infos[i]!.bank ?? null,
      positions: positions.map(rounded),
    })),
  };
}

/** The entropy of the choice between two banks, −p ln p − (1 − p) ln(1 − p), nats: 0 for one bank only, ln 2 for both alike. */
export function modeEntropy(upperShare: number): number {
  return [upperShare, 1 - upperShare].reduce((sum, p) => (p > 0 ? sum - p * portableMath.log(p) : sum), 0);
}

/** The positions of a walk but its last, where nothing is chosen any more. */
export function departures({ positions }: Pick<Walk, 'positions'>): Point[] {
  return Array.from({ length: positions.length / 2 - 1 }, (_, i) => ({
    x: positions[2 * i]!,
    y: positions[2 * i + 1]!,
  }));
}
