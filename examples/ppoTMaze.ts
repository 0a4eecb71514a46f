/**
 * A policy that remembers. In the T-maze a sign at the start says where to turn ten steps later, and all cells between look alike.
 *
 * Run `npx tsx ppoTMaze.ts`: about 10 seconds. It prints the mean return of 100 greedy episodes, 2 or so without a memory and 4 with one.
 * Then two walk at once, of which one has seen the sign for north (0) and one that for south (2): each turns there, until one forgets.
 */
import { evaluate, train } from 'oxbow/agents';

const learned = (memory: 'none' | 'gru') =>
  train({ env: 'TMaze-v0', agent: 'ppo', steps: 40_000, seed: 0, policyOptions: { memory } });

const [without, { policy }] = [await learned('none'), await learned('gru')];
for (const [name, each] of Object.entries({ without: without.policy, with: policy })) {
  const { meanReturn } = evaluate({ policy: each, env: 'TMaze-v0', episodes: 100, greedy: true });
  console.log(`${name} a memory: return ${meanReturn.toFixed(1)}`);
}

using actor = policy.actor({ batch: 2, greedy: true });
actor.act([1, 0, -1, 0]); // the signs of two mazes, none at a junction
for (let step = 1; step < 10; step++) actor.act([0, 0, 0, 0]);
const remembered = actor.state.slice(); // a row for each walk
console.log(`turns: ${actor.act([0, 1, 0, 1]).action}`); // at the junction

actor.state.set(remembered);
actor.reset(0); // the first walk forgets
console.log(`one has forgotten: ${actor.act([0, 1, 0, 1]).action}`);
