import { Box, Discrete, MultiDiscrete } from '../../envs/index.ts';
import { builtinFlows, type FlowDefinition, type PolicyInfo } from '../../src/index.ts';

const families: Readonly<Record<string, FlowDefinition>> = builtinFlows;

/** Three observations, and two actions of the kind that the policy takes: numbers, angles, one of three, or two of several. */
export function spacesFor({ name, actions }: Pick<PolicyInfo, 'name' | 'actions'>) {
  const bound = families[name]?.angles ? Math.PI : 2;
  const box = new Box({ low: -bound, high: bound, shape: [2] });
  const choices = { box, discrete: new Discrete(3), 'multi-discrete': new MultiDiscrete([3, 4], [0, 1]) };
  return { observationSpace: new Box({ low: -Infinity, high: Infinity, shape: [3] }), actionSpace: choices[actions] };
}
