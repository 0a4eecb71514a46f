/**
 * A policy learns on a page, and then acts there: no server, no Node. PPO trains it in the page itself, as WebAssembly.
 *
 * Run `npx vite` in a folder with this file and train.html, and open train.html at the address that it prints. For some ten seconds the page
 * shows the mean return of the training, which rises from −1200 to about −200. Then it shows the pendulum as it swings up and stays up.
 */
import { episodeStatistics, train } from 'oxbow/agents';
import { make } from 'oxbow/envs';

const [picture, told, stop] = ['pendulum', 'told', 'stop'].map((id) => document.getElementById(id)!);
const stopping = new AbortController();
stop!.addEventListener('click', () => stopping.abort());

const { policy, steps } = await train({
  env: 'Pendulum-v1',
  agent: 'ppo',
  policy: 'spline',
  seed: 0,
  signal: stopping.signal,
  onReport: ({ step, episodes }) => {
    told!.textContent = `Step ${step}: return ${episodeStatistics(episodes).return?.toFixed(0)}`;
  },
});
stop!.remove();

const env = make('Pendulum-v1');
let [observation] = env.reset({ seed: 0 });
let total = 0;
for (let ended = false; !ended; ) {
  const [next, reward, terminated, truncated] = env.step(policy.act(observation, { greedy: true }));
  observation = next;
  total += reward;
  ended = terminated || truncated;
  picture!.innerHTML = env.render!();
  await new Promise((resolve) => setTimeout(resolve, 50)); // A step of Pendulum-v1 is 0.05 s.
}
told!.textContent = `Return ${total.toFixed(0)} after a training of ${steps} steps`;
console.log(told!.textContent);
