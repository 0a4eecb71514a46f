import { actionDensity, type Mode, modes, type Policy, Rng, type StateDict } from 'oxbow';
import {
  measureWalks,
  type SoftLakeTask,
  softLakeOptions,
  softLakeSettings,
  type WalkMetrics,
} from '../../agents/lake.ts';
import type { ActionView, LabDensity } from './actionView.ts';
import { DirectionView } from './directionView.ts';
import { HeadingView } from './headingView.ts';
import type { Setting } from './setting.ts';

/** How so many walks ended, and of a policy over headings KL(π ‖ π*) at the start, nats. */
export type LabMetrics = WalkMetrics & { readonly walks: number; readonly kl?: number };

/** One policy of the lab: its weights at each report of its training, its walks and its densities. */
export class LabPolicy {
  readonly policy: Policy;
  /** The task of a policy over headings. */
  readonly task: SoftLakeTask | undefined;
  readonly #snapshots: StateDict[] = [];
  readonly #view: ActionView;

  /** @param task makes it one over headings */
  constructor(policy: Policy, task?: SoftLakeTask) {
    this.policy = policy;
    this.task = task;
    this.#view =
      task === undefined
        ? new DirectionView(policy)
        : new HeadingView(policy, { ...softLakeSettings.parse({}), ...task });
  }

  /** Keeps the present weights, and returns their number. */
  keep(): number {
    return this.#snapshots.push(this.policy.stateDict()) - 1;
  }

  /** The weights that were kept. */
  get snapshots(): readonly StateDict[] {
    return this.#snapshots;
  }

  /** Has the weights of another one as its own snapshots. */
  keepAll(snapshots: readonly StateDict[]): void {
    this.#snapshots.push(...snapshots);
  }

  /** Does something with the weights of a snapshot, and puts the present ones back. */
  at<T>(snapshot: number | undefined, use: () => T): T {
    const kept = snapshot === undefined ? undefined : this.#snapshots[snapshot];
    if (kept === undefined) return use();
    const present = this.policy.stateDict();
    try {
      this.policy.loadStateDict(kept);
      return use();
    } finally {
      this.policy.loadStateDict(present);
    }
  }

  density(x: number, y: number): LabDensity {
    return this.#view.density(x, y);
  }

  /** Modes of π(· | x, y) that hold at least a twentieth of it. */
  modes(x: number, y: number): Mode[] {
    const found = modes(actionDensity(this.policy, [x, y]), {
      rng: new Rng('lab/modes'),
      starts: 40,
      steps: 80,
      dip: 0.2,
    });
    return found.filter(({ share }) => share >= 0.05);
  }

  /** Walks with sampled actions, some of them with their ways. */
  walk({ env, blocked }: Pick<Setting, 'env' | 'blocked'>, episodes: number, keep: number, rng: Rng) {
    const options = { blocked, ...(this.task !== undefined && softLakeOptions(this.task)) };
    const { metrics, walks } = measureWalks({ env, options, policy: this.policy, episodes, keep, rng });
    const kl = this.#view instanceof HeadingView ? { kl: this.#view.klAtStart() } : {};
    return { metrics: { ...metrics, walks: episodes, ...kl }, walks };
  }
}
