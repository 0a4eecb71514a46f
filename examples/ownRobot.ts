/**
 * A robot of your own: a box with an arm of two joints, which PPO teaches to push itself forward. Needs `npm install @mujoco/mujoco@3.14.0`.
 *
 * Run `npx tsx ownRobot.ts`: about 10 seconds. It prints how far the box gets in 4 seconds before the training and after it: hardly from
 * its place, then some metres.
 */
import { makePolicy, Rng } from 'oxbow';
import { evaluate, train } from 'oxbow/agents';
import { make, register } from 'oxbow/envs';
import { type Body, type Joint, loadMujoco, MujocoEnv, mjcf, type Scored } from 'oxbow/mujoco';

/** A quarter of a metre, backwards from its joint, on which the next part hangs. */
function part(at: number[], joint: Joint, bodies: Body[] = []): Body {
  const geom = { type: 'capsule', fromto: [0, 0, 0, -0.25, 0, 0], size: [0.03], friction: [2] } as const;
  return { pos: at, joints: [{ ...joint, axis: [0, 1, 0], damping: 0.5, armature: 0.02 }], geoms: [geom], bodies };
}
const elbow = part([-0.25, 0, 0], { name: 'elbow', range: [-2.5, -0.3] });
const xml = mjcf({
  model: 'crawler',
  option: { timestep: 0.005 },
  default: { geom: { density: 200 } },
  geoms: [{ name: 'floor', type: 'plane', size: [50, 50, 1] }],
  bodies: [
    {
      name: 'box',
      pos: [0, 0, 0.06],
      // In the plane: along x, along z, about y.
      joints: [{ type: 'slide', axis: [1, 0, 0] }, { type: 'slide', axis: [0, 0, 1] }, { axis: [0, 1, 0] }],
      geoms: [{ type: 'box', size: [0.2, 0.1, 0.05] }],
      bodies: [part([-0.2, 0, 0.05], { name: 'shoulder', range: [-0.5, 1.2] }, [elbow])],
    },
  ],
  motors: ['shoulder', 'elbow'].map((joint) => ({ joint, gear: 8, ctrlrange: [-1, 1] })),
});

/** Observation: positions and velocities, `[10]`. Action: torques, `[2]`. Reward: metres, from one step to the next. */
class Crawler extends MujocoEnv {
  #before = 0;
  constructor() {
    super({ name: 'Crawler', xml, frameSkip: 8 });
  }
  protected override beforeStep(): void {
    this.#before = this.qpos[0]!;
  }
  protected score(): Scored {
    return { reward: this.qpos[0]! - this.#before };
  }
}
register({ id: 'Crawler-v0', entryPoint: () => new Crawler(), maxEpisodeSteps: 100 });
await loadMujoco();

const policy = makePolicy('gaussian', { env: make('Crawler-v0'), for: 'ppo', rng: new Rng('policy') });
const distance = () => evaluate({ policy, env: 'Crawler-v0', episodes: 10 }).meanReturn.toFixed(2);
console.log(`before: ${distance()} m`);
const agentOptions = { horizon: 256, learningRate: { linear: [1e-3, 0] } } as const;
await train({ env: 'Crawler-v0', numEnvs: 8, agent: 'ppo', policy, steps: 80_000, agentOptions });
console.log(`after: ${distance()} m`);
