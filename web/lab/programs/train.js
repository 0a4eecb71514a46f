// PPO learns to balance a pole on a cart, in some ten seconds.
import { evaluate, train } from 'oxbow/agents';
import { make } from 'oxbow/envs';
import { show } from 'playground';

const { policy, steps } = await train({
  env: 'CartPole-v1',
  agent: 'ppo',
  evaluateEvery: 5000,
  evaluateGreedy: true,
  stopAtReturn: 475,
  onReport({ step, evaluation }) {
    if (evaluation) console.log(`Step ${step}: return ${evaluation.return.toFixed(0)}`);
  },
});
const { meanReturn } = evaluate({ policy, env: 'CartPole-v1', episodes: 20, greedy: true });
console.log(`After ${steps} steps it keeps the pole up for ${meanReturn.toFixed(0)} of 500 steps.`);

const env = make('CartPole-v1');
let [observation] = env.reset({ seed: 0 });
for (let ended = false; !ended; ) {
  const [next, , terminated, truncated] = env.step(policy.act(observation, { greedy: true }));
  observation = next;
  ended = terminated || truncated;
  await show(env.render(), 0.02); // A picture for 0.02 seconds.
}
