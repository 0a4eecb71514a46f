/** `npm run site:maze -- RUN`: lets clones of a run of `mazes` walk, and writes `web/lab/mazeWalks.json`, or the file that is named behind it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { evaluate } from '../agents/index.ts';
import { loadEnv, make, SyncVectorEnv } from '../envs/index.ts';
import { ogbenchMazes } from '../envs/mujoco/tasks/ogbenchMazeEnv.ts';
import { actingOf } from '../experiments/mazes/cloneMaze.ts';
import { GOALS, type MazePolicy, mazeOf, mazePolicyLabel } from '../experiments/mazes/config.ts';
import { loadPolicy, Rng, selectBackend, selectEngine } from '../src/index.ts';
import type { MazeSide, MazeWalk, MazeWalks } from '../web/lab/mazeWalks.ts';

const ENV = 'mujoco/OgbenchPointMazeLarge-v0';
const POLICIES = ['gaussian', 'mixture-8', 'spline', 'flow-matching'] as const satisfies readonly MazePolicy[];
const RULES = ['sample', 'cool', 'coolHold', 'mode'] as const;
const SEED = 2300;
/** Walks to each goal that are counted, and shown; steps between two positions that are kept. */
const [WALKS, SHOWN, STRIDE] = [20, 4, 10];

const [run, path = 'web/lab/mazeWalks.json'] = process.argv.slice(2);
if (run === undefined) throw new Error('site:maze: got no run, expected the folder of a run of mazes');

function sideOf(policy: MazePolicy): MazeSide {
  const folder = join(run!, 'jobs/mazes', ENV, 'navigate', policy, `seed-${SEED}`);
  const { policy: trained } = loadPolicy(join(folder, 'policy.json'));
  const walked = [...actingOf(policy, { rules: RULES, hold: 20, temperature: 0.25 })].map(([rule, acting]) => {
    const walks: MazeWalk[] = Array.from({ length: GOALS * WALKS }, () => ({ arrives: false, places: [] }));
    const env = new SyncVectorEnv(
      walks.map((_, i) => () => make(ENV, { task: 1 + (i % GOALS) })),
      { autoresetMode: 'sameStep' },
    );
    const taken = new Int32Array(walks.length);
    const { episodes } = evaluate({
      ...{ policy: trained, env, episodes: walks.length, acting, rng: new Rng(SEED).split('walks') },
      onStep: ({ observations, episodes }) => {
        const width = observations.length / episodes.length;
        for (const [i, episode] of episodes.entries()) {
          if (episode >= 0 && taken[episode]!++ % STRIDE === 0) {
            walks[episode]!.places.push(...inCells(observations.subarray(i * width, i * width + 2)));
          }
        }
      },
      onEnd: (episode, observation) => walks[episode]!.places.push(...inCells(observation.subarray(0, 2))),
    });
    env.close();
    for (const [i, { info }] of episodes.entries()) walks[i]!.arrives = info.outcome === 'success';
    const toGoals = Array.from({ length: GOALS }, (_, goal) => walks.filter((_, i) => i % GOALS === goal));
    const shares = toGoals.map((own) => own.filter(({ arrives }) => arrives).length / WALKS);
    return [rule, { shares, walks: toGoals.map((own) => own.slice(0, SHOWN)) }] as const;
  });
  trained.dispose();
  return { policy, label: mazePolicyLabel(policy), rules: Object.fromEntries(walked) as unknown as MazeSide['rules'] };
}

/** Where the achieved goal, which comes first, lies: columns and rows from the corner of the maze, to a hundredth. */
function inCells(achieved: Float32Array): number[] {
  return [...achieved].map((metres) => Number((metres / 4 + 1.5).toFixed(2)));
}

await selectBackend();
await selectEngine('wasm');
await loadEnv(ENV);
const { map, tasks } = ogbenchMazes[mazeOf(ENV) as 'large'];
const made: MazeWalks = { map, tasks, stride: STRIDE, sides: POLICIES.map(sideOf) };
writeFileSync(path, `${JSON.stringify(made)}\n`);
process.stdout.write(`${path}\n`);
