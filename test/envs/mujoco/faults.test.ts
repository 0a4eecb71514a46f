import type { MjData, MjModel } from '@mujoco/mujoco';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Box, type Env, make } from '../../../envs/index.ts';
import { HopperEnv, loadMujoco, type MujocoEnv, mjcf } from '../../../envs/mujoco/index.ts';
import { mujocoPhysics } from '../../../envs/mujoco/loadMujoco.ts';
import { mujocoEnvs } from '../../../envs/mujoco/mujocoEnvs.ts';
import { hopper } from '../../../envs/mujoco/tasks/hopperWalker2dEnv.ts';
import { humanoid } from '../../../envs/mujoco/tasks/humanoidEnv.ts';
import { Rng } from '../../../src/index.ts';
import { memory, OwnEnv } from './ownEnv.ts';

beforeEach(() => loadMujoco());

const still = new Float32Array(3);
/** Gymnasium's tasks. */
const tasks = Object.keys(mujocoEnvs).filter((id) => id.endsWith('-v5'));

type RobotEnv = Env<Float64Array, Float32Array> & { readonly actionSpace: Box };
/** What starts and snapshots of a robot have. */
interface Snapshot {
  rng: unknown;
  physics: number[];
  more: number[];
  observation: number[];
}
const robot = (id: string) => make(id) as unknown as RobotEnv;
const stateOf = (env: RobotEnv) => env.state!() as Snapshot;

describe('a module that has aborted', () => {
  /** What breaks it for good, and how its message begins. */
  const faults: Readonly<Record<string, [said: RegExp, fault: () => unknown]>> = {
    'memory out of bounds': [
      /memory access out of bounds|Out of bounds memory access/,
      () => mujocoPhysics().run('Own', ({ MjData }) => new MjData(null as unknown as MjModel)),
    ],
    'what must not be deleted': [
      /Aborted\(native code called abort\(\)\)/,
      () =>
        mujocoPhysics().run('Own', ({ MjModel, MjData }) => {
          const data: MjData = new MjData(MjModel.from_xml_string(hopper));
          for (let i = 0; i < 100; i++) data.warning.delete();
        }),
    ],
    'a stack too small for its solver': [
      /mj_stackAlloc: out of memory, stack overflow.*: it needs a larger <size memory="…"\/>/,
      () => {
        const env = new OwnEnv(humanoid.replace(/memory="\w+"/, 'memory="75K"'));
        env.startHeight = 0.3;
        env.reset({ seed: 0 });
      },
    ],
  };

  it.each(Object.entries(faults))('%s: is named, and replaced by the next load', async (_, [said, fault]) => {
    const before = new HopperEnv();
    before.reset({ seed: 0 });
    const [, reward] = before.step(still);
    const oneLine = new RegExp(`^Own: the physics has aborted: [^\n]*(?:${said.source})[^\n]*$`);
    expect(fault).toThrow(oneLine);
    for (const use of [() => before.step(still), () => before.reset(), () => before.state(), () => before.render()])
      expect(use).toThrow(/^Hopper: the physics has aborted \([^\n]+\): await loadMujoco\(\)[^\n]+$/);
    expect(() => new HopperEnv()).toThrow(/^mujoco: the physics has aborted \([^\n]+\): await loadMujoco\(\)[^\n]+$/);
    before.close();
    await loadMujoco();
    const after = new HopperEnv();
    after.reset({ seed: 0 });
    expect(after.step(still)[1]).toBe(reward);
    after.close();
  });
});

describe('a model', () => {
  const body = (inside: string) => `<mujoco><worldbody><body>${inside}</body></worldbody></mujoco>`;
  const withMemory = (size: string) => hopper.replace(/memory="\w+"/, `memory="${size}"`);
  it.each<[string, unknown, RegExp]>([
    ['no XML', 'hello', /^Own: XML parse error/],
    ['an unknown attribute', body('<geom size="1" poz="2"/>'), /^Own: XML Error: .*'poz'/],
    ['no mass', body('<joint type="hinge"/>'), /^Own: mass and inertia/],
    ['no text', '', /^Own: ParseXML: empty file/],
    ['10 MB of something else', 'x'.repeat(1e7), /^Own: XML parse error/],
    ['a missing file', '<mujoco><asset><mesh name="a" file="none.stl"/></asset></mujoco>', /^Own: Error opening file/],
    ['more memory than there is', withMemory('3G'), /^Own: engine error: Could not allocate memory/],
    [
      'less memory than its own pose needs',
      withMemory('1K'),
      /^Own: engine error: mj_stackAlloc: .*larger <size memory/,
    ],
    ['bytes', new TextEncoder().encode(hopper), /^Own: xml: got /],
    ['nothing', undefined, /^Own: xml: got undefined/],
    ['no actuators', '<mujoco/>', /^Own: the model has no actuators/],
  ])('with %s is refused in one line, and does no harm to other environments', (_, xml, said) => {
    const other = new HopperEnv();
    let message = '';
    try {
      new OwnEnv(xml as string);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toMatch(said);
    expect(message).not.toContain('\n');
    expect(message.length).toBeLessThan(300);
    other.reset({ seed: 0 });
    expect(other.step(still)[3]).toBe(false);
    other.close();
  });

  it('whose contacts do not fit into its memory is reported, where MuJoCo leaves them out', () => {
    const said = /^Own: not all contacts fit into the model's memory/;
    const lying = new OwnEnv(humanoid.replace(/memory="\w+"/, 'memory="20K"'));
    lying.startHeight = 0.3;
    expect(() => lying.reset({ seed: 0 })).toThrow(said);
    lying.startHeight = undefined;
    lying.reset({ seed: 0 });
    lying.close();

    const falling = new OwnEnv(falls(20, '25K'));
    falling.reset({ seed: 0 });
    const fall = () => {
      for (let i = 0; i < 150; i++) falling.step(new Float32Array(1));
    };
    expect(fall).toThrow(said);
    falling.close();
    const roomy = new OwnEnv(falls(20, '1M'));
    roomy.reset({ seed: 0 });
    for (let i = 0; i < 150; i++) roomy.step(new Float32Array(1));
    roomy.close();
  });

  it('needs at least one step of physics in a step', () => {
    expect(() => new OwnEnv(hopper, { frameSkip: 0 })).toThrow(/^Own: frameSkip: got 0/);
    expect(() => new HopperEnv({ frameSkip: 0 })).toThrow(/^Hopper: .*frameSkip/);
  });
});

/** Balls that come down at once. */
function falls(balls: number, memory: string): string {
  return mjcf({
    model: 'balls',
    size: { memory },
    geoms: [{ type: 'plane', size: [9, 9, 1] }],
    bodies: Array.from({ length: balls }, (_, i) => ({
      pos: [i, 0, 0.4],
      joints: [{ name: `down_${i}`, type: 'slide' as const, axis: [0, 0, 1] }],
      geoms: [{ type: 'sphere' as const, size: [0.2] }],
    })),
    motors: [{ joint: 'down_0' }],
  });
}

describe.each(tasks)('%s', (id) => {
  it('ends an episode that explodes, and gives out finite numbers only', () => {
    const env = robot(id).unwrapped as unknown as RobotEnv & MujocoEnv;
    const { nq, nv } = env;
    for (const size of [1e3, 1e9, 1e11, 1e300]) {
      env.reset({ seed: 1 });
      const rng = new Rng(size);
      const { physics } = stateOf(env);
      const state = {
        qpos: physics.slice(1, 1 + nq),
        qvel: Array.from({ length: nv }, () => rng.uniform(-size, size)),
      };
      let observation: Float64Array;
      try {
        [observation] = env.reset({ options: { state } });
      } catch (error) {
        expect((error as Error).message).toMatch(
          /reset\(\) got a state in which the physics is not finite$|not all contacts fit/,
        );
        expect(size).toBeGreaterThan(1e6);
        continue;
      }
      let isOver = false;
      for (let i = 0; i < 30 && !isOver; i++) {
        expect(observation.every(Number.isFinite)).toBe(true);
        const [next, reward, terminated, truncated, info] = env.step(env.actionSpace.sample(rng));
        expect(Number.isFinite(reward)).toBe(true);
        if (truncated) expect([info.outcome, reward, next]).toEqual(['unstable', 0, observation]);
        observation = next;
        isOver = terminated || truncated;
      }
      if (size > 1e10) expect(isOver).toBe(true);
    }
    env.close();
  });

  it('refuses actions and states that are not finite', () => {
    const env = robot(id);
    env.reset({ seed: 2 });
    for (const bad of [Number.NaN, Infinity, -Infinity]) {
      const action = new Float32Array(env.actionSpace.size);
      action[action.length - 1] = bad;
      expect(() => env.step(action)).toThrow(/: step\(\) got the action .*, expected \d+ finite numbers$/);
    }
    const inner = env.unwrapped as unknown as RobotEnv;
    const broken = structuredClone(stateOf(inner));
    broken.physics[2] = Number.NaN;
    expect(() => inner.setState!(broken)).toThrow(/: setState\(\) got .*, expected finite numbers$/);
    env.close();
  });

  it('goes on from a snapshot to the byte', () => {
    const [one, two] = [robot(id), robot(id)];
    const rng = new Rng(id);
    one.reset({ seed: 3 });
    for (let i = 0; i < 20; i++) if (one.step(one.actionSpace.sample(rng)).slice(2, 4).includes(true)) one.reset();
    // What the other has done before must not matter.
    two.reset({ seed: 4 });
    for (let i = 0; i < 7; i++) if (two.step(two.actionSpace.sample(rng)).slice(2, 4).includes(true)) two.reset();
    const text = JSON.stringify(stateOf(one));
    two.setState!(JSON.parse(text));
    expect(JSON.stringify(stateOf(two))).toBe(text);
    for (let i = 0; i < 40; i++) {
      const action = one.actionSpace.sample(rng);
      const [mine, other] = [one.step(action), two.step(action)];
      expect(other).toEqual(mine);
      expect(stateOf(two)).toEqual(stateOf(one));
      if (mine[2] || mine[3]) expect(two.reset()).toEqual(one.reset());
    }
    one.close();
    two.close();
  });
});

it('environments beside each other keep their numbers when memory grows between two steps', () => {
  const run = (between: () => void) => {
    const env = robot('mujoco/HalfCheetah-v5');
    const rng = new Rng('views');
    env.reset({ seed: 0 });
    const seen = [];
    for (let i = 0; i < 6; i++) {
      if (i === 3) between();
      seen.push(env.step(env.actionSpace.sample(rng)));
    }
    env.close();
    return seen;
  };
  const alone = run(() => {});
  const others: MujocoEnv[] = [];
  let grown = 0;
  const crowded = run(() => {
    const before = memory();
    for (let i = 0; i < 8; i++) others.push(new OwnEnv(hopper.replace(/memory="\w+"/, 'memory="16M"')));
    grown = memory() - before;
  });
  expect(grown).toBeGreaterThan(50e6);
  expect(crowded).toEqual(alone);
  for (const env of others) env.close();
});
