/**
 * A saved policy acts on a page. pendulum.json is what `savePolicy` wrote in ppoPendulum.ts. Environment and policy run in the page
 * itself, the policy as WebAssembly.
 *
 * Run `npx vite` in a folder with this file, index.html and pendulum.json, and open the address that it prints. The page shows the
 * pendulum as it swings up and stays up, and the console logs the return of each episode, between −400 and 0.
 */
import { policyFromJson } from 'oxbow';
import { make } from 'oxbow/envs';

const file = await fetch(new URL('./pendulum.json', import.meta.url));
const { policy, about } = policyFromJson(await file.text());
const env = make(String(about.env));
const [picture, told] = ['pendulum', 'told'].map((id) => document.getElementById(id)!);
const nextFrame = () => new Promise((resolve) => setTimeout(resolve, 50)); // A step of Pendulum-v1 is 0.05 s.

env.reset({ seed: 0 });
for (let episode = 1; ; episode++) {
  let [observation] = env.reset();
  let total = 0;
  for (let ended = false; !ended; ) {
    const [next, reward, terminated, truncated] = env.step(policy.act(observation, { greedy: true }));
    observation = next;
    total += reward;
    ended = terminated || truncated;
    picture!.innerHTML = env.render!();
    told!.textContent = `Episode ${episode}: return ${total.toFixed(0)}`;
    await nextFrame();
  }
  console.log(told!.textContent);
}
