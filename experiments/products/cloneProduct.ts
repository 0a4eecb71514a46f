import { join } from 'node:path';
import { BehaviorCloning, type BehaviorCloningReport } from '../../agents/index.ts';
import type { JobContext, JobResult } from '../../cli/experiment/experiment.ts';
import { cosineSchedule, savePolicy } from '../../src/index.ts';
import { writeActingSpeed } from '../shared/actingSpeed.ts';
import type { ProductsConfig } from './config.ts';
import { surpriseOf } from './demonstratorsLaw.ts';
import { measureProduct } from './measureProduct.ts';
import { makeProductLakes, PRODUCT_LAKE, type ProductDemonstrations, productDemonstrations } from './productLakes.ts';
import { isDeterministic, makeProductPolicy, type ProductPolicy } from './productPolicies.ts';

/** What cloning takes for a policy, whatever the number of lakes. */
interface CloningSettings {
  readonly learningRate: number;
  /** Updates. */
  readonly steps: number;
  readonly policy: Readonly<Record<string, string | number>>;
}

/** What a job keeps beside its metrics. */
export interface ProductData {
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
 * - `lossOfALake`: −log π by step and lake, nats.
 *
 * A policy that acts by its mean is no density, and has neither of the first two.
 */
export async function cloneProduct(
  { policy: name, lakes }: { readonly policy: ProductPolicy; readonly lakes: number },
  config: ProductsConfig,
  { rng, report, directory, logs }: JobContext,
): Promise<JobResult & { data: ProductData }> {
  const collect = (walks: number, stream: string) => productDemonstrations({ lakes, walks, rng: rng.split(stream) });
  const walks = config.demonstrations * lakes;
  const demonstrations = collect(walks, 'demonstrations');
  const validation = collect(Math.max(1, Math.round(walks / 5)), 'validation');
  const heldOut = collect(config.heldOut, 'held out');
  const { observationSpace, actionSpace } = makeProductLakes(lakes);
  const { steps, learningRate, policy: settings } = cloningSettings(config, name);
  const { parameters, batchSize } = config;
  const spaces = { observationSpace, actionSpace };
  const policy = makeProductPolicy(name, { ...spaces, parameters, settings, rng: rng.split('policy') });
  const agent = new BehaviorCloning({
    policy,
    demonstrations: pairsOf(demonstrations),
    validation: pairsOf(validation),
    // Demonstrators are noisy, and only the direction of an action counts.
    outside: 'keep',
    batchSize,
    learningRate: cosineSchedule(learningRate),
    reportEvery: Math.max(1, Math.round(steps / 30)),
  });
  let best: BehaviorCloningReport['best'];
  for await (const { step, loss, validationLoss, gradientNorm, best: ofReport } of agent.train({
    steps,
    rng: rng.split('training'),
  })) {
    best = ofReport;
    const value = validationLoss !== undefined && Number.isFinite(validationLoss) ? validationLoss : null;
    report((0.9 * step) / steps, { step, loss, validationLoss: value, gradientNorm });
  }
  const greedy = isDeterministic(name);
  const loss = agent.evaluate(pairsOf(heldOut));
  const startLoss = agent.evaluate(startsOf(heldOut, lakes));
  const surprise = surpriseOf(heldOut);
  const { metrics, counts } = measureProduct({
    ...{ policy, lakes, greedy },
    episodes: config.evaluationEpisodes,
    rng: rng.split('evaluation'),
  });
  writeActingSpeed(logs, { policy, greedy, rng: rng.split('speed') });
  savePolicy(join(directory, 'policy.json'), policy, { env: PRODUCT_LAKE, lakes, ...metrics });
  const size = policy.parameterCount();
  agent.dispose();
  policy.dispose();
  return {
    metrics: {
      ...metrics,
      natsAbove: greedy ? null : finite(loss - surprise.walks),
      startNats: greedy ? null : finite(startLoss - surprise.start),
      lossOfALake: finite(loss / lakes),
      bestStep: best?.step ?? null,
    },
    data: { parameters: size, ways: counts },
  };
}

/** What a policy is cloned with: as tuned, but for the steps, if the run says how many. */
export function cloningSettings({ tuned, steps }: ProductsConfig, policy: ProductPolicy): CloningSettings {
  const settings = tuned.products![PRODUCT_LAKE]![policy] as unknown as CloningSettings;
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
