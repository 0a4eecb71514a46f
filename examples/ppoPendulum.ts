/**
 * PPO learns to swing a pendulum up and to hold it there. The trained policy is saved, loaded and evaluated.
 *
 * Run `npx tsx ppoPendulum.ts`: about 5 seconds. It prints the mean return, which rises from −1200 to about −200, and the mean return
 * of 100 greedy episodes of the loaded policy, −200 or so. Most of that is lost while the pendulum swings up.
 */
import { loadPolicy, makePolicy, Rng, savePolicy } from 'oxbow';
import { evaluate, Ppo } from 'oxbow/agents';
import { makeVec } from 'oxbow/envs';

const rng = new Rng(0);
const env = makeVec('Pendulum-v1', { numEnvs: 4 });
const { singleObservationSpace: observationSpace, singleActionSpace: actionSpace } = env;
const policy = makePolicy('gaussian', { observationSpace, actionSpace, rng: rng.split('policy') });
const agent = new Ppo({
  policy,
  env,
  rng: rng.split('agent'),
  horizon: 1024,
  gamma: 0.9,
  learningRate: { linear: [1e-3, 0] },
});

for await (const { step, episodes } of agent.train({ steps: 100_000, rng: rng.split('training') })) {
  console.log(`step ${step}: return ${mean(episodes.map((episode) => episode.return))}`);
}
savePolicy('pendulum.json', policy, { env: 'Pendulum-v1' });

const loaded = loadPolicy('pendulum.json').policy;
const { meanReturn } = evaluate({ policy: loaded, env: 'Pendulum-v1', greedy: true, rng: rng.split('evaluation') });
console.log(`greedy: return ${Math.round(meanReturn)}`);

function mean(values: readonly number[]): number {
  return Math.round(values.reduce((sum, value) => sum + value, 0) / values.length);
}
