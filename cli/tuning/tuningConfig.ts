import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { evaluationOptions } from '../../agents/core/evaluate.ts';
import { type ActingAgentName, agentNamed } from '../../agents/registry.ts';
import { presetFor } from '../../agents/train.ts';
import { describeIssue, show } from '../../src/options/describe.ts';
import { choice, flag } from '../../src/options/fields.ts';
import { policySchema } from '../../src/policies/registry.ts';
import { nest } from '../experiment/config.ts';
import { InputError } from '../experiment/errors.ts';
import { commonShape } from '../experiment/experiment.ts';
import type { Settings, SettingValue } from '../experiment/tuned.ts';
import { type TrainChoice, type TrainConfig, trainSchema, trainSettings } from '../train/trainConfig.ts';
import { type Dimension, hasDimension, isDimension, SEARCHES, type SearchSpace } from './searchSpace.ts';

/** The first seed of trials: far from those of a training, so that no settings are judged on the seeds that they were chosen by. */
const FIRST_SEED = 1000;

/** The settings of a search for the settings of trainings. */
export interface TrainTuningConfig extends Omit<TrainConfig, keyof typeof evaluationOptions> {
  readonly trials: number;
  readonly search: (typeof SEARCHES)[number];
  readonly searchSeed: number;
  readonly halving: number;
  readonly rungs: number;
  readonly greedy: boolean;
  readonly over: 'mean' | 'worst';
  /** The agent's default space, unless given. */
  readonly space?: SearchSpace | undefined;
}

const tuningShape = {
  trials: z.int().positive().max(10_000).default(16).describe('settings drawn for each policy'),
  search: choice(SEARCHES, 'latin-hypercube', 'how settings are drawn: by Latin hypercube sampling, or each by itself'),
  searchSeed: z.int().nonnegative().default(0).describe('seed of the draws of settings; another one tries others'),
  halving: z
    .int()
    .positive()
    .max(100)
    .default(1)
    .describe(
      'η of successive halving, of which the best 1/η of the settings go on to η times the steps; 1 trains all to the end',
    ),
  rungs: z
    .int()
    .positive()
    .max(20)
    .default(3)
    .describe(
      'rounds of successive halving, of which the last one has all the steps; fewer where settings or steps do not last',
    ),
  greedy: flag(false, 'whether greedy actions are judged in place of sampled ones'),
  over: choice(['mean', 'worst'], 'mean', 'what the score of settings is of the returns of their seeds'),
  space: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('where settings are searched; by default where those of the agent usually lie'),
};

/** The settings of a search, which depend on what is trained. */
export function trainTuningSchema(choices: TrainChoice) {
  const { snapshots: _, ...shape } = trainSchema(choices).shape;
  const fields = Object.entries(shape).filter(([name]) => !(name in evaluationOptions));
  return z.strictObject({
    ...(Object.fromEntries(fields) as Record<string, z.ZodType>),
    ...commonShape(choices, { seeds: 2, first: FIRST_SEED }),
    ...tuningShape,
  });
}

type Space = Readonly<Record<string, Dimension>>;

/** γ and λ, which matter by how far they are from 1. */
const gamma: Dimension = { choice: [0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 0.9999] };
const lambda: Dimension = { choice: [0.8, 0.9, 0.92, 0.95, 0.98, 0.99, 1] };

const rate = (low: number, high: number): Dimension => ({ logUniform: [low, high], schedule: ['constant', 'linear'] });

/** What is searched for agents that learn from whole rollouts. */
const onPolicy = {
  learningRate: rate(1e-5, 1e-2),
  gamma,
  maxGradientNorm: { choice: [0.3, 0.5, 1, 2, 5] },
} satisfies Space;

/** What is searched for agents that learn from a replay buffer. */
const offPolicy = {
  learningRate: rate(1e-5, 1e-2),
  gamma,
  batchSize: { choice: [32, 64, 128, 256, 512] },
  learningStarts: { choice: [100, 500, 1000] },
} satisfies Space;

/** What is searched for those of them whose actions are continuous. */
const continuous = {
  ...offPolicy,
  tau: { choice: [0.001, 0.005, 0.01, 0.02, 0.05] },
  updateEvery: { choice: [1, 4, 16, 64] },
} satisfies Space;

const { tau: _, ...withoutTargets } = continuous;

const qLearning = {
  ...offPolicy,
  targetUpdateEvery: { choice: [250, 500, 1000, 5000, 10_000] },
  updateEvery: { choice: [1, 2, 4, 8, 16] },
  updatesPerStep: { choice: [0.125, 0.25, 0.5, 1] },
  explorationFraction: { uniform: [0.02, 0.5] },
  nSteps: { choice: [1, 3, 5] },
} satisfies Space;

/** Where horizons lie so that rollouts over all environments have one of these sizes. */
const horizons = (rollouts: readonly number[], envs: number): Dimension => ({
  choice: [...new Set(rollouts.map((size) => Math.max(1, Math.ceil(size / envs))))],
});

/** What is searched of an agent's options, by its name, for so many environments. */
const spaces: { readonly [N in ActingAgentName]: (envs: number) => Space } = {
  reinforce: () => ({
    ...onPolicy,
    valueLearningRate: rate(1e-4, 1e-2),
    episodesPerEnv: { choice: [1, 2, 4, 8] },
    valueUpdates: { choice: [1, 5, 10, 20] },
    normalizeAdvantages: { choice: [true, false] },
  }),
  a2c: () => ({
    ...onPolicy,
    horizon: { choice: [5, 8, 16, 32, 64, 128] },
    lambda,
    entropyCoefficient: { logUniform: [1e-8, 0.1] },
    valueCoefficient: { uniform: [0.1, 1] },
    normalizeAdvantages: { choice: [true, false] },
  }),
  ppo: (envs) => ({
    ...onPolicy,
    horizon: horizons([256, 512, 1024, 2048, 4096], envs),
    batchSize: { choice: [32, 64, 128, 256] },
    epochs: { choice: [1, 5, 10, 20] },
    lambda,
    clip: { uniform: [0.1, 0.4], schedule: ['constant', 'linear'] },
    entropyCoefficient: { logUniform: [1e-8, 0.1] },
  }),
  fpo: (envs) => ({
    ...onPolicy,
    horizon: horizons([1024, 2048, 4096], envs),
    batchSize: { choice: [64, 128, 256] },
    epochs: { choice: [5, 10] },
    lambda,
    clip: { uniform: [0.03, 0.2], schedule: ['constant', 'linear'] },
  }),
  reinflow: (envs) => ({
    ...onPolicy,
    horizon: horizons([1024, 2048, 4096], envs),
    batchSize: { choice: [64, 128, 256] },
    epochs: { choice: [5, 10] },
    lambda,
    clip: { uniform: [0.05, 0.3], schedule: ['constant', 'linear'] },
    maxNoise: { logUniform: [0.2, 2] },
    entropyCoefficient: { logUniform: [1e-8, 0.1] },
  }),
  sac: () => continuous,
  tqc: () => ({ ...continuous, droppedPerCritic: { choice: [0, 1, 2, 3, 5] } }),
  crossq: () => ({ ...withoutTargets, policyDelay: { choice: [1, 2, 3] } }),
  'soft-q-learning': () => ({ ...continuous, temperature: { logUniform: [0.01, 10] } }),
  meow: () => ({ ...continuous, temperature: { logUniform: [0.01, 10] } }),
  dsrl: () => ({ ...continuous, noiseBound: { uniform: [1, 2.5] }, noiseAliasing: { choice: [true, false] } }),
  td3: () => ({
    ...continuous,
    explorationNoise: { uniform: [0, 0.5] },
    policyDelay: { choice: [1, 2, 3] },
  }),
  dqn: () => qLearning,
  'qr-dqn': () => qLearning,
};

/**
 * Where the settings of an agent are searched, unless another space is given: what the samplers of RL Baselines3 Zoo search, with bounds like
 * theirs. Networks stay as they are.
 *
 * Raffin, "RL Baselines3 Zoo", 2020.
 *
 * @param envs parallel environments of the training: where an agent learns from rollouts, their sizes are the same for any number
 */
export function defaultSpace(agent: ActingAgentName, envs: number): SearchSpace {
  return { agent: spaces[agent](envs) };
}

/** What stands for a setting in a space, as errors say it. */
const DIMENSIONS = '{"choice": […]}, {"uniform": [low, high]} or {"logUniform": [low, high]}';

const bounds = z.tuple([z.number(), z.number()]).refine(([low, high]) => low < high);
const schedule = z
  .array(z.enum(['constant', 'linear']))
  .min(1)
  .optional();
const dimensions = z.union([
  z.strictObject({ choice: z.array(z.unknown()).min(1) }),
  z.strictObject({ uniform: bounds, schedule }),
  z.strictObject({ logUniform: bounds.refine(([low]) => low > 0), schedule }),
]);

/**
 * Checks a space against the settings of a training: each setting exists, and takes every choice and both bounds.
 *
 * @param label whose value the space is: `--space`
 * @param schemas of the settings, of which one at least must take each value: those of each policy
 * @param what an unknown name is said to be an unknown one of
 * @throws InputError, one line, that begins with the label and names the setting
 */
export function checkSpace(
  label: string,
  space: unknown,
  schemas: readonly z.ZodType[],
  what: string,
): asserts space is SearchSpace {
  checkPart(label, space, [], schemas, what);
  if (!hasDimension(space as SearchSpace))
    throw new InputError(`${label}: got no setting to search, expected one at least`);
}

function checkPart(
  label: string,
  part: unknown,
  path: readonly string[],
  schemas: readonly z.ZodType[],
  what: string,
): void {
  const where = [label, ...(path.length === 0 ? [] : [path.join('.')])].join(': ');
  if (typeof part !== 'object' || part === null || Array.isArray(part)) {
    const expected = path.length === 0 ? 'an object of settings' : DIMENSIONS;
    throw new InputError(`${where}: got ${show(part)}, expected ${expected}`);
  }
  if (!isDimension(part as Dimension | SearchSpace)) {
    for (const [name, value] of Object.entries(part)) checkPart(label, value, [...path, name], schemas, what);
    return;
  }
  if (path.length === 0 || !dimensions.safeParse(part).success) {
    throw new InputError(`${where}: got ${show(part)}, expected ${DIMENSIONS}, low < high`);
  }
  for (const value of extremes(part as Dimension)) {
    const problems = schemas.map((schema) => problemOf(schema, path, value, what));
    if (!problems.includes(undefined)) throw new InputError(`${where}: ${problems[0]}`);
  }
}

/** The values of a dimension, or those between which all others lie. */
function extremes(dimension: Dimension): SettingValue[] {
  if ('choice' in dimension) return [...dimension.choice];
  const numbers = 'uniform' in dimension ? dimension.uniform : dimension.logUniform;
  const isLinear = dimension.schedule?.includes('linear') === true;
  const isConstant = dimension.schedule?.includes('constant') !== false;
  return [
    ...(isConstant ? numbers : []),
    ...(isLinear ? numbers.map((first): SettingValue => ({ linear: [first, 0] })) : []),
  ];
}

function problemOf(schema: z.ZodType, path: readonly string[], value: unknown, what: string): string | undefined {
  const given = nest(path, value);
  const { error } = schema.safeParse(given, { reportInput: true });
  const [issue] = error?.issues ?? [];
  return issue && describeIssue(schema, issue, given, what);
}

/**
 * The settings of a training with those of a trial, all as `oxbow train` takes them. Options that the policy does not have are left out.
 * @throws if an option is unknown or out of range
 */
export function trialConfig(config: TrainTuningConfig, policy: string, settings: Settings): TrainConfig {
  const { studies, environments } = config;
  const { agent = {}, policy: ofPolicy = {}, ...others } = settings as Readonly<Record<string, Settings>>;
  const known = Object.keys(policySchema(policy)?.shape ?? {});
  const own = Object.entries({ ...config.policy, ...ofPolicy }).filter(([name]) => known.includes(name));
  return trainSchema({ studies, policies: [policy], environments }).parse({
    ...Object.fromEntries(Object.entries(config).filter(([name]) => !(name in tuningShape))),
    ...others,
    policies: [policy],
    agent: { ...config.agent, ...agent },
    policy: Object.fromEntries(own),
  }) as unknown as TrainConfig;
}

type Options = Readonly<Record<string, unknown>>;

/**
 * The settings of a trial in the form of a preset, also a config file of `oxbow train`: those that were searched, those of the preset, and whatever else differs from the defaults of agent and policy.
 * With them `oxbow train` does what the trial did, to the byte. The Python of an environment is left out, which no file can name.
 */
export function tunedTraining(config: TrainTuningConfig, policy: string, settings: Settings) {
  const [agent, env] = [config.studies[0]!, config.environments[0]!];
  const trial = trialConfig(config, policy, settings);
  // The agent's own: a preset takes the place of the scales that a training has without one. An environment without a name has no preset.
  const usual = {
    agent: agentNamed(agent)!.settings.parse({}) as Options,
    policy: trainSettings({ study: agent, env: '', policy }, {}).policy,
  };
  const preset = presetFor(env, agent, policy);
  const chosen = (part: 'agent' | 'policy') => {
    const named = { ...preset?.[part], ...(settings[part] as Settings | undefined) };
    const options = Object.entries(trial[part]).filter(
      ([name, value]) => value !== undefined && (name in named || !isDeepStrictEqual(value, usual[part][name])),
    );
    return Object.fromEntries(options);
  };
  const { python: _, ...given } = trial.env;
  return {
    steps: trial.steps,
    envs: trial.envs,
    ...(Object.keys(given).length > 0 && { env: given }),
    agent: chosen('agent'),
    policy: chosen('policy'),
  };
}
