import { BipedalWalkerEnv } from '../../../envs/box2d/bipedalWalkerEnv.ts';
import { LunarLanderEnv } from '../../../envs/box2d/lunarLanderEnv.ts';
import type { Env } from '../../../envs/index.ts';
import type { Rng } from '../../../src/index.ts';

/** An episode of Gymnasium's, as `e2e/box2d/episodes.py` writes it. */
export interface GymnasiumEpisode {
  readonly id: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly kind: string;
  /** What was drawn for it, as parts of the way from the lower to the upper bound. */
  readonly draws: readonly number[];
  readonly actions: readonly (number | readonly number[])[];
  /** Rewards until a step, and what is observed after it. */
  readonly seen: readonly (readonly [step: number, total: number, ...observation: number[]])[];
  readonly terminated: boolean;
  readonly heights?: readonly number[];
  /** Left, bottom, right, top. */
  readonly blocks?: readonly (readonly number[])[];
}

/** Draws what Gymnasium has drawn. */
export function tape(draws: readonly number[]): Rng {
  let next = 0;
  const uniform = (low = 0, high = 1) => low + (high - low) * draws[next++]!;
  const integer = (low: number, high: number) => low + Math.floor((high - low) * draws[next++]!);
  return { uniform, integer, state: () => ({}) } as unknown as Rng;
}

function envOf({ id, options, draws }: GymnasiumEpisode) {
  const taped = tape(draws);
  if (id.startsWith('BipedalWalker')) {
    class Taped extends BipedalWalkerEnv {
      protected override get rng() {
        return taped;
      }
    }
    return new Taped({ hardcore: id.includes('Hardcore') });
  }
  class Taped extends LunarLanderEnv {
    protected override get rng() {
      return taped;
    }
  }
  const { gravity, enable_wind, wind_power, turbulence_power } = options as Record<string, never>;
  const wind = { enableWind: enable_wind, windPower: wind_power, turbulencePower: turbulence_power };
  return new Taped({ continuous: id.includes('Continuous'), gravity, ...wind });
}

/** How far ours is from it. */
export interface Difference {
  readonly step: number;
  /** The largest of the observation. */
  readonly observation: number;
  /** Of the sum of rewards until then. */
  readonly total: number;
}

/** Makes the same episode here: differences where it was seen, and whether both end at the same step. */
export function replay(episode: GymnasiumEpisode): { differences: Difference[]; isSameEnd: boolean } {
  const { actions, seen, terminated } = episode;
  const env = envOf(episode) as unknown as Env<Float32Array, number | Float32Array>;
  const rows = new Map(seen.map((row) => [row[0], row]));
  const differences: Difference[] = [];
  let total = 0;
  const compare = (step: number, observation: Float32Array) => {
    const row = rows.get(step);
    if (row === undefined) return;
    const [, rewards, ...expected] = row;
    const far = expected.map((x, i) => Math.abs(observation[i]! - x));
    differences.push({ step, observation: Math.max(...far), total: Math.abs(total - rewards) });
  };
  compare(0, env.reset()[0]);
  for (const [i, action] of actions.entries()) {
    const isLast = i === actions.length - 1;
    const [observation, reward, ended] = env.step(typeof action === 'number' ? action : Float32Array.from(action));
    total += reward;
    compare(i + 1, observation);
    if (ended !== (terminated && isLast)) return { differences, isSameEnd: false };
  }
  return { differences, isSameEnd: true };
}
