import '../../envs/mujoco/registerMujoco.ts';
import { type Policy, Rng, selectBackend, selectEngine } from 'oxbow';
import { type AnyEnv, make } from 'oxbow/envs';
import { evaluateTrained } from '../../cli/train/evaluateTrained.ts';
import { makeTraining } from '../../cli/train/makeTraining.ts';
import { type TrainConfig, trainSchema } from '../../cli/train/trainConfig.ts';
import { AntHeadingEnv } from '../../envs/mujoco/lake/antHeadingEnv.ts';
import { loadMujoco } from '../../envs/mujoco/loadMujoco.ts';
import type { MujocoEnv } from '../../envs/mujoco/mujocoEnv.ts';
import type { RobotWalk } from './robotCanvas.ts';
import { EVALUATION_EPISODES, RECENT, type RobotReply, type RobotRequest } from './robotSetting.ts';

/** Seconds of a walk that is shown, at most, and poses of one of them. */
const [SECONDS, RATE] = [8, 60];
/** Milliseconds of training between two walks, at least. */
const BETWEEN = 2500;

const engine = selectBackend().then(() => selectEngine('wasm'));

function reply(message: RobotReply): void {
  postMessage(message);
}

/** Walks from the start that all have, by sampled actions of the policy as it is then; to the right, if it is told where to go. */
class Walker {
  readonly #env: AnyEnv;
  readonly #robot: MujocoEnv;
  readonly #policy: ReturnType<Policy['actor']>;
  readonly #seed: number;

  constructor(robot: string, policy: Policy, seed: number) {
    this.#env = make(robot, robot === 'mujoco/AntHeading-v0' ? { headingSteps: 1e9 } : {});
    this.#robot = this.#env.unwrapped as MujocoEnv;
    this.#policy = policy.actor({ rng: new Rng(seed).split('lab/walks') });
    this.#seed = seed;
  }

  /** Until it falls or time is up. */
  walk(step: number): RobotWalk {
    const { dt } = this.#robot;
    const every = Math.max(1, Math.round(1 / RATE / dt));
    const steps = Math.round(SECONDS / dt);
    let [observation] = this.#env.reset({ seed: this.#seed });
    if (this.#robot instanceof AntHeadingEnv) observation = this.#robot.head({ x: 1, y: 0 });
    const poses = [...this.#robot.pose()];
    for (let i = 1, ended = false; i <= steps && !ended; i++) {
      const { action } = this.#policy.act(observation as ArrayLike<number>);
      const [next, , terminated, truncated] = this.#env.step(action);
      [observation, ended] = [next, terminated || truncated];
      if (i % every === 0) poses.push(...this.#robot.pose());
    }
    return { step, interval: every * dt, scene: this.#robot.scene(), poses: Float32Array.from(poses) };
  }
}

let isLoading = true;

async function train({ setting, policy: name }: RobotRequest): Promise<void> {
  const { robot, policies, steps, seed } = setting;
  await engine;
  // MuJoCo's script makes functions of texts. The page's policy forbids that, but a worker has the policy that its own address comes with.
  await loadMujoco();
  isLoading = false;
  reply({ kind: 'loaded' });
  const env = make(robot);
  const { actionSpace } = env;
  env.close();
  // As the command line has them.
  const names = [...new Set(policies)];
  const schema = trainSchema({ studies: ['ppo'], policies: names, environments: [robot], actionSpace });
  const config = schema.parse({ steps, evaluationEpisodes: EVALUATION_EPISODES }) as unknown as TrainConfig;
  const rng = new Rng(seed);
  const training = makeTraining({ study: 'ppo', env: robot, policy: name }, config, rng);
  const walker = new Walker(robot, training.policy, seed);
  const show = (step: number) => reply({ kind: 'walk', walk: walker.walk(step) });
  show(0);
  let walked = performance.now();
  let recent: number[] = [];
  for await (const { step, episodes } of training.reports(steps)) {
    recent = [...recent, ...episodes.map((episode) => episode.return)].slice(-RECENT);
    reply({ kind: 'progress', step: Math.min(step, steps) });
    if (performance.now() < walked + BETWEEN && step < steps) continue;
    const value = recent.length === 0 ? null : recent.reduce((sum, each) => sum + each, 0) / recent.length;
    reply({ kind: 'report', step, value });
    show(step);
    walked = performance.now();
  }
  const { sampled, greedy, shape } = await evaluateTrained(training.policy, robot, config, rng.split('evaluation'));
  const { return: mean, length } = sampled as { return: number; length: number };
  const negentropy = shape.negentropy ?? null;
  reply({ kind: 'done', metrics: { return: mean, greedyReturn: greedy.return as number, length, negentropy } });
}

addEventListener('message', ({ data }: MessageEvent<RobotRequest>) => {
  train(data).catch((error: Error) => reply({ kind: 'error', message: error.message, loading: isLoading }));
});
