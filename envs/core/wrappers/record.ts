import { checkOptions } from '../../../src/options/parse.ts';
import type { Space } from '../../../src/spaces/space.ts';
import type { Motion, Scene } from '../../drawing/scene.ts';
import type { Env, Info, ResetOptions, ResetResult, StepResult } from '../env.ts';
import { Wrapper } from './wrapper.ts';

/** What {@link RecordEpisodeStatistics} says of an episode. */
export interface EpisodeStatistics {
  /** Undiscounted sum of rewards. */
  return: number;
  /** Steps. */
  length: number;
}

/** Adds `episode: { return, length }` to the info of an episode's last step. */
export class RecordEpisodeStatistics<Observation, Action> extends Wrapper<Observation, Action> {
  #return = 0;
  #length = 0;

  override reset(options?: ResetOptions): ResetResult<Observation> {
    this.#return = 0;
    this.#length = 0;
    return super.reset(options);
  }

  override step(action: Action): StepResult<Observation> {
    const result = super.step(action);
    const [observation, reward, terminated, truncated, info] = result;
    this.#return += reward;
    this.#length++;
    if (!terminated && !truncated) return result;
    const episode: EpisodeStatistics = { return: this.#return, length: this.#length };
    return [observation, reward, terminated, truncated, { ...info, episode }];
  }

  override state(): unknown {
    return { return: this.#return, length: this.#length, env: super.state() };
  }

  override setState(state: EpisodeStatistics & { env: unknown }): void {
    super.setState(state.env);
    this.#return = state.return;
    this.#length = state.length;
  }
}

/** One episode, so far or to its end. Entry t of `actions` and `rewards` leads from entry t of the others to t + 1. */
export interface Trajectory<Observation = Float32Array, Action = Float32Array | number> {
  observations: Observation[];
  actions: Action[];
  rewards: number[];
  infos: Info[];
  /** What the env drew beside each observation; empty unless asked for. */
  frames: string[];
  /** How it moved in three dimensions, beside the frames, of an env that tells it. */
  motion?: Motion;
  terminated: boolean;
  truncated: boolean;
}

/** Options of {@link RecordTrajectory}. */
interface RecordTrajectoryOptions<Observation, Action> {
  /** Has the env draw itself at every observation, for {@link Trajectory.frames}; and film itself, for {@link Trajectory.motion}, if it can. */
  frames?: boolean;
  /** Is given each episode at its end. */
  onEpisode?: (trajectory: Trajectory<Observation, Action>) => void;
}

interface RecordTrajectoryState {
  /** Observations and actions as rows. */
  trajectory: Trajectory<number[], number[]>;
  env: unknown;
}

/** The value as the numbers of a batch's row. */
function toRow<T>(space: Space<T>, value: T): number[] {
  const row = new Float64Array(space.size);
  space.write(value, row, 0);
  return [...row];
}

function fromRow<T>(space: Space<T>, row: number[]): T {
  return space.read(Float64Array.from(row), 0);
}

/** Records what happens: `trajectory` is the episode that runs or has just ended. */
export class RecordTrajectory<Observation, Action> extends Wrapper<Observation, Action> {
  trajectory: Trajectory<Observation, Action> = emptyTrajectory();
  readonly #frames: boolean;
  readonly #onEpisode: RecordTrajectoryOptions<Observation, Action>['onEpisode'];
  readonly #row: Float64Array;
  readonly #scene: Scene | undefined;
  /** Those since the last reset. */
  #poses: number[] = [];

  /** @throws for an unknown option, or when frames are wanted of an env that does not draw itself. */
  constructor(env: Env<Observation, Action>, options: RecordTrajectoryOptions<Observation, Action> = {}) {
    super(env);
    checkOptions('RecordTrajectory', options, { frames: [Boolean, undefined], onEpisode: [Function, undefined] });
    this.#frames = options.frames ?? false;
    this.#onEpisode = options.onEpisode;
    this.#row = new Float64Array(env.actionSpace.size);
    if (this.#frames && !this.unwrapped.render) {
      throw new Error(`RecordTrajectory: frames need an env with render(), got ${this.unwrapped.constructor.name}`);
    }
    if (this.#frames) this.#scene = this.unwrapped.film?.((pose) => this.#poses.push(...pose));
  }

  override reset(options?: ResetOptions): ResetResult<Observation> {
    this.#poses = [];
    const [observation, info] = super.reset(options);
    this.trajectory = emptyTrajectory();
    if (this.#scene !== undefined) this.trajectory.motion = { scene: this.#scene, poses: this.#poses, ends: [] };
    this.#note(observation, info);
    return [observation, info];
  }

  override step(action: Action): StepResult<Observation> {
    // The action is only lent: the row keeps a copy.
    this.actionSpace.write(action, this.#row, 0);
    const result = super.step(action);
    const [observation, reward, terminated, truncated, info] = result;
    const { trajectory } = this;
    trajectory.actions.push(this.actionSpace.read(this.#row, 0));
    trajectory.rewards.push(reward);
    trajectory.terminated = terminated;
    trajectory.truncated = truncated;
    this.#note(observation, info);
    if (terminated || truncated) this.#onEpisode?.(trajectory);
    return result;
  }

  #note(observation: Observation, info: Info): void {
    this.trajectory.observations.push(observation);
    this.trajectory.infos.push(info);
    if (this.#frames) this.trajectory.frames.push(this.render());
    const { motion } = this.trajectory;
    motion?.ends.push(motion.poses.length / (7 * motion.scene.bodies) - 1);
  }

  override state(): RecordTrajectoryState {
    const { observations, actions, ...rest } = this.trajectory;
    const trajectory = {
      ...structuredClone(rest),
      observations: observations.map((observation) => toRow(this.observationSpace, observation)),
      actions: actions.map((action) => toRow(this.actionSpace, action)),
    };
    return { trajectory, env: super.state() };
  }

  override setState({ trajectory: { observations, actions, ...rest }, env }: RecordTrajectoryState): void {
    super.setState(env);
    this.trajectory = {
      ...structuredClone(rest),
      observations: observations.map((row) => fromRow(this.observationSpace, row)),
      actions: actions.map((row) => fromRow(this.actionSpace, row)),
    };
    this.#poses = this.trajectory.motion?.poses ?? [];
  }
}

function emptyTrajectory<Observation, Action>(): Trajectory<Observation, Action> {
  return { observations: [], actions: [], rewards: [], infos: [], frames: [], terminated: false, truncated: false };
}
