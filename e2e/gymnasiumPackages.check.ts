/**
 * Environments of packages of PyPI's, each opened, vectorized, trained, killed and, where it has a state, resumed: those of `OXBOW_PYTHON`, or
 * of a Python that is made for them. The light ones; with `OXBOW_ALL=1`, all.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type AgentState, Ppo } from '../agents/index.ts';
import { checkEnv, type Discrete, make, makeVec, type VectorEnv } from '../envs/index.ts';
import { makePolicy, Rng } from '../src/index.ts';
import { allPackages, lightPackages, type PackagedEnv, packagedEnvs } from './gymnasium/packages.ts';
import { root, run, temporaryFolder } from './project.ts';
import { drawActions, pythonWith } from './pythonWith.ts';

const NUM_ENVS = 4;
const HORIZON = 125;
const UPDATES = 4;

const all = process.env.OXBOW_ALL === '1';
const folder = temporaryFolder('gymnasium-packages');
const python = process.env.OXBOW_PYTHON || pythonWith(folder.path, all ? allPackages : lightPackages);
beforeAll(() => {
  vi.stubEnv('OXBOW_PYTHON', python);
  // MuJoCo leaves a log where it runs.
  process.chdir(folder.path);
  const shown =
    'import importlib.metadata as m; print(*(f"{d.name} {d.version}" for d in m.distributions()), sep=", ")';
  console.log(run(root, python, ['-c', shown]));
});
afterAll(() => folder[Symbol.dispose]());

function vector({ id, options = {} }: PackagedEnv, workers = 1): VectorEnv {
  return makeVec(`gymnasium:${id}`, { ...options, numEnvs: NUM_ENVS, workers, autoresetMode: 'sameStep' });
}

/** What of a result must be the same: all but names of temporary files, and the last digits of an environment that is not steady. */
function comparable(value: unknown, packaged: PackagedEnv): unknown {
  if (typeof value === 'string') return value.replace(/\/tmp\/[^"\\]*/g, '/tmp/…');
  if (typeof value === 'number') return packaged.isUnsteady ? Number(value.toPrecision(9)) : value;
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((entry) => comparable(entry, packaged));
  if (ArrayBuffer.isView(value)) return [...(value as Float64Array)].map((entry) => comparable(entry, packaged));
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, comparable(entry, packaged)]));
}

/** What a vector env gives in some steps of random actions. */
function played(env: VectorEnv, { unseeded }: PackagedEnv): unknown[] {
  const rng = new Rng('actions');
  const seen: unknown[] = [env.reset({ seed: 1 })[0].slice()];
  for (let t = 0; t < 30; t++) {
    const { finalObservations, infos, finalInfos, ...step } = env.step(drawActions(env, rng));
    seen.push(structuredClone({ ...step, infos: unseeded ? undefined : [...infos] }));
  }
  return seen;
}

/** The processes of Python's that this one has started and that run, but for guards: those that environments are in. */
function pythons(): number[] {
  const children = (pid: number) =>
    readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .split(' ')
      .filter((word) => word !== '')
      .map(Number);
  return children(process.pid).flatMap(children);
}

/** PPO for some updates from a state on, with processes of Python's that are killed before it is over if they are to be: its last state. */
async function train(packaged: PackagedEnv, updates: number, from?: AgentState, kills = false): Promise<AgentState> {
  const env = vector(packaged, kills ? 2 : 1);
  const { singleObservationSpace: observationSpace, singleActionSpace: actionSpace } = env;
  const name = (actionSpace as Partial<Discrete>).n === undefined ? 'gaussian' : 'categorical';
  const policy = makePolicy(name, { observationSpace, actionSpace, hidden: [16], rng: new Rng('policy') });
  const agent = new Ppo({ policy, env, rng: new Rng('agent'), horizon: HORIZON, epochs: 1, batchSize: 100 });
  try {
    if (from) agent.setState(from);
    let state: AgentState | undefined;
    const training = agent.train({ steps: UPDATES * HORIZON * NUM_ENVS, rng: new Rng('training') });
    for await (const { policyLoss } of training) {
      expect(policyLoss).toEqual(expect.any(Number));
      updates--;
      if (updates > 0) continue;
      state = structuredClone(agent.state());
      if (!kills) break;
      kills = false;
      expect(pythons()).toHaveLength(2);
      process.kill(pythons()[1]!, 'SIGKILL');
      const killed = /: its Python was killed by SIGKILL .* during step\(\); a run resumes from its last checkpoint$/;
      await expect(training.next()).rejects.toThrow(killed);
      break;
    }
    return state!;
  } finally {
    agent.dispose();
    policy.dispose();
    env.close();
  }
}

describe.each(packagedEnvs.filter(({ isLight }) => all || isLight))('$id $options', (packaged) => {
  const { id, options, unseeded } = packaged;

  test('it keeps the contract', () => {
    const env = make(`gymnasium:${id}`, options);
    expect(env.unwrapped.state).toBeUndefined();
    const check = () => checkEnv(env, { steps: 20 });
    if (unseeded) expect(check).toThrow(unseeded);
    else check();
    env.close();
  });

  test('several processes give what one gives', () => {
    const [one, two, three] = [1, 2, 3].map((workers) => {
      const env = vector(packaged, workers);
      const seen = played(env, packaged);
      env.close();
      return comparable(seen, packaged);
    });
    expect(two).toEqual(one);
    expect(three).toEqual(one);
  });

  test('a training whose Python is killed goes on from its last state with new episodes, the same each time', async () => {
    const half = await train(packaged, UPDATES / 2, undefined, true);
    const resumed = await train(packaged, UPDATES / 2, half);
    if (unseeded) return;
    const again = await train(packaged, UPDATES / 2, half);
    expect(comparable(resumed, packaged)).toEqual(comparable(again, packaged));
  });
});
