import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { BehaviorCloning, evaluate } from '../../agents/index.ts';
import { writeCheckedJson } from '../../cli/experiment/checkedJson.ts';
import type { JobContext, JobResult } from '../../cli/experiment/experiment.ts';
import type { Settings } from '../../cli/experiment/tuned.ts';
import {
  type Bank,
  demonstrationNoise,
  type LakeInfo,
  lakeGrains,
  lakeMap,
  marginRange,
  shortestPathDirection,
} from '../../envs/index.ts';
import { cosineSchedule, type Policy, portableMath, Rng, savePolicy } from '../../src/index.ts';
import { trainClone } from '../shared/cloning.ts';
import {
  bandOf,
  hasDensity,
  isGreedy,
  makeProductLakes,
  makeProductPolicy,
  PRODUCT_LAKE,
  type ProductDemonstrations,
  type ProductPolicy,
  type ProductStudy,
  type ProductsConfig,
  productDemonstrations,
} from './config.ts';
import type { ProductInfo } from './productEnv.ts';

/** What cloning takes for a policy, whatever the number of lakes. */
interface CloningSettings {
  readonly learningRate: number;
  /** Updates. */
  readonly steps: number;
  readonly policy: Settings;
}

/** What a job keeps beside its metrics. */
interface ProductData {
  readonly parameters: number;
  /** How many walks that get home on every lake take each way: `u` for an upper bank, `l` for a lower one, lake by lake. */
  readonly ways: Readonly<Record<string, number>>;
}

/**
 * Clones demonstrators who walk on several lakes at once, by maximum likelihood. The weights of the best held-out step are kept. Metrics, beside
 * those of {@link measureProduct}, on fresh walks of the demonstrators:
 *
 * - `natsAbove`: −log π of an action above the law of the demonstrators, who know the walk so far (`surpriseOf`), nats a step. A policy sees positions
 *   alone; what that costs is the same for every class.
 * - `startNats`: the same at the start, where there is no walk so far: the divergence KL(demonstrators ‖ π).
 *
 * A class without a density of these actions has neither. What the clock says, {@link ProductTimes}, goes to a file of its own.
 */
export async function cloneProduct(
  {
    study,
    policy: name,
    lakes,
  }: { readonly study: ProductStudy; readonly policy: ProductPolicy; readonly lakes: number },
  config: ProductsConfig,
  { rng, report, directory, logs }: JobContext,
): Promise<JobResult & { data: ProductData }> {
  const collect = (walks: number, stream: string) => productDemonstrations({ lakes, walks, rng: rng.split(stream) });
  const walks = config.demonstrations * lakes;
  const demonstrations = collect(walks, 'demonstrations');
  const validation = collect(Math.max(1, Math.round(walks / 5)), 'validation');
  const heldOut = collect(config.heldOut, 'held out');
  const { observationSpace, actionSpace } = makeProductLakes(lakes);
  const { steps, learningRate, policy: settings } = cloningSettings(config, name, lakes);
  const parameters = config.parameters[study];
  const spaces = { observationSpace, actionSpace };
  const policy = makeProductPolicy(name, { ...spaces, parameters, settings, rng: rng.split('policy') });
  const before = process.cpuUsage();
  const agent = new BehaviorCloning({
    policy,
    demonstrations: pairsOf(demonstrations),
    validation: pairsOf(validation),
    // Demonstrators are noisy, and only the direction of an action counts. Bins end at the bounds.
    outside: policy.boundedActions === undefined ? 'keep' : 'clip',
    batchSize: config.batchSize,
    learningRate: cosineSchedule(learningRate),
    reportEvery: Math.max(1, Math.round(steps / 30)),
  });
  const { bestStep } = await trainClone(agent, { steps, rng: rng.split('training'), report, share: 0.9 });
  const { user, system } = process.cpuUsage(before);
  const greedy = isGreedy(name);
  const surprise = hasDensity(name) ? surpriseOf(heldOut) : undefined;
  const { metrics, counts } = measureProduct({
    ...{ policy, lakes, greedy },
    episodes: config.evaluationEpisodes,
    rng: rng.split('evaluation'),
  });
  savePolicy(join(directory, 'policy.json'), policy, { env: PRODUCT_LAKE, lakes, ...metrics });
  const times: ProductTimes = { training: (user + system) / 1e6, acting: actingTime(policy, lakes, greedy) };
  mkdirSync(logs, { recursive: true });
  writeCheckedJson(join(logs, TIMES), times);
  const size = policy.parameterCount();
  const above = (pairs: Pick<ProductDemonstrations, 'observations' | 'actions'>, law: number | undefined) =>
    law === undefined ? null : finite(agent.evaluate(pairs) - law);
  const [natsAbove, startNats] = [
    above(pairsOf(heldOut), surprise?.walks),
    above(startsOf(heldOut, lakes), surprise?.start),
  ];
  agent.dispose();
  policy.dispose();
  return {
    metrics: { ...metrics, natsAbove, startNats, bestStep },
    data: { parameters: size, ways: counts },
  };
}

/** What a training and an action take on this machine: no result, since no two runs have it alike. */
export interface ProductTimes {
  /** Processor seconds of the training, with what held-out losses take. */
  readonly training: number;
  /** Milliseconds of the processor for one action of one walk. */
  readonly acting: number;
}

/** The file of a job's {@link ProductTimes} among its logs. */
export const TIMES = 'times.json';

const ACTIONS = 1000;

function actingTime(policy: Policy, lakes: number, greedy: boolean): number {
  const actor = policy.actor({ rng: new Rng('times'), greedy });
  const observation = new Float32Array(2 * lakes);
  let before = process.cpuUsage();
  for (let i = 0; i < 2 * ACTIONS; i++) {
    // The first ones are slow.
    if (i === ACTIONS) before = process.cpuUsage();
    actor.act(observation);
  }
  const { user, system } = process.cpuUsage(before);
  actor.dispose();
  return (user + system) / 1e3 / ACTIONS;
}

/** What a policy is cloned with: as tuned, but for the steps, if the run says how many. */
export function cloningSettings(
  { tuned, steps }: ProductsConfig,
  policy: ProductPolicy,
  lakes: number,
): CloningSettings {
  const settings = tuned.products![PRODUCT_LAKE]![policy]![bandOf(lakes)] as unknown as CloningSettings;
  return { ...settings, steps: steps ?? settings.steps };
}

function pairsOf({ observations, actions }: ProductDemonstrations) {
  return { observations, actions };
}

/** The first pairs of all walks. */
function startsOf({ observations, actions, walks }: ProductDemonstrations, lakes: number) {
  const first = (values: Float32Array) =>
    Float32Array.from(
      walks.flatMap(({ offset }) => [...values.subarray(2 * lakes * offset, 2 * lakes * (offset + 1))]),
    );
  return { observations: first(observations), actions: first(actions) };
}

/** A pair to which a policy gives no density makes its loss infinite: there is nothing to count then. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** How walks of several lakes at once ended. */
interface ProductWalks {
  /** Share of walks that drown in any lake. */
  readonly drownRate: number;
  /** Share of walks that get home on every lake. */
  readonly homeRate: number;
  /** Share of drowned among all single lakes of all walks. */
  readonly drownRateOfALake: number;
  /** How many of the 2ᵏ ways the walks take that get home on every lake. */
  readonly ways: number;
}

/** Environments side by side. */
const ENVS = 250;

/** Walks `episodes` times; with sampled actions, unless greedy. */
function measureProduct({
  policy,
  lakes,
  episodes,
  greedy,
  rng,
}: {
  readonly policy: Policy;
  readonly lakes: number;
  readonly episodes: number;
  readonly greedy: boolean;
  readonly rng: Rng;
}): { metrics: ProductWalks; counts: Record<string, number> } {
  const measured = evaluate({
    policy,
    env: () => makeProductLakes(lakes) as never,
    numEnvs: Math.min(ENVS, episodes),
    episodes,
    greedy,
    rng,
  });
  return summarizeWalks(measured.episodes.map(({ info }) => (info as ProductInfo).parts as LakeInfo[]));
}

/**
 * What came of walks, and how many of those that got home on every lake took each way.
 * @param walks of each the last info of every lake
 */
export function summarizeWalks(walks: readonly (readonly Pick<LakeInfo, 'outcome' | 'bank'>[])[]): {
  metrics: ProductWalks;
  counts: Record<string, number>;
} {
  const home = walks.filter((lakes) => lakes.every(({ outcome }) => outcome === 'home'));
  const counts: Record<string, number> = {};
  for (const lakes of home) {
    const way = lakes.map(({ bank }) => (bank === 'upper' ? 'u' : 'l')).join('');
    counts[way] = (counts[way] ?? 0) + 1;
  }
  const drowned = ({ outcome }: Pick<LakeInfo, 'outcome'>) => outcome === 'drowned';
  const single = walks.flat();
  return {
    metrics: {
      drownRate: walks.filter((lakes) => lakes.some(drowned)).length / walks.length,
      homeRate: home.length / walks.length,
      drownRateOfALake: single.filter(drowned).length / single.length,
      ways: Object.keys(counts).length,
    },
    counts: Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/**
 * The probability that a demonstrator's walk gets home, and that its first step stays dry: of walks that do not get home none is kept. Shares of
 * 1,012,040 walks and of 2,000,000 steps, ±0.0001.
 */
export const KEPT = { home: 0.9881, dry: 0.9888 };

const BANKS: readonly Bank[] = ['upper', 'lower'];

/** How surprising demonstrations are to those who know all about the demonstrators, nats. */
interface Surprise {
  /** −log p(a | the walk so far), the mean over all steps of all walks. */
  readonly walks: number;
  /** −log p(a | start), the mean over first steps. */
  readonly start: number;
}

/**
 * −log p of demonstrations under the law that made them, exactly but for the constants {@link KEPT}. Lakes are independent. A walk on one has
 *
 *   p(walk) = Σ ½ E_R[Π N(aₜ; d(sₜ, R, bank), 0.1² I)] / P(home),   R = 0.7 + margin · U(0.7, 1.3),
 *
 * d the demonstrator's direction: bank and circle are hidden, and the walk so far tells of them. Its logarithm is the sum over the steps of
 * log p(aₜ | s₀, a₀, …, sₜ). Of who is home, N(0, 0.1² I).
 *
 * @param circles by which the mean over R is taken, the midpoint rule
 */
export function surpriseOf(
  { observations, actions, walks, lakes }: Pick<ProductDemonstrations, 'observations' | 'actions' | 'walks' | 'lakes'>,
  { circles = 32 }: { readonly circles?: number } = {},
): Surprise {
  const count = lakes.length;
  const radii = radiiOf(circles);
  const terms = new Float64Array(BANKS.length * circles);
  let [ofWalks, ofStarts, steps] = [0, 0, 0];
  for (const [walk, { offset, length }] of walks.entries()) {
    steps += length;
    for (let lake = 0; lake < count; lake++) {
      const under = lakes[lake]!.episodes[walk]!.length;
      terms.fill(0);
      for (let step = 0; step < length; step++) {
        const at = 2 * (count * (offset + step) + lake);
        const [vx, vy] = [actions[at]!, actions[at + 1]!];
        if (step >= under) {
          ofWalks -= logNormal(vx, vy);
          continue;
        }
        const position = { x: observations[at]!, y: observations[at + 1]! };
        for (const [b, bank] of BANKS.entries()) {
          for (let i = 0; i < circles; i++) {
            const { x, y } = shortestPathDirection(position, radii[i]!, bank);
            terms[b * circles + i]! += logNormal(vx - x, vy - y);
          }
        }
        if (step === 0) ofStarts -= logMeanExp(terms) - portableMath.log(KEPT.dry);
      }
      ofWalks -= logMeanExp(terms) - portableMath.log(KEPT.home);
    }
  }
  return { walks: ofWalks / steps, start: ofStarts / walks.length };
}

/** The radii of circles about the lake, each as likely. */
function radiiOf(circles: number): number[] {
  const { margin } = lakeGrains[PRODUCT_LAKE];
  const [least, most] = marginRange;
  return Array.from(
    { length: circles },
    (_, i) => lakeMap.lake.radius + margin * (least + ((i + 0.5) / circles) * (most - least)),
  );
}

const PRECISION = 1 / (demonstrationNoise * demonstrationNoise);
const LOG_SCALE = portableMath.log((2 * Math.PI) / PRECISION);

/** log N(v; 0, 0.1² I) */
function logNormal(x: number, y: number): number {
  return -0.5 * PRECISION * (x * x + y * y) - LOG_SCALE;
}

/** log of the mean of exp(x) */
function logMeanExp(values: Float64Array): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) most = Math.max(most, value);
  let sum = 0;
  for (const value of values) sum += portableMath.exp(value - most);
  return most + portableMath.log(sum / values.length);
}
