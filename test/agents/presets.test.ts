import { describe, expect, test } from 'vitest';
import {
  A2c,
  type Agent,
  Dqn,
  Fpo,
  Fql,
  Iql,
  NfRlbc,
  Ppo,
  presets,
  QrDqn,
  Reinforce,
  Sac,
  Td3,
} from '../../agents/index.ts';
import { agentNamed } from '../../agents/registry.ts';
import { usualPolicy } from '../../agents/train.ts';
import { EpisodesInMemory } from '../../datasets/index.ts';
import { loadEnv, makeVec, type Space } from '../../envs/index.ts';
import { makePolicy, Rng } from '../../src/index.ts';
import { policySchema } from '../../src/policies/registry.ts';

const constructors = {
  a2c: A2c,
  dqn: Dqn,
  'qr-dqn': QrDqn,
  fpo: Fpo,
  ppo: Ppo,
  reinforce: Reinforce,
  sac: Sac,
  td3: Td3,
  fql: Fql,
  iql: Iql,
  'nf-rlbc': NfRlbc,
};

const cases = Object.entries(presets).flatMap(([id, agents]) =>
  Object.entries(agents).map(([name, preset]) => ({ id, name: name as keyof typeof constructors, preset })),
);

const isPython = (id: string) => id.startsWith('gymnasium:');

describe.each(cases.filter(({ id }) => isPython(id)))('$id, $name', ({ name, preset }) => {
  test('has options of the agent and of a policy, also as JSON', () => {
    const { agent, policy } = JSON.parse(JSON.stringify(preset)) as typeof preset;
    expect(agentNamed(name)!.options.partial().parse(agent)).toMatchObject(agent);
    const usual = agentNamed(name)!.usualPolicy ?? 'gaussian';
    expect(policySchema(usual)!.parse(policy)).toMatchObject(policy);
  });
});

describe.each(cases.filter(({ id }) => !isPython(id)))('$id, $name', ({ id, name, preset }) => {
  test('fits its environment and its agent, also as JSON', async () => {
    await loadEnv(id);
    const { envs, agent, policy: options } = JSON.parse(JSON.stringify(preset)) as typeof preset;
    const env = makeVec(id, { numEnvs: envs, autoresetMode: 'sameStep' });
    const { singleObservationSpace: observationSpace, singleActionSpace: actionSpace } = env;
    const policy = makePolicy(usualPolicy(name, actionSpace), {
      observationSpace,
      actionSpace,
      rng: new Rng(0),
      ...options,
    });
    const Constructor = constructors[name] as unknown as new (options: object) => Agent;
    const data = agentNamed(name)!.learnsFromData && { dataset: oneEpisode(observationSpace, actionSpace) };
    const made = new Constructor({ policy, env, rng: new Rng(0), ...agent, ...data });
    expect(made.state().parts).toHaveProperty('policy');
    made.dispose();
    policy.dispose();
    env.close();
  });
});

/** An episode of one step, of zeros. */
function oneEpisode(observationSpace: Space, actionSpace: Space): EpisodesInMemory {
  const zeros = (size: number) => new Float32Array(size);
  const [observations, actions] = [zeros(2 * observationSpace.size), zeros(actionSpace.size)];
  const ends = { terminations: Uint8Array.of(1), truncations: Uint8Array.of(0) };
  const episode = { observations, actions, rewards: zeros(1), ...ends };
  return new EpisodesInMemory({ observationSpace, actionSpace, episodes: [episode] });
}
