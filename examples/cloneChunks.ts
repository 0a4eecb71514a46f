/**
 * Clones walkers of both banks of a lake by policies that give 1, 2, 4 or 8 actions at once, and prints how many of 1,000 walks drown:
 *
 *   Lake-v0, chunks of 8: gaussian 99.8 %, mixture 1.2 %, spline 7.8 %
 *
 * A longer chunk decides on more of the way at once, so that a mean of both ways leads into the lake. About two minutes for each seed and
 * lake: `npx tsx examples/cloneChunks.ts 5 LakeStride-v0` takes five seeds of the stride lake.
 */
import { cosineSchedule, makePolicy, Rng } from 'oxbow';
import { BehaviorCloning, evaluate } from 'oxbow/agents';
import { collectDemonstrations, make } from 'oxbow/envs';

const [seeds = '1', lake = 'Lake-v0'] = process.argv.slice(2);
const envId = lake === 'Lake-v0' ? 'Lake-v0' : 'LakeStride-v0';

for (const chunk of [1, 2, 4, 8]) {
  for (const name of ['gaussian', 'mixture', 'spline'] as const) {
    const drowned: string[] = [];
    for (let seed = 0; seed < Number(seeds); seed++) {
      const rng = new Rng(seed);
      const policy = makePolicy(name, { env: make(envId), for: 'behavior-cloning', chunk, rng: rng.split('policy') });
      const agent = new BehaviorCloning({
        policy,
        demonstrations: collectDemonstrations({ envId, episodes: 500, rng: rng.split('demonstrations') }),
        outside: 'keep',
        learningRate: cosineSchedule(3e-3),
      });
      for await (const _ of agent.train({ steps: 5000, rng: rng.split('training') }));
      const { outcomes } = evaluate({ policy, env: envId, episodes: 1000, rng: rng.split('evaluation') });
      drowned.push(`${((outcomes.drowned ?? 0) / 10).toFixed(1)} %`);
      agent.dispose();
    }
    console.log(`${envId}, chunks of ${chunk}: ${name} ${drowned.join(', ')}`);
  }
}
