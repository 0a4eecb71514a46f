import { builtinPolicies } from '../../src/policies/builtinPolicies.ts';
import { policies } from '../../src/policies/index.ts';

/** The policies that makePolicy knows by itself, without those that another test has registered. */
export const oxbowPolicies = policies().filter(({ name }) => name in builtinPolicies);
