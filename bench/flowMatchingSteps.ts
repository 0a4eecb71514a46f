/**
 * How many steps a flow-matching policy needs from noise to action, and how long policies take to act, from the policies that a run has
 * cloned: docs/policies.md.
 */
import { Command } from 'commander';
import { textTable } from '../cli/report/table.ts';
import { loadPolicies, type TrainedPolicy } from '../cli/run/loadPolicies.ts';
import { measureWalks } from '../common/lake.ts';
import { registry } from '../experiments/registry.ts';
import {
  Actor,
  type FlowMatchingPolicy,
  makePolicy,
  type Policy,
  Rng,
  selectBackend,
  selectEngine,
} from '../src/index.ts';
import { block, clock, median, warmUp } from './timing.ts';

/** Solvers with their evaluations of the field a step, and numbers of steps. */
const WAYS = [
  { solver: 'euler', each: 1, steps: [4, 10, 20] },
  { solver: 'midpoint', each: 2, steps: [2, 5, 10] },
] as const;
const BATCHES = [1, 256];
const ROUNDS = 5;

const program = new Command('bench:flow-matching')
  .description('Walks that drown by solver and steps, each seed in per cent, and times to act: docs/policies.md.')
  .argument('<run>', 'a run of the lake’s cloning with flow-matching among its policies')
  .option('--seeds <list>', 'which of the run; all unless given')
  .option('--walks <n>', 'of each seed', '1000')
  .option('--engine <name>', 'as in OXBOW_ENGINE', 'wasm')
  .parse();
const options = program.opts<{ seeds?: string; walks: string; engine: string }>();
const walks = Number(options.walks);
if (!Number.isInteger(walks) || walks < 1) program.error(`--walks: got ${options.walks}, expected an integer ≥ 1`);
const seeds = options.seeds?.split(',').map(Number);

await selectBackend();
await selectEngine(options.engine as Parameters<typeof selectEngine>[0], { threads: 1 });
const filter = ({ seed }: { seed: number }) => seeds?.includes(seed) ?? true;
const trained = await loadPolicies(program.args[0]!, { registry, filter });
const matching = trained.filter(({ policy }) => policy.config?.name === 'flow-matching');
if (matching.length === 0) program.error(`${program.args[0]}: has no flow-matching policy of these seeds`);

const rows: string[][] = [];
for (const { solver, each, steps: all } of WAYS) {
  for (const steps of all) {
    const drowned = matching.map((one) => (100 * drownRate(one, { solver, steps })).toFixed(1));
    rows.push([`${solver}, ${steps}`, String(each * steps), drowned.join(', ')]);
    console.log(`${solver}, ${steps}: ${drowned.join(', ')}`);
  }
}
const { length } = matching;
const title = `Walks that drown, of ${walks} of each of ${length} seed${length === 1 ? '' : 's'} (${matching.map(({ job }) => job.seed).join(', ')})`;
console.log(`\n${textTable({ title, columns: ['solver, steps', 'evaluations of the field', 'drowned, %'], rows })}`);
console.log(
  `\n${textTable({ title: 'Processor time, µs', columns: ['actions', ...actors().keys()], rows: await timesToAct() })}`,
);

/** The share of walks that drown with other steps from noise to action. */
function drownRate(
  { policy, job, about }: TrainedPolicy,
  way: { solver: 'euler' | 'midpoint'; steps: number },
): number {
  const { observationSpace, actionSpace, options } = policy.config!;
  const rng = new Rng(`steps-${job.seed}`);
  const other = makePolicy<string>('flow-matching', { ...options, observationSpace, actionSpace, ...way, rng });
  other.loadStateDict((policy as FlowMatchingPolicy).stateDict());
  const { metrics } = measureWalks({ env: about.env as 'LakeStride-v0', policy: other, episodes: walks, keep: 0, rng });
  other.dispose();
  return metrics.drownRate;
}

/** The first policy of each kind. */
function actors(): Map<string, Policy> {
  return new Map([...trained].reverse().map(({ policy }) => [policy.config!.name, policy]));
}

/** Medians over blocks in turns. */
async function timesToAct(): Promise<string[][]> {
  const now = clock(true);
  const table: string[][] = [];
  for (const batch of BATCHES) {
    const sides = [...actors().values()].map((policy) => {
      const actor = new Actor(policy, { rng: new Rng('act'), batch });
      const observations = new Rng('observations').fillNormal(new Float32Array(batch * policy.observationDim));
      return { actor, run: () => actor.act(observations).action[0]!, repeats: 0, times: [] as number[] };
    });
    for (const side of sides) side.repeats = await warmUp(side.run, now);
    for (let round = 0; round < ROUNDS; round++) {
      for (const { run, repeats, times } of sides) times.push(await block(run, repeats, now));
    }
    table.push([String(batch), ...sides.map(({ times }) => (1e3 * median(times)).toPrecision(3))]);
    for (const { actor } of sides) actor.dispose();
  }
  return table;
}
