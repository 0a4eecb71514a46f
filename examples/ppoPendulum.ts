/**
 * PPO learns to swing a pendulum up and to hold it there. The trained policy is saved, loaded and evaluated.
 *
 * Run `npx tsx ppoPendulum.ts`: about 5 seconds. It prints the mean return, which rises from −1200 to about −200, and the mean return
 * of 100 greedy episodes of the loaded policy, −200 or so. Most of that is lost while the pendulum swings up.
 */
import { loadPolicy, savePolicy } from 'oxbow';
import { episodeStatistics, evaluate, train } from 'oxbow/agents';

const { policy } = await train({
  env: 'Pendulum-v1',
  agent: 'ppo',
  steps: 100_000,
  seed: 0,
  agentOptions: { learningRate: { linear: [1e-3, 0] } },
  onReport: ({ step, episodes }) => {
    console.log(`step ${step}: return ${episodeStatistics(episodes).return?.toFixed(0)}`);
  },
});
savePolicy('pendulum.json', policy, { env: 'Pendulum-v1' });

const loaded = loadPolicy('pendulum.json').policy;
const { meanReturn } = evaluate({ policy: loaded, env: 'Pendulum-v1', episodes: 100, greedy: true });
console.log(`greedy: return ${meanReturn.toFixed(0)}`);
console.log(`upright and at rest: ${loaded.act([1, 0, 0], { greedy: true })}`);
