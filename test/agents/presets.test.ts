import { expect, test } from 'vitest';
import { presets } from '../../agents/index.ts';
import { agentNamed } from '../../agents/registry.ts';
import { usualPolicy } from '../../agents/train.ts';
import { loadEnv, makeVec } from '../../envs/index.ts';
import { makePolicy, Rng } from '../../src/index.ts';
import { policySchema } from '../../src/policies/registry.ts';

const cases = Object.entries(presets).flatMap(([id, agents]) =>
  Object.entries(agents).map(([name, preset]) => [id, name, preset] as const),
);

test.each(cases)('%s, %s: has options of agent and policy, also as JSON', async (id, name, preset) => {
  const { agent, policy, envs } = JSON.parse(JSON.stringify(preset)) as typeof preset;
  const { options, usualPolicy: usual } = agentNamed(name)!;
  expect(options.partial().parse(agent)).toMatchObject(agent);
  expect(
    policySchema(usual ?? 'gaussian')!
      .partial()
      .parse(policy),
  ).toMatchObject(policy);
  if (id.startsWith('gymnasium:')) return;
  await loadEnv(id);
  const env = makeVec(id, { numEnvs: envs, autoresetMode: 'sameStep' });
  makePolicy<string>(usualPolicy(name, env.singleActionSpace), { env, rng: new Rng(0), ...policy }).dispose();
  env.close();
});
