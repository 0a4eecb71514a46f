import { evaluate } from '../../../agents/index.ts';
import { type AnyLakeId, type LakeInfo, type MakeOptions, makeVec, type VectorEnv } from '../../../envs/index.ts';
import type { Policy, Rng } from '../../../src/index.ts';
import { portableMath } from '../../../src/portableMath.ts';

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
  const unit = 10 ** digits;
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
