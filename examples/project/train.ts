import { writeFileSync } from 'node:fs';
import { savePolicy } from 'oxbow';
import { evaluate, train } from 'oxbow/agents';
import { make, RecordTrajectory, trajectoryPage } from 'oxbow/envs';
import './lander.js';

const { policy } = await train({
  env: 'Lander-v0',
  agent: 'ppo',
  steps: 50_000,
  numEnvs: 8,
  agentOptions: { horizon: 256, learningRate: { linear: [1e-3, 0] } },
  verbose: true,
});
const { outcomes } = evaluate({ policy, env: 'Lander-v0', episodes: 100, greedy: true });
console.log(`${outcomes.soft ?? 0} of 100 land softly`);
savePolicy('policy.json', policy);

const env = new RecordTrajectory(make('Lander-v0'), { frames: true });
let [observation] = env.reset({ seed: 0 });
for (let ended = false; !ended; ) {
  const [next, , terminated, truncated] = env.step(policy.act(observation, { greedy: true }));
  observation = next;
  ended = terminated || truncated;
}
writeFileSync('episode.html', trajectoryPage(env.trajectory, { title: 'A landing' }));
console.log('policy.json keeps the policy, episode.html shows an episode');
