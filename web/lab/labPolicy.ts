import * as tf from '@tensorflow/tfjs-core';
import {
  Actor,
  actionDensity,
  compile,
  type Mode,
  modes,
  type Policy,
  policyNegentropy,
  Rng,
  type StateDict,
  withDensity,
} from 'oxbow';
import { FINE_POINTS, HeadingMeter } from '../../common/headings.ts';
import {
  type CloningSettings,
  cloneTraining,
  type Demonstrate,
  type Demonstrators,
  evenly,
  type HeadingPolicy,
  type LakeTraining,
  makeHeadingPolicy,
  measureWalks,
  type PpoSettings,
  ppoTraining,
  type SoftLakeTask,
  type SoftPpoSettings,
  softLakeOptions,
  softLakeSettings,
  softPpoTraining,
} from '../../common/lake.ts';
import tuned from '../../common/lakeSettings.json' with { type: 'json' };
import { SoftOptimum } from '../../common/softOptimum.ts';
import { home, lake, start } from '../../envs/lake/lakeMap.ts';
import { type Setting, softTask } from './setting.ts';
import { type ActionView, type LabDensity, SAMPLES } from './sideView.ts';

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

  /** How far π(· | x, y) is from a Gaussian, nats; undefined of headings. */
  negentropy(x: number, y: number): number | undefined {
    return tf.tidy(() => {
      const options = { rng: new Rng('lab/negentropy'), samples: 2048 };
      const policy = withDensity('LabPolicy', this.policy);
      return policyNegentropy(policy, tf.tensor2d([[x, y]]), options)?.value.dataSync()[0];
    });
  }

  /** Walks with sampled actions, some of them with their ways. */
  walk({ env, blocked }: Pick<Setting, 'env' | 'blocked'>, episodes: number, keep: number, rng: Rng) {
    const options = { blocked, ...(this.task !== undefined && softLakeOptions(this.task)) };
    const { metrics, walks } = measureWalks({ env, options, policy: this.policy, episodes, keep, rng });
    const kl = this.#view instanceof HeadingView ? { kl: this.#view.klAtStart() } : {};
    return { metrics: { ...metrics, walks: episodes, ...kl }, walks };
  }
}

/** Walks that are cloned. */
export const DEMONSTRATIONS = 1000;

/** The training of a policy that a setting asks for, as the command line trains it. */
export function labTraining(
  policy: Setting['policies'][number],
  setting: Setting,
  demonstrators: Demonstrators | Demonstrate = evenly,
): LakeTraining {
  const { study, env, seed } = setting;
  const rng = new Rng(seed);
  if (study === 'cloning') {
    const settings = tuned.tuned.cloning[env][policy] as CloningSettings;
    return cloneTraining({ env, policy, demonstrators, settings, episodes: DEMONSTRATIONS, batchSize: 256, rng });
  }
  if (study === 'soft') {
    const settings = tuned.tuned.soft['LakeStride-v0'][policy as HeadingPolicy] as SoftPpoSettings;
    return softPpoTraining(makeHeadingPolicy(policy as HeadingPolicy, settings.policy, rng.split('policy')), {
      task: softTask(setting),
      training: softLakeSettings.parse({}),
      settings,
      rng,
    });
  }
  const settings = tuned.tuned.ppo['Lake-v0'][policy] as PpoSettings;
  return ppoTraining({ env, policy, settings, steps: 100_000, envs: 8, horizon: 256, rng });
}

/** Cells of the circle, and of each of its rays. */
const [DIRECTIONS, SPEEDS] = [180, 24];
const CELLS = DIRECTIONS * SPEEDS;
/** Actions that tell how long rays are. */
const DRAWS = 256;

/**
 * Which way a policy over velocities goes: ∫ π(v cos θ, v sin θ) v dv, by the midpoints of rays that are as long as its actions need. A
 * speed above full speed is not taken but changes no direction, so that this is the law of what the walker does.
 */
class DirectionView implements ActionView {
  readonly #policy: Policy;
  readonly #actor: Actor;
  readonly #densities;
  readonly #observations = new Float32Array(2 * CELLS);
  readonly #actions = new Float32Array(2 * CELLS);

  constructor(policy: Policy) {
    this.#policy = policy;
    this.#actor = new Actor(policy, { rng: new Rng('lab/speeds'), batch: DRAWS });
    const densities = withDensity('DirectionView', policy);
    const evaluateDensity = compile(
      (inputs: { observations: tf.Tensor; actions: tf.Tensor }) => {
        const distribution = densities.given(inputs.observations);
        return { density: tf.exp(distribution.logProb(distribution.unsquash(inputs.actions))) };
      },
      { name: 'lab/density', state: [densities] },
    );
    this.#densities = evaluateDensity.onArrays({
      observations: { shape: [CELLS, 2] },
      actions: { shape: [CELLS, 2] },
    });
  }

  density(x: number, y: number): LabDensity {
    for (let i = 0; i < CELLS; i++) this.#observations.set([x, y], 2 * i);
    const width = this.#longestRay() / SPEEDS;
    const speedOf = (cell: number) => ((cell % SPEEDS) + 0.5) * width;
    for (let i = 0; i < CELLS; i++) {
      const angle = ((Math.floor(i / SPEEDS) + 0.5) / DIRECTIONS) * 2 * Math.PI - Math.PI;
      this.#actions[2 * i] = speedOf(i) * Math.cos(angle);
      this.#actions[2 * i + 1] = speedOf(i) * Math.sin(angle);
    }
    const { density } = this.#densities({ observations: this.#observations, actions: this.#actions });
    const masses = new Array<number>(DIRECTIONS).fill(0);
    for (let i = 0; i < CELLS; i++) masses[Math.floor(i / SPEEDS)]! += density[i]! * speedOf(i) * width;
    // What lies beyond the rays, or between them where a policy is very sure, is made up for.
    const total = (masses.reduce((sum, mass) => sum + mass, 0) * 2 * Math.PI) / DIRECTIONS;
    return {
      kind: 'velocity',
      density: masses.map((mass) => (total > 0 ? mass / total : 0)),
      samples: samplesOf(this.#policy, [x, y]),
    };
  }

  /** Half as long again as the fastest of some actions where the observations are. */
  #longestRay(): number {
    const { action } = this.#actor.act(this.#observations.subarray(0, 2 * DRAWS), new Rng('lab/speeds'));
    let fastest = 0;
    for (let i = 0; i < 2 * DRAWS; i += 2) fastest = Math.max(fastest, Math.hypot(action[i]!, action[i + 1]!));
    return 1.5 * fastest;
  }
}

function samplesOf(policy: Policy, at: number[]): Float32Array {
  const sample = () => actionDensity(policy, at).sample(new Rng('lab/probe'), [SAMPLES]).dataSync();
  return tf.tidy(() => sample().slice() as Float32Array);
}

/** Headings of a policy beside the soft optimum of the task that it learned. */
class HeadingView implements ActionView {
  readonly #policy: Policy;
  readonly #meter: HeadingMeter;

  constructor(policy: Policy, options: SoftLakeTask & { readonly cells: number; readonly points: number }) {
    this.#policy = policy;
    this.#meter = new HeadingMeter(policy, { optimum: new SoftOptimum(options), points: FINE_POINTS });
  }

  /** KL(π ‖ π*) at the start, nats, as the command line measures it. */
  klAtStart(): number {
    return this.#meter.measure(start).kl;
  }

  density(x: number, y: number): LabDensity {
    const { density, optimal, kl } = this.#meter.measure({ x, y });
    const isOver = [lake, home].some((disc) => Math.hypot(x - disc.x, y - disc.y) <= disc.radius);
    return {
      kind: 'heading',
      density,
      truth: isOver ? null : { density: optimal, kl },
      samples: samplesOf(this.#policy, [x, y]),
    };
  }
}
