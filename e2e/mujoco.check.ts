/**
 * Gymnasium's robots of ours beside Gymnasium's own in native MuJoCo, from PyPI: models, options, starts, and episodes of random actions.
 * `OXBOW_PYTHON` names a Python that has them already.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Env, loadEnv, make } from '../envs/index.ts';
import { mujocoPhysics } from '../envs/mujoco/loadMujoco.ts';
import type { MujocoEnv } from '../envs/mujoco/mujocoEnv.ts';
import { mujocoEnvs } from '../envs/mujoco/mujocoEnvs.ts';
import { digests } from '../test/envs/mujoco/digests.ts';
import { physicalFields } from '../test/envs/mujoco/physicalFields.ts';
import { camelCase, type Difference, type NativeEpisode, replay } from '../test/envs/mujoco/replay.ts';
import { writeGolden } from './mujoco/writeGolden.ts';
import { temporaryFolder } from './project.ts';
import { pythonWith } from './pythonWith.ts';

type Options = Readonly<Record<string, unknown>>;

/** What Python is asked for: an episode with these options. */
interface Request {
  readonly name: string;
  readonly options: Options;
  readonly seed: number;
  /** Steps of random actions before its start. */
  readonly warmup: number;
  readonly steps: number;
}

interface Answer {
  readonly versions: readonly string[];
  readonly facts: Readonly<Record<string, Facts>>;
  /** Of each position and velocity of a start. */
  readonly starts: Readonly<Record<string, readonly Moments[]>>;
  readonly episodes: readonly NativeEpisode[];
}

type Moments = readonly [mean: number, deviation: number, kurtosis: number];

interface Facts {
  readonly maxEpisodeSteps: number;
  readonly rewardThreshold: number | null;
  readonly options: Readonly<Record<string, unknown>>;
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly observations: readonly number[];
  readonly xml: string;
}

/** The tasks that Gymnasium has: other robots have other versions. */
const TASKS = Object.keys(mujocoEnvs).flatMap((id) => /^mujoco\/(\w+-v5)$/.exec(id)?.[1] ?? []);
const SEEDS = [0, 1, 2, 3, 4];
const WARMUPS = [0, 4, 12, 40];
const STARTS = 3000;
/** How many steps must agree. */
const HELD = 10;
/** How many are looked at. */
const LONG = 100;

/** For each option a value other than its default, one that shows in a few random steps. */
const OTHERS: Options = {
  frameSkip: 3,
  forwardRewardWeight: 2,
  ctrlCostWeight: 0.7,
  contactCostWeight: 0.02,
  contactCostRange: [-1, 1e-4],
  contactForceRange: [-0.1, 0.2],
  healthyReward: 2.5,
  healthyStateRange: [-1, 1],
  healthyAngleRange: [-0.02, 0.02],
  impactCostWeight: 0.02,
  impactCostRange: [-1, 1e-4],
  uphCostWeight: 3,
  // An upper leg: the second is fixed to the torso, and is where it is.
  mainBody: 3,
  rewardNearWeight: 2,
  rewardDistWeight: 3,
  rewardControlWeight: 0.3,
  resetNoiseScale: 0.03,
};
/** Ranges that robots leave at once. */
const LOW: Readonly<Record<string, readonly [number, number]>> = {
  'Ant-v5': [0.6, 0.8],
  'Hopper-v5': [1.24, 1.26],
  'Humanoid-v5': [1.39, 1.41],
  'Walker2d-v5': [1.24, 1.26],
};
/** Options that no step depends on: a start does, and Gymnasium has one that nothing does. */
const SHOWLESS = ['resetNoiseScale', 'uphCostWeight'];

/** Options with another value for one of them, and what it is compared with. */
interface Variant {
  readonly name: string;
  readonly option: string;
  readonly options: Options;
  readonly without: Options;
}

/** Without limits: episodes go on behind their ends. */
const ours = (name: string, options: Options = {}) =>
  make(`mujoco/${name}`, options).unwrapped as Env<Float64Array, Float32Array>;
const xmlOf = (name: string): string => (ours(name) as unknown as MujocoEnv).xml;
const optionsOf = (name: string): string[] =>
  Object.keys(mujocoEnvs[`mujoco/${name}` as keyof typeof mujocoEnvs].schema.shape);

function variants(name: string): Variant[] {
  const narrow = LOW[name] === undefined ? {} : { healthyZRange: LOW[name] };
  return optionsOf(name).map((option): Variant => {
    if (option === 'xml') return { name, option, options: { xml: slower(xmlOf(name)) }, without: {} };
    if (option === 'healthyZRange') return { name, option, options: narrow, without: {} };
    const isFlag = /^(exclude|include|terminate)/.test(option);
    const without = option === 'terminateWhenUnhealthy' ? narrow : {};
    const value = isFlag ? false : OTHERS[option];
    if (value === undefined) throw new Error(`${name}: no other value for ${option}`);
    return { name, option, options: { ...without, [option]: value }, without };
  });
}

/** A model with another step of time. */
function slower(xml: string): string {
  const changed = xml.replace(/ timestep="([^"]+)"/, (_, step: string) => ` timestep="${Number(step) * 0.75}"`);
  if (changed === xml) throw new Error('no timestep to change');
  return changed;
}

function asked({ name, options: { xml = null, ...options }, ...rest }: Request) {
  const snake = Object.entries(options).map(([key, value]) => [
    key.replace(/[A-Z]/g, (x) => `_${x.toLowerCase()}`),
    value,
  ]);
  return { name, options: Object.fromEntries(snake), xml, ...rest };
}

// Which options there are is asked for below.
await loadEnv('mujoco/Hopper-v5');

const folder = temporaryFolder('mujoco');
afterAll(() => folder[Symbol.dispose]());
let answer: Answer;
/** By what they are, each once. */
const requests = new Map<string, Request>();
const ask = (all: readonly Request[]) => {
  for (const request of all) requests.set(JSON.stringify(request), request);
};
const episodeOf = (request: Request): NativeEpisode =>
  answer.episodes[[...requests.keys()].indexOf(JSON.stringify(request))]!;

const long = (name: string): Request[] =>
  SEEDS.flatMap((seed) => WARMUPS.map((warmup) => ({ name, options: {}, seed, warmup, steps: LONG })));
const short = (name: string, options: Options): Request[] =>
  [11, 12].flatMap((seed) => [1, 8].map((warmup) => ({ name, options, seed, warmup, steps: HELD })));

/** Of one episode with what a test holds, as `test/envs/mujoco/golden.test.ts` plays it. */
const golden = (name: string) => ({
  base: { name, options: {}, seed: 21, warmup: 8, steps: 12 },
  others: variants(name)
    .filter(({ option }) => !SHOWLESS.includes(option) && option !== 'xml')
    .map(({ options }) => ({ name, options, seed: 21, warmup: 8, steps: 2 })),
});

beforeAll(async () => {
  const python = process.env.OXBOW_PYTHON || pythonWith(folder.path, ['gymnasium[mujoco]==1.4.0', 'mujoco==3.14.0']);
  for (const name of TASKS) {
    ask(long(name));
    for (const { options, without } of variants(name)) ask([...short(name, options), ...short(name, without)]);
    const { base, others } = golden(name);
    ask([base, ...others]);
  }
  const input = JSON.stringify({ tasks: TASKS, starts: STARTS, episodes: [...requests.values()].map(asked) });
  const file = join(folder.path, 'answer.json');
  // MuJoCo leaves a log where it runs.
  const options = { cwd: folder.path, input, stdio: ['pipe', 'inherit', 'inherit'] as ['pipe', 'inherit', 'inherit'] };
  execFileSync(python, [join(import.meta.dirname, 'mujoco/episodes.py'), file], options);
  answer = JSON.parse(readFileSync(file, 'utf8')) as Answer;
  console.log(`Gymnasium ${answer.versions[0]}, MuJoCo ${answer.versions[1]}, ${requests.size} episodes`);
});

test('there are all of Gymnasium’s robots', () => {
  expect(answer.versions).toEqual(['1.4.0', '3.14.0']);
  expect(TASKS).toHaveLength(11);
});

/** The largest of some differences. */
const worst = (all: readonly Difference[]): Difference => all.reduce((a, b) => (b.size > a.size ? b : a));
/** What is not within a bound, in words. */
const beyond = (bound: number, all: readonly Difference[]): string[] =>
  all.flatMap(({ size, of, isSameEnd }, step) =>
    size <= bound && isSameEnd ? [] : [`step ${step}: ${isSameEnd ? `${of} is off by ${size}` : 'one ends'}`],
  );

describe.each(TASKS)('%s', (name) => {
  test('compiles to the same physics', () => {
    const { module } = mujocoPhysics();
    const [mine, theirs] = [xmlOf(name), answer.facts[name]!.xml].map((xml) => physicalFields(module, xml));
    expect(mine!.size).toBeGreaterThan(400);
    expect([...mine!.keys()]).toEqual([...theirs!.keys()]);
    for (const [field, numbers] of theirs!) expect([field, ...mine!.get(field)!]).toEqual([field, ...numbers]);
  });

  test('has the same spaces, limits, options and defaults', () => {
    const env = ours(name);
    const { schema, maxEpisodeSteps, ...more } = mujocoEnvs[`mujoco/${name}` as keyof typeof mujocoEnvs];
    const { low, high, observations, options, rewardThreshold, ...theirs } = answer.facts[name]!;
    const box = env.actionSpace as unknown as { low: Float32Array; high: Float32Array };
    expect([Array.from(box.low), Array.from(box.high)]).toEqual([low, high]);
    expect((env.observationSpace as unknown as { shape: number[] }).shape).toEqual(observations);
    expect(maxEpisodeSteps).toBe(theirs.maxEpisodeSteps);
    expect((more as { rewardThreshold?: number }).rewardThreshold ?? null).toBe(rewardThreshold);
    // Options are finite.
    const finite = (value: unknown) => (value === 'Infinity' ? 1e6 : value === '-Infinity' ? -1e6 : value);
    const defaults = Object.entries(options).map(([key, value]) => [
      camelCase(key),
      Array.isArray(value) ? value.map(finite) : finite(value),
    ]);
    expect(schema.parse({})).toEqual(Object.fromEntries(defaults));
    expect(
      optionsOf(name)
        .filter((option) => option !== 'xml')
        .sort(),
    ).toEqual(defaults.map(([key]) => key).sort());
  });

  test('begins where Gymnasium’s does, in distribution', () => {
    const env = ours(name);
    const robot = env as unknown as { qpos: Float64Array; qvel: Float64Array };
    const mine = Array.from({ length: STARTS }, (_, seed) => {
      env.reset({ seed });
      return [...robot.qpos, ...robot.qvel];
    });
    const error = 1 / Math.sqrt(STARTS);
    for (const [i, [mean, deviation, kurtosis]] of answer.starts[name]!.entries()) {
      const [ourMean, ourDeviation, ourKurtosis] = moments(mine.map((row) => row[i]!));
      // Five standard errors of a difference, and half of what uniform numbers (1.8) and normal ones (3) differ by.
      expect(Math.abs(ourMean - mean)).toBeLessThanOrEqual(5 * Math.SQRT2 * error * deviation + 1e-12);
      expect(Math.abs(ourDeviation - deviation)).toBeLessThanOrEqual(5 * error * deviation + 1e-12);
      expect(Math.abs(ourKurtosis - kurtosis)).toBeLessThanOrEqual(0.6);
    }
  });

  test('does the same in episodes of random actions', () => {
    const all = long(name).map((request) => replay(ours(name), episodeOf(request)));
    for (const differences of all) {
      expect(beyond(1e-12, differences.slice(0, 2))).toEqual([]);
      expect(beyond(1e-8, differences.slice(0, HELD + 1))).toEqual([]);
      // As long as they are together they end together.
      const apart = differences.findIndex(({ size }) => size > 1e-6);
      expect(differences.slice(0, apart < 0 ? LONG : apart).filter(({ isSameEnd }) => !isSameEnd)).toEqual([]);
    }
    const at = (step: number) => worst(all.map((differences) => differences[step]!)).size.toExponential(0);
    console.log(`${name}: largest difference after 1, 10, 100 steps: ${[1, HELD, LONG].map(at).join(', ')}`);
  });

  test.each(variants(name).map((variant) => [variant.option, variant] as const))(
    'does the same with another %s',
    (option, { options, without }) => {
      const episodes = short(name, options).map(episodeOf);
      for (const episode of episodes) {
        const differences = replay(ours(name, options), episode);
        expect(beyond(1e-12, differences.slice(0, 2))).toEqual([]);
        expect(beyond(1e-8, differences)).toEqual([]);
      }
      // Else nothing was looked at.
      if (SHOWLESS.includes(option)) return;
      expect(episodes.map(({ steps }) => steps)).not.toEqual(short(name, without).map((one) => episodeOf(one).steps));
    },
  );

  test('the golden data are native', () => {
    const { base, others } = golden(name);
    const episodes = [base, ...others].map((request) => ({ options: request.options, ...episodeOf(request) }));
    const model = digests(physicalFields(mujocoPhysics().module, answer.facts[name]!.xml));
    writeGolden(name, { episodes, model }, { isWritten: process.env.OXBOW_GOLDEN !== undefined });
  });
});

function moments(numbers: readonly number[]): Moments {
  const meanOf = (of: (x: number) => number) => numbers.reduce((sum, x) => sum + of(x), 0) / numbers.length;
  const mean = meanOf((x) => x);
  const deviation = Math.sqrt(meanOf((x) => (x - mean) ** 2));
  return [mean, deviation, deviation > 0 ? meanOf((x) => (x - mean) ** 4) / deviation ** 4 : 0];
}
