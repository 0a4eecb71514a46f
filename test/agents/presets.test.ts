import { describe, expect, test } from 'vitest';
import { usualPolicy } from '../../agents/common/usualPolicy.ts';
import { A2c, type Agent, Dqn, Ppo, presets, QrDqn, Reinforce, Sac, Td3 } from '../../agents/index.ts';
import { makeVec } from '../../envs/index.ts';
import { makePolicy, Rng } from '../../src/index.ts';

const constructors = { a2c: A2c, dqn: Dqn, 'qr-dqn': QrDqn, ppo: Ppo, reinforce: Reinforce, sac: Sac, td3: Td3 };

const cases = Object.entries(presets).flatMap(([id, agents]) =>
  Object.entries(agents).map(([name, preset]) => ({ id, name: name as keyof typeof constructors, preset })),
);

describe.each(cases)('$id, $name', ({ id, name, preset }) => {
  test('fits its environment and its agent, also as JSON', () => {
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
    const made = new Constructor({ policy, env, rng: new Rng(0), ...agent });
    expect(made.state().parts).toHaveProperty('policy');
    made.dispose();
    policy.dispose();
    env.close();
  });
});
