/**
 * Behaviour cloning of demonstrations from a JSON file: 100 walks round a lake, half of them by each bank, as pairs of an observation
 * (the position) and an action (the velocity). The last 69 pairs are held out, and the policy keeps the weights that are best on them.
 * At the start the Gaussian takes the mean of both ways, which leads into the water. The spline flow keeps both.
 *
 * Run `npx tsx cloneFromJson.ts`, with demonstrations.json beside it: about 3 seconds. For each policy it prints the held-out loss and
 * how 1,000 walks end: the Gaussian drowns in about 400 of them, the spline in about 130.
 */
import { readFileSync } from 'node:fs';
import { makePolicy, Rng } from 'oxbow';
import { BehaviorCloning, evaluate } from 'oxbow/agents';
import { make } from 'oxbow/envs';

type Pair = { readonly observation: readonly number[]; readonly action: readonly number[] };
const pairs: Pair[] = JSON.parse(readFileSync(new URL('demonstrations.json', import.meta.url), 'utf8'));
/** Row by row, as `BehaviorCloning` takes them. */
const asArrays = (some: readonly Pair[]) => ({
  observations: Float32Array.from(some.flatMap(({ observation }) => observation)),
  actions: Float32Array.from(some.flatMap(({ action }) => action)),
});
const [demonstrations, validation] = [asArrays(pairs.slice(0, 300)), asArrays(pairs.slice(300))];

const { observationSpace, actionSpace } = make('LakeStride-v0');
for (const name of ['gaussian', 'spline'] as const) {
  const rng = new Rng(0);
  using policy = makePolicy(name, {
    observationSpace,
    actionSpace,
    rng: rng.split('policy'),
    hidden: [32, 32],
    scale: 'state',
  });
  using agent = new BehaviorCloning({
    policy,
    demonstrations,
    validation,
    outside: 'keep', // walkers are noisy, and neither policy has a squash
    batchSize: 64,
    learningRate: 3e-3,
    weightDecay: 0.01,
    patience: 10, // reports of 100 updates each without a lower held-out loss
  });
  let best = Infinity;
  for await (const report of agent.train({ steps: 5000, rng: rng.split('training') })) {
    best = report.best?.validationLoss ?? best;
  }
  const { outcomes } = evaluate({ policy, env: 'LakeStride-v0', episodes: 1000, rng: rng.split('walks') });
  const { home = 0, drowned = 0 } = outcomes;
  console.log(`${name}: held-out loss ${best.toFixed(2)} nats; ${home} walks home, ${drowned} drowned`);
}
