import type { Settings } from '../../cli/experiment/tuned.ts';
import {
  type AnyEnv,
  type Blocking,
  Box,
  ClipAction,
  LakeEnv,
  type LakeId,
  lakeGrains,
  RescaleAction,
  SyncVectorEnv,
  TimeLimit,
  type VectorEnv,
} from '../../envs/index.ts';
import { boxSquash, ImplicitPolicy, makePolicy, type Policy, type Rng } from '../../src/index.ts';
import { HiddenNoise } from './hiddenNoise.ts';

/** The other ways are tried where one step decides. */
export const WAYS_LAKE = 'LakeStride-v0' satisfies LakeId;

/** Ways of being multimodal, and a Gaussian beside them, in an order that gives those of other studies their colours. */
export const wayNames = [
  'gaussian',
  'episode-noise',
  'mixture-2',
  'relaxed-mixture',
  'autoregressive',
  'spline',
  'step-noise',
  'energy',
] as const;
export type WayName = (typeof wayNames)[number];

/** What trains a policy: demonstrations, also with few draws of the noise, or the soft return. */
export const conditions = ['cloned', 'few-draws', 'soft'] as const;
export type Condition = (typeof conditions)[number];

/** An energy has no likelihood; draws are of hidden noise. */
export function waysOf(condition: Condition): readonly WayName[] {
  if (condition === 'cloned') return wayNames.filter((way) => way !== 'energy');
  return condition === 'soft' ? wayNames : (Object.keys(hiddenNoise) as WayName[]);
}

/** When the noise that a Gaussian's network sees is drawn anew. */
export const hiddenNoise: Partial<Record<WayName, 'episode' | 'step'>> = {
  'episode-noise': 'episode',
  'step-noise': 'step',
};
/** Numbers of the hidden noise. */
export const NOISE = 2;

/** All have about this many, ±10 %. */
const PARAMETERS = 3000;

/** Velocities of demonstrators, with their noise, are within ±1.5. */
const CLONED = new Box({ low: -1.5, high: 1.5, shape: [2] });
/** Velocities, halved: of volume 1, so that the uniform policy's entropy is 0 and no entropy is gained by walking on. */
export const SOFT = new Box({ low: -0.5, high: 0.5, shape: [2] });

/**
 * A way's policy; of hidden noise the Gaussian that sees it.
 * @param settings options that are searched, where demonstrations are cloned
 */
export function makeWay(
  way: WayName,
  { condition, settings, rng }: { condition: Condition; settings: Settings; rng: Rng },
): Policy {
  const isSoft = condition === 'soft';
  const size = 2 + (hiddenNoise[way] === undefined ? 0 : NOISE);
  const observationSpace = new Box({ low: -2, high: 2, shape: [size] });
  const actionSpace = isSoft ? SOFT : CLONED;
  const squash = isSoft ? 'tanh' : 'none';
  const spaces = { observationSpace, actionSpace, rng, parameters: PARAMETERS };
  const make = (policy: string, options: object = {}) =>
    makePolicy<string>(policy, { ...spaces, activation: 'relu', squash, ...options, ...settings });
  switch (way) {
    case 'mixture-2':
      return make('mixture', { head: false, reparameterize: isSoft });
    case 'relaxed-mixture':
      return make('relaxed-mixture');
    case 'autoregressive':
      return make('autoregressive-categorical', { squash: 'none', bins: 24 });
    case 'spline':
      return make('spline', { head: false });
    case 'energy': {
      const box = { low: [...SOFT.low], high: [...SOFT.high] };
      // With as many parameters as the others have.
      const sizes = { observationDim: 2, actionDim: 2, hidden: [50, 50] };
      return new ImplicitPolicy({ ...sizes, activation: 'relu', squash: boxSquash(box), rng });
    }
    default:
      return make('gaussian', { scale: 'state' });
  }
}

/** Stride lakes as a way's policy sees them: with its noise beside the position, and velocities in its units. */
export function makeLakes(
  numEnvs: number,
  { way, condition, blocked = 'none' }: { way: WayName; condition: Condition; blocked?: Blocking },
): VectorEnv {
  const { stride, stepCost, maxEpisodeSteps } = lakeGrains[WAYS_LAKE];
  const redraw = hiddenNoise[way];
  const make = (): AnyEnv => {
    const lake = new TimeLimit(new LakeEnv({ stride, stepCost, blocked }), maxEpisodeSteps);
    const noisy = redraw === undefined ? lake : new HiddenNoise(lake, { size: NOISE, redraw });
    // Of the cloned ones some velocities are beyond the lake's bounds.
    return (condition === 'soft' ? new RescaleAction(noisy, SOFT.low, SOFT.high) : new ClipAction(noisy)) as AnyEnv;
  };
  return new SyncVectorEnv(Array.from({ length: numEnvs }, () => make));
}
