import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { makeVec } from '../envs/index.ts';
import { Rng } from '../src/index.ts';

const program = new Command('bench:gymnasium')
  .description(
    'Steps a second of environments of Gymnasium, from here and in Python alone; the best block of each, in turns.',
  )
  .option('--envs <list>', 'ids', 'CartPole-v1,Hopper-v5')
  .option('--num-envs <n>', 'environments', '8')
  .option('--workers <n>', 'Python processes that share them, beside one', '2')
  .option('--rounds <n>', 'turns of each', '5')
  .option('--json', 'print JSON')
  .parse();
const options = program.opts<{ envs: string; numEnvs: string; workers: string; rounds: string; json?: true }>();
const numEnvs = Number(options.numEnvs);
const STEPS = 200;
const BLOCKS = 5;
const python = process.env.OXBOW_PYTHON?.split(':')[0] || 'python3';
const twin = fileURLToPath(new URL('./peers/gymnasium_twin.py', import.meta.url));

interface TwinAnswer {
  readonly version: string;
  readonly seconds: Readonly<Record<string, number[]>>;
}

for (const id of options.envs.split(',')) {
  const vector = (workers: number) => makeVec(`gymnasium:${id}`, { numEnvs, workers });
  const workers = Number(options.workers);
  const own = { oxbow: vector(1), ...(workers > 1 && { [`oxbow, ${workers} processes`]: vector(workers) }) };
  const { singleActionSpace: space } = own.oxbow;
  const rng = new Rng('bench');
  const actions = Array.from({ length: STEPS }, () => {
    const rows = new Float32Array(numEnvs * space.size);
    for (let i = 0; i < numEnvs; i++) space.write(space.sample(rng), rows, i * space.size);
    return rows;
  });
  for (const env of Object.values(own)) env.reset({ seed: 0 });
  const seeds = Array.from({ length: numEnvs }, (_, i) => i);
  const asked = { id, seeds, blocks: BLOCKS, actions: actions.map((rows) => [...rows]) };
  const best: Record<string, number> = {};
  const note = (name: string, seconds: number) => {
    best[name] = Math.min(best[name] ?? Number.POSITIVE_INFINITY, seconds);
  };
  let version = '';
  for (let round = 0; round < Number(options.rounds); round++) {
    for (let block = 0; block < BLOCKS; block++) {
      for (const [name, env] of Object.entries(own)) {
        const begin = performance.now();
        for (const rows of actions) env.step(rows);
        note(name, (performance.now() - begin) / 1000);
      }
    }
    const answer = JSON.parse(execFileSync(python, [twin], { input: JSON.stringify(asked), encoding: 'utf8' }));
    version = (answer as TwinAnswer).version;
    for (const [name, seconds] of Object.entries((answer as TwinAnswer).seconds)) note(name, Math.min(...seconds));
  }
  for (const env of Object.values(own)) env.close();
  const speeds = Object.entries(best).map(([name, seconds]) => [name, (numEnvs * STEPS) / seconds] as const);
  const single = speeds[0]![1];
  if (options.json) console.log(JSON.stringify({ id, numEnvs, version, stepsPerSecond: Object.fromEntries(speeds) }));
  else {
    const shown = speeds.map(([name, speed]) => `${name} ${Math.round(speed)} (${(single / speed).toFixed(2)})`);
    console.log(`${id}, ${numEnvs} environments, Gymnasium ${version}: steps/s (oxbow's ÷ it): ${shown.join(', ')}`);
  }
}
