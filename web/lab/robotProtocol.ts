import type { RobotPolicy, RobotSetting } from './robotSetting.ts';
import type { RobotWalk } from './robotWalk.ts';

/** What the page asks of the worker that trains one policy: it serves one training. */
export interface RobotRequest {
  readonly setting: RobotSetting;
  readonly policy: RobotPolicy;
}

/** What a policy is worth in the end, as the command line measures it. */
export interface RobotMetrics {
  readonly return: number;
  readonly greedyReturn: number;
  /** Steps of an episode. */
  readonly length: number;
}

/** What the worker says. */
export type RobotReply =
  /** The physics is there: the training begins. */
  | { readonly kind: 'loaded' }
  /** How far the training is. */
  | { readonly kind: 'progress'; readonly step: number }
  /** The mean return of the last {@link RECENT} episodes; null before one has ended. */
  | { readonly kind: 'report'; readonly step: number; readonly value: number | null }
  | { readonly kind: 'walk'; readonly walk: RobotWalk }
  | { readonly kind: 'done'; readonly metrics: RobotMetrics }
  /** `loading` if it is the physics that did not come. */
  | { readonly kind: 'error'; readonly message: string; readonly loading: boolean };

/** Episodes of which a report is the mean. */
export const RECENT = 20;
