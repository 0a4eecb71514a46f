export type { AnySpace, BoxSpace } from '../spaces/plain.ts';
export { type ChoiceSpace, choicesOf } from '../spaces/plain.ts';
export { ActionSamples, actionDensity, SquashedDistribution, withDensity } from './actionDistributions.ts';
export { type ActedAction, Actor, type Observation, sampleAction, type UsualAction } from './actor.ts';
export { AutoregressiveCategoricalPolicy } from './autoregressiveCategoricalPolicy.ts';
export { AutoregressiveMixturePolicy } from './autoregressiveMixturePolicy.ts';
export { BestOfPolicy } from './bestOfPolicy.ts';
export { boxSquash } from './boxScale.ts';
export type { LearnerName } from './builtinPolicies.ts';
export { CategoricalPolicy, MultiCategoricalPolicy } from './categoricalPolicy.ts';
export { checkPolicy } from './checkPolicy.ts';
export { FlowMatchingPolicy, type FlowMatchingPolicyOptions } from './flowMatchingPolicy.ts';
export { FlowPolicy } from './flowPolicy.ts';
export { FullCovarianceGaussianPolicy, GaussianPolicy, TruncatedNormalPolicy } from './gaussianPolicy.ts';
export { ImplicitPolicy } from './implicitPolicy.ts';
export { MinimalIterativePolicy } from './minimalIterativePolicy.ts';
export { MixturePolicy, RelaxedMixturePolicy } from './mixturePolicy.ts';
export { ObservationEncoder, ObservationNormalizer } from './observationEncoder.ts';
export { ObservationLayout } from './observationLayout.ts';
export {
  type ActionDistribution,
  type ActionSample,
  type Past,
  Policy,
  type PolicyConfig,
  type SampledAction,
} from './policy.ts';
export { commonPolicyOptions, type MakeArguments, type PolicyDefinition } from './policyDefinition.ts';
export { type LoadedPolicy, loadPolicy, policyFromJson, policyToJson, savePolicy } from './policyFile.ts';
export { policyFromOnnx } from './policyFromOnnx.ts';
export { EpsilonGreedyPolicy, QNetworkPolicy, QuantileNetworkPolicy } from './qNetworkPolicy.ts';
export {
  type ActionOf,
  makePolicy,
  type PolicyInfo,
  type PolicyName,
  type PolicyOptions,
  policies,
  registerPolicy,
} from './registry.ts';
export { SteeredPolicy } from './steeredPolicy.ts';
export { WrappedPolicy } from './wrappedPolicy.ts';
