/**
 * Small trainings, fits, evaluations and studies, each with the fingerprint of its reports and weights: a change that is to keep the bits keeps these.
 *
 *     npm run frozen               compares with fingerprints.json, prints what differs
 *     npm run frozen -- lake       only those whose name has this text
 *     npm run frozen -- --write    writes fingerprints.json
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import * as agents from '../../agents/index.ts';
import { EpisodesInMemory, episodeOf } from '../../datasets/index.ts';
import { make, makeVec } from '../../envs/index.ts';
import {
  fingerprint,
  maf,
  makePolicy,
  neuralSplineFlow,
  type Policy,
  Rng,
  realNvp,
  selectEngine,
} from '../../src/index.ts';

const root = resolve(import.meta.dirname, '../..');
const stored = join(import.meta.dirname, 'fingerprints.json');
const { values, positionals } = parseArgs({ options: { write: { type: 'boolean' } }, allowPositionals: true });
const runs = new Map<string, () => Promise<string>>();

type Settings = Readonly<Record<string, unknown>>;
const hidden = [16, 16];
const onPolicy = { horizon: 64, epochs: 2, batchSize: 32 };
const fromReplay = { learningStarts: 100, batchSize: 32 };
const withCritics = { ...fromReplay, criticHidden: hidden };
const onData = { batchSize: 32, criticHidden: hidden };

/** Trains by `train()`. */
function training(name: string, settings: Settings & { agent: string }): void {
  runs.set(name, async () => {
    const reports: unknown[] = [];
    const onReport = (report: unknown) => reports.push(report);
    const { policy } = await agents.train({ ...settings, seed: 7, onReport } as never);
    return print(policy, reports);
  });
}

function print(policy: Policy, reports: readonly unknown[]): string {
  const value = fingerprint({ reports, policy: policy.stateDict() });
  policy.dispose();
  return value;
}

for (const env of ['Pendulum-v1', 'Lake-v0', 'mujoco/Hopper-v5']) {
  for (const agent of ['reinforce', 'a2c', 'ppo', 'fpo', 'reinflow']) {
    const isMatching = agent === 'fpo' || agent === 'reinflow';
    const agentOptions = agent === 'ppo' || isMatching ? onPolicy : {};
    for (const policy of isMatching ? ['flow-matching'] : ['gaussian', 'spline', 'mixture', 'realnvp']) {
      training(`${agent} ${policy} ${env}`, {
        env,
        agent,
        policy,
        steps: 512,
        agentOptions,
        policyOptions: { hidden },
      });
    }
  }
}
for (const agent of ['sac', 'tqc', 'crossq', 'soft-q-learning', 'td3']) {
  for (const policy of agent === 'td3' ? ['gaussian'] : ['gaussian', 'spline', 'mixture']) {
    const policyOptions = { hidden, ...(policy === 'mixture' && { reparameterize: true }) };
    const settings = { env: 'Pendulum-v1', steps: 200, agentOptions: withCritics, policyOptions };
    training(`${agent} ${policy} Pendulum-v1`, { agent, policy, ...settings });
  }
}
training('meow nice Pendulum-v1', {
  ...{ env: 'Pendulum-v1', agent: 'meow', policy: 'nice', steps: 200 },
  agentOptions: { ...fromReplay, learningStarts: 50, shiftHidden: [16] },
  policyOptions: { hidden },
});
for (const noiseAliasing of [true, false]) {
  training(`dsrl flow-matching Pendulum-v1${noiseAliasing ? '' : ', critics of noise alone'}`, {
    ...{ env: 'Pendulum-v1', agent: 'dsrl', policy: 'flow-matching', steps: 200 },
    agentOptions: { ...withCritics, steeringHidden: hidden, noiseAliasing },
    policyOptions: { hidden },
  });
}
for (const [agent, agentOptions] of Object.entries({
  ...{ reinforce: {}, a2c: {}, ppo: onPolicy, dqn: fromReplay, 'qr-dqn': fromReplay },
})) {
  training(`${agent} CartPole-v1`, { env: 'CartPole-v1', agent, steps: 512, agentOptions, policyOptions: { hidden } });
}
for (const [agent, env, steps] of [
  ['ppo', 'Pendulum-v1', 4096],
  ['a2c', 'CartPole-v1', 600],
  ['sac', 'Pendulum-v1', 600],
  ['td3', 'Pendulum-v1', 600],
  ['dqn', 'CartPole-v1', 600],
] as const) {
  training(`preset ${agent} ${env}`, { env, agent, steps });
}

function dataOf(id: 'Pendulum-v1' | 'Lake-v0'): EpisodesInMemory {
  const env = make(id);
  const policy = makePolicy('gaussian', { env, rng: new Rng(5), squash: 'tanh' });
  const episodes = [...agents.collectEpisodes({ policy, env: id, episodes: 4, seed: 3 })].map(episodeOf);
  policy.dispose();
  const { observationSpace, actionSpace } = env;
  return new EpisodesInMemory({ observationSpace, actionSpace, episodes });
}
for (const env of ['Pendulum-v1', 'Lake-v0'] as const) {
  const dataset = dataOf(env);
  for (const [agent, policies] of Object.entries({
    'behavior-cloning': ['gaussian', 'spline', 'mixture', 'flow-matching'],
    'td3-bc': ['gaussian'],
    iql: ['gaussian', 'spline'],
    'nf-rlbc': ['spline'],
    fql: ['implicit'],
  })) {
    const agentOptions = agent === 'behavior-cloning' ? { batchSize: 32, outside: 'keep' } : onData;
    for (const policy of policies) {
      const settings = { env, dataset, steps: 60, agentOptions, policyOptions: { hidden } };
      training(`${agent} ${policy} ${env}`, { agent, policy, ...settings });
    }
  }
}

/** Trains an agent whole, and from its middle in another agent, which must give the same. */
function resumed(name: string, steps: number, makeAgent: () => { agent: agents.Agent; policy: Policy }): void {
  runs.set(`${name}, stopped and resumed`, async () => {
    const rng = () => new Rng(7);
    const ends: string[] = [];
    const reports: unknown[] = [];
    const states: string[] = [];
    const first = makeAgent();
    for await (const report of first.agent.train({ steps, rng: rng() })) {
      reports.push(report);
      states.push(agents.stateToJson(first.agent.state()));
    }
    const middle = Math.floor(states.length / 2);
    const second = makeAgent();
    second.agent.setState(agents.stateFromJson(states[middle - 1]!) as agents.AgentState);
    const rest = reports.slice(0, middle);
    for await (const report of second.agent.train({ steps, rng: rng() })) rest.push(report);
    for (const [{ agent, policy }, seen] of [[first, reports] as const, [second, rest] as const]) {
      agent.dispose();
      ends.push(print(policy, seen));
    }
    if (middle === 0 || ends[0] !== ends[1])
      throw new Error(`whole ${ends[0]}, resumed after report ${middle} ${ends[1]}`);
    return ends[0]!;
  });
}

const vector = (id: string) => makeVec(id as 'Pendulum-v1', { numEnvs: 2, autoresetMode: 'sameStep' });
const withEnv = { learningRate: 1e-3, normalizeObservations: true, normalizeRewards: true };
const withReplay = { batchSize: 8, bufferSize: 50, learningStarts: 20, reportEvery: 24 };
const acting = { ...withReplay, criticHidden: [8] };
const learning = { batchSize: 8, reportEvery: 6, criticHidden: [8] };
const squashed = { squash: 'tanh' };
type AgentClass = new (options: never) => agents.Agent;
const classes: readonly [AgentClass, string, number, string, Settings?, Settings?][] = [
  [agents.Reinforce, 'CartPole-v1', 200, 'categorical', withEnv],
  [agents.A2c, 'CartPole-v1', 60, 'categorical', { ...withEnv, reportEvery: 2 }],
  [agents.Ppo, 'Pendulum-v1', 600, 'spline', { ...withEnv, horizon: 75, epochs: 2, batchSize: 50 }],
  [agents.Fpo, 'Pendulum-v1', 450, 'flow-matching', { ...withEnv, horizon: 75, epochs: 2, batchSize: 50, draws: 2 }],
  [agents.ReinFlow, 'Pendulum-v1', 450, 'flow-matching', { ...withEnv, horizon: 75, epochs: 2, batchSize: 50 }],
  [agents.Sac, 'Pendulum-v1', 100, 'spline', { ...acting, prioritizedAlpha: 0.6 }, squashed],
  [agents.Tqc, 'Pendulum-v1', 100, 'gaussian', { ...acting, quantiles: 5, droppedPerCritic: 1 }, squashed],
  [agents.CrossQ, 'Pendulum-v1', 100, 'gaussian', acting, { ...squashed, batchRenorm: true }],
  [agents.SoftQLearning, 'Pendulum-v1', 100, 'gaussian', { ...acting, particles: 3, nSteps: 3 }, squashed],
  [agents.Meow, 'Pendulum-v1', 100, 'nice', { ...withReplay, shiftHidden: [8] }, squashed],
  [agents.Dsrl, 'Pendulum-v1', 100, 'spline', { ...acting, steeringHidden: [8] }, squashed],
  [agents.Td3, 'Pendulum-v1', 100, 'gaussian', { ...acting, policyDelay: 3 }, squashed],
  [agents.Dqn, 'CartPole-v1', 100, 'q-network', { ...withReplay, targetUpdateEvery: 7, nSteps: 3 }],
  [agents.QrDqn, 'CartPole-v1', 100, 'quantile-network', { ...withReplay, targetUpdateEvery: 7 }, { quantiles: 4 }],
  [agents.BehaviorCloning, 'data', 24, 'gaussian', { batchSize: 30, reportEvery: 6 }, squashed],
  [agents.Td3Bc, 'data', 24, 'gaussian', learning, squashed],
  [agents.Iql, 'data', 24, 'spline', learning, squashed],
  [agents.NfRlbc, 'data', 24, 'spline', learning],
  [agents.Fql, 'data', 24, 'implicit', learning],
];
const swings = dataOf('Pendulum-v1');
for (const [Class, place, steps, policyName, options, policyOptions] of classes) {
  resumed(`${Class.name} ${policyName}`, steps, () => {
    const env = vector(place === 'data' ? 'Pendulum-v1' : place);
    const { singleObservationSpace: observationSpace, singleActionSpace: actionSpace } = env;
    const spaces = { observationSpace, actionSpace, rng: new Rng('policy'), hidden: [8] };
    const policy = makePolicy(policyName, { ...spaces, ...policyOptions });
    const rng = (Class as unknown) === agents.BehaviorCloning ? {} : { rng: new Rng('agent') };
    const source = place !== 'data' ? { env } : { dataset: swings };
    const agent = new Class({ policy, ...source, ...rng, ...options } as never);
    return { agent, policy: agent.actingPolicy ?? policy };
  });
}

for (const [name, greedy] of [
  ['gaussian', true],
  ['spline', true],
  ['gaussian', false],
  ['spline', false],
  ['mixture', false],
] as const) {
  runs.set(`evaluate ${name}${greedy ? ', greedy' : ''}`, async () => {
    const policy = makePolicy(name, { env: make('Pendulum-v1'), rng: new Rng(1) });
    return fingerprint(agents.evaluate({ policy, env: 'Pendulum-v1', episodes: 3, seed: 2, greedy }));
  });
}
const rows = Array.from({ length: 400 }, (_, i) => [Math.sin(i), Math.cos(i * 1.7) + 0.3 * Math.sin(i)]);
for (const [name, family] of Object.entries({ neuralSplineFlow, realNvp, maf })) {
  for (const standardize of [true, false]) {
    runs.set(`fit ${name}${standardize ? '' : ', not standardized'}`, async () => {
      const flow = family({ dim: 2, rng: new Rng(2), hidden: [16] });
      const reports: unknown[] = [];
      const settings = { steps: 40, rng: new Rng(3), batchSize: 64, standardize };
      for await (const report of flow.fit(rows, settings)) reports.push(report);
      return fingerprint({ reports, weights: flow.stateDict() });
    });
  }
}

/** Starts the command in a process group, which can be killed whole. */
function oxbow(argv: readonly string[]) {
  const child = spawn('npm', ['run', '--silent', 'oxbow', '--', ...argv], {
    ...{ cwd: root, detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
  });
  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (data: Buffer) => (output += data));
  const ended = new Promise<number | null>((done) => child.on('close', done));
  const whole = async () => {
    if ((await ended) !== 0) throw new Error(`oxbow ${argv.join(' ')}: ${output.slice(-500)}`);
  };
  return { whole, ended, kill: () => process.kill(-child.pid!, 'SIGKILL') };
}

async function inFolder(work: (folder: string) => Promise<string>): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'oxbow-frozen-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const ofRun = (folder: string): string => JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')).fingerprint;

/** Studies, and what makes a quick run of one short. */
const STUDIES = {
  avoiding: '--policies gaussian,spline --set chunks=1,4 --steps 50 --set evaluationEpisodes=20',
  banana: '--policies realnvp,spline --steps 100 --set test=1000 --set heldOut=500',
  classic: '--seeds 1 --study a2c,dqn --env CartPole-v1 --steps 600 --set evaluationEpisodes=5',
  densities: '--seeds 1 --env two-moons --policies spline,maf --steps 100',
  distill: '--env moons --steps 100',
  'lake arrival': '--seeds 1 --policies gaussian,spline --set anew.ppoSteps=4096 --set evaluationEpisodes=20',
  'lake ppo': '--seeds 1 --env Lake-v0 --policies gaussian,spline --steps 4096 --set evaluationEpisodes=20',
  'lake cloning': '--seeds 1 --env Lake-v0 --policies gaussian,spline --steps 50 --set evaluationEpisodes=20',
  'lake opponent': '--seeds 1 --env OpponentBandit-v0 --policies gaussian,spline --set opponent.bandit.steps=4096',
  'lake fixed-scale': '--seeds 1 --env BumpBandit-v0 --policies gaussian --set fixedScale.bandit.updates=10',
  mazes: '--seeds 1 --steps 50 --set share=0.01 --set evaluationEpisodes=1',
  'offline offline': '--seeds 1 --env LakeStride-v0 --policies iql-gaussian,fql --steps 50 --set evaluationEpisodes=20',
  products: '--seeds 1 --policies gaussian,spline --set lakes=1,2 --steps 50 --set evaluationEpisodes=20',
  'robots ppo': '--seeds 1 --env mujoco/Hopper-v5 --policies gaussian --steps 2048 --set evaluationEpisodes=2',
  'stability soft': '--seeds 1 --policies gaussian,spline --steps 100',
  vae: '--seeds 1 --policies gaussian,realnvp --steps 20',
};
for (const [study, settings] of Object.entries<string>(STUDIES)) {
  runs.set(`oxbow run ${study}`, () =>
    inFolder(async (folder) => {
      const [experiment, only] = study.split(' ');
      const argv = [
        'run',
        experiment!,
        '--quick',
        ...settings.split(' '),
        ...(only === undefined ? [] : ['--study', only]),
      ];
      await oxbow([...argv, '--workers', '1', '--out', join(folder, 'run')]).whole();
      return ofRun(join(folder, 'run'));
    }),
  );
}

for (const [agent, steps, settings] of [
  ['ppo', '8192', 'agent.horizon=128'],
  ['sac', '1500', 'agent.criticHidden=16,16'],
] as const) {
  runs.set(`oxbow train ${agent}, killed and resumed`, () =>
    inFolder(async (folder) => {
      const [whole, killed] = [join(folder, 'whole'), join(folder, 'killed')];
      const train = ['train', 'Pendulum-v1', '--agent', agent, '--policy', 'spline', '--seeds', '1', '--steps', steps];
      for (const setting of [settings, 'policy.hidden=16,16', 'evaluationEpisodes=2', 'checkpointInterval=0']) {
        train.push('--set', setting);
      }
      await oxbow([...train, '--out', whole]).whole();
      const run = oxbow([...train, '--out', killed]);
      while (!isThere(killed, 'checkpoint')) await delay(5);
      run.kill();
      await run.ended;
      if (existsSync(join(killed, 'summary.json')) && ofRun(killed) !== undefined)
        throw new Error('ended before it was killed');
      await oxbow(['resume', killed]).whole();
      if (ofRun(killed) !== ofRun(whole)) throw new Error(`whole ${ofRun(whole)}, resumed ${ofRun(killed)}`);
      return ofRun(whole);
    }),
  );
}

function isThere(folder: string, name: string): boolean {
  return (
    existsSync(folder) && readdirSync(folder, { recursive: true, encoding: 'utf8' }).some((file) => file.endsWith(name))
  );
}

await selectEngine('wasm');
const expected: Record<string, string> = existsSync(stored) ? JSON.parse(readFileSync(stored, 'utf8')) : {};
const found: Record<string, string> = {};
for (const [name, run] of runs) {
  if (!positionals.every((part) => name.includes(part))) continue;
  const begun = performance.now();
  found[name] = await run().then(
    (value) => value.slice(0, 16),
    (error: Error) => `error: ${error.message}`,
  );
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  const isEqual = found[name] === expected[name];
  if (!isEqual && !values.write) process.exitCode = 1;
  const what = isEqual ? 'as before' : `got ${found[name]}, expected ${expected[name] ?? 'none: it is new'}`;
  console.log(`${name}: ${what} (${seconds} s)`);
}
if (positionals.length === 0) {
  for (const name of Object.keys(expected)) {
    if (runs.has(name) || values.write) continue;
    process.exitCode = 1;
    console.log(`${name}: not run any more`);
  }
}
if (values.write)
  writeFileSync(stored, `${JSON.stringify(positionals.length === 0 ? found : { ...expected, ...found }, null, 2)}\n`);
