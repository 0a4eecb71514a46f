import loadModule, { type MainModule } from '@mujoco/mujoco';
import { Command } from 'commander';
import { box2dEnvs } from '../envs/box2d/box2dEnvs.ts';
import { type Env, loadEnv, make } from '../envs/index.ts';
import type { MujocoEnv } from '../envs/mujoco/mujocoEnv.ts';
import { mujocoEnvs } from '../envs/mujoco/mujocoEnvs.ts';
import { Rng } from '../src/index.ts';
import { TwinProcess } from './peers/twinProcess.ts';
import { inTurns } from './timing.ts';

const program = new Command('bench:mujoco')
  .description(
    'Processor time of a step of robots, or of tasks in Box2D, here and of the same by Gymnasium in Python, in turns; medians, and their ratio.',
  )
  .option('--envs <list>', 'names of robots; all of Gymnasium’s when left out')
  .option('--box2d', 'the tasks in Box2D, in place of robots')
  .option('--physics', 'the physics alone: the same models, stepped by a loop of native code there')
  .option('--rounds <n>', 'turns of each', '40')
  .option('--milliseconds <n>', 'of a turn, about', '25')
  .option('--json', 'print JSON')
  .parse();
const options = program.opts<{
  envs?: string;
  box2d?: true;
  physics?: true;
  rounds: string;
  milliseconds: string;
  json?: true;
}>();

const all = options.box2d ? Object.keys(box2dEnvs) : Object.keys(mujocoEnvs).filter((id) => id.endsWith('-v5'));
const ids = options.envs?.split(',').map((name) => `mujoco/${name.replace(/-v5$/, '')}-v5`) ?? all;
const ACTIONS = 1000;

/** Microseconds of this process's work. */
function now(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

const twin = await TwinProcess.start({
  name: 'gymnasium',
  file: 'mujoco_twin.py',
  variant: '',
  needs: 'Gymnasium and MuJoCo or Box2D (pip install gymnasium mujoco==3.14.0 box2d pygame)',
});
await loadEnv(ids[0]!);
const physics = options.physics && !options.box2d && (await loadModule());

/** A number of a task with discrete actions. */
type Action = Float32Array | number;

/** Something that steps once, by an action. */
interface Stepped {
  step(action: Action): void;
  close(): void;
}

function wholeEnv(env: Env<Float64Array, Action>): Stepped {
  env.reset({ seed: 0 });
  return {
    step(action) {
      const [, , terminated, truncated] = env.step(action);
      if (terminated || truncated) env.reset();
    },
    close: () => env.close(),
  };
}

function physicsAlone(module: MainModule, { xml, dt, timestep }: MujocoEnv): Stepped {
  const model = module.MjModel.from_xml_string(xml);
  const data = new module.MjData(model);
  const controls = data.ctrl as Float64Array;
  const frames = Math.round(dt / timestep);
  let steps = 0;
  return {
    step(action) {
      if (steps++ % ACTIONS === 0) module.mj_resetData(model, data);
      controls.set(action as Float32Array);
      for (let i = 0; i < frames; i++) module.mj_step(model, data);
    },
    close() {
      data.delete();
      model.delete();
    },
  };
}

for (const id of ids) {
  const env = make(id) as unknown as Env<Float64Array, Action>;
  const rng = new Rng(`bench/${id}`);
  const actions = Array.from({ length: ACTIONS }, () => env.actionSpace.sample(rng));
  const robot = env.unwrapped as unknown as MujocoEnv;
  await twin.ask({
    make: id.slice(id.indexOf('/') + 1),
    actions: actions.map((action) => (typeof action === 'number' ? action : Array.from(action))),
    ...(physics && { xml: robot.xml }),
  });
  const stepped = physics ? physicsAlone(physics, robot) : wholeEnv(env);
  let next = 0;
  const run = (steps: number) => {
    const begin = now();
    for (let i = 0; i < steps; i++) stepped.step(actions[next++ % ACTIONS]!);
    return (now() - begin) / steps;
  };
  // Until it is compiled, and to know how many steps are a turn.
  run(2000);
  const steps = Math.max(20, Math.round((1000 * Number(options.milliseconds)) / run(500)));
  const { own, other } = await inTurns(Number(options.rounds), {
    own: () => run(steps),
    other: async () => (await twin.ask({ steps })).microseconds as number,
  }).then((turns) => ({ own: turns.own!.median, other: turns.other!.median }));
  stepped.close();
  env.close();
  if (options.json)
    console.log(JSON.stringify({ id, gymnasium: twin.version, microseconds: { own, other }, ratio: other / own }));
  else {
    const name = id.slice(id.indexOf('/') + 1);
    console.log(
      `${name}, µs a step: ${own.toFixed(1)}; Gymnasium ${twin.version} ${other.toFixed(1)}; of its speed ${(other / own).toFixed(2)}`,
    );
  }
}
twin.stop();
