import type { MainModule, MjData, MjModel } from '@mujoco/mujoco';
import { show } from '../../src/options/describe.ts';
import { checkArgument, checkCount } from '../../src/options/parse.ts';
import { Rng, type RngState } from '../../src/random.ts';
import { Box } from '../../src/spaces/box.ts';
import { BaseEnv } from '../core/baseEnv.ts';
import type { Info, StepResult } from '../core/env.ts';
import { checkOptionNames } from '../core/options.ts';
import type { Scene, SceneView } from '../drawing/scene.ts';
import { drawRobot, type RobotPicture } from './drawRobot.ts';
import { LARGER_MEMORY, type MujocoPhysics, mujocoPhysics } from './loadMujoco.ts';
import { robotCamera, robotPose, robotScene } from './robotScene.ts';

/** What one env has in MuJoCo's memory, where nothing frees it by itself. */
interface Handles {
  readonly physics: MujocoPhysics;
  readonly model: MjModel;
  readonly data: MjData;
}

function free({ physics, model, data }: Handles): void {
  if (physics.aborted !== undefined) return;
  if (!data.isDeleted()) data.delete();
  if (!model.isDeleted()) model.delete();
}

/** Frees what envs held that nobody closed. */
const forgotten = new FinalizationRegistry<Handles>(free);

/** The arrays of MuJoCo's `mjData` that a task may look at: {@link https://mujoco.readthedocs.io/en/stable/APIreference/APItypes.html#mjdata | mjData}. */
type MjDataArray =
  | 'qpos'
  | 'qvel'
  | 'qacc'
  | 'act'
  | 'ctrl'
  | 'mocap_pos'
  | 'qfrc_actuator'
  | 'qfrc_constraint'
  | 'xpos'
  | 'xquat'
  | 'xmat'
  | 'xipos'
  | 'geom_xpos'
  | 'geom_xmat'
  | 'site_xpos'
  | 'subtree_com'
  | 'cinert'
  | 'cvel'
  | 'cfrc_ext'
  | 'sensordata'
  | 'ten_length'
  | 'ten_velocity';

/** The arrays of MuJoCo's `mjModel` that a task may look at. */
type MjModelArray =
  | 'actuator_ctrlrange'
  | 'body_mass'
  | 'body_parentid'
  | 'geom_bodyid'
  | 'geom_rgba'
  | 'geom_size'
  | 'geom_type'
  | 'jnt_range';

/** What {@link MujocoEnv} is made from. */
export interface MujocoEnvSettings {
  /** As errors name the env. */
  readonly name: string;
  /** The model, a text in MuJoCo's format MJCF; `mjcf` writes one. */
  readonly xml: string;
  /** How many steps of physics one step of the env makes. */
  readonly frameSkip: number;
  /** From where pictures show it: from the side by default. */
  readonly view?: SceneView;
}

/** What `reset({ options })` takes. */
interface MujocoResetOptions {
  /** Starts from exactly these positions and velocities. */
  state?: { qpos: ArrayLike<number>; qvel: ArrayLike<number> };
}

/** What a step has earned. */
export interface Scored {
  readonly reward: number;
  readonly terminated?: boolean;
  readonly info?: Info;
}

interface MujocoState {
  rng: RngState;
  /** MuJoCo's own: all that the next step of physics depends on. */
  physics: number[];
  more: number[];
  /** The last one, which is given once more when the physics blows up. */
  observation: number[];
}

/** How many steps may pass until contacts are missed that did not fit into memory. Asking takes as long as a twentieth of a step. */
const STEPS_OF_CHECK = 50;

function areFinite(numbers: ArrayLike<number>): boolean {
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum += numbers[i]! - numbers[i]!;
  return sum === 0;
}

/**
 * A robot in MuJoCo's physics. A subclass says what a step earns (`score`), and where it wants others than these: where episodes begin
 * (`placeAtStart`, the model's own pose), what is observed (`observe`, positions and velocities, `[nq + nv]`).
 *
 * - Action: the controls, `[nu]`, held for `frameSkip` steps of physics; MuJoCo clips them to their ranges.
 * - `reset({ options: { state: { qpos, qvel } } })` begins there.
 * - Physics that blows up, where MuJoCo begins anew without a word, ends the episode: truncated at the last observation, reward 0,
 *   `info.outcome` `'unstable'`.
 *
 * @throws when the physics is not loaded, for a model that MuJoCo refuses, for a start or an action that does not fit
 * @see Todorov, Erez, Tassa (2012): MuJoCo: A physics engine for model-based control
 */
export abstract class MujocoEnv extends BaseEnv<Float64Array, Float32Array> {
  readonly actionSpace: Box;
  /** The model, a text in MuJoCo's format MJCF. */
  readonly xml: string;
  /** Seconds from one step of the env to the next. */
  readonly dt: number;
  /** Seconds from one step of physics to the next. */
  readonly timestep: number;
  /** How many positions, velocities and controls the model has. */
  readonly nq: number;
  readonly nv: number;
  readonly nu: number;
  protected readonly name: string;
  /** The positions of the model's own pose, `[nq]`. */
  protected readonly initQpos: Float64Array;
  readonly #frameSkip: number;
  readonly #view: SceneView;
  readonly #handles: Handles;
  readonly #views = new Map<string, Float64Array>();
  readonly #stateSize: number;
  #observationSpace: Box<'float64'> | undefined;
  #scene: Scene | undefined;
  #camera: ReturnType<typeof robotCamera> | undefined;
  #onPose: ((pose: Float64Array) => void) | undefined;
  #time = 0;
  #steps = 0;
  /** The last observation, of which the caller has another copy. */
  #last = new Float64Array(0);
  #isClosed = false;

  constructor(settings: MujocoEnvSettings) {
    super();
    checkArgument('MujocoEnv', 'settings', settings, Object);
    const { name, xml, frameSkip, view = 'side' } = settings;
    checkArgument('MujocoEnv', 'name', name, String);
    checkCount(name, 'frameSkip', frameSkip);
    // MuJoCo itself would abort, and take all other envs with it.
    if (typeof xml !== 'string') throw new Error(`${name}: xml: got ${show(xml)}, expected a text of MJCF`);
    this.name = name;
    this.xml = xml;
    this.#frameSkip = frameSkip;
    this.#view = view;
    const physics = mujocoPhysics();
    const model = physics.compile(name, xml);
    this.#handles = physics.run(name, (module) => ({ physics, model, data: new module.MjData(model) }));
    forgotten.register(this, this.#handles, this);
    this.nq = model.nq;
    this.nv = model.nv;
    this.nu = model.nu;
    if (this.nu === 0) throw new Error(`${name}: the model has no actuators, expected one at least`);
    this.timestep = model.opt.timestep;
    if (!(this.timestep > 0 && this.timestep < Infinity)) {
      throw new Error(`${name}: the model has the timestep ${this.timestep}, expected seconds above 0`);
    }
    this.dt = this.timestep * frameSkip;
    const range = this.modelArray('actuator_ctrlrange');
    // An actuator without limits has the range [0, 0].
    const bound = (end: 0 | 1) =>
      Float32Array.from({ length: this.nu }, (_, i) =>
        range[2 * i]! < range[2 * i + 1]! ? range[2 * i + end]! : (2 * end - 1) * Infinity,
      );
    this.actionSpace = new Box({ low: bound(0), high: bound(1) });
    this.initQpos = this.qpos.slice();
    this.#stateSize = physics.run(name, (module) => module.mj_stateSize(model, this.#stateKind));
    this.#forward();
  }

  /** Of what {@link observe} gives. */
  get observationSpace(): Box<'float64'> {
    this.#observationSpace ??= new Box({
      low: -Infinity,
      high: Infinity,
      shape: [this.observe().length],
      dtype: 'float64',
    });
    return this.#observationSpace;
  }

  /** The positions, `[nq]`, as they are in MuJoCo's memory: to be read, or written before a start. */
  protected get qpos(): Float64Array {
    return this.dataArray('qpos');
  }

  /** The velocities, `[nv]`. */
  protected get qvel(): Float64Array {
    return this.dataArray('qvel');
  }

  /** An array of MuJoCo's `mjData` by its name, row after row: a view that holds until another env is made. */
  protected dataArray(name: MjDataArray): Float64Array {
    const known = this.#views.get(name);
    // A view loses its memory when MuJoCo's grows.
    if (known !== undefined && known.length > 0) return known;
    const { physics, data } = this.#open();
    physics.checkAlive(this.name);
    const view = data[name] as Float64Array;
    this.#views.set(name, view);
    return view;
  }

  /** An array of MuJoCo's `mjModel` by its name: a copy. */
  protected modelArray(name: MjModelArray): Float64Array {
    return Float64Array.from(this.#open().model[name] as ArrayLike<number>);
  }

  /** The number of a body by its name or number, by which MuJoCo's arrays are ordered. */
  protected bodyId(body: string | number): number {
    const { physics, model } = this.#open();
    if (typeof body === 'number') {
      if (body < model.nbody) return body;
      throw new Error(`${this.name}: the model has no body number ${body}, expected 0 to ${model.nbody - 1}`);
    }
    const id = physics.run(this.name, (module) => module.mj_name2id(model, module.mjtObj.mjOBJ_BODY.value, body));
    if (id < 0) throw new Error(`${this.name}: the model has no body named ${show(body)}`);
    return id;
  }

  /** Moves the robot to where an episode begins, by writing to `qpos` and `qvel`, which have the model's own pose. */
  protected placeAtStart(_qpos: Float64Array, _qvel: Float64Array): void {}

  /** A fresh array each time. */
  protected observe(): Float64Array {
    const observation = new Float64Array(this.nq + this.nv);
    observation.set(this.qpos);
    observation.set(this.qvel, this.nq);
    return observation;
  }

  /** What `reset` tells. */
  protected startInfo(): Info {
    return {};
  }

  /** Is called before each step of physics, to keep what `score` compares with, or to move what no motor does. */
  protected beforeStep(_action: Float32Array): void {}

  /** What the motors get, `[nu]`: the action as it is. */
  protected controls(action: Float32Array): Float32Array {
    return action;
  }

  /** What the step has earned that was just made. */
  protected abstract score(action: Float32Array): Scored;

  /** Numbers of the subclass that the rest of the episode depends on, and not on MuJoCo's state alone: as many at any time. */
  protected moreState(): number[] {
    return [];
  }

  protected setMoreState(_state: readonly number[]): void {}

  protected begin(options: MujocoResetOptions): [Float64Array, Info] {
    checkOptionNames(`${this.name}.reset`, options, ['state']);
    const { state } = options;
    if (state !== undefined) this.#checkStart(state);
    const { physics, model, data } = this.#open();
    physics.checkAlive(this.name);
    this.#checkMemory();
    physics.run(this.name, (module) => module.mj_resetData(model, data));
    const { qpos, qvel } = this;
    if (state === undefined) {
      this.placeAtStart(qpos, qvel);
    } else {
      qpos.set(state.qpos);
      qvel.set(state.qvel);
    }
    this.#forward();
    this.#checkMemory();
    this.#time = data.time;
    const info = this.startInfo();
    const observation = this.observe();
    if (!areFinite(observation))
      throw new Error(`${this.name}: reset() got a state in which the physics is not finite`);
    this.#last = observation.slice();
    this.#onPose?.(this.pose());
    return [observation, info];
  }

  step(action: Float32Array): StepResult<Float64Array> {
    if (action?.length !== this.nu || !areFinite(action)) {
      throw new Error(`${this.name}: step() got the action ${show(action)}, expected ${this.nu} finite numbers`);
    }
    const { physics } = this.#open();
    physics.checkAlive(this.name);
    this.beforeStep(action);
    this.dataArray('ctrl').set(this.controls(action));
    physics.run(this.name, this.#advance);
    if (++this.#steps % STEPS_OF_CHECK === 0) this.#checkMemory();
    if (this.#wasReset() || !areFinite(this.qpos) || !areFinite(this.qvel)) return this.#unstable();
    const { reward, terminated = false, info = {} } = this.score(action);
    const observation = this.observe();
    if (!areFinite(observation) || !Number.isFinite(reward)) return this.#unstable();
    this.#last = observation.slice();
    this.#onPose?.(this.pose());
    return [observation, reward, terminated, false, info];
  }

  #unstable(): StepResult<Float64Array> {
    return [this.#last.slice(), 0, false, true, { outcome: 'unstable' }];
  }

  readonly #advance = (module: MainModule): void => {
    const { model, data } = this.#handles;
    for (let i = 0; i < this.#frameSkip; i++) module.mj_step(model, data);
    // Forces on bodies are not computed otherwise.
    module.mj_rnePostConstraint(model, data);
  };

  #forward(): void {
    const { physics, model, data } = this.#handles;
    physics.run(this.name, (module) => module.mj_forward(model, data));
  }

  /** What is to be seen in three dimensions, but for where its bodies are. */
  scene(): Scene {
    const { physics, model } = this.#open();
    this.#scene ??= physics.run(this.name, (module) => robotScene(module, model, this.#view, this.dt));
    return this.#scene;
  }

  /** Where the bodies are, `[bodies, 7]`, as {@link Scene} has them. */
  pose(): Float64Array {
    const { physics, model, data } = this.#open();
    return physics.run(this.name, (module) => robotPose(module, model, data));
  }

  film(onPose: ((pose: Float64Array) => void) | undefined): Scene {
    this.#onPose = onPose;
    return this.scene();
  }

  /** What is seen of the robot in the plane of its view: {@link render} draws it, and so may you. */
  picture(): RobotPicture {
    this.#camera ??= robotCamera(this.scene());
    return this.#camera(this.pose());
  }

  /** The robot as an `<svg>`, in the plane of its view. */
  render(): string {
    return drawRobot(this.picture());
  }

  /** Whether the step has blown up: MuJoCo puts the robot back to its start then, and the time to 0. */
  #wasReset(): boolean {
    const { time } = this.#handles.data;
    const before = this.#time;
    this.#time = time;
    if (Math.abs(time - before - this.dt) > this.dt / 2) return true;
    // At the start of an episode time does not tell.
    return before < this.dt / 2 && this.#hasWarned(['mjWARN_BADQPOS', 'mjWARN_BADQVEL', 'mjWARN_BADQACC']);
  }

  /** MuJoCo leaves out contacts, or all of them, that do not fit into the model's memory. */
  #checkMemory(): void {
    if (!this.#hasWarned(['mjWARN_CONTACTFULL', 'mjWARN_CNSTRFULL'])) return;
    const { physics, model, data } = this.#handles;
    physics.run(this.name, (module) => module.mj_resetData(model, data));
    throw new Error(`${this.name}: not all contacts fit into the model's memory: ${LARGER_MEMORY}`);
  }

  /** Whether there was a warning of one of these kinds since the last reset. */
  #hasWarned(kinds: readonly (keyof MainModule['mjtWarning'])[]): boolean {
    const { physics, data } = this.#handles;
    return physics.run(this.name, ({ mjtWarning }) =>
      kinds.some((kind) => {
        // The list is a part of `data`, which deletes it; its elements are copies.
        const stat = data.warning.get(mjtWarning[kind].value)!;
        const { number } = stat;
        stat.delete();
        return number > 0;
      }),
    );
  }

  override close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    forgotten.unregister(this);
    this.#views.clear();
    free(this.#handles);
  }

  state(): MujocoState {
    const { physics, model, data } = this.#open();
    return physics.run(this.name, (module) => {
      const buffer = new module.DoubleBuffer(this.#stateSize);
      module.mj_getState(model, data, buffer, this.#stateKind);
      const numbers = Array.from(buffer.GetView() as Float64Array);
      buffer.delete();
      return { rng: this.rng.state(), physics: numbers, more: this.moreState(), observation: Array.from(this.#last) };
    });
  }

  setState({ rng, physics: numbers, more, observation }: MujocoState): void {
    if (numbers.length !== this.#stateSize) {
      throw new Error(
        `${this.name}: setState() got ${numbers.length} numbers, expected ${this.#stateSize}: a state of the same model`,
      );
    }
    const further = this.moreState().length;
    if (more.length !== further || ![0, this.observationSpace.size].includes(observation.length)) {
      throw new Error(
        `${this.name}: setState() got ${more.length} further numbers and an observation of ${observation.length}, ` +
          `expected ${further} and ${this.observationSpace.size}: a state of the same task with the same options`,
      );
    }
    for (const part of [numbers, more, observation]) {
      if (!areFinite(part)) throw new Error(`${this.name}: setState() got ${show(part)}, expected finite numbers`);
    }
    const { physics, model, data } = this.#open();
    this.rng = Rng.fromState(rng);
    physics.run(this.name, (module) => {
      module.mj_resetData(model, data);
      module.mj_setState(model, data, numbers, this.#stateKind);
      // Where shapes are, for pictures: the rest would not leave the state as it is.
      module.mj_kinematics(model, data);
    });
    this.#time = data.time;
    this.setMoreState(more);
    this.#last = Float64Array.from(observation);
  }

  get #stateKind(): number {
    return this.#handles.physics.module.mjtState.mjSTATE_INTEGRATION.value;
  }

  #open(): Handles {
    if (this.#isClosed) throw new Error(`${this.name}: the env is closed`);
    return this.#handles;
  }

  #checkStart(state: NonNullable<MujocoResetOptions['state']>): void {
    for (const [part, size] of [
      ['qpos', this.nq],
      ['qvel', this.nv],
    ] as const) {
      const numbers = state?.[part];
      if (numbers?.length === size && Array.from(numbers).every((x) => Number.isFinite(x))) continue;
      throw new Error(
        `${this.name}: reset() got the state's ${part} ${show(numbers)}, expected ${size} finite numbers`,
      );
    }
  }
}
