/**
 * Clones walkers of both banks of a lake, by policies that give the actions of one step or of eight at once. A chunk of eight decides on a third
 * of the way, so that the mean of both ways, which a Gaussian takes, leads into the lake.
 *
 * Run `npx tsx cloneChunks.ts`: about 15 seconds. It prints how many of 1,000 walks drown: of the Gaussian with chunks of eight nearly all, of
 * the mixture with them a few.
 */
import { cosineSchedule, makePolicy, Rng } from 'oxbow';
import { BehaviorCloning, evaluate } from 'oxbow/agents';
import { collectDemonstrations, make } from 'oxbow/envs';

const rng = new Rng(0);
const demonstrations = collectDemonstrations({ envId: 'Lake-v0', episodes: 500, rng: rng.split('demonstrations') });
for (const chunk of [1, 8]) {
  for (const [name, options] of [
    ['gaussian', {}],
    ['mixture', { components: 4 }],
    ['spline', {}],
  ] as const) {
    const task = { env: make('Lake-v0'), for: 'behavior-cloning', rng: rng.split('policy') } as const;
    using policy = makePolicy(name as 'mixture', { ...task, ...options, chunk });
    using agent = new BehaviorCloning({ policy, demonstrations, outside: 'keep', learningRate: cosineSchedule(3e-3) });
    for await (const _ of agent.train({ steps: 3000, rng: rng.split('training') }));
    const { outcomes } = evaluate({ policy, env: 'Lake-v0', episodes: 1000, rng: rng.split('evaluation') });
    console.log(`chunks of ${chunk}, ${name}: ${outcomes.drowned ?? 0} drowned`);
  }
}
