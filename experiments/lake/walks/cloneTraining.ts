import { BehaviorCloning, type BehaviorCloningReport, type Demonstrations } from '../../../agents/index.ts';
import type { Settings } from '../../../cli/experiment/searchSpace.ts';
import { type AnyLakeId, collectDemonstrations, type DemonstrationPath } from '../../../envs/index.ts';
import { cosineSchedule, type Rng } from '../../../src/index.ts';
import { makeLakePolicy, type PolicyName } from '../shared/lakePolicies.ts';
import type { LakeProgress, LakeTraining } from '../shared/lakeTraining.ts';

/** What cloning takes for a policy on a lake. */
export interface CloningSettings {
  readonly learningRate: number;
  /** Updates. */
  readonly steps: number;
  readonly policy: Settings;
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
