/**
 * Trains the gait of `mujoco/AntLake-v0`, some three minutes, and writes it: `tsx scripts/antGait.ts [FILE]`, by default
 * `envs/mujoco/lake/antGait.ts`.
 */
import { train } from '../agents/index.ts';
import { loadEnv } from '../envs/index.ts';
import { writeWholeFile } from '../src/files.ts';
import { policyToJson, selectBackend, selectEngine } from '../src/index.ts';

const path = process.argv[2] ?? 'envs/mujoco/lake/antGait.ts';
const env = 'mujoco/AntHeading-v0';
await loadEnv(env);
await selectBackend('cpu');
await selectEngine('wasm');
const { policy, steps, meanReturn } = await train({
  env,
  agent: 'ppo',
  seed: 1,
  onReport: ({ step, episodes }) => {
    const { length } = episodes;
    if (length === 0) return;
    const total = episodes.reduce((sum, episode) => sum + episode.return, 0);
    process.stderr.write(`${step}  ${(total / length).toFixed(1)}\n`);
  },
});
const json = JSON.stringify(JSON.parse(policyToJson(policy, { env, steps, meanReturn })));
writeWholeFile(
  path,
  `/** What \`npm run gait\` has trained on ${env}, as \`policyToJson\` writes policies, on one line. */\nexport const antGait =\n  '${json}';\n`,
);
process.stdout.write(`${path}\n`);
