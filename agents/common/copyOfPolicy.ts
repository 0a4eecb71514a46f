import { makePolicy, type Policy, type Rng } from '../../src/index.ts';

/**
 * A second policy of the same architecture and with the same variables, as a target network.
 * @param owner who asks, as errors name it: `Td3`
 * @throws if `makePolicy` did not make the policy, so that nobody knows how to make another
 */
export function copyOfPolicy<P extends Policy>(owner: string, policy: P, rng: Rng): P {
  const { config } = policy;
  if (config === undefined) {
    throw new Error(
      `${owner}: policy: got a ${policy.constructor.name} of unknown making, expected one of makePolicy, of which the ` +
        'target network is a copy: register it with registerPolicy and make it by its name',
    );
  }
  const { name, observationSpace, actionSpace, options } = config;
  const copy = makePolicy(name as string, { ...options, observationSpace, actionSpace, rng });
  copy.loadStateDict(policy.stateDict());
  return copy as P;
}
