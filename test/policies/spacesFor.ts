import { Box, Discrete } from '../../envs/index.ts';
import { builtinFlows, type FlowDefinition, type PolicyInfo } from '../../src/index.ts';

const families: Readonly<Record<string, FlowDefinition>> = builtinFlows;

/** Three observations, and two actions of the kind that the policy takes: numbers, angles, or one of three. */
export function spacesFor({ name, actions }: Pick<PolicyInfo, 'name' | 'actions'>) {
  const bound = families[name]?.angles ? Math.PI : 2;
  return {
    observationSpace: new Box({ low: -Infinity, high: Infinity, shape: [3] }),
    actionSpace: actions === 'discrete' ? new Discrete(3) : new Box({ low: -bound, high: bound, shape: [2] }),
  };
}
