/**
 * A policy that PPO has trained plays 50 episodes, and another one learns from them without the environment: by cloning, with every tenth
 * episode held out. `oxbow collect` does the first part on the command line, and keeps the episodes in files.
 *
 * Run `npx tsx cloneFromEpisodes.ts`: about 10 seconds. It prints the mean return of the episodes, and that of the clone in 100 episodes of
 * its own: both about −200, where random actions have −1,200.
 */
import { makePolicy, Rng } from 'oxbow';
import { BehaviorCloning, collectEpisodes, evaluate, train } from 'oxbow/agents';
import { type EpisodeSource, EpisodesInMemory, episodeOf, splitEpisodes } from 'oxbow/datasets';
import { make } from 'oxbow/envs';

const { policy: expert } = await train({ env: 'Pendulum-v1', agent: 'ppo', steps: 100_000, seed: 0 });

const { observationSpace, actionSpace } = make('Pendulum-v1');
const played = [...collectEpisodes({ policy: expert, env: 'Pendulum-v1', episodes: 50, greedy: true })];
const source = new EpisodesInMemory({ observationSpace, actionSpace, episodes: played.map(episodeOf) });
const returns = played.map(({ rewards }) => [...rewards].reduce((sum, reward) => sum + reward, 0));
console.log(`played: return ${(returns.reduce((sum, value) => sum + value, 0) / returns.length).toFixed(1)}`);

/** All observations that were followed by an action, and these, row by row: the last observation of an episode has none. */
function pairsOf(episodes: EpisodeSource) {
  const [observations, actions]: [number[], number[]] = [[], []];
  for (const episode of episodes.episodes()) {
    observations.push(...episode.observations.subarray(0, -observationSpace.size));
    actions.push(...episode.actions);
  }
  return { observations: Float32Array.from(observations), actions: Float32Array.from(actions) };
}

const parts = splitEpisodes(source, { validation: 0.1 });
const rng = new Rng(1);
using clone = makePolicy('gaussian', { observationSpace, actionSpace, rng: rng.split('policy'), hidden: [64, 64] });
using agent = new BehaviorCloning({
  policy: clone,
  demonstrations: pairsOf(parts.train),
  validation: pairsOf(parts.validation),
  outside: 'clip', // actions at the bounds are rounded to float32
  batchSize: 128,
  learningRate: 1e-3,
});
for await (const _ of agent.train({ steps: 3000, rng: rng.split('training') }));
const { meanReturn } = evaluate({ policy: clone, env: 'Pendulum-v1', episodes: 100, greedy: true });
console.log(`cloned: return ${meanReturn.toFixed(1)}`);
